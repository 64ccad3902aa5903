"""Who reads: one line a reading of raw sightings, and no file of the lake is deleted while a view of it is open."""

import errno
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError, heads

ACCESS_FILE = "access.jsonl"
READERS_FILE = ".readers"


@dataclass(frozen=True, slots=True)
class Access:
    """Who reads, with which command, and when (aware)."""

    who: str
    command: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A line of the log: what was read of which days or deliveries; ``follows`` is the digest of the line before."""

    at: datetime
    who: str
    command: str
    what: str
    of: str
    follows: str


def record(lake: Path, access: Access, *, what: str, of: str) -> None:
    """Add a line; when this returns it lasts.

    Args:
        lake: the lake's folder.
        access: who reads.
        what: ``quarantine`` or ``addresses``.
        of: which delivery or days.

    Raises:
        LakeError: the log cannot be written; then nothing may be read.
    """
    try:
        descriptor = os.open(lake / ACCESS_FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            last = _last_line(log.seek(0, os.SEEK_END), lake / ACCESS_FILE)
            line = {
                "at": access.now.astimezone(UTC).isoformat(timespec="seconds"),
                "who": access.who,
                "command": access.command,
                "what": what,
                "of": of,
                "follows": _digest(last.removesuffix(b"\n")),
            }
            torn = b"\n" if last and not last.endswith(b"\n") else b""  # by a power cut
            content = json.dumps(line, ensure_ascii=False).encode()
            log.write(torn + content + b"\n")
            log.flush()
            os.fsync(log.fileno())
            heads.seal(lake, log, content, now=access.now)
    except OSError as error:
        told = Text(
            "raw sightings are not shown, because the access log cannot be written: {reason}",
            reason=SystemText(error.strerror),
        )
        raise LakeError(told, where=str(error.filename or lake / ACCESS_FILE)) from error


def readings(lake: Path) -> Iterator[tuple[Reading | None, bool]]:
    """Yield the lines of the log, oldest first: ``None`` for a damaged one, and whether it follows the one before."""
    before = b""
    for line in _lines(lake / ACCESS_FILE):
        try:
            found = json.loads(line)
            reading = Reading(**{**found, "at": datetime.fromisoformat(found["at"])})
        except (ValueError, KeyError, TypeError):
            yield None, False
        else:
            yield reading, reading.follows == _digest(before)
        before = line


def head_faults(lake: Path) -> Iterator[Text]:
    """Yield what of the log is not as its signed heads say (``lake.heads``).

    Raises:
        LakeError: the log or its heads cannot be read.
    """
    kept = heads.read_heads(lake)
    wanted, digests, lines = {head.lines for head in kept.signed}, dict[int, str](), 0
    for lines, line in enumerate(_lines(lake / ACCESS_FILE), 1):
        if lines in wanted:
            digests[lines] = _digest(line)
    yield from kept.faults
    yield from kept.missing(digests, lines)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as log:
            yield from (line.removesuffix(b"\n") for line in log)
    except FileNotFoundError:
        return


def _last_line(size: int, path: Path) -> bytes:
    with path.open("rb") as log:
        log.seek(max(0, size - (1 << 16)))
        lines = log.read().splitlines(keepends=True)
    return lines[-1] if lines else b""


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest() if line else ""


def hold(lake: Path) -> int | None:
    """Be a reader until the descriptor is closed; ``None`` where there is no lake, or nobody can delete from it.

    Waits while files are being deleted, which is short.

    Raises:
        LakeError: this account may not read the lake.
    """
    try:
        descriptor = _opened(lake)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EROFS:
            return None
        raise LakeError(
            Text("the lake cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(lake / READERS_FILE)
        ) from error
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextmanager
def kept_out(lake: Path) -> Iterator[bool]:
    """Keep readers out; yields whether there are none. Never waits for them."""
    descriptor = _opened(lake, os.O_RDWR)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _opened(lake: Path, mode: int = os.O_RDONLY) -> int:
    """Open the lock; who keeps others out opens it for writing, as NFS asks for."""
    try:
        return os.open(lake / READERS_FILE, mode | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(lake / READERS_FILE, mode | os.O_CLOEXEC | os.O_CREAT, 0o600)
