"""Figures follow the lake: published at once, but at most once a minute, and never forgotten.

``publication/due`` says that the lake, or a table, has what the figures have not. Whoever changes them sets it; it is
taken away before the lake is read, and comes back if publishing fails or is killed. While a centre serves, its thread
works it off; else the command that set it, the next ``center ingest`` once the minute is over, or the next start.
``publication/trouble`` says why the last time failed, until it succeeds.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Joined, LocalText, both

PAUSE = timedelta(minutes=1)
LOOK_SECONDS = 5
"""How often a centre that serves looks for what is due."""

type Publish = Callable[[Path, datetime], object]
"""Publishes the figures of the centre in a data folder, counted at a time (UTC)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with what is due: when figures were counted last (UTC), and why that failed, if it did."""

    is_due: bool
    counted_at: datetime | None
    trouble: LocalText | None


def standing(data: Path) -> Standing:
    """Return how it stands."""
    trouble = None
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(_trouble(data).read_bytes())
        trouble = LocalText(str(told["vi"]), str(told["en"]))
    return Standing(is_due(data), _last(data), trouble)


def note_change(data: Path) -> None:
    """Note that the lake, or a table, has what the figures have not: whoever publishes next counts anew."""
    storage.make_folder(_folder(data))
    storage.write(_due(data), b"")


def publish_now_or_later(data: Path, publish: Publish, *, now: datetime) -> datetime | None:
    """Publish the figures of a centre that may have changed, or leave it to the centre that serves on this data.

    Within a minute of the last time nothing is published either.

    Args:
        data: the centre's data folder; where no centre was laid out, nothing is to do.
        publish: called if it is time.
        now: the time of publication (UTC).

    Returns:
        When the figures can be published by the next one that looks; ``None`` where nothing is left to do.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written; it stays due.
    """
    if not (data / "secret.key").exists():
        return None
    note_change(data)
    if is_serving(data):
        last = _last(data)
        return max(now, last + PAUSE if last and last <= now else now) + timedelta(seconds=LOOK_SECONDS)
    return work_off(data, publish, now=now)


def publish_what_is_due(data: Path, publish: Publish, *, now: datetime) -> datetime | None:
    """Publish what a former command left, as ``publish_now_or_later`` does."""
    return publish_now_or_later(data, publish, now=now) if is_due(data) else None


def work_off(data: Path, publish: Publish, *, now: datetime) -> datetime | None:
    """Publish what is due; arguments, result and errors are those of ``publish_now_or_later``."""
    if not is_due(data):
        return None
    with _alone(data) as nobody_publishes:
        last = _last(data)
        if not nobody_publishes:  # what it reads may be older than what is due now
            return now + PAUSE
        if last and last <= now < last + PAUSE:
            return last + PAUSE
        storage.write(_due(data), b"")
        storage.publish([(_due(data), _taken(data))])
        storage.write(_folder(data) / "last", now.astimezone(UTC).isoformat())
        try:
            publish(data, now)
        except QuetsachError as error:
            storage.write(_trouble(data), json.dumps(both(_told(error)), ensure_ascii=False))
            raise
        _trouble(data).unlink(missing_ok=True)
        _taken(data).unlink()
    return None


def is_due(data: Path) -> bool:
    """Whether the lake may have what the figures have not."""
    return _due(data).exists() or _taken(data).exists()


def is_serving(data: Path) -> bool:
    """Whether a centre serves on this data whose thread publishes what is due."""
    with suppress(OSError), _serving(data).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def serving(data: Path) -> Iterator[None]:
    """Say for as long as the block lasts that a centre serves on this data and works off what is due."""
    storage.make_folder(_folder(data))
    with storage.locked(_serving(data)):
        yield


def _folder(data: Path) -> Path:
    return data / "publication"


def _serving(data: Path) -> Path:
    return _folder(data) / "serving"


def _due(data: Path) -> Path:
    return _folder(data) / "due"


def _taken(data: Path) -> Path:
    return _folder(data) / "taken"


def _trouble(data: Path) -> Path:
    return _folder(data) / "trouble"


def _told(error: QuetsachError) -> LocalText:
    """Return what happened, then what to do."""
    advice = error.advice or error.hint
    return Joined([error, advice] if advice else [error], ". ")


def _last(data: Path) -> datetime | None:
    with suppress(OSError, ValueError):
        return datetime.fromisoformat((_folder(data) / "last").read_text("ascii"))
    return None


@contextmanager
def _alone(data: Path) -> Iterator[bool]:
    """Be the only one that publishes; yields whether nobody else does."""
    with ExitStack() as held:
        try:
            held.enter_context(storage.locked(_folder(data) / "lock", waits=False))
        except BlockingIOError:
            yield False
        else:
            yield True
