"""Whether the centre is well: what visitors need, and what goes on behind the pages.

The main process writes its signs of life into one file of fixed size that was laid out at the start, so that a full
disk keeps nobody from saying so; the worker that answers reads it.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Self

from django.db import DatabaseError, connection

from quetsach.centre.publication.snapshot import PublicationError, read_snapshot
from quetsach.web.configuration import Configuration

# How the worker that answers knows how the work behind the pages goes, which runs in the main process.
#
# The main process writes into one file of fixed size that was laid out at the start, so that a full disk keeps nobody
# from saying so; the worker reads it.

SILENT_SECONDS = 60
"""The main process writes every few seconds: after this long without a word it hangs or is gone."""
MANY_IN_A_ROW = 3
"""Work may break off once, as when another process held a file; so often, somebody has to look."""
_NAME = "heartbeats"
_SIZE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work behind the pages: ``beat_at`` is its last sign of life, ``broke_off`` how often it broke off.

    ``longest_seconds`` is how long it may say nothing; ``in_a_row`` how often it broke off and has not come far since.
    """

    is_alive: bool
    beat_at: datetime
    longest_seconds: float
    broke_off: int = 0
    in_a_row: int = 0

    def trouble(self, now: datetime) -> str:
        """Say what is wrong; empty if nothing is."""
        if not self.is_alive:
            return "not running"
        if self.in_a_row >= MANY_IN_A_ROW:
            return f"broke off {self.in_a_row} times in a row: the log says why"
        silent = (now - self.beat_at).total_seconds()
        return f"silent for {silent:.0f} s" if silent > self.longest_seconds else ""


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """What the main process last said about each kind of work, and when."""

    process: int
    written_at: datetime
    works: Mapping[str, Work]

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """Return what was last written; ``None`` if nothing was, or not whole."""
        try:
            facts = json.loads((data / _NAME).read_bytes()[:_SIZE_BYTES])
            works = {
                name: Work(
                    work["is_alive"] is True,
                    datetime.fromisoformat(work["beat_at"]),
                    float(work["longest_seconds"]),
                    int(work["broke_off"]),
                    int(work["in_a_row"]),
                )
                for name, work in facts["works"].items()
            }
            return cls(int(facts["process"]), datetime.fromisoformat(facts["written_at"]), works)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def troubles(self, now: datetime) -> dict[str, str]:
        """Return what is wrong with each kind of work that something is wrong with."""
        silent = (now - self.written_at).total_seconds()
        if silent > SILENT_SECONDS:
            return {"main process": f"silent for {silent:.0f} s"}
        return {name: trouble for name, work in self.works.items() if (trouble := work.trouble(now))}


class HeartbeatFile:
    """The file, held open by the main process."""

    def __init__(self, data: Path) -> None:
        self._descriptor = os.open(data / _NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        os.pwrite(self._descriptor, b" " * _SIZE_BYTES, 0)

    def write(self, works: Mapping[str, Work], *, now: datetime) -> None:
        """Replace what was written before."""
        facts = {
            "process": os.getpid(),
            "written_at": now.astimezone(UTC).isoformat(),
            "works": {name: {**asdict(work), "beat_at": work.beat_at.isoformat()} for name, work in works.items()},
        }
        os.pwrite(self._descriptor, json.dumps(facts).encode().ljust(_SIZE_BYTES)[:_SIZE_BYTES], 0)

    def close(self) -> None:
        """Close it; what was written last stays."""
        os.close(self._descriptor)


LEAST_FREE_BYTES = 200 << 20
"""Below this a day's deliveries and their compaction may not fit any more."""
OLD_FIGURES_DAYS = 7
_METADATA_LIMIT_BYTES = 8 << 20
_ROLES = ("timestamp", "snapshot", "targets", "root")


@dataclass(frozen=True, slots=True)
class Health:
    """The state of each thing: ``ok``, ``empty`` where there is nothing yet, or what is wrong; never a secret."""

    checks: Mapping[str, str]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return all(state in ("ok", "empty") for state in self.checks.values())


def health(center: Configuration, *, now: datetime) -> Health:
    """Look at everything that can be looked at in a few milliseconds."""
    checks: dict[str, Callable[[Configuration, datetime], str]] = {
        "database": _database,
        "figures": _figures,
        "repository": _repository,
        "disk": _disk,
        "work": _work,
    }
    return Health({name: check(center, now) for name, check in checks.items()})


def expiries(data: Path | None) -> dict[str, datetime]:
    """Return when the newest metadata of each role of the repository expires (UTC); without a repository nothing.

    Raises:
        ValueError: a document is damaged.
        OSError: it cannot be read.
    """
    folder = data / "repository" / "metadata" if data else None
    if folder is None or not (folder / "timestamp.json").exists():
        return {}
    newest: dict[str, tuple[int, Path]] = {"timestamp": (0, folder / "timestamp.json")}
    for path in folder.glob("*.*.json"):
        version, role, _ = path.name.split(".", 2)
        if role in _ROLES and version.isdecimal():
            newest[role] = max(newest.get(role, (-1, path)), (int(version), path))
    return {role: _expiry(path, path.stat().st_mtime_ns) for role, (_, path) in newest.items()}


@lru_cache(maxsize=16)
def _expiry(path: Path, _changed: int) -> datetime:
    with path.open("rb") as file:
        document = json.loads(file.read(_METADATA_LIMIT_BYTES))
    try:
        return datetime.fromisoformat(document["signed"]["expires"]).astimezone(UTC)
    except (KeyError, TypeError) as error:
        raise ValueError(path.name) from error


def _database(_center: Configuration, _now: datetime) -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"cannot be read: {type(error).__name__}"
    return "ok"


def _figures(center: Configuration, now: datetime) -> str:
    """The published figures, and the lake they come from, can be read, and are of these days unless simulated."""
    if center.data is None:
        return "empty"
    try:
        snapshot = read_snapshot(center.data)
        next((center.data / "lake").iterdir(), None) if (center.data / "lake").exists() else None
    except (PublicationError, OSError) as error:
        return f"cannot be read: {type(error).__name__}"
    if snapshot is None:
        return "empty"
    age = (now.date() - snapshot.as_of).days
    is_old = age > OLD_FIGURES_DAYS and snapshot.demonstration is None
    return f"old: the last day is {snapshot.as_of}" if is_old else "ok"


def _repository(center: Configuration, now: datetime) -> str:
    """No signature of the repository has expired: an expired one makes every tool refuse its update."""
    try:
        found = expiries(center.data)
    except (OSError, ValueError):
        return "cannot be read"
    expired = [f"{role} expired {expiry:%Y-%m-%dT%H:%M:%SZ}" for role, expiry in found.items() if expiry <= now]
    return ", ".join(expired) or ("ok" if found else "empty")


def _disk(center: Configuration, _now: datetime) -> str:
    if center.data is None:
        return "empty"
    try:
        free = shutil.disk_usage(center.data).free
    except OSError as error:
        return f"cannot be read: {type(error).__name__}"
    return "ok" if free >= LEAST_FREE_BYTES else f"{free >> 20} MiB free"


def _work(center: Configuration, now: datetime) -> str:
    """The main process lives, and so does each kind of its work; where nobody serves there is none."""
    if center.data is None or not center.served_at:
        return "empty"
    heartbeats = Heartbeats.read(center.data)
    if heartbeats is None:
        return "unknown: the main process has said nothing"
    return ", ".join(f"{name}: {trouble}" for name, trouble in heartbeats.troubles(now).items()) or "ok"
