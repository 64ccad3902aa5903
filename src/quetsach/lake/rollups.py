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
    rollups/day=YYYY-MM-DD/<feed>.<report>.<key>.clock.json          clock.DayRecord; the last that is written
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.assess.hosts.clock import DayRecord
from quetsach.lake import LakeError, rollup_queries
from quetsach.lake.delivery import Delivery

FORMAT = "1"
"""Part of every name: a roll-up of another is not read."""

MAKING = "3"
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
        raise LakeError(f"the lake cannot be read: {error.strerror}", where=str(lake / MAKING_FILE)) from error


@dataclass(frozen=True, slots=True, order=True)
class RollUp:
    """The roll-up of one report and day that stands for these deliveries, by identifier."""

    day: date
    feed: str
    report: str
    deliveries: tuple[str, ...]

    @property
    def stem(self) -> str:
        """The beginning of its files' names, relative to the lake."""
        content = "\n".join((FORMAT, *self.deliveries))
        key = hashlib.sha256(content.encode()).hexdigest()[:16]
        return f"rollups/day={self.day}/{self.feed}.{self.report}.{key}"

    def path(self, part: str) -> str:
        """Return one of its files, relative to the lake, by the part of its name."""
        return f"{self.stem}.{part}.{'json' if part == 'clock' else 'parquet'}"

    def paths(self) -> list[str]:
        """Return every file that it may have, relative to the lake."""
        return [self.path(part) for part in ("addresses", "gaps", "bots", "reach", "clock")]


def roll_ups_of(deliveries: Iterable[Delivery]) -> tuple[RollUp, ...]:
    """Return the roll-ups that stand for these deliveries, in order."""
    of_day: defaultdict[tuple[date, str, str], list[str]] = defaultdict(list)
    for delivery in deliveries:
        for day in delivery.days:
            of_day[day, delivery.feed, delivery.report].append(delivery.id)
    return tuple(sorted(RollUp(*key, tuple(sorted(ids))) for key, ids in of_day.items()))


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
        engine: of ``lake.engine``.
        roll_up: which one.
        sightings: the Parquet files of all its deliveries on its day.
        folder: on the lake's file system.
        home: the code of the country (``queries.IS_HOME``).

    Raises:
        LakeError: a file of sightings is damaged.
    """
    made = rollup_queries.roll_up(engine, sightings, home)
    tables = {
        "addresses": (made.addresses, ADDRESSES),
        "gaps": (made.gaps, GAPS),
        "bots": (made.bots, BOTS),
        "reach": (made.destinations, REACH),
    }
    written = []
    for part, (table, schema) in tables.items():
        if part in ("bots", "reach") and not table.num_rows:
            continue
        path = folder / roll_up.path(part).replace("/", ".")
        named = [pa.repeat(pa.scalar(text), table.num_rows) for text in (roll_up.feed, roll_up.report)]
        whole = pa.table([*named, *table.columns], names=["feed", "report", *table.schema.names])
        pq.write_table(whole.select(schema.names).cast(schema), path, compression="zstd")
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
    changed = [(staged, lake / path) for staged, path in files if not _is_same(staged, lake / path)]
    for staged, _ in changed:
        storage.sync(staged)
    storage.publish(changed)
    return bool(changed)


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
        raise LakeError("a roll-up cannot be read", where=path.name, hint="quetsach center lake rebuild") from error
