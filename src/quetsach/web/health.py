"""Whether the centre is well: what visitors need, and what goes on behind the pages."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from django.db import DatabaseError, connection

from quetsach.centre.publication.snapshot import PublicationError, read_snapshot
from quetsach.web.configuration import Configuration
from quetsach.web.heartbeats import Heartbeats

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
