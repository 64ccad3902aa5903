"""Looks inside one archive, and inside what is in it; and counts what lies there."""

import os
import posixpath
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain

from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.disk import fstat, read_at
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.compound import compound_members
from quetsach.endpoint.scanner.archive.decode import DECODERS, unpacked
from quetsach.endpoint.scanner.archive.embedded import onenote_members, package_members, rtf_members
from quetsach.endpoint.scanner.archive.find import UNOPENED, Found, find_archives, find_behind, is_sure
from quetsach.endpoint.scanner.archive.library import library_members
from quetsach.endpoint.scanner.archive.mail import is_mail, mail_members
from quetsach.endpoint.scanner.archive.member import (
    ArchiveState,
    Budget,
    ClosedError,
    EndedError,
    Flow,
    InMemory,
    Limits,
    Member,
    OpenFile,
    Source,
    SourceFlow,
)
from quetsach.endpoint.scanner.archive.tar import tar_members
from quetsach.endpoint.scanner.archive.zip import END, END_BYTES, LONGEST_COMMENT, zip_members
from quetsach.endpoint.scanner.kind import HEAD_BYTES, FileKind, kind_of

# Looks inside one archive, and inside what is in it.

LIMITS = Limits()

_KEPT_OF_FORWARD = 1 << 20
"""So much is matched as it is of what is packed and read as it comes; then its members are."""

_SOUGHT_BEHIND = frozenset({FileKind.SEVEN_ZIP, FileKind.RAR})

SLIPS: tuple[type[Exception], ...] = (ArithmeticError, LookupError, ValueError, struct.error)
"""What a reader raises that believes hostile bytes: the archive counts as damaged, and what else there is goes on.

Whatever tests the readers themselves empties this, so that they stay honest.
"""

_SHORT_ENDINGS = {b"tgz": b".tar", b"tbz": b".tar", b"tbz2": b".tar", b"txz": b".tar", b"tzst": b".tar"}

type Recognise = Callable[[bytes, FileKind], tuple[Hit, ...]]


@dataclass(frozen=True, slots=True)
class MemberResult:
    """What a file inside an archive showed: ``names`` lead to it, one for each archive on the way."""

    names: tuple[bytes, ...]
    size_bytes: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """What an archive showed."""

    members: tuple[MemberResult, ...] = ()
    """Those that something was recognised in."""
    archive: str = ""
    """An ``ArchiveState``, or nothing to say."""
    reasons: frozenset[Reason] = frozenset()
    """Why parts of it were not looked at."""


NOTHING = ArchiveResult()


def scan_archive(
    source: Source,
    kind: FileKind,
    recognise: Recognise,
    *,
    name: bytes = b"",
    limits: Limits = LIMITS,
    clock: Callable[[], float] = time.thread_time,
) -> ArchiveResult:
    """Look at everything inside a file, if it is or carries an archive; its own bytes are matched elsewhere.

    Args:
        source: the file.
        kind: what its first bytes say.
        recognise: what names content that is known; what it raises for one member is told as a reason.
        name: the file's own name, from which a compressed one without a name has it.
        limits: how much is unpacked.
        clock: seconds; of processor time, so that a busy machine looks at no less.

    Raises:
        OSError: the file cannot be read.
    """
    found = tuple(find_archives(source, kind))
    if not found:
        return NOTHING
    visit = _Visit(recognise, Budget(limits, source, clock))
    try:
        visit.enter_all(found, (name,))
    except EndedError as end:
        visit.is_bomb = end.is_bomb
        visit.reasons.add(Reason.LIMIT)
    except MemoryError:
        visit.reasons.add(Reason.LIMIT)
    return visit.result()


@dataclass(slots=True)
class _Visit:
    """One look inside one file while it goes on."""

    recognise: Recognise
    budget: Budget
    reasons: set[Reason] = field(default_factory=set)
    is_bomb: bool = False
    _entered: dict[FileKind, list[tuple[tuple[bytes, ...], int, bytes]]] = field(default_factory=dict)
    """Names, size and digest of what was looked into in members, of the kinds that are sought behind others."""
    _told: dict[tuple[tuple[bytes, ...], tuple[Hit, ...]], MemberResult] = field(default_factory=dict)

    def result(self) -> ArchiveResult:
        holds = {
            ArchiveState.BOMB: self.is_bomb,
            ArchiveState.ENCRYPTED: Reason.ENCRYPTED in self.reasons,
            ArchiveState.DAMAGED: Reason.DAMAGED in self.reasons,
        }
        archive = next((state for state in ArchiveState if holds[state]), "")
        return ArchiveResult(tuple(self._told.values()), archive, frozenset(self.reasons))

    def enter_all(self, found: Iterable[Found], names: tuple[bytes, ...]) -> None:
        """Look at the members of all that a file is or carries; ``names`` lead to it, the outermost file's first."""
        for one in found:
            if one.is_certain or not self._was_entered(one, names):
                self.enter(one.kind, one.source, names, is_certain=one.is_certain)
                if one.kind in _SOUGHT_BEHIND and len(names) > 1:  # so it is in memory
                    content = one.source.read(0, one.source.size_bytes)
                    self._entered.setdefault(one.kind, []).append((names, len(content), blake2b(content).digest()))

    def enter(
        self, kind: FileKind, source: Source | Flow, names: tuple[bytes, ...], *, is_certain: bool = True
    ) -> bool:
        """Look at the members of one archive, and return whether its reader came to the end.

        One that only seemed to be there has no members and is not damaged.
        """
        before = self.budget.members
        if len(names) > self.budget.limits.depth:
            self.reasons.add(Reason.LIMIT)
            return False
        try:
            for member in _members(kind, source, names[-1], self.budget):
                self.budget.take_member()
                self._look(member, (*names, member.name))
        except ClosedError as closed:
            if is_certain or closed.reason is not Reason.DAMAGED or self.budget.members > before:
                self.reasons.add(closed.reason)
            return False
        except SLIPS:
            self.reasons.add(Reason.DAMAGED)
            return False
        return True

    def _look(self, member: Member, names: tuple[bytes, ...]) -> None:
        if member.closed:
            self.reasons.add(member.closed)
            return
        if member.content is not None and len(member.content) <= self.budget.share:
            kind = kind_of(member.content[:HEAD_BYTES])
            self._match(member.content, kind, names)
            self._enter_whole(member.content, kind, names)
            return
        flow = Flow(self._as_far_as_it_holds(member))
        head = flow.peek(HEAD_BYTES)
        kind = kind_of(head)
        if kind in {FileKind.TEXT, FileKind.OTHER} and is_mail(head):
            kind = FileKind.MAIL
        is_forward = kind in _FORWARD and is_sure(kind, head)
        is_packed = is_forward and kind not in _TEXTS
        content = flow.read(min(self.budget.share, _KEPT_OF_FORWARD) if is_packed else self.budget.share)
        self._match(content, kind, names)
        if not flow.peek(1):
            self._enter_whole(content, kind, names)
        elif is_forward:
            if not is_packed:
                self.reasons.add(Reason.LIMIT)
            rest = Flow(chain((content,), iter(flow.next_piece, b"")))
            behind = tuple(find_behind(InMemory(content), kind)) if is_packed else ()
            with self.budget.holding(len(content) if behind else 0):
                del content  # the flow lets go of it when it has passed
                if self.enter(kind, rest, names) and (
                    self._ends_as_zip(rest) or not all(self._was_entered(one, names) for one in behind)
                ):
                    self.reasons.add(Reason.LIMIT)
        else:
            self.reasons.add(Reason.LIMIT)
            del content
            while self.budget.is_suspicious and flow.next_piece():
                pass

    def _as_far_as_it_holds(self, member: Member) -> Iterator[bytes]:
        """Yield the pieces of a member; one that breaks off is looked at as far as it came."""
        try:
            yield from member.pieces
        except ClosedError as closed:
            self.reasons.add(closed.reason)
        except SLIPS:
            self.reasons.add(Reason.DAMAGED)

    def _ends_as_zip(self, rest: Flow) -> bool:
        """Say whether what a reader left of a flow may be a zip, which others find from its end."""
        tail = b""
        while piece := rest.next_piece():
            tail = (tail + piece)[-END_BYTES - LONGEST_COMMENT :]
            self.budget.tick()
        return END in tail

    def _was_entered(self, found: Found, names: tuple[bytes, ...]) -> bool:
        """Return whether what seems to stand behind an archive stands in a member of it, and was looked into there."""
        for its_names, size, digest in reversed(self._entered.get(found.kind, ())):
            self.budget.tick()
            is_inside = its_names[: len(names)] == names
            if is_inside and blake2b(found.source.read(0, size)).digest() == digest:
                return True
        return False

    def _match(self, content: bytes, kind: FileKind, names: tuple[bytes, ...]) -> None:
        try:
            hits = self.recognise(content, kind)
        except MatchTimeoutError:
            self.reasons.add(Reason.TIMED_OUT)
            return
        except EngineError:
            self.reasons.add(Reason.CRASHED)
            return
        if hits:
            if len(self._told) == self.budget.limits.told:
                raise EndedError("more members to tell of than are told")
            self._told[names, hits] = MemberResult(names[1:], len(content), hits)

    def _enter_whole(self, content: bytes, kind: FileKind, names: tuple[bytes, ...]) -> None:
        if found := tuple(find_archives(InMemory(content), kind)):
            with self.budget.holding(len(content)):
                self.enter_all(found, names)


def _members(kind: FileKind, source: Source | Flow, name: bytes, budget: Budget) -> Iterator[Member]:
    if kind in UNOPENED:
        raise ClosedError("nothing here opens this format", Reason.NOT_OPENED)
    if kind in DECODERS:
        return unpacked(_flow(source), kind, _inner_name(name), budget)
    if kind in _FORWARD_READERS:
        return _FORWARD_READERS[kind](_flow(source), budget)
    if isinstance(source, Flow):
        raise ClosedError("this format is not read as it comes", Reason.LIMIT)
    if kind in _READERS:
        return _READERS[kind](source, budget)
    return library_members(source, kind, _inner_name(name), budget)


_FORWARD_READERS: Mapping[FileKind, Callable[[Flow, Budget], Iterator[Member]]] = {
    FileKind.TAR: tar_members,
    FileKind.RTF: rtf_members,
    FileKind.MAIL: mail_members,
}
_READERS: Mapping[FileKind, Callable[[Source, Budget], Iterator[Member]]] = {
    FileKind.ZIP: zip_members,
    FileKind.OLE: compound_members,
    FileKind.ONENOTE: onenote_members,
    FileKind.PACKAGE: package_members,
}
_FORWARD = frozenset(DECODERS) | frozenset(_FORWARD_READERS)
"""Kinds that are read as they come: however large one is inside another archive, it need not be kept."""
_TEXTS = frozenset({FileKind.RTF, FileKind.MAIL})
"""Those of them that are more than what is in them: their own words are matched as those of any text."""


def _flow(source: Source | Flow) -> Flow:
    return source if isinstance(source, Flow) else SourceFlow(source)


def _inner_name(name: bytes) -> bytes:
    """Return what a compressed file is called without its ending: ``a.tar`` for ``a.tar.gz`` and for ``a.tgz``."""
    stem, _, ending = name.rpartition(b".")
    return stem + _SHORT_ENDINGS.get(ending.lower(), b"") if stem else name


# How much lies in an archive, for whoever decides about it as a whole.


@dataclass(frozen=True, slots=True)
class Contents:
    """Files inside an archive, also in archives within it; ``is_whole`` is false when there may be more of them."""

    files: int
    is_whole: bool


UNCOUNTED = Contents(0, is_whole=False)


def count_contents(tree: Tree, path: bytes) -> Contents:
    """Count the files inside an archive, within the limits that a scan has; it unpacks, so do it in a worker process.

    Of mail only what is attached is counted: the messages themselves, which go with it, are more.

    Raises:
        OSError: the archive cannot be read.
    """
    descriptor = tree.open_read(path)
    try:
        source = OpenFile(descriptor, fstat(descriptor).st_size)
        kind = kind_of(read_at(descriptor, HEAD_BYTES, 0))
        files = 0

        def count(_content: bytes, _kind: FileKind) -> tuple[Hit, ...]:
            nonlocal files
            files += 1
            return ()

        inside = scan_archive(source, kind, count, name=posixpath.basename(path))
        is_mail = any(found.kind is FileKind.MAIL for found in find_archives(source, kind))
        return Contents(files, is_whole=not inside.reasons and not is_mail)
    finally:
        os.close(descriptor)
