"""Disks of Windows in memory, behind ``FileCalls``: what Wine lacks is here, and another program may act in between.

Junctions and symbolic links, streams, access lists that stay as they are given, numbers of 128 bits, share modes,
removal at once or when the last has closed, 8.3 names, content kept by filters or in a cloud. Contents lie in a private
folder, so that open files are real descriptors, and have its numbers and times.

A call is refused as Windows refuses it when a handle was not opened for it. ``before`` is called before each call.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from quetsach.endpoint.host.nt import security as sd
from quetsach.endpoint.host.nt.file_calls import (
    CREATE,
    DACL,
    DELETE,
    DIRECTORY,
    FOLDER,
    GROUP,
    ITSELF,
    LABEL,
    LIST,
    NO_FOLDER,
    NO_RECALL,
    NORMAL,
    OPEN,
    OWNER,
    READ_ATTRIBUTES,
    READ_CONTROL,
    READ_DATA,
    READ_ONLY,
    RECALL,
    REPARSE,
    SETTABLE,
    SHARE_ALL,
    WRITE_ATTRIBUTES,
    WRITE_DAC,
    WRITE_DATA,
    WRITE_OWNER,
    Disk,
    FileInformation,
    Stream,
    error_of,
    filetime_of,
    is_link,
    nanoseconds_of,
)
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.windows_path import target_of

NOT_FOUND, COLLISION, DENIED, SHARING = 0xC0000034, 0xC0000035, 0xC0000022, 0xC0000043
NO_SUCH_NAME, NOT_A_FOLDER, IS_A_FOLDER = 0xC0000033, 0xC0000103, 0xC00000BA
PENDING, UNSUPPORTED, NO_LINK, NOT_HANDLED = 0xC0000056, 0xC00000BB, 0xC0000275, 0xC0000279
CANNOT_DELETE, OTHER_DEVICE, DELETED = 0xC0000121, 0xC00000D4, 0xC0000123

USERS = bytes.fromhex("01020000000000052000000021020000")
EVERYBODY = sd.private(sd.ADMINISTRATORS, sd.SYSTEM_SID, USERS)
"""The security descriptor of what nobody gave one."""

_BAD = re.compile(r'[<>"|?*\x00-\x1f/\\]')
_SHORT = re.compile(r"[A-Z0-9_$~!#%&'()@^`{}-]{1,8}(?:\.[A-Z0-9_$~!#%&'()@^`{}-]{1,3})?", re.IGNORECASE | re.ASCII)


@dataclass(slots=True, eq=False)
class Node:
    """A file or folder, whatever names it has."""

    disk: "FakeDisk"
    content: Path
    attributes: int
    security: bytes
    made: int
    names: "dict[str, Name] | None" = None
    written: int = 0
    accessed: int = 0
    changed: int = 0
    record: bytes = b""
    streams: dict[str, Path] = field(default_factory=dict)
    raw: Path | None = None
    """What is on the disk where a filter keeps the content in another form."""
    was_fetched: bool = False
    links: int = 0
    denied: int = 0
    """Access that is refused."""

    @property
    def tag(self) -> int:
        return int.from_bytes(self.record[:4], "little") if self.attributes & REPARSE else 0

    @property
    def is_link(self) -> bool:
        return is_link(self.attributes, self.tag)


@dataclass(slots=True, eq=False)
class Name:
    """A name in a folder."""

    text: str
    node: Node
    folder: Node
    short: str = ""
    is_going: bool = False
    is_gone: bool = False


@dataclass(slots=True, eq=False)
class Handle:
    """An open file."""

    node: Node
    name: Name | None
    access: int
    share: int
    is_raw: bool
    stream: str | None = None
    descriptor: int = -1
    path: Path = Path()
    is_quiet: bool = False
    """Whether reading by it leaves the time of access alone."""

    @property
    def is_about_data(self) -> bool:
        return bool(self.access & (READ_DATA | 0x6 | DELETE))


@dataclass(eq=False)
class FakeDisk:
    """A volume with the root folder ``top``."""

    store: Path
    file_system: str = "NTFS"
    flags: int = 0x4000F
    at_once: bool = True
    number_bits: int = 0
    """Added to all numbers of files."""
    top: Node = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        self.store.mkdir()
        self.top = self.node(is_folder=True)

    @property
    def volume(self) -> int:
        return self.store.stat().st_dev

    def node(self, *, is_folder: bool, security: bytes = EVERYBODY) -> Node:
        self.count += 1
        content = self.store / str(self.count)
        content.touch()
        content.chmod(0o666)
        now = filetime_of(content.stat().st_mtime_ns)
        kind = DIRECTORY if is_folder else 0x20
        return Node(self, content, kind, security, now, {} if is_folder else None, now, now, now)


class FakeNtfs:
    """The calls; satisfies ``FileCalls``."""

    def __init__(self, store: Path) -> None:
        store.mkdir(exist_ok=True)
        self.store = store
        self.disks = {"\\??\\C:\\": FakeDisk(store / "c")}
        self.before: Callable[[str], None] = lambda _: None
        self.lies = False
        """Whether access lists are taken with a success and stay as they were."""
        self.updates_access = True
        self._handles: dict[int, Handle] = {}
        self._last = 3
        self._clock = filetime_of(1_700_000_000_000_000_000)

    # What tests make and look at.

    def add(self, letter: str, **kind: object) -> FakeDisk:
        disk = FakeDisk(self.store / letter[0], **kind)  # type: ignore[arg-type]
        self.disks[f"\\??\\{letter[0]}:\\"] = disk
        return disk

    def folder(self, path: str) -> Node:
        """Make a folder with those above it; ``path`` has slashes and may begin with a drive, ``D:/x``."""
        disk, names = self._split(path)
        node = disk.top
        for name in names:
            assert node.names is not None
            if folded(name) not in node.names:
                self._named(node, name, disk.node(is_folder=True))
            node = node.names[folded(name)].node
        return node

    def file(self, path: str, content: bytes = b"", **fields: object) -> Node:
        folder, _, name = path.rpartition("/")
        above = self.folder(folder)
        node = above.disk.node(is_folder=False)
        node.content.write_bytes(content)
        for key, value in fields.items():
            setattr(node, key, value)
        self._named(above, name, node)
        return node

    def stream(self, node: Node, name: str, content: bytes) -> None:
        node.disk.count += 1
        node.streams[name] = node.disk.store / f"{node.disk.count}s"
        node.streams[name].write_bytes(content)

    def reparse_at(self, path: str, record: bytes, *, is_folder: bool = True, content: bytes = b"") -> Node:
        """Make a link or a filtered file."""
        node = self.folder(path) if is_folder else self.file(path, content)
        node.attributes |= REPARSE
        node.record = record
        return node

    def find(self, path: str) -> Node:
        """Return what has a path; ``KeyError`` when nothing has."""
        disk, names = self._split(path)
        node = disk.top
        for name in names:
            node = (node.names or {})[folded(name)].node
        return node

    def move(self, old: str, new: str) -> None:
        """Give something another path, as another program would that deletes nothing; open handles forbid it."""
        folder, _, last = old.rpartition("/")
        name = self.find(folder).names[folded(last)]  # type: ignore[index]
        handles = [handle for handle in self._open_on(name.node) if handle.is_about_data]
        if any(not handle.share & 0x4 for handle in handles):
            raise error_of(SHARING)
        above, _, text = new.rpartition("/")
        self._renamed(name, self.find(above), text)

    def _split(self, path: str) -> tuple[FakeDisk, list[str]]:
        names = [name for name in path.split("/") if name]
        drive = names.pop(0) if names and names[0][1:] == ":" else "C:"
        return self.disks[f"\\??\\{drive}\\"], names

    # The calls.

    def open(
        self,
        root: int,
        name: str,
        access: int,
        options: int = 0,
        *,
        share: int = SHARE_ALL,
        disposition: int = OPEN,
        attributes: int = 0,
        security: bytes | None = None,
    ) -> int:
        self.before(f"open {name}")
        node, found, stream = self._meant(root, name)
        if disposition == CREATE and found is not None:
            raise error_of(COLLISION, name)
        if node is None:
            if disposition == OPEN:
                raise error_of(NOT_FOUND, name)
            node, found = self._made(root, name, bool(options & FOLDER), attributes, security)
        if stream and stream not in node.streams:
            if disposition == OPEN:
                raise error_of(NOT_FOUND, name)
            self.stream(node, stream, b"")
        if node.is_link and not options & ITSELF:
            return self.open(0, self._target(node), access, options, share=share)
        if node.attributes & REPARSE and not options & ITSELF and node.raw is None:
            raise error_of(NOT_HANDLED, name)
        self._check(node, found, stream, access, share, options)
        if node.attributes & RECALL and access & READ_DATA and not options & NO_RECALL:
            node.was_fetched = True
        return self._kept(Handle(node, found, access, share, bool(options & ITSELF), stream))

    def close(self, handle: int) -> None:
        self._closed(self._handles.pop(handle))

    def descriptor(self, handle: int, *, writable: bool = False) -> int:
        self.before("descriptor")
        one = self._handles[handle]
        self._settled(one.node)
        one.path = one.node.streams[one.stream] if one.stream else one.node.content
        if one.is_raw and one.node.raw is not None and not one.stream:
            one.path = one.node.raw
        descriptor = os.open(one.path, (os.O_RDWR if writable else os.O_RDONLY) | one.is_quiet * os.O_NOATIME)
        for number, other in list(self._handles.items()):
            if other.descriptor == descriptor:  # it was closed, and its number is free again
                self._closed(self._handles.pop(number))
        one.descriptor = descriptor
        return descriptor

    def handle(self, descriptor: int) -> int:
        return next(number for number, one in self._handles.items() if one.descriptor == descriptor and _is_open(one))

    def entries(self, handle: int, disk: Disk) -> Iterator[tuple[str, FileInformation]]:
        one = self._with(handle, LIST)
        for name in list((one.node.names or {}).values()):
            self.before("entries")
            yield name.text, self._information(name.node, None)._replace(links=1)

    def information(self, handle: int, disk: Disk | None = None) -> FileInformation:
        self.before("information")
        one = self._with(handle, READ_ATTRIBUTES)
        return self._information(one.node, one.stream)

    def tag(self, handle: int) -> tuple[int, int]:
        self.before("tag")
        node = self._with(handle, READ_ATTRIBUTES).node
        return node.attributes, node.tag

    def name(self, handle: int) -> str:
        return "\\" + (name.text if (name := self._name_of(handle)) else "")

    def set_basic(
        self, handle: int, *, made: int = 0, accessed: int = 0, written: int = 0, attributes: int = 0
    ) -> None:
        self.before("set_basic")
        one = self._with(handle, WRITE_ATTRIBUTES)
        if accessed < 0:
            one.is_quiet = True
            return
        node = one.node
        node.made = made or node.made
        self._changed(node)
        if attributes:
            node.attributes = (node.attributes & ~(SETTABLE | NORMAL)) | (attributes & SETTABLE & ~NORMAL)
            node.content.chmod(0o444 if attributes & READ_ONLY else 0o666)
        if node.names is not None or node.is_link:
            node.written = written or node.written
            node.accessed = accessed or node.accessed
        elif written or accessed:
            now = node.content.stat()
            times = (accessed, now.st_atime_ns), (written, now.st_mtime_ns)
            os.utime(node.content, ns=tuple(nanoseconds_of(given) if given else kept for given, kept in times))

    def give_name(self, handle: int, folder: int, name: str, *, over: bool) -> None:
        self.before("give_name")
        one, above = self._with(handle, DELETE), self._handles[folder].node
        assert one.name is not None
        self._room(one, above, name, over=over)
        self._renamed(one.name, above, name)

    def link(self, handle: int, folder: int, name: str) -> None:
        self.before("link")
        one, above = self._handles[handle], self._handles[folder].node
        self._room(one, above, name, over=False)
        if one.node.disk.file_system != "NTFS":
            raise error_of(UNSUPPORTED)
        self._named(above, name, one.node)

    def delete(self, handle: int) -> None:
        self.before("delete")
        one = self._with(handle, DELETE)
        if one.stream:
            one.node.streams.pop(one.stream).unlink()
            return
        assert one.name is not None
        if one.node.attributes & READ_ONLY and not one.node.disk.at_once:
            raise error_of(CANNOT_DELETE)
        if one.node.names:
            raise error_of(0xC0000101)
        one.name.is_going = True

    def reparse(self, handle: int) -> bytes:
        self.before("reparse")
        node = self._handles[handle].node
        if not node.attributes & REPARSE:
            raise error_of(NO_LINK)
        return node.record

    def set_reparse(self, handle: int, record: bytes) -> None:
        node = self._with(handle, WRITE_ATTRIBUTES).node
        node.attributes |= REPARSE
        node.record = record

    def streams(self, handle: int) -> list[Stream]:
        self.before("streams")
        node = self._handles[handle].node
        return [Stream(name, path.stat().st_size) for name, path in node.streams.items()]

    def short_name(self, handle: int) -> str:
        return name.short if (name := self._name_of(handle)) else ""

    def _name_of(self, handle: int) -> Name | None:
        name = self._handles[handle].name
        if name is not None and name.is_gone:
            raise error_of(DELETED)
        return name

    def set_short_name(self, handle: int, name: str) -> None:
        one = self._with(handle, DELETE | WRITE_DATA)
        assert one.name is not None
        assert one.name.folder.names is not None
        if any(
            other.short.upper() == name.upper() for other in one.name.folder.names.values() if other is not one.name
        ):
            raise error_of(COLLISION, name)
        one.name.short = name

    def security(self, handle: int, parts: int) -> bytes:
        return self._with(handle, READ_CONTROL).node.security

    def set_security(self, handle: int, parts: int, raw: bytes) -> None:
        self.before("set_security")
        needed = (WRITE_DAC if parts & DACL else 0) | (WRITE_OWNER if parts & (OWNER | GROUP | LABEL) else 0)
        node = self._with(handle, needed).node
        if not self.lies:
            node.security = merged(node.security, raw, parts)
            self._changed(node)

    def flush(self, handle: int) -> None:
        self._with(handle, WRITE_DATA)

    def disk(self, handle: int) -> Disk:
        disk = self._handles[handle].node.disk
        return Disk(disk.volume, disk.file_system, disk.flags)

    # How it does it.

    def _meant(self, root: int, name: str) -> tuple[Node | None, Name | None, str | None]:
        """Return file, name and stream that are meant; no file where there is none of that name."""
        if not root:
            top = max((top for top in self.disks if name.startswith(top)), key=len, default=None)
            if top is None:
                raise error_of(0xC000003A, name)
            node, found = self.disks[top].top, None
            for part in filter(None, name[len(top) :].split("\\")):
                found = self._in(node, part)
                if found is None:
                    return None, None, None
                node = found.node
            return node, found, None
        one = self._handles[root]
        if not name:
            return one.node, one.name, one.stream
        base, colon, stream = name.partition(":")
        if _BAD.search(base) or (colon and not stream):
            raise error_of(NO_SUCH_NAME, name)
        if not base:
            return one.node, one.name, stream
        if one.node.names is None:
            raise error_of(0xC000000D, name)
        found = self._in(one.node, base)
        return (found.node, found, stream or None) if found else (None, None, stream or None)

    def _in(self, folder: Node, name: str) -> Name | None:
        names = folder.names or {}
        return names.get(folded(name)) or next(
            (one for one in names.values() if one.short.upper() == name.upper()), None
        )

    def _made(
        self, root: int, name: str, is_folder: bool, attributes: int, security: bytes | None
    ) -> tuple[Node, Name]:
        above, last = self._handles[root].node if root else None, name
        if above is None:
            head, _, last = name.rstrip("\\").rpartition("\\")
            above = self._meant(0, head + "\\")[0]
            if above is None:
                raise error_of(0xC000003A, name)
        node = above.disk.node(is_folder=is_folder, security=security or above.security)
        node.attributes |= attributes & SETTABLE & ~NORMAL
        return node, self._named(above, last, node)

    def _named(self, folder: Node, text: str, node: Node) -> Name:
        assert folder.names is not None
        name = Name(text, node, folder)
        node.links += 1
        folder.names[folded(text)] = name
        if not _SHORT.fullmatch(text) and folder.disk.file_system == "NTFS":
            letters = re.sub(r"[^A-Z0-9]", "", text.upper())[:6] or "X"
            taken = {one.short for one in folder.names.values()}
            name.short = next(short for number in range(1, 99) if (short := f"{letters}~{number}") not in taken)
        self._touched(folder)
        self._changed(node)
        return name

    def _renamed(self, name: Name, above: Node, text: str) -> None:
        assert name.folder.names is not None
        del name.folder.names[folded(name.text)]
        self._touched(name.folder)
        new = self._named(above, text, name.node)
        name.node.links -= 1
        name.text, name.folder, name.short = new.text, new.folder, new.short
        assert above.names is not None
        above.names[folded(text)] = name

    def _room(self, one: Handle, above: Node, name: str, *, over: bool) -> None:
        """Make room for a name, or refuse."""
        if _BAD.search(name) or ":" in name:
            raise error_of(NO_SUCH_NAME, name)
        if above.disk is not one.node.disk:
            raise error_of(OTHER_DEVICE, name)
        there = self._in(above, name)
        if there is None:
            return
        if not over:
            raise error_of(COLLISION, name)
        is_open = bool(self._open_on(there.node))
        if there.node.names is not None or (is_open and not above.disk.at_once):
            raise error_of(DENIED, name)
        if any(handle.is_about_data and not handle.share & 0x4 for handle in self._open_on(there.node)):
            raise error_of(SHARING, name)
        self._unnamed(there)

    def _check(self, node: Node, name: Name | None, stream: str | None, access: int, share: int, options: int) -> None:
        if name is not None and name.is_going:
            raise error_of(PENDING)
        if options & FOLDER and node.names is None:
            raise error_of(NOT_A_FOLDER)
        if options & NO_FOLDER and node.names is not None and not stream:
            raise error_of(IS_A_FOLDER)
        if access & node.denied or (node.attributes & READ_ONLY and access & 0x6 and node.names is None):
            raise error_of(DENIED)
        new = Handle(node, name, access, share, is_raw=False, stream=stream)
        for old in self._open_on(node):
            if old.stream == stream and new.is_about_data and old.is_about_data and not _get_along(old, new):
                raise error_of(SHARING)

    def _open_on(self, node: Node) -> list[Handle]:
        for number, handle in list(self._handles.items()):
            if handle.descriptor != -1 and not _is_open(handle):
                self._closed(self._handles.pop(number))
        return [handle for handle in self._handles.values() if handle.node is node]

    def _closed(self, handle: Handle) -> None:
        name = handle.name
        if name is None or not name.is_going or name.is_gone:
            return
        if handle.node.disk.at_once or not any(other.name is name for other in self._handles.values()):
            self._unnamed(name)

    def _unnamed(self, name: Name) -> None:
        assert name.folder.names is not None
        del name.folder.names[folded(name.text)]
        name.is_gone = True
        name.node.links -= 1
        self._touched(name.folder)

    def _kept(self, handle: Handle) -> int:
        self._last += 4
        self._handles[self._last] = handle
        return self._last

    def _with(self, handle: int, access: int) -> Handle:
        one = self._handles[handle]
        if one.access & access != access:
            raise error_of(DENIED)
        return one

    def _information(self, node: Node, stream: str | None) -> FileInformation:
        self._settled(node)
        real = node.content.stat()
        is_own = node.names is not None or node.is_link
        size = node.streams[stream].stat().st_size if stream else 0 if is_own else real.st_size
        times = (node.accessed, node.written, node.changed)
        if not is_own:
            times = tuple(filetime_of(time) for time in (real.st_atime_ns, real.st_mtime_ns, real.st_ctime_ns))
        number = real.st_ino | node.disk.number_bits
        attributes = node.attributes or NORMAL
        return FileInformation(
            attributes, node.tag, node.disk.volume, number, max(1, node.links), size, node.made, *times
        )

    def _settled(self, node: Node) -> None:
        """Give a content times that a FILETIME can hold, so that a descriptor tells the same."""
        now = node.content.stat()
        if now.st_mtime_ns % 100 or now.st_atime_ns % 100:
            os.utime(node.content, ns=(now.st_atime_ns // 100 * 100, now.st_mtime_ns // 100 * 100))

    def _target(self, node: Node) -> str:
        target = (target_of(node.record) or b"").decode()
        if not target.startswith("\\??\\"):
            raise error_of(NOT_HANDLED)
        return target if target.endswith("\\") or target[6:] else target + "\\"

    def _touched(self, folder: Node) -> None:
        self._clock += 10_000_000
        folder.written = folder.changed = self._clock

    def _changed(self, node: Node) -> None:
        self._clock += 10_000_000
        node.changed = self._clock


def merged(old: bytes, new: bytes, parts: int) -> bytes:
    """Return a security descriptor in which parts are those of another."""
    first, second = sd.Descriptor.of(old), sd.Descriptor.of(new)
    control = first.control & 0x2800 if not parts & DACL else 0
    control |= second.control & 0x1400 if parts & DACL else first.control & 0x1400
    return built(
        second.owner if parts & OWNER else first.owner,
        second.group if parts & GROUP else first.group,
        second.dacl if parts & DACL else first.dacl,
        second.sacl if parts & LABEL else first.sacl,
        control,
    )


def built(owner: bytes, group: bytes, dacl: bytes | None, sacl: bytes | None = None, control: int = 0) -> bytes:
    """Return a self-relative descriptor of parts."""
    control |= 0x8004 | (0x10 if sacl else 0)
    body, places = b"", []
    for part in (owner, group, sacl, dacl):
        places.append(20 + len(body) if part else 0)
        body += part or b""
    head = bytes((1, 0)) + control.to_bytes(2, "little")
    return head + b"".join(place.to_bytes(4, "little") for place in places) + body


def _is_open(handle: Handle) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.descriptor), handle.path.stat())
    except OSError:
        return False


def _get_along(old: Handle, new: Handle) -> bool:
    for first, second in ((old, new), (new, old)):
        wanted = (0x1 if first.access & READ_DATA else 0) | (0x2 if first.access & 0x6 else 0)
        wanted |= 0x4 if first.access & DELETE else 0
        if wanted & ~second.share:
            return False
    return True
