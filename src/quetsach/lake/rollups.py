"""Roll-ups: what is kept of a day of one report when its sightings are gone, and what machines are counted from.

A roll-up is a function of the committed sightings of one feed, report and UTC day, and its name says of which
deliveries. A reader works out the name from the commit records: a roll-up that lacks a delivery has another name, so
none can be out of date. The writer builds it before the commit record of a delivery makes its name the one that
counts; where one is missing, a reader builds it for itself. Made again from the same sightings it is the same, byte by
byte, whatever the order in which they came.

::

    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.addresses.parquet   ADDRESSES
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.gaps.parquet        GAPS
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.bots.parquet        BOTS, where the feed names installations
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.reach.parquet       REACH, where the feed tells what was contacted
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.seen.parquet        SEEN, until the sightings expire
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.clock.json          clock.DayRecord; the last that is written
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach import storage
from quetsach.assess.hosts.clock import DAY_MINUTES, DayRecord, record_day
from quetsach.assess.hosts.schedule import STEPS, step_of
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.core.text import SystemText, Text
from quetsach.feeds.table import DESTINATION_NAMES
from quetsach.lake import LakeError
from quetsach.lake.buckets import address_bytes, buckets_of
from quetsach.lake.delivery import Delivery
from quetsach.lake.host_rows import LOW_BITS
from quetsach.lake.queries import IS_HOME, SECTOR, explained

# ruff: noqa: S608  (queries are put together from this module's own texts; every value is a parameter)

FORMAT = "1"
"""Part of every name: a roll-up of another is not read."""

MAKING = "4"
"""What is in them. Those of an older making are read too, and made again once (``keeping.renew``)."""

MAKING_FILE = "rollups/.making"
"""Says that none is of an older making."""

_PLACES: list[tuple[str, pa.DataType]] = [
    ("family", pa.string()),
    ("ip_version", pa.int8()),
    ("asn", pa.int64()),
    ("isp", pa.string()),
    ("province", pa.string()),
    ("sector", pa.string()),  # not in roll-ups that were made before feeds told it: unknown
    ("is_abroad", pa.bool_()),  # not of the country (``queries.IS_HOME``)
]
ADDRESSES = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("bucket", pa.int16()),  # of the address (``lake.buckets``), in whose order the rows are; not before making 4
        ("address", pa.uuid()),  # IPv6: the start of the /64
        *_PLACES,  # of the address on this day; where its sightings differ, the greatest
        ("sightings", pa.int64()),
        ("first_us", pa.int64()),  # microseconds since midnight UTC
        ("last_us", pa.int64()),
        ("longest_gap_us", pa.int64()),
        ("hours", pa.int32()),  # bit h: seen in hour h of the day
    ]
)
"""One row for each family and address of the day."""

GAPS = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        *_PLACES,  # of the later sighting
        ("step", pa.int16()),  # of assess.hosts.schedule; null for gaps across a silence of the sensor
        ("first_us", pa.int64()),  # of a gap across a silence: where it begins and ends
        ("last_us", pa.int64()),
        ("count", pa.int64()),
        ("ms", pa.int64()),  # how long they are together
        ("high", pa.int64()),  # the sum of their squares in two: ``host_rows.LOW_BITS``
        ("low", pa.int64()),
    ]
)
"""Gaps between sightings of one family and address within the day, added up by length."""

BOTS = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("bot_id", pa.string()),
        *_PLACES,
        ("sightings", pa.int64()),
        ("first_us", pa.int64()),
        ("last_us", pa.int64()),
        ("addresses", pa.int64()),
    ]
)
"""One row for each family and installation of the day."""

REACH = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("family", pa.string()),
        ("ip_version", pa.int8()),
        ("destination", pa.string()),  # domain, or address where no domain is told; empty for all the small ones
        ("addresses", pa.int64()),  # at home
        ("alone", pa.int64()),  # of these, that contacted no other of the family on the day
    ]
)
"""One row for each family and destination of the day (``rollup_queries.MOST_DESTINATIONS``)."""

SEEN = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("bucket", pa.int16()),
        ("address", pa.uuid()),  # whole, of IPv6 too
        *_PLACES[:-1],
        ("claimed_country", pa.string()),  # in capitals; null where an AS is known, which alone decides then
    ]
)
"""The sightings of the day without their times: each family, address and place once, as often as it was seen.

Distinct addresses of any kind are the same counted here and from the sightings.
"""

GROUP_ROWS = 1 << 16
"""Rows that lie together in a file: a part of a question reads those groups that have its buckets."""


def read_making(lake: Path) -> str:
    """Return of which making the roll-ups of a lake are; empty where nothing says.

    Raises:
        LakeError: that cannot be read.
    """
    try:
        return (lake / MAKING_FILE).read_text("ascii", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise LakeError(
            Text("the lake cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(lake / MAKING_FILE)
        ) from error


PARTS = ("addresses", "gaps", "bots", "reach", "seen", "clock")
"""The files of a roll-up, some of which a day may not have."""


@dataclass(frozen=True, slots=True, order=True)
class RollUp:
    """The roll-up of one report and day that stands for these deliveries, by identifier."""

    day: date
    feed: str
    report: str
    deliveries: tuple[str, ...]
    revision: int = 0
    """How often its sightings were annotated again (``lake.reannotation``)."""

    @property
    def stem(self) -> str:
        """The beginning of its files' names, relative to the lake."""
        revised = (f"revision {self.revision}",) if self.revision else ()
        content = "\n".join((FORMAT, *self.deliveries, *revised))
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        return f"rollups/day={self.day}/{self.feed}.{self.report}.{key}"

    def path(self, part: str) -> str:
        """Return one of its files, relative to the lake, by the part of its name."""
        return f"{self.stem}.{part}.{'json' if part == 'clock' else 'parquet'}"

    def paths(self) -> list[str]:
        """Return every file that it may have, relative to the lake."""
        return [self.path(part) for part in PARTS]


def roll_ups_of(deliveries: Iterable[Delivery], revisions: Mapping[tuple[date, str, str], int]) -> tuple[RollUp, ...]:
    """Return the roll-ups that stand for these deliveries, in order; ``revisions`` by day, feed and report."""
    of_day: defaultdict[tuple[date, str, str], list[str]] = defaultdict(list)
    for delivery in deliveries:
        for day in delivery.days:
            of_day[day, delivery.feed, delivery.report].append(delivery.id)
    return tuple(sorted(RollUp(*key, tuple(sorted(ids)), revisions.get(key, 0)) for key, ids in of_day.items()))


def build(
    engine: duckdb.DuckDBPyConnection,
    roll_up: RollUp,
    sightings: Sequence[Path],
    folder: Path,
    *,
    home: str | None,
) -> list[tuple[Path, str]]:
    """Write the roll-up's files into ``folder``; return each with the path that it gets in the lake, the clock last.

    Args:
        engine: of ``lake.queries``.
        roll_up: which one.
        sightings: the Parquet files of all its deliveries on its day.
        folder: on the lake's file system.
        home: the code of the country (``queries.IS_HOME``).

    Raises:
        LakeError: a file of sightings is damaged.
    """
    made = rolled_up(engine, sightings, home)
    tables = {
        "addresses": (made.addresses, ADDRESSES),
        "gaps": (made.gaps, GAPS),
        "bots": (made.bots, BOTS),
        "reach": (made.destinations, REACH),
        "seen": (made.seen, SEEN),
    }
    written = []
    for part, (table, schema) in tables.items():
        if part in ("bots", "reach") and not table.num_rows:
            continue
        path = folder / roll_up.path(part).replace("/", ".")
        named = [pa.repeat(pa.scalar(text), table.num_rows) for text in (roll_up.feed, roll_up.report)]
        whole = pa.table([*named, *table.columns], names=["feed", "report", *table.schema.names])
        pq.write_table(whole.select(schema.names).cast(schema), path, compression="zstd", row_group_size=GROUP_ROWS)
        written.append((path, roll_up.path(part)))
    clock = folder / roll_up.path("clock").replace("/", ".")
    clock.write_bytes(json.dumps(asdict(made.clock), separators=(",", ":")).encode())
    return [*written, (clock, roll_up.path("clock"))]


def publish_changed(files: Sequence[tuple[Path, str]], lake: Path) -> bool:
    """Put files in their places unless they are there already, byte by byte; say whether any was put.

    Args:
        files: staged files with their paths relative to the lake.
        lake: the lake's folder.
    """
    others = [(staged, lake / path) for staged, path in changed(files, lake)]
    for staged, _ in others:
        storage.sync(staged)
    storage.publish(others)
    return bool(others)


def changed(files: Sequence[tuple[Path, str]], lake: Path) -> list[tuple[Path, str]]:
    """Return those of staged files that are not in their places already, byte by byte."""
    return [(staged, path) for staged, path in files if not _is_same(staged, lake / path)]


def _is_same(made: Path, kept: Path) -> bool:
    try:
        return made.read_bytes() == kept.read_bytes()
    except FileNotFoundError:
        return False


def read_record(path: Path) -> DayRecord:
    """Read the clock of a roll-up.

    Raises:
        LakeError: it is missing or damaged.
    """
    try:
        content = json.loads(path.read_bytes())
        silences = tuple((int(start), int(end)) for start, end in content["silences"])
        return DayRecord(tuple(int(count) for count in content["hourly"]), silences)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LakeError(
            Text("a roll-up cannot be read"), where=path.name, hint=Text("quetsach center lake rebuild")
        ) from error


MOST_DESTINATIONS = 50
"""Of a family and day that are told apart, those with the most addresses; the rest have the empty name."""

_HOSTS = "|".join(DESTINATION_NAMES)
_DESTINATION = f"""coalesce(
    if(contains(extra, '_host'), nullif(lower(regexp_extract(extra, '"(?:{_HOSTS})":"([^"]{{1,253}})"', 1)), ''), null),
    destination_address::text, '')"""
_PLACE_NAMES = ("family", "ip_version", "asn", "isp", "province", "sector", "is_abroad")
_RAW = f"""
    create temp table raw as
    select family, ip_version, asn, isp, province, nullif({SECTOR}, '{UNKNOWN_SECTOR}') as sector,
           coalesce(bot_id, '') as bot_id, {_DESTINATION} as destination, address,
           not {IS_HOME} as is_abroad, if(asn is null, upper(claimed_country), null) as claimed_country,
           epoch_us(observed_at) % 86400000000 as us
    from (
        from read_parquet($files, union_by_name = true)
        union all by name
        select ''::varchar as bot_id, ''::varchar as sector, ''::varchar as extra, null::uuid as destination_address,
               null::varchar as claimed_country
        where false
    )
"""
"""What all three tables are made of: read once, as reading and planning cost more than each table of a small file."""
_GREATEST = f"""max(ip_version) as ip_version, max(asn) as asn, max(isp) as isp, max(province) as province,
               coalesce(max(sector), '{UNKNOWN_SECTOR}') as sector, bool_and(is_abroad)::tinyint as is_abroad"""
_NETWORK = "if(ip_version = 4, address, (substr(address::text, 1, 18) || '-0000-000000000000')::uuid)"
"""An address, of IPv6 the start of its /64."""
_ADDRESSES = f"""
    select family, {_NETWORK} as network, {_GREATEST}, list(us) as times from raw
    group by family, network order by family, network
"""
_BOTS = f"""
    select family, bot_id, {_GREATEST}, count(*) as sightings, min(us) as first_us, max(us) as last_us,
           count(distinct {_NETWORK}) as addresses
    from raw where bot_id != '' group by family, bot_id order by family, bot_id
"""
_SEEN = f"""
    select address, family, ip_version, asn, isp, province, coalesce(sector, '{UNKNOWN_SECTOR}') as sector,
           claimed_country
    from raw group by all order by all
"""
_DESTINATIONS = f"""
    with home as materialized (
        select family, ip_version, {_NETWORK} as network, destination from raw
        where not is_abroad and destination != '' group by all
    ),
    sizes as (select family, ip_version, destination, count(*) as addresses from home group by all),
    ranked as materialized (
        select *, row_number() over (partition by family, ip_version order by addresses desc, destination) as place
        from sizes
    ),
    pairs as materialized (
        select family, ip_version, network, destination
        from home join ranked using (family, ip_version, destination) where place <= {MOST_DESTINATIONS}
        union all
        select distinct family, ip_version, network, ''
        from home join ranked using (family, ip_version, destination) where place > {MOST_DESTINATIONS}
    ),
    single as (
        select family, ip_version, any_value(destination) as destination
        from pairs group by family, ip_version, network having count(*) = 1
    ),
    counted as (
        select family, ip_version, destination, addresses, 0 as alone from ranked where place <= {MOST_DESTINATIONS}
        union all
        select family, ip_version, '', count(*), 0 from pairs where destination = '' group by all
        union all
        select family, ip_version, destination, 0, count(*) from single group by all
    )
    select family, ip_version, destination, sum(addresses)::bigint as addresses, sum(alone)::bigint as alone
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
    seen: pa.Table
    clock: DayRecord


def rolled_up(engine: duckdb.DuckDBPyConnection, files: Sequence[Path], home: str | None) -> RolledUp:
    """Roll up sightings of one report and one day.

    Args:
        engine: of ``lake.queries``.
        files: their Parquet files.
        home: the code of the country (``queries.IS_HOME``).

    Raises:
        LakeError: a file is damaged.
    """
    parameters = {"files": [str(file) for file in files], "home": home}
    with closing(engine.cursor()) as cursor, explained():
        cursor.execute(_RAW, parameters)
        queries = (_ADDRESSES, _BOTS, _DESTINATIONS, _SEEN)
        keys, bots, destinations, seen = (cursor.sql(query).to_arrow_table() for query in queries)
    key, us, starts = _in_order(keys.column("times").combine_chunks())
    keys = keys.drop_columns(["times"]).rename_columns({"network": "address"})
    clock = record_day(np.bincount(us // _MINUTE, minlength=DAY_MINUTES))
    gap = np.diff(us, prepend=0)
    gap[starts] = -1  # the first sighting of an address has none before
    addresses, gaps = _addresses(keys, us, gap, starts), _gaps(keys, key, us, gap, clock)
    return RolledUp(_by_bucket(addresses), gaps, bots, destinations, _by_bucket(seen), clock)


def _by_bucket(table: pa.Table) -> pa.Table:
    """Return a table in the order of the buckets of its addresses, with these."""
    bucket = buckets_of(address_bytes(table)).astype(np.int16)
    order = np.argsort(bucket, kind="stable")
    return table.take(pa.array(order)).append_column("bucket", pa.array(bucket[order]))


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
    made = keys.select(_PLACE_NAMES).take(pa.array(example[rows]))
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
    for name in _PLACE_NAMES:
        column = keys.column(name).combine_chunks().dictionary_encode()
        own = pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False)
        _, code = np.unique(code * (len(column.dictionary) + 1) + own, return_inverse=True)
    _, example = np.unique(code, return_index=True)
    return code, example
