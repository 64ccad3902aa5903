"""Figures follow the lake: published at once, but at most once a minute, and never forgotten.

``publication/due`` says that the lake, or a table, has what the figures have not. Whoever changes them sets it; it is
taken away before the lake is read, and comes back if publishing fails or is killed. While a centre serves, its thread
``publish_due`` works it off; else the command that set it, the next ``center ingest`` once the minute is over, or the
next start.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from quetsach import storage
from quetsach.cli.center.publication import publish_figures
from quetsach.cli.center.tending import Beat, again

PAUSE = timedelta(minutes=1)
_WORDS = {
    "vi": {
        "by-centre": "Số liệu được công bố nhiều nhất mỗi phút một lần. Trung tâm đang chạy sẽ công bố số liệu mới "
        "sau {time}.",
        "by-next": "Số liệu được công bố nhiều nhất mỗi phút một lần. Số liệu mới sẽ được công bố khi chạy lệnh "
        "center ingest lần tới sau {time}, hoặc khi khởi động trung tâm.",
    },
    "en": {
        "by-centre": "Figures are published once a minute at most. The running centre publishes these after {time}.",
        "by-next": "Figures are published once a minute at most. These go out with the next center ingest after "
        "{time}, or when the centre starts.",
    },
}
_LOOK_SECONDS = 5


def publish_now_or_later(
    data: Path, *, now: datetime, progress: Callable[[int], None] = lambda _steps: None
) -> datetime | None:
    """Publish the figures of a centre that may have changed, or leave it to the centre that serves on this data.

    Within a minute of the last time nothing is published either.

    Args:
        data: the centre's data folder; where no centre was laid out, nothing is to do.
        now: the time of publication (UTC).
        progress: told after each step.

    Returns:
        When the figures can be published by the next one that looks; ``None`` where nothing is left to do.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written; it stays due.
    """
    if not (data / "secret.key").exists():
        return None
    storage.make_folder(_folder(data))
    storage.write(_due(data), b"")
    if is_serving(data):
        last = _last(data)
        return max(now, last + PAUSE if last and last <= now else now) + timedelta(seconds=_LOOK_SECONDS)
    return work_off(data, now=now, progress=progress)


def later_text(data: Path, at: datetime, language: str) -> str:
    """Return who publishes what is left to do, and when, in ``vi`` or ``en``."""
    return _WORDS[language]["by-centre" if is_serving(data) else "by-next"].format(time=f"{at.astimezone():%H:%M:%S}")


def publish_what_is_due(data: Path, *, now: datetime) -> datetime | None:
    """Publish what a former command left, as ``publish_now_or_later`` does."""
    return publish_now_or_later(data, now=now) if is_due(data) else None


def work_off(data: Path, *, now: datetime, progress: Callable[[int], None] = lambda _steps: None) -> datetime | None:
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
        publish_figures(data, now=now, progress=progress)
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


def publish_due(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Publish what is due for as long as the centre serves."""
    storage.make_folder(_folder(data))
    with storage.locked(_serving(data)):
        again(lambda: work_off(data, now=datetime.now(UTC)), _LOOK_SECONDS, stopped, beat)


def _folder(data: Path) -> Path:
    return data / "publication"


def _serving(data: Path) -> Path:
    return _folder(data) / "serving"


def _due(data: Path) -> Path:
    return _folder(data) / "due"


def _taken(data: Path) -> Path:
    return _folder(data) / "taken"


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
