"""The catalog: which deliveries are committed and in which files their sightings lie, as of one moment."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from quetsach.core.period import Period
from quetsach.core.sighting import LATER
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError, rollups
from quetsach.lake.buckets import ordered_if
from quetsach.lake.changes import FOLDER
from quetsach.lake.compacted import Compacted, read_compacted
from quetsach.lake.delivery import Delivery, accounts
from quetsach.lake.journal import Shared
from quetsach.lake.rollups import RollUp

INDEX = "deliveries.index"
_SPARE_LINES = 64

type _Stat = tuple[int, int]
"""When a file was changed (nanoseconds), and its size."""


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
        compacted: what lies in other files than it came in.
        making: of the roll-ups (``rollups.read_making``).
        shared: what the folder is a copy of, if it is one.
        entries: of its journal, of which all at least are in this.
    """

    def __init__(
        self,
        folder: Path,
        records: Iterable[Record],
        compacted: Iterable[Compacted],
        *,
        making: str,
        shared: Shared | None = None,
        entries: int = 0,
    ) -> None:
        self.entries = entries
        self._shared = shared
        known = sorted(records, key=lambda record: (record.delivery.ingested_at, record.delivery.id))
        self.folder = folder
        self.commits = tuple(record.delivery for record in known)
        """What the commit records say, oldest first: deliveries and their retries."""
        self.deliveries = accounts(self.commits)
        """Every delivery with its account as it is now, oldest first."""
        moved = tuple(compacted)
        self._revised = {one.subject: one for one in moved if one.revision}
        self._records, self._making = known, making
        self.by_id = {commit.id: commit for commit in self.commits}
        self._compacted = {one.subject: one for one in moved}
        self._places = {old: new for one in moved for old, new in one.places()}
        revisions = {subject: one.revision for subject, one in self._revised.items()}
        self._sets = rollups.roll_ups_of(self.commits, revisions)
        self._set_of = {(one.day, one.feed, one.report): one for one in self._sets}
        self._sightings: dict[RollUp, list[Path] | None] = {}
        self._roll_ups = tuple(one for one in self._sets if self.by_id[one.deliveries[0]].is_counted)
        self._of_day: dict[date, list[RollUp]] = defaultdict(list)
        for roll_up in self._roll_ups:
            self._of_day[roll_up.day].append(roll_up)

    @cached_property
    def state(self) -> str:
        """What is the same for two catalogs if and only if the same was committed, annotated and rolled up by one rule.

        Where sightings lie is not in it.
        """
        return _state_of(self._records, self._making, self._revised.values())

    def fetch(self, paths: Iterable[str | Path]) -> None:
        """Have files of the lake in its folder, before they are read; where it is no copy they are there.

        Raises:
            LakeError: they cannot be fetched.
        """
        if self._shared is not None:
            self._shared.fetch(paths)

    def days(self) -> Iterator[date]:
        """Yield each day (UTC) with sightings of infected machines, in order."""
        yield from self._of_day

    def roll_ups(self, period: Period | None = None) -> tuple[RollUp, ...]:
        """Return the roll-ups that stand for the sightings of machines of a period, or for all, in order."""
        if period is None:
            return self._roll_ups
        return tuple(r for day in self._of_day if day in period for r in self._of_day[day])

    def sets(self) -> tuple[RollUp, ...]:
        """Return what stands for the sightings of each day of each report, of machines or not, in order."""
        return self._sets

    def roll_up(self, day: date, feed: str, report: str) -> RollUp | None:
        """Return what stands for the sightings of a day of a report, of machines or not, if it has any."""
        return self._set_of.get((day, feed, report))

    def subject_of(self, feed: str, report: str) -> str | None:
        """Return what the addresses of a report were so far; ``None`` before its first delivery."""
        found = (one.subject for one in self.deliveries if (one.feed, one.report) == (feed, report))
        return next(found, None)

    def sightings_for(self, roll_up: RollUp) -> list[Path] | None:
        """Return the files that a roll-up is made from, each once; ``None`` where they have expired."""
        if roll_up not in self._sightings:
            self._sightings[roll_up] = self._made_from(roll_up)
        found = self._sightings[roll_up]
        return None if found is None else list(found)

    def _made_from(self, roll_up: RollUp) -> list[Path] | None:
        if self._has_expired(roll_up):
            return None
        made_from = (self.by_id[id_] for id_ in roll_up.deliveries)
        paths = dict.fromkeys(path for one in made_from for path in self._place(one.sightings_path(roll_up.day)))
        return [self.folder / path for path in paths]

    def rows_in(self, roll_up: RollUp) -> dict[tuple[str, ...], dict[str, int]]:
        """Return how many rows each delivery has where a roll-up's sightings lie; expired ones are nowhere.

        A place is one file, or those that a day is divided into, relative to the lake.
        """
        found: dict[tuple[str, ...], dict[str, int]] = {}
        for delivery in (self.by_id[id_] for id_ in roll_up.deliveries):
            if roll_up.day not in delivery.expired:
                paths = self._place(delivery.sightings_path(roll_up.day))
                found.setdefault(paths, {})[delivery.id] = delivery.days[roll_up.day]
        return found

    def countable(self, period: Period, *, of_expired: bool = True) -> list[Path]:
        """Return the files that addresses of a period are counted from.

        What was seen of each day; its sightings where no roll-up holds that yet; and the addresses of a roll-up, of
        IPv6 the /64s, where sightings have expired, unless ``of_expired`` leaves those days out.
        """
        found: list[Path] = []
        there = self.there([one.path("seen") for one in self.roll_ups(period)])
        for roll_up in self.roll_ups(period):
            sightings = self.sightings_for(roll_up)
            if sightings is None:
                found += [self.folder / roll_up.path("addresses")] if of_expired else []
            else:
                found += [self.folder / roll_up.path("seen")] if roll_up.path("seen") in there else sightings
        return found

    def there(self, paths: Collection[str]) -> set[str]:
        """Return those of some paths, relative to the lake, that are files of it."""
        if self._shared is not None:
            return {one.path for one in self._shared.held(paths)}
        return {path for path in paths if (self.folder / path).exists()}

    def ordered(self, files: Iterable[Path]) -> set[Path]:
        """Return those of some files whose rows lie in the order of their buckets, with these in a column."""
        deciding = {file: told for file in files if (told := ordered_if(file))}
        if self._shared is None:
            return {file for file, told in deciding.items() if told.exists()}
        inner = {
            file: told.relative_to(self.folder) for file, told in deciding.items() if told.is_relative_to(self.folder)
        }
        there = self.there([str(path) for path in inner.values()])
        return {file for file, told in deciding.items() if told.exists() or str(inner.get(file)) in there}

    def kept(self, period: Period) -> list[Path]:
        """Return the files of the sightings of a period, and of roll-ups where those have expired."""
        found: list[Path] = []
        for roll_up in self.roll_ups(period):
            sightings = self.sightings_for(roll_up)
            found += [self.folder / roll_up.path("addresses")] if sightings is None else sightings
        return found

    def roll_up_paths(self) -> set[str]:
        """Return every file that roll-ups may have, relative to the lake."""
        return {path for one in self._roll_ups for path in self.paths_of(one)}

    def paths_of(self, roll_up: RollUp) -> list[str]:
        """Return every file that a roll-up may have: what was seen goes with the sightings."""
        paths = roll_up.paths()
        return [path for path in paths if path != roll_up.path("seen")] if self._has_expired(roll_up) else paths

    def rows_of(self, roll_up: RollUp) -> int:
        """Return how many sightings a roll-up stands for."""
        return sum(self.by_id[id_].days[roll_up.day] for id_ in roll_up.deliveries)

    def network_versions(self, period: Period) -> tuple[str, ...]:
        """Return which address tables the sightings of machines of a period were annotated by, later ones or not."""
        versions = set[str]().union(*map(self.versions_of, self.roll_ups(period)))
        return tuple(sorted({version.removesuffix(LATER) for version in versions}))

    def versions_of(self, roll_up: RollUp) -> set[str]:
        """Return the versions of the address tables of the sightings of a roll-up; of all days of its deliveries."""
        revised = self._revised.get((roll_up.day, roll_up.feed, roll_up.report))
        found = set(revised.network if revised else ())
        for id_ in set(roll_up.deliveries) - set(revised.revised if revised else ()):
            found.update(self.by_id[id_].versions.get("network", "").split(", "))
        return found - {""}

    def account(self, delivery: str) -> Delivery | None:
        """Return a delivery with its account as it is now, if there is one of this identifier."""
        return next((one for one in self.deliveries if one.id == delivery), None)

    def paths(self, commits: Iterable[Delivery] | None = None) -> set[str]:
        """Return the files that commits stand on, or all, relative to the lake."""
        chosen = self.commits if commits is None else commits
        return {place for commit in chosen for path in commit.paths() for place in self._place(path)}

    def layout_of(self, roll_up: RollUp) -> tuple[int, int]:
        """Return in how many pieces the sightings of a roll-up lie, and in how many files the largest is divided.

        A piece is what one delivery brought, or what compaction put together.
        """
        found = self._compacted.get((roll_up.day, roll_up.feed, roll_up.report))
        together = set(found.deliveries) & set(roll_up.deliveries) if found else set()
        loose = len(roll_up.deliveries) - len(together)
        return (loose + 1, found.divisions) if found and together else (loose, 1)

    def _has_expired(self, roll_up: RollUp) -> bool:
        return any(roll_up.day in self.by_id[id_].expired for id_ in roll_up.deliveries)

    def _place(self, path: str) -> tuple[str, ...]:
        return self._places.get(path, (path,))


def _state_of(records: Iterable[Record], making: str, revised: Iterable[Compacted]) -> str:
    lines = [f"{record.delivery.id} {record.digest}" for record in records]
    lines += [f"{one.day} {one.feed} {one.report} {one.revision} {one.network}" for one in revised]
    return hashlib.sha256("\n".join((rollups.FORMAT, making, *sorted(lines))).encode()).hexdigest()


class CatalogReader:
    """Reads catalogs of the lake in ``folder``; a record that has not changed since is not read again."""

    def __init__(self, folder: Path, shared: Shared | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._known: dict[str, tuple[_Stat, Record]] = {}
        self._indexed: dict[str, _Stat] = {}
        self._index_stat: _Stat | None = None
        self._lines = 0

    def read(self) -> Catalog:
        """Return what is committed now.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        entries = self._shared.applied() if self._shared else 0
        # Compacted days first: then all that is compacted is of deliveries that are known.
        compacted = read_compacted(self._folder)
        self._refresh()
        records = (record for _, record in self._known.values())
        making = rollups.read_making(self._folder)
        return Catalog(self._folder, records, compacted, making=making, shared=self._shared, entries=entries)

    def _refresh(self) -> dict[str, _Stat]:
        """Know what is there now; return the records with what they were like."""
        stats = self._stats()
        if any(name not in self._known or self._known[name][0] != stat for name, stat in stats.items()):
            self._read_index(stats)
        known: dict[str, tuple[_Stat, Record]] = {}
        for name, stat in stats.items():
            found = self._known.get(name)
            known[name] = found if found and found[0] == stat else (stat, self._read_record(name))
        self._known = known
        return stats

    def save(self) -> None:
        """Bring the index up to date; for one writer at a time.

        It is not forced to the disk: after a power cut it is behind at worst.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        self._read_index(self._refresh())  # what other writers have added
        behind = [name for name, (stat, _) in self._known.items() if self._indexed.get(name) != stat]
        if not behind:
            return
        path = self._folder / INDEX
        is_anew = self._lines + len(behind) > 2 * len(self._known) + _SPARE_LINES
        written = list(self._known) if is_anew else behind
        content = b"".join(map(self._line, written))
        if is_anew:
            staged = path.with_name(f".{INDEX}")
            staged.unlink(missing_ok=True)
            _add(staged, content)
            staged.replace(path)
        else:
            _add(path, content)
        self._lines = len(written) + (0 if is_anew else self._lines)
        self._indexed |= {name: self._known[name][0] for name in written}
        self._index_stat = _stat_of(path.stat())

    def _stats(self) -> dict[str, _Stat]:
        folder = self._folder / FOLDER
        try:
            with os.scandir(folder) as entries:
                return {entry.name: _stat_of(entry.stat()) for entry in entries if _is_record(entry.name)}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise LakeError(
                Text("the lake cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(folder)
            ) from error

    def _read_record(self, name: str) -> Record:
        try:
            content = (self._folder / FOLDER / name).read_bytes()
        except OSError as error:
            raise LakeError(Text("a commit record cannot be read"), where=name) from error
        delivery = Delivery.from_json(content, where=name)
        if f"{delivery.id}.json" != name:  # a copy would count twice
            hint = Text("move it out of {folder}", folder=self._folder / FOLDER)
            raise LakeError(Text("this commit record has not the name of its delivery"), where=name, hint=hint)
        return Record(delivery, hashlib.sha256(content).hexdigest())

    def _read_index(self, stats: dict[str, _Stat]) -> None:
        """Take what the index holds of records that are as they were; of two lines of one record the later one."""
        path = self._folder / INDEX
        with suppress(OSError):  # without one, each record is read
            index_stat = _stat_of(path.stat())
            if index_stat == self._index_stat:
                return
            content = path.read_bytes()
            self._index_stat, self._lines, self._indexed = index_stat, 0, {}
            for name, stat, record in _records_in(content):
                self._lines += 1
                self._indexed[name] = stat
                if stats.get(name) == stat:
                    self._known[name] = (stat, record)

    def _line(self, name: str) -> bytes:
        (changed_ns, size_bytes), record = self._known[name]
        return (
            b"\n"
            + json.dumps(
                [name, changed_ns, size_bytes, record.digest, record.delivery.to_record()], ensure_ascii=False
            ).encode()
        )


def _records_in(index: bytes) -> Iterator[tuple[str, _Stat, Record]]:
    """Yield what the lines of an index say; those that are torn or damaged say nothing."""
    for line in index.split(b"\n"):
        with suppress(ValueError, TypeError, OverflowError, RecursionError, LakeError):
            name, changed_ns, size_bytes, digest, record = json.loads(line)
            delivery = Delivery.from_record(record, where=INDEX)
            if f"{delivery.id}.json" == name:
                yield name, (int(changed_ns), int(size_bytes)), Record(delivery, str(digest))


def _is_record(name: str) -> bool:
    """Say whether a file is meant to be a record: what backups and editors leave beside them is none."""
    return name.endswith(".json") and not name.startswith(".")


def _add(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)


def _stat_of(state: os.stat_result) -> _Stat:
    return state.st_mtime_ns, state.st_size
