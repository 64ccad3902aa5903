"""Who was seen when, by the names that malware gives its installations: from the roll-ups of days."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach.assess.cases import History, SubjectKind, Watch
from quetsach.assess.hosts.clock import DAY_MINUTES, DayRecord, read_clock, uptime_minutes
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.lake import LakeError, rollups
from quetsach.lake.view import LakeView

_DAY_US = 86_400_000_000
_COLUMNS = ["feed", "report", "family", "isp", "bot_id", "first_us", "last_us", "is_abroad"]

type Sensor = tuple[str, str]


def bot_history(view: LakeView, period: Period) -> History | None:
    """Return the sightings of installations in a period; ``None`` where no feed names any.

    The first and the last sighting of a day stand for the day, which changes no episode; sightings abroad are left out.
    The uptime clock runs while any of the sensors that name installations was alive; a family is watched from the first
    to the last day on which a sensor that saw it had data.

    Raises:
        LakeError: a roll-up is missing or damaged.
    """
    records: defaultdict[Sensor, dict[date, DayRecord]] = defaultdict(dict)
    tables = []
    parts = ("bots", "clock")
    view.catalog.fetch(roll_up.path(part) for roll_up in view.roll_ups(period) for part in parts)
    for roll_up in view.roll_ups(period):
        path = view.folder / roll_up.path("bots")
        if not (view.folder / roll_up.path("clock")).exists():
            hint = "quetsach center lake rebuild"
            raise LakeError(Text("the roll-up of {day} is missing", day=roll_up.day), where=str(view.folder), hint=hint)
        records[roll_up.feed, roll_up.report][roll_up.day] = rollups.read_record(view.folder / roll_up.path("clock"))
        if path.exists():
            tables.append(_read(path, roll_up.day))
    rows = pa.concat_tables(tables).combine_chunks() if tables else None
    if not rows:
        return None
    rows = _of_families(rows, view)
    sensors = {(row["feed"], row["report"]) for row in rows.group_by(["feed", "report"]).aggregate([]).to_pylist()}
    return _history(rows, {sensor: records[sensor] for sensor in sensors}, period, view.rest_days)


def _of_families(rows: pa.Table, view: LakeView) -> pa.Table:
    """Replace kept names by their families: an installation that a feed spells in two ways is one of one family."""
    kept = rows.column("family").combine_chunks().dictionary_encode()
    families = pa.array(view.families_of(kept.dictionary.to_pylist()), pa.string()).take(kept.indices)
    return rows.set_column(rows.schema.get_field_index("family"), "family", families)


def _read(path: Path, day: date) -> pa.Table:
    try:
        table = pq.read_table(path, columns=_COLUMNS, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        hint = "quetsach center lake rebuild"
        raise LakeError(Text("a roll-up cannot be read: {reason}", reason=error), where=str(path), hint=hint) from error
    table = table.filter(pc.invert(table.column("is_abroad")))
    return table.append_column("day", pa.array([day] * len(table), pa.date32()))


def _history(
    rows: pa.Table,
    records: Mapping[Sensor, Mapping[date, DayRecord]],
    period: Period,
    rest_days: Collection[int],
) -> History:
    midnight = _midnights(records, period, rest_days)
    day = rows.column("day").cast(pa.int32()).to_numpy() - (period.first - date(1970, 1, 1)).days
    length = np.diff(midnight)
    seen = [midnight[day] + length[day] * rows.column(name).to_numpy() / _DAY_US for name in ("first_us", "last_us")]
    subject, family, provider = (
        rows.column(name).combine_chunks().dictionary_encode() for name in ("bot_id", "family", "isp")
    )
    families = tuple(family.dictionary.to_pylist())
    spans = _spans(rows, records, period)
    first = np.array([midnight[spans[name][0]] for name in families])
    last = np.array([midnight[spans[name][1] + 1] for name in families])
    watch = Watch(0.0, float(midnight[-1]), lost=last)
    providers = tuple(provider.dictionary.to_pylist())
    return History(
        kind=SubjectKind.BOT_ID,
        subject=_twice(subject),
        family=_twice(family),
        provider=_twice(provider),
        seen_days=np.concatenate(seen),
        families=families,
        providers=providers,
        watch=watch,
        observed_from=first,
        first_day=period.first,
        midnights=midnight,
    )


def _twice(column: pa.DictionaryArray) -> NDArray[np.int64]:
    return np.tile(column.indices.to_numpy().astype(np.int64), 2)


def _midnights(
    records: Mapping[Sensor, Mapping[date, DayRecord]], period: Period, rest_days: Collection[int]
) -> NDArray[np.float64]:
    """Return the uptime clock at the beginning of each day, and at the end of the last."""
    alive = np.zeros(period.days)
    for days in records.values():
        for day, outages in read_clock(days, rest_days).outages.items():
            at = (day - period.first).days
            alive[at] = max(alive[at], uptime_minutes(outages) / DAY_MINUTES)
    return np.concatenate(([0.0], np.cumsum(alive)))


def _spans(
    rows: pa.Table, records: Mapping[Sensor, Mapping[date, DayRecord]], period: Period
) -> Mapping[str, tuple[int, int]]:
    """Return the first and last day, by number, on which a sensor that saw a family had data."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows.group_by(["family", "feed", "report"]).aggregate([]).to_pylist():
        days = [(day - period.first).days for day in records[row["feed"], row["report"]]]
        low, high = found.get(row["family"], (min(days), max(days)))
        found[row["family"]] = (min(low, *days), max(high, *days))
    return found
