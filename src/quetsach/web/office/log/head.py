"""The head of the log, noted beside the database: a log whose last entries were cut off does not reach it any more."""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from quetsach.web.office.log.errors import LogError

FILE = "log-head.json"
_LONGEST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Head:
    """Number and digest of the last entry."""

    number: int
    digest: str


def head_note(data: Path, head: Head) -> None:
    """Note the head, unless a later one is noted already; replaced as a whole and on the disk when this returns."""
    path = data / FILE
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = head_read(data)
        if known is not None and known.number >= head.number:
            return
        temporary = path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(head), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


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
