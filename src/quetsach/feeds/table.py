"""The columns of sightings and rejects: their types, the cells no field takes, and what makes a sighting itself."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quetsach.core.address import Address
from quetsach.core.sighting import Sighting

# The columns of sightings and rejects.
#
# Only types that every Parquet reader knows: no dictionaries, no unsigned or 128-bit integers. An address or identifier
# is 16 bytes under the logical type UUID, which sorts as the number it is.

_TEXT = pa.string()

SIGHTINGS = pa.schema(
    [
        pa.field("sighting_id", pa.uuid(), nullable=False),
        pa.field("observed_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("address", pa.uuid(), nullable=False),  # IPv4 as IPv4-mapped IPv6: core.address
        pa.field("ip_version", pa.int8(), nullable=False),
        pa.field("port", pa.int32()),
        pa.field("transport", _TEXT, nullable=False),  # lower case; empty where the feed does not say
        pa.field("family", _TEXT, nullable=False),  # core.family: "unknown" where the feed names none
        pa.field("malware", _TEXT, nullable=False),  # as the feed wrote it
        pa.field("feed", _TEXT, nullable=False),
        pa.field("report", _TEXT, nullable=False),
        pa.field("destination_address", pa.uuid()),
        pa.field("destination_port", pa.int32()),
        pa.field("hostname", _TEXT, nullable=False),
        pa.field("claimed_asn", pa.int64()),  # claimed_*: what the feed says, never what our tables say
        pa.field("claimed_country", _TEXT, nullable=False),
        pa.field("claimed_region", _TEXT, nullable=False),
        pa.field("claimed_city", _TEXT, nullable=False),
        pa.field("severity", _TEXT, nullable=False),
        pa.field("bot_id", _TEXT, nullable=False),  # what the malware calls its installation; empty if unknown
        pa.field("sector", _TEXT, nullable=False),  # of core.sighting: what the feed says of the address
        pa.field("extra", _TEXT, nullable=False),  # JSON object: every other non-empty cell, by header name
        pa.field("line", pa.int64(), nullable=False),  # of the delivered file; its header is line 1
        pa.field("byte_offset", pa.int64(), nullable=False),
        pa.field("byte_length", pa.int32(), nullable=False),  # without the line ending
        pa.field("repairs", _TEXT, nullable=False),  # repair codes joined by ";"; empty for a row taken as it came
    ]
)
"""A sighting as it was read from its file."""

DESTINATION_NAMES = ("http_host", "destination_hostname", "dst_hostname")
"""Cells of ``extra`` that name the domain which was contacted."""

ANNOTATIONS = pa.schema(
    [
        pa.field("asn", pa.int64()),
        pa.field("isp", _TEXT, nullable=False),
        pa.field("province", _TEXT, nullable=False),
        pa.field("province_source", _TEXT, nullable=False),
        pa.field("network_version", _TEXT, nullable=False),
    ]
)
"""What ``network.annotate`` appends: where the address was, by our dated tables."""

ANNOTATED = pa.schema([*SIGHTINGS, *ANNOTATIONS])
"""A sighting as the lake keeps it."""

REJECTS = pa.schema(
    [
        pa.field("line", pa.int64(), nullable=False),
        pa.field("byte_offset", pa.int64(), nullable=False),
        pa.field("byte_length", pa.int64(), nullable=False),
        pa.field("reason", _TEXT, nullable=False),  # a value of reject.Reason
        pa.field("column", _TEXT, nullable=False),  # header name; empty where the fault is the row's form
        pa.field("excerpt", _TEXT, nullable=False),  # the value, printable and cut to 80 characters
    ]
)
"""A record that was set aside. Its bytes stay in the landed file at ``byte_offset``."""

_OF_RECORD = ["sighting_id", "observed_at", "address", "port", "family", "malware", "feed", "report"]


def records(sightings: pa.Table) -> Iterator[Sighting]:
    """Yield the rows of a table with the columns of ``SIGHTINGS`` as records, for code that takes them one by one."""
    for row in sightings.select(_OF_RECORD).to_pylist():
        yield Sighting(
            id=row["sighting_id"],
            observed_at=row["observed_at"].astimezone(UTC),
            address=Address(row["address"].int),
            port=row["port"],
            family=row["family"],
            malware=row["malware"],
            feed=row["feed"],
            report=row["report"],
        )


# What makes a sighting itself: 128 bits over feed, report, time, address, port, transport, malware and destination.
#
# Never enrichment, severity, geography or time of arrival: those change between deliveries of the same event. The
# encoding is unambiguous: numbers in a fixed layout first, then every text with its length.

_PERSON = b"sighting-1"
"""Changes when the encoding does, so that identifiers of two encodings never meet."""

_NUMBERS = np.dtype(
    [
        ("observed_at", "<i8"),
        ("address", "V16"),
        ("destination_address", "V16"),
        ("has_destination", "u1"),
        ("port", "<i4"),  # -1 where there is none
        ("destination_port", "<i4"),
    ]
)


def identify(
    feed: str,
    report: str,
    *,
    observed_at: NDArray[np.int64],
    address: NDArray[np.void],
    port: NDArray[np.int32],
    destination_address: NDArray[np.void],
    has_destination: NDArray[np.bool_],
    destination_port: NDArray[np.int32],
    texts: Sequence[pa.DictionaryArray],
) -> pa.Array:
    """Return the identifiers as 16-byte binary, one for each row.

    Args:
        feed: the feed's name.
        report: the report's name.
        observed_at: microseconds since 1970 UTC.
        address: 16 bytes each (``V16``).
        port: -1 where there is none.
        destination_address: 16 bytes each, zeros where there is none.
        has_destination: whether there is a destination address.
        destination_port: -1 where there is none.
        texts: transport, malware as written, destination host name, the feed's event number; no nulls.
    """
    rows = len(observed_at)
    numbers = np.zeros(rows, dtype=_NUMBERS)
    numbers["observed_at"] = observed_at
    numbers["address"] = address
    numbers["destination_address"] = destination_address
    numbers["has_destination"] = has_destination
    numbers["port"] = port
    numbers["destination_port"] = destination_port
    size = _NUMBERS.itemsize
    places = pa.py_buffer(np.arange(0, (rows + 1) * size, size, dtype=np.int32))
    packed = pa.BinaryArray.from_buffers(pa.binary(), rows, [None, places, pa.py_buffer(numbers)])
    whole = pc.binary_join_element_wise(packed, _with_lengths(texts, rows).cast(pa.binary()), b"")
    begun = blake2b(
        b"%d:%s%d:%s" % (len(feed), feed.encode(), len(report), report.encode()), digest_size=16, person=_PERSON
    )
    digests = bytearray()
    for content in whole.to_pylist():
        one = begun.copy()
        one.update(content)
        digests += one.digest()
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(bytes(digests))])


def _with_lengths(texts: Sequence[pa.DictionaryArray], rows: int) -> pa.StringArray:
    """Return the lengths of a row's texts in bytes, each with a colon behind it, and then the texts."""
    lengths = []
    for text in texts:
        found = pc.binary_length(text.dictionary).dictionary_encode()
        told = pc.binary_join_element_wise(found.dictionary.cast(pa.string()), ":", "")
        lengths.append(pa.DictionaryArray.from_arrays(found.indices.take(text.indices), told))
    return concatenated([*lengths, *texts], rows)


# Texts of many columns put together row by row.

_MOST_PAIRS = 1 << 14


def concatenated(columns: Iterable[pa.DictionaryArray], rows: int) -> pa.StringArray:
    """Return for each row its texts of all columns one behind the other.

    Neighbours with few distinct texts are put together once for each combination that there is, not for each row.
    """
    pieces: list[pa.StringArray] = []
    texts, codes = pa.array([""], pa.string()), np.zeros(rows, dtype=np.int64)
    for column in columns:
        count, indices = len(column.dictionary), column.indices.to_numpy()
        if count == 1:
            texts = pc.binary_join_element_wise(texts, column.dictionary[0], "")
        elif len(texts) * count <= _MOST_PAIRS:
            pairs = codes * count + indices
            used = np.flatnonzero(np.bincount(pairs, minlength=len(texts) * count))
            place = np.zeros(len(texts) * count, dtype=np.int64)
            place[used] = np.arange(len(used))
            codes = place[pairs]
            first, second = texts.take(pa.array(used // count)), column.dictionary.take(pa.array(used % count))
            texts = pc.binary_join_element_wise(first, second, "")
        else:
            pieces.append(texts.take(pa.array(codes)))
            texts, codes = column.dictionary, indices
    pieces.append(texts.take(pa.array(codes)))
    return pieces[0] if len(pieces) == 1 else pc.binary_join_element_wise(*pieces, "")


# The cells that no field takes, as one JSON object a row.

_NEEDS_ESCAPE = r'["\\\x00-\x1f]'


def as_objects(
    columns: Mapping[str, pa.DictionaryArray], rows: int, *, raw: Collection[str] = (), end: str = ""
) -> pa.StringArray:
    """Return ``{"header name":"cell",…}`` for each row, with its non-empty cells in the order of the header.

    Only distinct cells are encoded, and only those with a character that JSON escapes one by one.

    Args:
        columns: by name.
        rows: how many.
        raw: columns whose cells are JSON already.
        end: what stands behind each object.
    """
    told = {name: column for name, column in columns.items() if _says_something(column.dictionary)}
    members = [_member(name, column, is_raw=name in raw) for name, column in told.items()]
    joined = concatenated([_same("{", rows), *members, _same("}" + end, rows)], rows)
    return pc.replace_substring(joined, "{,", "{", max_replacements=1)


def _says_something(texts: pa.StringArray) -> bool:
    return len(texts) > 1 or any(text.as_py() for text in texts)


def _same(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text], pa.string()))


def joined_objects(first: pa.StringArray | None, second: pa.StringArray) -> pa.StringArray:
    """Return for each row one object with the members of two; a name that both have stands twice."""
    if first is None:
        return second
    both = pc.binary_join_element_wise(pc.utf8_slice_codeunits(first, 0, -1), pc.utf8_slice_codeunits(second, 1), ",")
    return pc.case_when(pc.make_struct(pc.equal(second, "{}"), pc.equal(first, "{}")), first, second, both)


def _member(name: str, column: pa.DictionaryArray, *, is_raw: bool) -> pa.DictionaryArray:
    """Return ``,"name":"cell"`` for each row, nothing where the cell is empty."""
    cells = column.dictionary
    key = f",{json.dumps(name, ensure_ascii=False)}:"
    if is_raw:
        encoded = pc.binary_join_element_wise(key, cells, "")
    elif pc.any(pc.match_substring_regex(cells, _NEEDS_ESCAPE)).as_py():
        quoted = pa.array([json.dumps(cell, ensure_ascii=False) for cell in cells.to_pylist()], pa.string())
        encoded = pc.binary_join_element_wise(key, quoted, "")
    else:
        encoded = pc.binary_join_element_wise(key + '"', cells, '"', "")
    return pa.DictionaryArray.from_arrays(column.indices, pc.if_else(pc.equal(cells, ""), "", encoded))
