"""Looks at one file: reads it once, recognises its content, and anchors it if there is something to tell of it."""

import errno
import hashlib
import os
import posixpath
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.artefact import FileAnchor, anchor_of
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.disk import LARGEST_BYTES, fstat, read_at
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of
from quetsach.endpoint.scanner.archive.find import find_archives
from quetsach.endpoint.scanner.archive.inside import NOTHING, MemberResult, scan_archive
from quetsach.endpoint.scanner.archive.member import InMemory, OpenFile
from quetsach.endpoint.scanner.kind import HEAD_BYTES, kind_of
from quetsach.endpoint.scanner.recognise import Recogniser
from quetsach.endpoint.scanner.walk import Candidate, Opener

IN_MEMORY_BYTES = 8 << 20
"""Files up to this size are read whole; larger ones are mapped."""

_CHUNK_BYTES = 1 << 20
_RUNS_AS_OWNER = stat.S_ISUID | stat.S_ISGID


class Archives(Enum):
    """What is done with archives. Their readers take much memory and may break the process."""

    OPEN = auto()
    LEAVE = auto()
    """Their own bytes are looked at."""
    POSTPONE = auto()
    """Nothing is looked at: see ``FileResult.is_postponed``."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What one file showed.

    ``anchor``, ``mode`` and ``owner`` are there when there is something to tell: a rule or hash that matched, here or
    in a member; a state of an archive that a pack asks for, or a name that it knows; a program that runs as its owner.
    """

    path: bytes
    size_bytes: int
    hits: tuple[Hit, ...] = ()
    anchor: FileAnchor | None = None
    mode: int = 0
    owner: int = 0
    members: tuple[MemberResult, ...] = ()
    """The members of an archive that showed something."""
    archive: str = ""
    """What is to be said of an archive as a whole: the field ``archive`` of files."""
    troubles: tuple[ScanIssue, ...] = ()
    """What could not be looked at inside."""
    is_postponed: bool = False
    """It is or carries an archive, and is to be looked at in a worker process."""


def scan_file(
    tree: Tree | Opener,
    candidate: Candidate,
    recogniser: Recogniser,
    *,
    archives: Archives = Archives.OPEN,
    is_told: bool = False,
) -> FileResult | ScanIssue:
    """Open a file that a walk found and look at its content; see ``scan_open_file``."""
    try:
        descriptor = tree.open_read(candidate.path)
    except OSError as error:
        return ScanIssue(candidate.path, reason_of(error))
    try:
        state = fstat(descriptor)
        has_grown = state.st_size > IN_MEMORY_BYTES >= candidate.size_bytes  # to be mapped where none was expected
        if has_grown or (state.st_dev, state.st_ino) != (candidate.device, candidate.inode):
            return ScanIssue(candidate.path, Reason.CHANGED)
        return scan_open_file(descriptor, candidate.path, recogniser, archives=archives, is_told=is_told)
    finally:
        os.close(descriptor)


def scan_open_file(
    descriptor: int,
    path: bytes,
    recogniser: Recogniser,
    *,
    archives: Archives = Archives.OPEN,
    is_told: bool = False,
) -> FileResult | ScanIssue:
    """Look at the content of an open regular file.

    Args:
        descriptor: the file.
        path: what it is called in the result.
        recogniser: what to look for.
        archives: what is done if it is one.
        is_told: whether to tell of it, with an anchor, whatever it holds.
    """
    try:
        return _look(descriptor, path, recogniser, archives=archives, is_told=is_told)
    except OSError as error:
        return ScanIssue(path, reason_of(error))
    except MatchTimeoutError:
        return ScanIssue(path, Reason.TIMED_OUT)
    except EngineError:
        return ScanIssue(path, Reason.CRASHED)


def _look(descriptor: int, path: bytes, recogniser: Recogniser, *, archives: Archives, is_told: bool) -> FileResult:
    state = fstat(descriptor)
    if state.st_size > LARGEST_BYTES:
        raise OSError(errno.EFBIG, "larger than what is looked at")
    content = b""
    if state.st_size <= IN_MEMORY_BYTES:
        content = _whole(descriptor, state.st_size)
    source = InMemory(content) if content else OpenFile(descriptor, state.st_size)
    kind = kind_of(content[:HEAD_BYTES] or read_at(descriptor, HEAD_BYTES, 0))
    if archives is Archives.POSTPONE and any(find_archives(source, kind)):
        return FileResult(path, state.st_size, is_postponed=True)
    if state.st_size <= IN_MEMORY_BYTES:
        hits = recogniser.recognise(content, kind)
    else:
        hits = recogniser.recognise_open_file(descriptor, state.st_size, kind)
    name = posixpath.basename(path)
    inside = scan_archive(source, kind, recogniser.recognise, name=name) if archives is Archives.OPEN else NOTHING
    troubles = tuple(ScanIssue(path, reason) for reason in sorted(inside.reasons))
    shows = is_told or hits or inside.members or recogniser.asks_for(inside.archive)
    if not (shows or state.st_mode & _RUNS_AS_OWNER or recogniser.knows_name(name)):
        return FileResult(path, state.st_size, troubles=troubles)
    digest = hashlib.sha256(content).hexdigest() if content else _digest(descriptor)
    if _version(fstat(descriptor)) != _version(state):
        raise OSError(errno.ESTALE, "written to while it was read")
    anchor = anchor_of(path, state, digest)
    return FileResult(
        path, state.st_size, hits, anchor, state.st_mode, state.st_uid, inside.members, inside.archive, troubles
    )


def _whole(descriptor: int, size_bytes: int) -> bytes:
    """Read a file; one byte more is asked for, and one that has grown is read as far as that."""
    content = os.read(descriptor, size_bytes + 1)
    if len(content) >= size_bytes:
        return content
    return content + b"".join(_chunks(descriptor, size_bytes + 1 - len(content)))  # it has shrunk, or reads are short


def _version(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _digest(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    digest = hashlib.sha256()
    for chunk in _chunks(descriptor, LARGEST_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(descriptor: int, limit: int) -> Iterator[bytes]:
    while limit > 0 and (chunk := os.read(descriptor, min(limit, _CHUNK_BYTES))):
        limit -= len(chunk)
        yield chunk
