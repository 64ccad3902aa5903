"""The columns of sightings and rejects.

Only types that every Parquet reader knows: no dictionaries, no unsigned or 128-bit integers. An address or identifier
is 16 bytes under the logical type UUID, which sorts as the number it is.
"""

from collections.abc import Iterator
from datetime import UTC

import pyarrow as pa

from quetsach.core.address import Address
from quetsach.core.sighting import Sighting

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
        pa.field("sector", _TEXT, nullable=False),  # of core.sector: what the feed says of the address
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
