"""The catalog: which deliveries are committed and in which files their sightings lie, as of one moment."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quetsach.core.period import Period
from quetsach.lake import rollups
from quetsach.lake.delivery import Delivery
from quetsach.lake.rollups import RollUp


@dataclass(frozen=True, slots=True)
class Record:
    """A commit record as it was read, with the SHA-256 of its bytes."""

    delivery: Delivery
    digest: str


class Catalog:
    """What a lake holds; never changes.

    Args:
        folder: the lake.
        records: the commit records.
        places: the paths of sightings that compaction moved, with those that they have now.
        making: of the roll-ups (``rollups.read_making``).
    """

    def __init__(self, folder: Path, records: Iterable[Record], places: Mapping[str, str], *, making: str) -> None:
        known = sorted(records, key=lambda record: (record.delivery.ingested_at, record.delivery.id))
        self.folder = folder
        self.deliveries = tuple(record.delivery for record in known)
        """Oldest first."""
        self.state = _state_of(known, making)
        """The same for two catalogs if and only if the same was committed and is rolled up by the same rule: where
        sightings lie is not in it."""
        self.by_id = {delivery.id: delivery for delivery in self.deliveries}
        self._places = dict(places)
        self._roll_ups = rollups.roll_ups_of(self.deliveries)
        self._of_day: dict[date, list[RollUp]] = defaultdict(list)
        for roll_up in self._roll_ups:
            self._of_day[roll_up.day].append(roll_up)

    def days(self) -> Iterator[date]:
        """Yield each day (UTC) with sightings, in order."""
        yield from self._of_day

    def roll_ups(self, period: Period | None = None) -> tuple[RollUp, ...]:
        """Return the roll-ups that stand for the sightings of a period, or for all, in order."""
        if period is None:
            return self._roll_ups
        return tuple(r for day in self._of_day if day in period for r in self._of_day[day])

    def roll_up(self, day: date, feed: str, report: str) -> RollUp | None:
        """Return the roll-up of a day of a report, if it has sightings."""
        return next((r for r in self._of_day.get(day, ()) if (r.feed, r.report) == (feed, report)), None)

    def sightings_for(self, roll_up: RollUp) -> list[Path] | None:
        """Return the files that a roll-up is made from, each once; ``None`` where they have expired."""
        day, made_from = roll_up.day, [self.by_id[id_] for id_ in roll_up.deliveries]
        if any(day in delivery.expired for delivery in made_from):
            return None
        paths = dict.fromkeys(self._place(delivery.sightings_path(day)) for delivery in made_from)
        return [self.folder / path for path in paths]

    def sightings_of(self, period: Period) -> list[Path]:
        """Return the files of the sightings of a period that have not expired."""
        return [path for roll_up in self.roll_ups(period) for path in self.sightings_for(roll_up) or ()]

    def countable(self, period: Period) -> list[Path]:
        """Return the files that addresses are counted from: sightings, and roll-ups where those have expired."""
        found: list[Path] = []
        for roll_up in self.roll_ups(period):
            sightings = self.sightings_for(roll_up)
            found += [self.folder / roll_up.path("addresses")] if sightings is None else sightings
        return found

    def rows_of(self, roll_up: RollUp) -> int:
        """Return how many sightings a roll-up stands for."""
        return sum(self.by_id[id_].days[roll_up.day] for id_ in roll_up.deliveries)

    def paths(self, deliveries: Iterable[Delivery] | None = None) -> set[str]:
        """Return the files that deliveries stand on, or all, relative to the lake."""
        chosen = self.deliveries if deliveries is None else deliveries
        return {self._place(path) for delivery in chosen for path in delivery.paths()}

    def _place(self, path: str) -> str:
        return self._places.get(path, path)


def _state_of(records: Iterable[Record], making: str) -> str:
    lines = (f"{record.delivery.id} {record.digest}" for record in records)
    return hashlib.sha256("\n".join((rollups.FORMAT, making, *sorted(lines))).encode()).hexdigest()
