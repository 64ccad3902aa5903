"""How a roll-up is made: the engine groups the sightings of a day by family and address, numpy works out the gaps.

Everything is summed in the order of family, address and time, so that no order of rows changes a bit of it.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quetsach.assess.hosts.clock import DAY_MINUTES, DayRecord, record_day
from quetsach.assess.hosts.schedule import STEPS, step_of
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.feeds.table import DESTINATION_NAMES
from quetsach.lake.host_rows import LOW_BITS
from quetsach.lake.queries import IS_HOME, explained

# ruff: noqa: S608  (queries are put together from this module's own texts; every value is a parameter)

MOST_DESTINATIONS = 50
"""Of a family and day that are told apart, those with the most addresses; the rest have the empty name."""

_HOSTS = "|".join(DESTINATION_NAMES)
_DESTINATION = f"""coalesce(
    if(contains(extra, '_host'), nullif(lower(regexp_extract(extra, '"(?:{_HOSTS})":"([^"]{{1,253}})"', 1)), ''), null),
    destination_address::text, '')"""
_PLACES = ("family", "ip_version", "asn", "isp", "province", "sector", "is_abroad")
_RAW = f"""
    with raw as (
        select family, ip_version, asn, isp, province, nullif(sector, '{UNKNOWN_SECTOR}') as sector,
               coalesce(bot_id, '') as bot_id, {_DESTINATION} as destination,
               if(ip_version = 4, address, (substr(address::text, 1, 18) || '-0000-000000000000')::uuid) as address,
               not {IS_HOME} as is_abroad,
               epoch_us(observed_at) % 86400000000 as us
        from (
            from read_parquet($files, union_by_name = true)
            union all by name
            select ''::varchar as bot_id, ''::varchar as sector, ''::varchar as extra, null::uuid as destination_address
            where false
        )
    )
"""
_GREATEST = f"""max(ip_version) as ip_version, max(asn) as asn, max(isp) as isp, max(province) as province,
               coalesce(max(sector), '{UNKNOWN_SECTOR}') as sector, bool_and(is_abroad)::tinyint as is_abroad"""
_ADDRESSES = f"""{_RAW}
    select family, address, {_GREATEST}, list(us) as times from raw group by family, address order by family, address
"""
_BOTS = f"""{_RAW}
    select family, bot_id, {_GREATEST}, count(*) as sightings, min(us) as first_us, max(us) as last_us,
           count(distinct address) as addresses
    from raw where bot_id != '' group by family, bot_id order by family, bot_id
"""
_DESTINATIONS = f"""{_RAW},
    home as (
        select family, ip_version, address, destination from raw where not is_abroad and destination != '' group by all
    ),
    sizes as (select family, ip_version, destination, count(*) as size from home group by all),
    ranked as (
        select * exclude (size), row_number() over (
            partition by family, ip_version order by size desc, destination
        ) as place from sizes
    ),
    pairs as (
        select family, ip_version, address, if(place > {MOST_DESTINATIONS}, '', destination) as destination
        from home join ranked using (family, ip_version, destination) group by all
    ),
    counted as (select *, count(*) over (partition by family, ip_version, address) as others from pairs)
    select family, ip_version, destination, count(*) as addresses, count(*) filter (others = 1) as alone
    from counted group by all order by all
"""
_TIME_BITS = 37
"""Enough for the microseconds of a day."""

_SUMS = ("count", "ms", "high", "low")
_MINUTE, _HOUR = 60_000_000, 3_600_000_000

type Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RolledUp:
    """A roll-up in memory, without feed and report (``lake.rollups`` has the columns)."""

    addresses: pa.Table
    gaps: pa.Table
    bots: pa.Table
    destinations: pa.Table
    clock: DayRecord


def roll_up(engine: duckdb.DuckDBPyConnection, files: Sequence[Path], home: str | None) -> RolledUp:
    """Roll up sightings of one report and one day.

    Args:
        engine: of ``lake.engine``.
        files: their Parquet files.
        home: the code of the country (``queries.IS_HOME``).

    Raises:
        LakeError: a file is damaged.
    """
    parameters = {"files": [str(file) for file in files], "home": home}
    with closing(engine.cursor()) as cursor, explained():
        keys = cursor.sql(_ADDRESSES, params=parameters).to_arrow_table()
        bots, destinations = (cursor.sql(q, params=parameters).to_arrow_table() for q in (_BOTS, _DESTINATIONS))
    key, us, starts = _in_order(keys.column("times").combine_chunks())
    keys = keys.drop_columns(["times"])
    clock = record_day(np.bincount(us // _MINUTE, minlength=DAY_MINUTES))
    gap = np.diff(us, prepend=0)
    gap[starts] = -1  # the first sighting of an address has none before
    return RolledUp(_addresses(keys, us, gap, starts), _gaps(keys, key, us, gap, clock), bots, destinations, clock)


def _in_order(times: pa.ListArray) -> tuple[Integers, Integers, Integers]:
    """Return the row of each sighting and its time, in order, and where each row's sightings begin."""
    counts = pc.list_value_length(times).to_numpy(zero_copy_only=False).astype(np.int64)
    packed = np.repeat(np.arange(len(counts)), counts) << _TIME_BITS | times.flatten().to_numpy(zero_copy_only=False)
    packed.sort()
    return packed >> _TIME_BITS, packed & ((1 << _TIME_BITS) - 1), np.cumsum(counts) - counts


def _addresses(keys: pa.Table, us: Integers, gap: Integers, starts: Integers) -> pa.Table:
    inside = np.maximum(gap, 0)
    ends = np.append(starts[1:], len(us)) - 1
    made = {
        "sightings": ends - starts + 1,
        "first_us": us[starts],
        "last_us": us[ends],
        "longest_gap_us": np.maximum.reduceat(inside, starts),
        "hours": np.bitwise_or.reduceat(np.left_shift(1, us // _HOUR), starts),
    }
    for name, values in made.items():
        keys = keys.append_column(name, pa.array(values))
    return keys


def _gaps(keys: pa.Table, key: Integers, us: Integers, gap: Integers, clock: DayRecord) -> pa.Table:
    """Add gaps up by place and length; those across a silence by where they begin and end."""
    place, example = _places(keys)
    at = np.flatnonzero(gap >= 0)
    place_of, after, length = place[key[at]], us[at], gap[at]
    silent = np.array([start * _MINUTE for start, _ in clock.silences], dtype=np.int64)
    is_across = np.searchsorted(silent, after) > np.searchsorted(silent, after - length)
    used, sums = _summed((place_of * STEPS + step_of(length / _HOUR))[~is_across], length[~is_across] // 1000)
    across = np.stack((place_of, after - length, after))[:, is_across]
    pairs, times = np.unique(across, axis=1, return_counts=True)
    ms = (pairs[2] - pairs[1]) // 1000
    rows = np.concatenate((used // STEPS, pairs[0]))
    is_step = np.arange(len(rows)) < len(used)
    step, first, last = np.zeros((3, len(rows)), dtype=np.int64)
    step[is_step] = used % STEPS
    first[~is_step], last[~is_step] = pairs[1:]
    squares = _halves(ms * ms)
    made = keys.select(_PLACES).take(pa.array(example[rows]))
    for name, values, mask in (
        ("step", step, ~is_step),
        ("first_us", first, is_step),
        ("last_us", last, is_step),
        *(
            (name, np.concatenate((total, times * single)), None)
            for name, total, single in zip(_SUMS, sums, (1, ms, *squares), strict=True)
        ),
    ):
        made = made.append_column(name, pa.array(values, mask=mask))
    return made


def _summed(cell: Integers, ms: Integers) -> tuple[Integers, Integers]:
    """Return the cells that have any gap, and ``_SUMS`` of each."""
    used, cell = np.unique(cell, return_inverse=True)
    sums = np.zeros((len(_SUMS), len(used)), dtype=np.int64)
    for total, values in zip(sums, (np.ones_like(ms), ms, *_halves(ms * ms)), strict=True):
        np.add.at(total, cell, values)
    return used, sums


def _halves(squares: Integers) -> tuple[Integers, Integers]:
    return squares >> LOW_BITS, squares & ((1 << LOW_BITS) - 1)


def _places(keys: pa.Table) -> tuple[Integers, Integers]:
    """Return the number of each row's place, and a row of each place."""
    code = np.zeros(keys.num_rows, dtype=np.int64)
    for name in _PLACES:
        column = keys.column(name).combine_chunks().dictionary_encode()
        own = pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False)
        _, code = np.unique(code * (len(column.dictionary) + 1) + own, return_inverse=True)
    _, example = np.unique(code, return_index=True)
    return code, example
