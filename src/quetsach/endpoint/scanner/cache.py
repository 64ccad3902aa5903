"""What was looked at before and showed nothing: a file that is still the same need not be read again.

A file is the same when device, inode, size, time of writing and time of status change are (git's index does so too).
The last cannot be set by anyone but the kernel; that is why ``lasting`` says on which disks it can be relied on. Names
are no part of it: what is known by its name is never asked for here.

An entry is 60 bits of the keyed BLAKE2b (RFC 7693) of these numbers, and four that say what of an archive was not
looked at: that is told again. The key comes from the state folder's own and from all that a verdict rests on, so an
entry cannot be forged or found by trial, and is worth nothing under other packs. The file as a whole carries a keyed
hash too; one that does not hold is refused.
"""

import contextlib
import os
import struct
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import compress
from pathlib import Path

from quetsach.core.text import SystemText, Text
from quetsach.endpoint import StateError
from quetsach.endpoint.host.disk import Own, fstat, open_own, sync, sync_folder, write_all
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.walk import Candidate

MOST_ENTRIES = 5_000_000
"""So many files are remembered: 40 MB."""

_HEAD = struct.Struct("=8sQQ")
_MAGIC = b"QSSEEN3\n"
_MAC_BYTES = 32
_READ_BYTES = 1 << 20
_PARTS = 256
_MOST_FILES = 4
_IDENTITY = struct.Struct("=QQQQqq")
_LOW = (1 << 64) - 1
_TOLD = (Reason.LIMIT, Reason.NOT_OPENED, Reason.ENCRYPTED, Reason.DAMAGED)
_FLAGS = (1 << len(_TOLD)) - 1
_REASONS_OF = tuple(
    tuple(reason for bit, reason in enumerate(_TOLD) if flags >> bit & 1) for flags in range(_FLAGS + 1)
)


@dataclass(frozen=True, slots=True)
class Totals:
    """What the last full scan went through; zeros when there was none."""

    files: int = 0
    size_bytes: int = 0


class Cache:
    """The files known to show nothing.

    Args:
        path: the file that keeps them, in a folder that only its owner can write.
        key: see ``key_for``.
        is_lasting: whether a file of this device and path, with this time of status change, can be relied on to
            change its state when its content changes.
    """

    def __init__(self, path: Path, key: bytes, is_lasting: Callable[[Candidate], bool]) -> None:
        self.totals = Totals()
        self._path = path
        self._key = key
        self._is_lasting = is_lasting
        self._blank = blake2b(key=key, digest_size=8, person=b"quetsach-entry")
        self._known = array("Q")
        self._met = bytearray()
        self._fresh = tuple(array("Q") for _ in range(_PARTS))
        self._added = 0

    def load(self) -> None:
        """Take in what earlier scans left; nothing when there was none.

        Raises:
            StateError: the file was damaged or written by someone else, or cannot be read.
        """
        try:
            fd = open_own(self._path, Own.READ)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unusable(self._path, error) from error
        with open(fd, "rb") as file:
            size = fstat(fd).st_size - _HEAD.size - _MAC_BYTES
            head = file.read(_HEAD.size)
            if size < 0 or size % 8 or size // 8 > MOST_ENTRIES:
                raise _damaged(self._path)
            mac = self._mac(head)
            known = array("Q")
            for start in range(0, size, _READ_BYTES):
                part = file.read(min(_READ_BYTES, size - start))
                if len(part) % 8:
                    raise _damaged(self._path)
                mac.update(part)
                known.frombytes(part)
            if file.read() != mac.digest():
                raise _damaged(self._path)
        magic, files, size_bytes = _HEAD.unpack(head)
        if magic != _MAGIC:
            raise _damaged(self._path)
        self.totals = Totals(files, size_bytes)
        self._known = known
        self._met = bytearray(len(known))

    def seen(self, candidate: Candidate) -> tuple[Reason, ...] | None:
        """Return what is to be told of a file that showed nothing and is the same; ``None`` if it must be read."""
        try:
            entry = self._entry(candidate)
        except struct.error:  # times beyond the year 2262, which some file systems take
            return None
        place = bisect_left(self._known, entry)
        if place == len(self._known) or (found := self._known[place]) ^ entry > _FLAGS:
            return None
        self._met[place] = 1
        return _REASONS_OF[found & _FLAGS]

    def marked(self, candidate: Candidate) -> Candidate:
        """Return a file that is going to be read, with whether it may be remembered.

        That is decided before: were it decided when it was read, it could have been changed without a trace since.
        """
        has_usual_times = max(abs(candidate.mtime_ns), abs(candidate.ctime_ns)) < 1 << 63
        return candidate._replace(is_lasting=has_usual_times and self._is_lasting(candidate))

    def add(self, candidate: Candidate, reasons: Collection[Reason] = ()) -> None:
        """Remember that a file, marked before it was read, showed nothing.

        ``reasons`` is what could not be looked at inside; a file of which there is more to tell is not remembered.
        """
        if len(self._known) + self._added >= MOST_ENTRIES or not candidate.is_lasting:
            return
        if all(reason in _TOLD for reason in reasons):
            flags = sum(1 << bit for bit, reason in enumerate(_TOLD) if reason in reasons)
            entry = self._entry(candidate) | flags
            self._fresh[entry >> 56].append(entry)
            self._added += 1

    def save(self, totals: Totals | None = None) -> None:
        """Write what is known now, in one step.

        Args:
            totals: what a full scan that came to its end went through; what it did not meet is then forgotten.

        Raises:
            StateError: it cannot be written.
        """
        if totals is None and not self._added:
            return
        if totals == self.totals and not self._added and all(self._met):
            return
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            fd = open_own(temporary, Own.FRESH)
            try:
                self._write(fd, totals)
                sync(fd)
            finally:
                os.close(fd)
            temporary.replace(self._path)
            sync_folder(self._path.parent)
            self._prune()
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise _unusable(self._path, error) from error

    def _write(self, fd: int, totals: Totals | None) -> None:
        kept = totals or self.totals
        head = _HEAD.pack(_MAGIC, kept.files, kept.size_bytes)
        mac = self._mac(head)
        write_all(fd, head)
        for part in self._parts(only_met=totals is not None):
            mac.update(part)
            write_all(fd, part)
        write_all(fd, mac.digest())

    def _parts(self, *, only_met: bool) -> Iterator[bytes]:
        """Yield all entries in order, a small part of them at a time."""
        start = 0
        for number, fresh in enumerate(self._fresh, 1):
            end = bisect_left(self._known, number << 56) if number < _PARTS else len(self._known)
            known = self._known[start:end]
            old = compress(known, self._met[start:end]) if only_met else known
            yield array("Q", sorted({*old, *fresh})).tobytes()
            start = end

    def _prune(self) -> None:
        """Keep the newest few: each set of packs has its own."""
        files = sorted(self._path.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in files[_MOST_FILES:]:
            path.unlink(missing_ok=True)

    def _entry(self, candidate: Candidate) -> int:
        digest = self._blank.copy()
        _, device, inode, *rest = candidate[:6]
        digest.update(_IDENTITY.pack(device, inode >> 64, inode & _LOW, *rest))  # Windows has numbers of 128 bits
        return int.from_bytes(digest.digest()) & ~_FLAGS

    def _mac(self, head: bytes) -> blake2b:
        return blake2b(head, key=self._key, digest_size=_MAC_BYTES, person=b"quetsach-file")


def key_for(state_key: bytes, *grounds: bytes) -> bytes:
    """Return the key of a cache: ``grounds`` are all that a verdict rests on, packs and engine among them."""
    digest = blake2b(key=state_key, digest_size=32, person=b"quetsach-seen")
    for ground in grounds:
        digest.update(struct.pack("=Q", len(ground)) + ground)
    return digest.digest()


def _unusable(path: Path, error: OSError) -> StateError:
    return StateError(
        Text("what was seen before cannot be kept: {reason}", reason=SystemText(error.strerror)),
        where=str(path),
        hint=Text("the scan goes on; make room on that disk, or use --no-cache"),
    )


def _damaged(path: Path) -> StateError:
    return StateError(
        Text("the memory of earlier scans was damaged or written by someone else"),
        where=str(path),
        hint=Text("it is left aside: every file is read again"),
    )
