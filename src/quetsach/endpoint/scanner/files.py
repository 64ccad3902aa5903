"""The files of a scan: what was seen before is passed over, the rest is looked at, and each is accounted for."""

import json
import posixpath
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from posixpath import dirname
from typing import TextIO

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint import StateError
from quetsach.endpoint.artefact import Artefact, MemberAnchor, path_on_drive, printable
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.cache import Cache, Totals
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.file_result import FileResult
from quetsach.endpoint.scanner.match import Observation
from quetsach.endpoint.scanner.recognise import Recogniser
from quetsach.endpoint.scanner.walk import Candidate, met
from quetsach.endpoint.scanner.worker_pool import WorkerPool

# The account of a scan, file by file: JSON Lines, written as it goes.


class FileState(StrEnum):
    """What became of a file."""

    SCANNED = "scanned"
    CACHED = "cached"
    """It is the same as when it was scanned before and showed nothing."""
    SKIPPED = "skipped"
    """Left out by rule; the reason is given."""
    FAILED = "failed"
    """It could not be looked at; the reason is given."""


class Listing:
    """Writes one line for each file: ``path`` (printable), ``state``, and ``reason`` or ``size_bytes``.

    What could not be looked at inside an archive has a line of its own beside the one of the archive.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def file(self, path: bytes, state: FileState, size_bytes: int) -> None:
        """Account for a file that was looked at now or before."""
        self._write({"path": printable(path), "state": state, "size_bytes": size_bytes})

    def trouble(self, trouble: ScanIssue) -> None:
        """Account for a path that was skipped or failed."""
        state = FileState.SKIPPED if trouble.reason.is_intended else FileState.FAILED
        self._write({"path": printable(trouble.path), "state": state, "reason": trouble.reason})

    def _write(self, line: dict[str, object]) -> None:
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")


CHECKPOINT_SECONDS = 30.0
"""So often what was seen is kept: a scan that is cut off goes on from there when it is started again."""

_DEAREST_CHECKPOINTS = 50
"""Keeping may take one part in so many of the time."""

_OF_MEMORY = frozenset({Reason.TOO_LARGE, Reason.UNREADABLE})
_TELL_SECONDS = 0.1
_TELL_FILES = 64
_MOST_REMEMBERED = 100_000
_MOST_TRIED_AGAIN = 10_000


@dataclass(frozen=True, slots=True)
class Passed:
    """How far a scan is: files and bytes that it is done with, read or known, and the path of the last."""

    files: int
    size_bytes: int
    path: bytes


type Progress = Callable[[Passed], None]
"""Called a few times a second."""


@dataclass(slots=True)
class FileScan:
    """Looks at files; ``take`` is told what could not be looked at."""

    tree: Tree
    crew: WorkerPool
    recogniser: Recogniser
    control: Control
    take: Callable[[ScanIssue], None]
    progress: Progress = lambda _: None
    cache: Cache | None = None
    listing: Listing | None = None
    is_asked_for: Callable[[bytes], bool] = lambda _: True
    """Which files the scan is about, by path; others are looked at as grounds for these, and accounted for nowhere."""
    memory: frozenset[bytes] = frozenset()
    """Where the system keeps of its memory what it lets nobody read: paths in small letters."""
    files: int = 0
    """Files that were looked at, or are the same as when they were looked at before."""
    cached: int = 0
    """Those of them that are the same as before."""
    bytes_read: int = 0
    size_bytes: int = 0
    """Of all of them together."""
    unkept: StateError | None = None
    """Why what was seen could not be kept, if it could not."""
    _seen: set[bytes] = field(default_factory=set)
    _told_at: float = 0.0
    _kept_at: float = field(default_factory=time.monotonic)
    _keep_after: float = 0.0
    _again: list[Candidate] | None = None

    def look(self, found: Iterable[Candidate | ScanIssue], *, remember: bool = False) -> Iterator[FileResult]:
        """Yield the looks at files that have something to tell.

        A file that was exchanged or renamed between the walk and its reading is tried once more at the end.

        Args:
            found: what a walk yields.
            remember: whether to pass over these files when they are met again; a whole tree need not be remembered.
        """
        self._again = []
        yield from self._look(found, remember=remember)
        again, self._again = self._again, None
        yield from self._look(_met_again(self.tree, again), remember=False)

    def keep(self, *, is_whole: bool) -> None:
        """Keep what was seen; after all of the tree was gone through, what is no more is forgotten."""
        if self.cache is None or self.unkept is not None:
            return
        try:
            self.cache.save(Totals(self.files, self.size_bytes) if is_whole else None)
        except StateError as error:
            self.unkept = error

    def _look(self, found: Iterable[Candidate | ScanIssue], *, remember: bool) -> Iterator[FileResult]:
        for candidate, look in self.crew.look_at_all(self._unknown(found, remember=remember)):
            if isinstance(look, ScanIssue):
                self._failed(candidate, look)
                continue
            if self._passed(candidate):
                self.bytes_read += look.size_bytes
                if self.listing is not None:
                    self.listing.file(look.path, FileState.SCANNED, look.size_bytes)
            for trouble in look.troubles:
                self._account(trouble)
            if look.anchor is not None:
                yield look
            elif self.cache is not None:
                self.cache.add(candidate, [trouble.reason for trouble in look.troubles])

    def _unknown(self, found: Iterable[Candidate | ScanIssue], *, remember: bool) -> Iterator[Candidate]:
        """Yield the files that must be read."""
        cache, control, seen = self.cache, self.control, self._seen
        knows_name = self.recogniser.knows_name
        for item in found:
            if control.is_over():
                self._account(ScanIssue(item.path, Reason.NOT_REACHED))
                return
            if isinstance(item, ScanIssue):
                self._account(item)
            elif seen and item.path in seen:
                continue
            elif (
                cache is not None
                and (reasons := cache.seen(item)) is not None
                and not knows_name(item.path.rpartition(b"/")[2])
            ):
                self._known(item, reasons)
            else:
                if remember and len(seen) < _MOST_REMEMBERED:
                    seen.add(item.path)
                yield cache.marked(item) if cache is not None else item

    def _known(self, candidate: Candidate, reasons: tuple[Reason, ...]) -> None:
        """Account for a file that is as an earlier scan saw it."""
        if self._passed(candidate):
            self.cached += 1
            if self.listing is not None:
                self.listing.file(candidate.path, FileState.CACHED, candidate.size_bytes)
        for reason in reasons:
            self._account(ScanIssue(candidate.path, reason))

    def _passed(self, candidate: Candidate) -> bool:
        """Count a file that the scan is done with; return whether it is one that it is about."""
        is_asked_for = self.is_asked_for(candidate.path)
        if is_asked_for:
            self.files += 1
            self.size_bytes += candidate.size_bytes
        if self.files % _TELL_FILES == 1:
            self._tell(candidate.path)
        return is_asked_for

    def _tell(self, path: bytes) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TELL_SECONDS:
            self._told_at = now
            self.progress(Passed(self.files, self.size_bytes, path))
        if now - self._kept_at >= max(CHECKPOINT_SECONDS, self._keep_after):
            self.keep(is_whole=False)
            self._kept_at = time.monotonic()
            self._keep_after = _DEAREST_CHECKPOINTS * (self._kept_at - now)

    def _failed(self, candidate: Candidate, trouble: ScanIssue) -> None:
        """Account for a file that was not looked at; one that is not where it was met is tried again."""
        if trouble.reason not in {Reason.CHANGED, Reason.VANISHED}:
            self._account(trouble)
        elif self._again is not None and len(self._again) < _MOST_TRIED_AGAIN:
            self._seen.discard(candidate.path)
            self._again.append(candidate)
        else:
            self._account(ScanIssue(trouble.path, Reason.CHANGED))

    def _account(self, trouble: ScanIssue) -> None:
        if trouble.reason in _OF_MEMORY and trouble.path.lower() in self.memory:
            trouble = ScanIssue(trouble.path, Reason.MEMORY)
        self.take(trouble)
        if self.listing is not None and self.is_asked_for(trouble.path):
            self.listing.trouble(trouble)


def _met_again(tree: Tree, lost: Iterable[Candidate]) -> Iterator[Candidate | ScanIssue]:
    """Yield what lies now under the names of files that were exchanged or are gone, and what the files are called now.

    They are looked for in the folder that they were in. One that is in it no more was deleted, as far as is known.
    """
    for folder, gone in groupby(sorted(lost), key=lambda candidate: dirname(candidate.path)):
        waiting = {one.path: (one.device, one.inode) for one in gone}
        files = frozenset(waiting.values())
        found: set[bytes | tuple[int, int]] = set()
        with suppress(OSError):  # the folder is gone too
            for name, state in tree.scandir(folder):
                path, identity = join(folder, name), (state.st_dev, state.st_ino)
                if path in waiting or identity in files:
                    found |= {path, identity}
                    if (item := met(path, state)) is not None:
                        yield item
        for path, identity in waiting.items():
            if found.isdisjoint({path, identity}):
                yield ScanIssue(path, Reason.VANISHED)


# What a look at a file gives to the matching of traits: the file, and what its members show if it is an archive.


def observations_of(look: FileResult) -> Iterator[Observation]:
    """Yield what is to be told of a file; nothing when it has no anchor.

    Fields: ``path``, ``name``, ``size_bytes``, ``mode`` (octal), ``owner`` (uid), ``archive`` (what is to be said of an
    archive as a whole), ``cut`` (set by a trait that cuts files off). A member of an archive has its own ``path``
    (``archive!member``), ``name`` and ``size_bytes``.
    """
    if look.anchor is None:
        return
    fields = {
        "path": printable(path_on_drive(look.path)),
        "name": printable(posixpath.basename(look.path)),
        "size_bytes": str(look.size_bytes),
        "mode": f"{stat.S_IMODE(look.mode):o}",
        "owner": str(look.owner),
        "archive": look.archive,
        "cut": "",
    }
    yield Observation(Artefact(ArtefactKind.FILE, look.anchor, fields), look.hits)
    for member in look.members:
        inside = {
            "path": printable(b"!".join((path_on_drive(look.path), *member.names))),
            "name": printable(posixpath.basename(member.names[-1].replace(b"\\", b"/"))),
            "size_bytes": str(member.size_bytes),
            "mode": "",
            "owner": fields["owner"],
            "archive": "",
            "cut": "",
        }
        yield Observation(Artefact(ArtefactKind.FILE, MemberAnchor(look.anchor, member.names), inside), member.hits)
