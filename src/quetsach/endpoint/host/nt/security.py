"""Security descriptors as bytes ([MS-DTYP] 2.4.6), and folders of the tool's own that let nobody else in."""

import errno
import struct
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from quetsach.core.text import LocalText, Text
from quetsach.endpoint.host.nt.file_calls import (
    CREATE,
    DACL,
    DIRECTORY,
    FOLDER,
    GROUP,
    ITSELF,
    LABEL,
    LIST,
    OWNER,
    READ_ATTRIBUTES,
    READ_CONTROL,
    WRITE_DAC,
    FileCalls,
    RightsCalls,
    is_link,
    opened,
)

# Security descriptors as bytes ([MS-DTYP] 2.4.6): who owns a file and who may do what with it.
#
# Hostile bytes are an ``OSError`` (``EINVAL``), never more is read than there is.

SYSTEM_SID = bytes.fromhex("010100000000000512000000")
ADMINISTRATORS = bytes.fromhex("01020000000000052000000020020000")

_HEAD = struct.Struct("<BxHIIII")
_ALLOWED, _LABEL_ACE = 0, 0x11
_ALLOWING = frozenset({0, 4, 5, 9, 11})
"""ACEs that grant something: allowed, and its forms for compounds, objects and callbacks."""
_FULL = 0x1F_01FF
_INHERITED_BY_ALL = 0x3  # OBJECT_INHERIT_ACE, CONTAINER_INHERIT_ACE
_SELF_RELATIVE, _PRESENT, _PROTECTED, _SACL_PRESENT = 0x8000, 0x4, 0x1000, 0x10
_MADE_BY_INHERITANCE, _ASKED_FOR_IT = 0x400, 0x100
_COUNTED = _PRESENT | _PROTECTED | _MADE_BY_INHERITANCE


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of an access list: its kind, its flags, which rights, whose."""

    kind: int
    flags: int
    rights: int
    sid: bytes


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a descriptor holds; ``dacl`` is ``None`` where there is none, which lets everyone do everything."""

    control: int
    owner: bytes
    group: bytes
    dacl: bytes | None
    sacl: bytes | None

    @classmethod
    def of(cls, raw: bytes) -> Self:
        """Read a self-relative descriptor.

        Raises:
            OSError: ``EINVAL``: it is none.
        """
        if len(raw) < _HEAD.size:
            raise _none()
        revision, control, owner, group, sacl, dacl = _HEAD.unpack_from(raw)
        if revision != 1 or not control & _SELF_RELATIVE:
            raise _none()
        return cls(
            control,
            _sid(raw, owner),
            _sid(raw, group),
            _acl(raw, dacl) if control & _PRESENT else None,
            _acl(raw, sacl) if control & _SACL_PRESENT else None,
        )

    @property
    def parts(self) -> int:
        """Which parts it has, as ``FileCalls.set_security`` wants to be told."""
        label = any(ace.kind == _LABEL_ACE for ace in aces(self.sacl or b""))
        held = ((self.owner, OWNER), (self.group, GROUP), (self.control & _PRESENT, DACL), (label, LABEL))
        return sum(part for has, part in held if has)


def aces(acl: bytes) -> Iterator[Ace]:
    """Yield the entries of an access list; of those that name more than a SID, the SID is empty.

    Raises:
        OSError: ``EINVAL``: it does not hold together.
    """
    if not acl:
        return
    _, size, count = struct.unpack_from("<HHH", acl)
    at = 8
    for _ in range(count):
        if at + 4 > size:
            raise _none()
        kind, flags, length = struct.unpack_from("<BBH", acl, at)
        if length < 8 or at + length > size:
            raise _none()
        is_plain = kind in (_ALLOWED, 1, 2, _LABEL_ACE, 9, 10)
        sid = _sid(acl[: at + length], at + 8) if is_plain else b""
        yield Ace(kind, flags, struct.unpack_from("<I", acl, at + 4)[0], sid)
        at += length


def is_same(first: bytes, second: bytes) -> bool:
    """Return whether two descriptors say the same of owner, group, access and label, in whatever order they lie."""
    return _meaning(first) == _meaning(second)


def to_give(raw: bytes) -> bytes:
    """Return a descriptor in the form in which all of it is taken: that entries are inherited must be asked for."""
    control = Descriptor.of(raw).control
    for shift in (0, 1):  # of the DACL, of the SACL
        if control & _MADE_BY_INHERITANCE << shift:
            control |= _ASKED_FOR_IT << shift
    return raw[:2] + struct.pack("<H", control) + raw[4:]


def private(owner: bytes, *others: bytes) -> bytes:
    """Return a descriptor that lets the owner and others do everything, and nobody else anything.

    It is protected: nothing is inherited from above. What is made in a folder that has it inherits it.
    """
    entries = b"".join(
        struct.pack("<BBHI", _ALLOWED, _INHERITED_BY_ALL, 8 + len(sid), _FULL) + sid for sid in (owner, *others)
    )
    dacl = struct.pack("<BxHHxx", 2, 8 + len(entries), 1 + len(others)) + entries
    control = _SELF_RELATIVE | _PRESENT | _PROTECTED
    return _HEAD.pack(1, control, _HEAD.size, 0, 0, _HEAD.size + len(owner)) + owner + dacl


def openings(raw: bytes, trusted: Collection[bytes]) -> tuple[bytes, ...]:
    """Return the SIDs, besides those trusted, that are let in; an empty one for entries that are not understood.

    A missing access list lets everyone in (S-1-1-0). Entries that forbid something open nothing.
    """
    found = Descriptor.of(raw)
    if found.dacl is None:
        return (bytes.fromhex("010100000000000100000000"),)
    entries = aces(found.dacl)
    return tuple(ace.sid for ace in entries if ace.kind in _ALLOWING and ace.rights and ace.sid not in trusted)


def _meaning(raw: bytes) -> tuple[object, ...]:
    found = Descriptor.of(raw)
    label = tuple(ace for ace in aces(found.sacl or b"") if ace.kind == _LABEL_ACE)
    dacl = None if found.dacl is None else tuple(_entries(found.dacl))
    return found.owner, found.group, dacl, found.control & _COUNTED, label


def _entries(acl: bytes) -> Iterator[bytes]:
    """Yield the entries as bytes, for comparing."""
    _, size, count = struct.unpack_from("<HHH", acl)
    at = 8
    for _ in range(count):
        length = struct.unpack_from("<H", acl, at + 2)[0] if at + 4 <= size else 0
        if length < 4:
            raise _none()
        yield acl[at : at + length]
        at += length


def _sid(raw: bytes, start: int) -> bytes:
    if not start:
        return b""
    if start + 8 > len(raw) or raw[start] != 1 or raw[start + 1] > 15:
        raise _none()
    end = start + 8 + 4 * raw[start + 1]
    if end > len(raw):
        raise _none()
    return raw[start:end]


def _acl(raw: bytes, start: int) -> bytes | None:
    """Return an access list; ``None`` for a null one."""
    if not start:
        return None
    if start + 8 > len(raw):
        raise _none()
    size = int.from_bytes(raw[start + 2 : start + 4], "little")
    if size < 8 or start + size > len(raw):
        raise _none()
    return raw[start : start + size]


def _none() -> OSError:
    return OSError(errno.EINVAL, "not a security descriptor")


# Folders of the tool's own: who is trusted with them, and whether nobody else is let in.
#
# Any user may make a folder in ``%ProgramData%``, where the tool keeps its state. One that somebody else made, or could
# write into, is not used.

LINK = Text("the state folder is a link or a file")
OTHERS = Text("the state folder belongs to another user")
OPEN_TO_OTHERS = Text("others may read or write the state folder")


def trusted_by(rights: RightsCalls) -> tuple[bytes, ...]:
    """Return the SIDs that an own folder may belong to and let in, the one first that new ones belong to.

    The user is not among them where the same person also runs programs without the rights of this process (UAC): one
    of those may be what is looked for.
    """
    if not rights.is_administrator():
        return rights.user(), SYSTEM_SID, ADMINISTRATORS
    return ADMINISTRATORS, SYSTEM_SID, *(() if rights.is_elevated_half() else (rights.user(),))


def guard_of(trusted: Sequence[bytes]) -> bytes:
    """Return the descriptor of what only the first of those who are trusted, and the system, may use."""
    return private(trusted[0], SYSTEM_SID)


@dataclass(frozen=True, slots=True)
class PrivateFolders:
    r"""Makes folders and looks at them. Paths are those of the system itself, ``\??\C:\x``."""

    calls: FileCalls
    trusted: Sequence[bytes]

    def make(self, path: str) -> None:
        """Make a folder that has its access list from the first moment on; nothing happens when it is there."""
        access, guard = READ_ATTRIBUTES, guard_of(self.trusted)
        try:
            handle = self.calls.open(0, path, access, FOLDER | ITSELF, disposition=CREATE, security=guard)
        except FileExistsError:
            return
        self.calls.close(handle)

    def fault(self, path: str) -> LocalText | None:
        """Return what is wrong with a folder; nothing when it is ours, and nobody else is or was let in.

        An empty folder that is ours is in order: nobody has put anything there, and ``close`` follows.
        """
        with opened(self.calls, 0, path, READ_ATTRIBUTES | READ_CONTROL | LIST, ITSELF) as handle:
            attributes, tag = self.calls.tag(handle)
            if is_link(attributes, tag) or not attributes & DIRECTORY:
                return LINK
            disk = self.calls.disk(handle)
            if not disk.keeps_security:
                return OPEN_TO_OTHERS
            raw = self.calls.security(handle, OWNER | DACL)
            if Descriptor.of(raw).owner not in self.trusted:
                return OTHERS
            is_used = next(iter(self.calls.entries(handle, disk)), None) is not None
            return OPEN_TO_OTHERS if is_used and openings(raw, self.trusted) else None

    def close(self, path: str) -> None:
        """Give a folder that is ours an access list that lets nobody else in, and look at it.

        Raises:
            OSError: it did not take it.
        """
        with opened(self.calls, 0, path, READ_CONTROL, ITSELF) as handle:
            raw = self.calls.security(handle, OWNER | DACL)
            if Descriptor.of(raw).owner not in self.trusted or not openings(raw, self.trusted):
                return
        with opened(self.calls, 0, path, READ_CONTROL | WRITE_DAC, ITSELF) as handle:
            self.calls.set_security(handle, DACL, guard_of(self.trusted))
            if openings(self.calls.security(handle, OWNER | DACL), self.trusted):
                raise PermissionError(errno.EACCES, OPEN_TO_OTHERS)
