"""Says in bulk where sightings were: AS, provider and province, with the version of the tables that said so."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quetsach.network.isp import UNKNOWN_ISP
from quetsach.network.ranges import NO_AS, Keys, Numbers
from quetsach.network.tables import NetworkTables

_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("asn", pa.int64()),  # null where nobody announces the address, or it is not of the country
    pa.field("isp", pa.string(), nullable=False),
    pa.field("province", pa.string(), nullable=False),
    pa.field("province_source", pa.string(), nullable=False),
    pa.field("network_version", pa.string(), nullable=False),
]
ANNOTATIONS = pa.schema(_FIELDS)
"""The columns that ``annotate`` appends."""

_MICROSECONDS_A_DAY = 86_400_000_000


def annotate(table: pa.Table, tables: NetworkTables) -> pa.Table:
    """Append ``ANNOTATIONS`` to sightings.

    Args:
        table: sightings with ``address`` (16 bytes), ``observed_at`` (microseconds, UTC) and ``claimed_region``.
        tables: the dated tables to look in; a time-limited row applies on the sighting's UTC day.
    """
    days, day_index = _days(table)
    asns = tables.national_asns(_addresses(table))
    known, asn_index = np.unique(asns, return_inverse=True)
    numbers = known.tolist()
    isp = _by_day(
        asn_index,
        day_index,
        days,
        lambda at, day: UNKNOWN_ISP if numbers[at] == NO_AS else tables.isps.on(numbers[at], day),
    )
    regions, region_index = _regions(table)
    provinces = tables.regions
    province = _by_day(region_index, day_index, days, lambda at, day: provinces.province(regions[at], day).code)
    source = _by_day(region_index, day_index, days, lambda at, day: provinces.province(regions[at], day).source)
    columns = [
        pa.array(asns, pa.int64(), mask=asns == NO_AS),
        isp,
        province,
        source,
        pa.repeat(tables.version, table.num_rows),
    ]
    for field, column in zip(ANNOTATIONS, columns, strict=True):
        table = table.append_column(field, column)
    return table


def _addresses(table: pa.Table) -> Keys:
    """Return the address column as keys, without a copy where it is one chunk."""
    column: Any = table["address"].combine_chunks()
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    bytes_ = storage.buffers()[1]
    whole = np.frombuffer(bytes_, dtype="S16") if bytes_ else np.empty(0, dtype="S16")
    return whole[storage.offset : storage.offset + len(storage)]


def _days(table: pa.Table) -> tuple[list[date], Numbers]:
    """Return the distinct UTC days, and for each row the index of its own."""
    moments = table["observed_at"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    days, index = np.unique(moments // _MICROSECONDS_A_DAY, return_inverse=True)
    return [date.fromordinal(719_163 + int(day)) for day in days], index  # 719163 is 1970-01-01


def _regions(table: pa.Table) -> tuple[list[str], Numbers]:
    """Return the distinct region names, and for each row the index of its own."""
    column: Any = table["claimed_region"].combine_chunks()
    encoded = pc.fill_null(column, "").dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _by_day(index: Numbers, day_index: Numbers, days: list[date], say: Callable[[int, date], str]) -> Any:
    """Ask ``say`` once for each distinct (value, day) and return the answers row by row."""
    used, places = np.unique(index * len(days) + day_index, return_inverse=True)
    answers = pa.array([say(int(pair) // len(days), days[int(pair) % len(days)]) for pair in used], pa.string())
    return answers.take(pa.array(places))
