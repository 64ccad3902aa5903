"""Commit records at rest: one JSON file a delivery is the truth, and an index beside them saves opening each.

``deliveries.index`` has a line for each record as it was when it was read: name, time of change, size, SHA-256 and
content. A line counts only while the file that it names still has that time and size; any other record is read itself.
So an index that is missing, torn, behind or copied with other times costs time and never changes an answer. Only the
lake's one writer writes it: it adds lines, and writes it anew once most of them are out of date.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from quetsach.lake import rollups
from quetsach.lake.catalog import Catalog, Record
from quetsach.lake.compacted import read_compacted
from quetsach.lake.delivery import Delivery
from quetsach.lake.errors import LakeError

FOLDER, INDEX = "deliveries", "deliveries.index"
_SPARE_LINES = 64

type _Stat = tuple[int, int]
"""When a file was changed (nanoseconds), and its size."""


class CatalogReader:
    """Reads catalogs of the lake in ``folder``; a record that has not changed since is not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[_Stat, Record]] = {}
        self._indexed: dict[str, _Stat] = {}
        self._index_stat: _Stat | None = None
        self._lines = 0

    def read(self) -> Catalog:
        """Return what is committed now.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        # Compacted days first: then all that is compacted is of deliveries that are known.
        places = {old: new for one in read_compacted(self._folder) for old, new in one.places()}
        self._refresh()
        records = (record for _, record in self._known.values())
        return Catalog(self._folder, records, places, making=rollups.read_making(self._folder))

    def _refresh(self) -> None:
        stats = self._stats()
        if any(name not in self._known or self._known[name][0] != stat for name, stat in stats.items()):
            self._read_index(stats)
        known: dict[str, tuple[_Stat, Record]] = {}
        for name, stat in stats.items():
            found = self._known.get(name)
            known[name] = found if found and found[0] == stat else (stat, self._read_record(name))
        self._known = known

    def save(self) -> None:
        """Bring the index up to date; for the one writer.

        It is not forced to the disk: after a power cut it is behind at worst.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        self._refresh()
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
            raise LakeError(f"the lake cannot be read: {error.strerror}", where=str(folder)) from error

    def _read_record(self, name: str) -> Record:
        try:
            content = (self._folder / FOLDER / name).read_bytes()
        except OSError as error:
            raise LakeError("a commit record cannot be read", where=name) from error
        delivery = Delivery.from_json(content, where=name)
        if f"{delivery.id}.json" != name:  # a copy would count twice
            hint = f"move it out of {self._folder / FOLDER}"
            raise LakeError("this commit record has not the name of its delivery", where=name, hint=hint)
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
