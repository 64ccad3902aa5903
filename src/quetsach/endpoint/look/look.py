"""Looks at one file: reads it once, matches it, and anchors it if something matched."""

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.endpoint.artefact import FileAnchor, anchor_of
from quetsach.endpoint.engine.port import Hit, Matcher
from quetsach.endpoint.errors import EngineError, MatchTimeoutError
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look.walk import Candidate
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

IN_MEMORY_BYTES = 8 << 20
"""Files up to this size are read whole; larger ones are mapped."""

LARGEST_BYTES = 4 << 30
"""Larger files are reported as not looked at."""

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """What one file showed: ``anchor`` and ``mode`` are there when a rule matched."""

    path: bytes
    size_bytes: int
    hits: tuple[Hit, ...] = ()
    anchor: FileAnchor | None = None
    mode: int = 0
    owner: int = 0


def look_at(tree: Tree, candidate: Candidate, matcher: Matcher) -> Look | Trouble:
    """Open a file that a walk found and match its content."""
    try:
        descriptor = tree.open_read(candidate.path)
    except OSError as error:
        return Trouble(candidate.path, reason_of(error))
    try:
        state = os.fstat(descriptor)
        has_grown = state.st_size > IN_MEMORY_BYTES >= candidate.size_bytes  # to be mapped where none was expected
        if has_grown or (state.st_dev, state.st_ino) != (candidate.device, candidate.inode):
            return Trouble(candidate.path, Reason.CHANGED)
        return look_at_open_file(descriptor, candidate.path, matcher)
    finally:
        os.close(descriptor)


def look_at_open_file(descriptor: int, path: bytes, matcher: Matcher) -> Look | Trouble:
    """Match the content of an open regular file; ``path`` is what it is called in the result."""
    try:
        return _look(descriptor, path, matcher)
    except OSError as error:
        return Trouble(path, reason_of(error))
    except MatchTimeoutError:
        return Trouble(path, Reason.TIMED_OUT)
    except EngineError:
        return Trouble(path, Reason.CRASHED)


def _look(descriptor: int, path: bytes, matcher: Matcher) -> Look:
    state = os.fstat(descriptor)
    if state.st_size > LARGEST_BYTES:
        raise OSError(errno.EFBIG, "larger than what is looked at")
    if state.st_size <= IN_MEMORY_BYTES:
        content = b"".join(_chunks(descriptor, state.st_size + 1))  # one more byte, to reach the end in one read
        hits = matcher.match(content)
        digest = hashlib.sha256(content).hexdigest() if hits else ""
    else:
        hits = matcher.match_open_file(descriptor, state.st_size)
        digest = _digest(descriptor) if hits else ""
    if not hits:
        return Look(path, state.st_size)
    if _version(os.fstat(descriptor)) != _version(state):
        raise OSError(errno.ESTALE, "written to while it was read")
    return Look(path, state.st_size, hits, anchor_of(path, state, digest), state.st_mode, state.st_uid)


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
