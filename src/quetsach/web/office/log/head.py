"""The head of the log, noted beside the database: a log whose last entries were cut off does not reach it any more."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from quetsach import storage
from quetsach.core.errors import QuetsachError

FILE = "log-head.json"
_LONGEST_BYTES = 4096


class LogError(QuetsachError):
    """The log, or the note of its head, cannot be read."""


@dataclass(frozen=True, slots=True)
class Head:
    """Number and digest of the last entry."""

    number: int
    digest: str


def head_note(data: Path, head: Head) -> None:
    """Note the head, unless a later one is noted already; replaced as a whole and on the disk when this returns."""
    path = data / FILE
    with storage.locked(path.with_suffix(".lock")):
        known = head_read(data)
        if known is not None and known.number >= head.number:
            return
        storage.write(path, json.dumps(asdict(head)))


def head_read(data: Path) -> Head | None:
    """Return the noted head; ``None`` if none was ever noted.

    Raises:
        LogError: the note is damaged.
    """
    path = data / FILE
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LONGEST_BYTES))
        return Head(int(found["number"]), str(found["digest"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogError("the note of the log's head is damaged", where=str(path)) from error
