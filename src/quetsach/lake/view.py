"""A view of the lake: what was committed at one moment, and the questions that can be asked of it.

A view never changes. What is delivered, compacted or expires while it is open is not in it, and no file that it may
read is deleted until it is closed (``lake.readers``). Whatever belongs together is asked of one view. Only a roll-up
that is mended shows in it at once (``keeping.rebuild``).
"""

import hashlib
import os
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach.assess import UNKNOWN, UNPLACED, Basis, ReportHealth
from quetsach.assess.feed_levels import level_breaks, sends_differences
from quetsach.core.country import WEEKEND, Country
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.feeds.table import REJECTS
from quetsach.lake import LakeError, queries, readers
from quetsach.lake.delivery import Delivery
from quetsach.lake.placement import Here, Placement
from quetsach.lake.queries import CountAddresses, CountTogether, Engine, ListAddresses, Part, Question, parts_of
from quetsach.lake.readers import Access
from quetsach.lake.records import CatalogReader
from quetsach.lake.rollups import RollUp

QUARANTINED = pa.schema([("file", pa.string()), ("delivery", pa.string()), *REJECTS])
"""What ``LakeView.quarantined`` returns."""

_BESIDE = timedelta(days=28)
"""How far beyond a window its reports are looked at, for a level is told by the days around."""
_DAYS_WITH_DATA = pa.schema(
    [("feed", pa.string()), ("report", pa.string()), ("day", pa.date32()), ("sightings", pa.int64())]
)


class LakeView:
    """The lake as of one moment, open from the beginning; a context that closes it. Use ``Lake.view()``.

    Args:
        folder: the lake.
        reader: reads its catalog.
        engine: counts.
        names: which family a kept name is of; without them each is its own, which is never for the public to see.
        country: whose addresses are counted (``queries.IS_HOME``) and whose offices keep hours; without it all are.
        placement: where questions are answered; by ``engine`` in this process if not given.

    Raises:
        LakeError: the lake cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        reader: CatalogReader,
        engine: Engine,
        names: FamilyNames | None = None,
        country: Country | None = None,
        *,
        placement: Placement | None = None,
    ) -> None:
        held = readers.hold(folder)
        self._close = weakref.finalize(self, os.close, held) if held is not None else None
        self.folder = folder
        self.home = country.code if country else None
        self.offices = country.offices if country else None
        self.rest_days = country.rest_days if country else WEEKEND
        self.catalog = reader.read()
        self._engine = engine
        self._placement = placement or Here(engine)
        self.families_version = names.version if names else ""
        self.names = names.kept() if names else None
        known = names.families.values() if names else ()
        self.family_names = {f.id: LocalText(f.name, f.name) for f in known} | {
            UNKNOWN_FAMILY: UNKNOWN,
            UNPLACED_FAMILY: UNPLACED,
        }
        self._counted: dict[tuple[Period, CountAddresses], pa.Table] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let files be deleted again; ask nothing afterwards."""
        if self._close is not None:
            self._close()

    @property
    def state(self) -> str:
        """What answers stand on, in 64 hexadecimal digits: two views of one state give the same answers."""
        if not self.families_version:
            return self.catalog.state
        return hashlib.sha256(f"{self.catalog.state}\n{self.families_version}".encode()).hexdigest()

    def families_of(self, kept: Iterable[str]) -> list[str]:
        """Return the families that kept names are of; without names each is its own."""
        if self.names is None:
            return list(kept)
        known = dict(self.names)
        return [known.get(name, UNPLACED_FAMILY) for name in kept]

    def unplaced_names(self, period: Period | None = None) -> pa.Table:
        """Return the names, of a period or all, that wait for an analyst to place them (``queries.unplaced_names``)."""
        days = list(self.catalog.days())
        files = self.catalog.kept(period or Period(min(days), max(days))) if days else []
        self.catalog.fetch(files)
        return queries.unplaced_names(self.engine(), files, self.names or ())

    def engine(self) -> duckdb.DuckDBPyConnection:
        """Return the engine; whoever asks takes a cursor of it."""
        return self._engine.connection()

    def ask[Answer](self, question: Question[Answer], parts: Sequence[Part]) -> Answer:
        """Ask a question of parts that together are everything that it is about; the placement says where.

        Raises:
            LakeError: a file is damaged.
        """
        return question.merged(self._placement.answers(question, parts))

    def parts_of(self, files: Iterable[Path], *, once: Iterable[Path] = ()) -> tuple[Part, ...]:
        """Divide files as pays where questions are answered (``queries.parts_of``); fetch them where that is here."""
        files, once = list(files), list(once)
        if self._placement.is_here:
            self.catalog.fetch([*files, *once])
        return parts_of(files, once=once, count=self._placement.parts, ordered=self.catalog.ordered(files))

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return every delivery, oldest first."""
        return self.catalog.deliveries

    def roll_ups(self, period: Period | None = None) -> tuple[RollUp, ...]:
        """Return the roll-ups that stand for the sightings of a period, or for all."""
        return self.catalog.roll_ups(period)

    def sightings_for(self, roll_up: RollUp) -> list[Path] | None:
        """Return the files that a roll-up is made from; ``None`` where they have expired."""
        return self.catalog.sightings_for(roll_up)

    def newest_day(self, *, until: date | None = None) -> date | None:
        """Return the last day (UTC) with sightings, not after ``until``: a feed with a wrong clock moves no window."""
        return max((day for day in self.catalog.days() if until is None or day <= until), default=None)

    def sightings_count(self, period: Period | None = None) -> int:
        """Return how many sightings there are, in a period or at all."""
        return sum(map(self.catalog.rows_of, self.roll_ups(period)))

    def basis(self, period: Period) -> Basis:
        """Return how figures of a period are counted in this view."""
        seen = self.days_with_data(period).to_pylist()
        last_ingest = max((one.ingested_at.date() for one in self.deliveries()), default=None)
        return Basis(
            window=period,
            feeds=tuple(sorted({f"{row['feed']}/{row['report']}" for row in seen})),
            days_with_data=len({row["day"] for row in seen}),
            as_of=self.newest_day(until=last_ingest) or self.newest_day(),
            network_versions=self.catalog.network_versions(period),
            health=self._health(period, seen),
        )

    def _health(self, period: Period, seen: Iterable[Mapping[str, Any]]) -> tuple[ReportHealth, ...]:
        """Return how each report was that has data in a period; its level is looked at some weeks beyond both ends."""
        around = Period(period.first - _BESIDE, period.last + _BESIDE)
        levels: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
        for row in self.days_with_data(around).to_pylist():
            levels[row["feed"], row["report"]][row["day"]] = row["sightings"]
        records, aside = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for delivery in self.deliveries():
            if any(day in period for day in delivery.days):
                records[delivery.feed, delivery.report] += delivery.records
                aside[delivery.feed, delivery.report] += delivery.quarantined
        days = Counter((row["feed"], row["report"]) for row in seen)
        return tuple(
            ReportHealth(
                "/".join(report),
                days[report],
                records[report],
                aside[report],
                tuple(
                    (b.day, round(b.times, 3)) for b in level_breaks(levels[report]) if b.is_sure and b.day in period
                ),
                sends_differences(levels[report]),
            )
            for report in sorted(days)
        )

    def days_with_data(self, period: Period) -> pa.Table:
        """Return ``feed``, ``report``, ``day``, ``sightings`` for each day of the period that has any, in order.

        A day that is missing had no data from that feed; nothing says that it had no infections.
        """
        found = sorted((r.feed, r.report, r.day, self.catalog.rows_of(r)) for r in self.roll_ups(period))
        columns = ([row[n] for row in found] for n in range(len(_DAYS_WITH_DATA)))
        return pa.table(list(columns), schema=_DAYS_WITH_DATA)

    def daily_addresses(
        self, period: Period, by: Sequence[str] = ("family",), *, families: Iterable[str] | None = None
    ) -> pa.Table:
        """Return ``day``, the columns ``by`` (of ``queries.GROUPS``) and ``addresses``: distinct addresses of each day.

        Only days with sightings have rows. ``families`` limits to those; ``None`` is all.
        """
        return self._count(period, ("day", *by), families)

    def distinct_addresses(
        self, period: Period, by: Sequence[str] = (), *, families: Iterable[str] | None = None
    ) -> pa.Table:
        """Return the columns ``by`` and ``addresses``: distinct addresses of the whole period.

        Without ``by`` there is one row.
        """
        return self._count(period, tuple(by), families)

    def count_together(self, period: Period, by: Iterable[tuple[str, ...]]) -> None:
        """Count the addresses of a period in several ways by one reading; whoever asks for one then has it at once.

        Args:
            period: whose sightings are read.
            by: for each way the columns, ``day`` first where it is of each day.
        """
        asked = [self._counting(columns) for columns in by]
        counts = tuple(one for one in dict.fromkeys(asked) if (period, one) not in self._counted)
        if len(counts) > 1:
            answers = self.ask(CountTogether(counts), self.parts_of(self.catalog.countable(period)))
            self._counted.update({(period, one): table for one, table in zip(counts, answers, strict=True)})

    def count_addresses(self, period: Period, *, families: Iterable[str] | None = None) -> int:
        """Return how many distinct addresses were seen in the period."""
        return int(self.distinct_addresses(period, families=families).column("addresses")[0].as_py())

    def listed_addresses(self, period: Period, *, by: Access) -> pa.Table:
        """Return ``key`` (16 bytes), ``family``, ``last_day`` for the look-up of ``listed``, ordered by key.

        ``by`` is logged, as with everything that hands out rows.
        """
        files = self.catalog.countable(period, of_expired=False)
        if files:
            readers.record(self.folder, by, what="addresses", of=str(period))
        return self.ask(ListAddresses(self.names, self.home), self.parts_of(files))

    def deliveries_set_aside(self, delivery: str | None = None) -> tuple[Delivery, ...]:
        """Return the deliveries of which records lie in quarantine, of all or of one, oldest first.

        Args:
            delivery: an identifier, or at least the first 8 characters of it.

        Raises:
            LakeError: there is no such delivery.
        """
        chosen = self.deliveries()
        if delivery is not None:
            chosen = tuple(d for d in chosen if d.id == delivery or (len(delivery) >= 8 and d.id.startswith(delivery)))
            if not chosen:
                raise LakeError(Text("there is no delivery {delivery}", delivery=repr(delivery[:80])))
        return tuple(d for d in chosen if d.quarantined and d.has_landed)

    def quarantined(self, delivery: str | None = None, *, by: Access) -> pa.Table:
        """Return what was set aside (``QUARANTINED``), of one delivery or of all, by delivery and line.

        Raises:
            LakeError: there is no such delivery, or a file is damaged.
        """
        chosen = self.deliveries_set_aside(delivery)
        if chosen:
            readers.record(self.folder, by, what="quarantine", of=chosen[0].id if len(chosen) == 1 else "all")
        tables = [self._rejects_of(d) for d in chosen]
        return pa.concat_tables(tables) if tables else QUARANTINED.empty_table()

    def reasons_set_aside(self, deliveries: Iterable[Delivery]) -> dict[str, Counter[str]]:
        """Return by the identifier of each delivery how many records were set aside for which reason.

        Of a delivery whose sightings have all expired the reasons went with them: it is left out. No row is handed
        out, so nothing is logged.

        Raises:
            LakeError: a file is damaged.
        """
        there = [d for d in deliveries if d.quarantined and d.has_landed]
        return {d.id: Counter(self._rejects_of(d).column("reason").to_pylist()) for d in there}

    def _count(self, period: Period, by: tuple[str, ...], families: Iterable[str] | None) -> pa.Table:
        """Count addresses; what was asked before is not counted again, for a view does not change."""
        question = self._counting(by, families)
        if (period, question) not in self._counted:
            self._counted[period, question] = self.ask(question, self.parts_of(self.catalog.countable(period)))
        return self._counted[period, question]

    def _counting(self, by: tuple[str, ...], families: Iterable[str] | None = None) -> CountAddresses:
        return CountAddresses(by, None if families is None else tuple(sorted(families)), self.names, self.home)

    def _rejects_of(self, delivery: Delivery) -> pa.Table:
        self.catalog.fetch([delivery.quarantine_path])
        try:
            rejects = pq.read_table(self.folder / delivery.quarantine_path, schema=REJECTS, partitioning=None)
        except (OSError, pa.ArrowInvalid) as error:
            raise LakeError(Text("the quarantine cannot be read"), where=delivery.quarantine_path) from error
        named = [pa.repeat(pa.scalar(text), rejects.num_rows) for text in (delivery.file, delivery.id)]
        return pa.table([*named, *rejects.columns], schema=QUARANTINED)
