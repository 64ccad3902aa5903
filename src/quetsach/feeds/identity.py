"""What makes a sighting itself: 128 bits over feed, report, time, address, port, transport, malware and destination.

Never enrichment, severity, geography or time of arrival: those change between deliveries of the same event. The
encoding is unambiguous: numbers in a fixed layout first, then every text with its length.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
    texts: Sequence[pa.StringArray],
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
    packed, size = numbers.tobytes(), _NUMBERS.itemsize
    prefix = b"%d:%s%d:%s" % (len(feed), feed.encode(), len(report), report.encode())
    joined = _with_lengths(texts).to_pylist()
    digests = b"".join(
        [
            blake2b(prefix + packed[n * size : n * size + size] + text, digest_size=16, person=_PERSON).digest()
            for n, text in enumerate(joined)
        ]
    )
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), rows, [None, pa.py_buffer(digests)])


def _with_lengths(texts: Sequence[pa.StringArray]) -> pa.BinaryArray:
    lengths = [pc.cast(pc.binary_length(text), pa.string()) for text in texts]
    headed = pc.binary_join_element_wise(*lengths, "", ":")  # ends with ":"
    return pc.cast(pc.binary_join_element_wise(headed, *texts, ""), pa.binary())
