"""A machine in memory: names in dictionaries, contents in a private folder so that open files are real descriptors.

It runs on any system and satisfies ``Host``. Nothing of it is by path on the real disk but the contents themselves.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.files import Entry, FileState, FolderMarks
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
)
from quetsach.endpoint.host.tree import MAX_LINKS, Tree
from quetsach.endpoint.scan_issue import ScanIssue


@dataclass(slots=True, eq=False)
class FakeNode:
    """A folder (``names``), a link (``target``) or a file (``content``, one name in the private folder a link)."""

    names: "dict[bytes, FakeNode] | None" = None
    target: bytes | None = None
    content: Path | None = None
    times: tuple[int, int] = (0, 0)
    inode: int = 0
    marks: FolderMarks | None = None

    def state(self) -> os.stat_result:
        if self.content is not None:
            return self.content.stat()
        kind = stat.S_IFDIR | 0o755 if self.names is not None else stat.S_IFLNK | 0o777
        atime, mtime = self.times
        seconds = [nanoseconds // 10**9 for nanoseconds in (atime, mtime, mtime)]
        names = {"st_atime_ns": atime, "st_mtime_ns": mtime, "st_ctime_ns": mtime}
        size = len(self.target or b"")
        return os.stat_result((kind, self.inode, 7, 1, 0, 0, size, *seconds), names)


class FakeFolder:
    """An open folder; satisfies ``Folder``."""

    def __init__(self, tree: "FakeTree", node: FakeNode, path: bytes) -> None:
        self._tree = tree
        self.node = node
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def join(self, name: bytes) -> bytes:
        return self.path.rstrip(b"/") + b"/" + name

    def entries(self, unseen: object = None) -> Iterator[Entry]:
        for name, node in list(self._names().items()):
            yield Entry(name, node.state())

    def lstat(self, name: bytes) -> os.stat_result:
        return self._node(name).state()

    def readlink(self, name: bytes) -> bytes:
        target = self._node(name).target
        if target is None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return target

    def folder(self, name: bytes) -> "FakeFolder":
        node = self._node(name)
        if node.names is None:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return FakeFolder(self._tree, node, self.path if name == b"." else self.join(name))

    def open_read(self, name: bytes) -> int:
        node = self._node(name)
        if node.content is None:
            raise OSError(errno.ELOOP if node.target is not None else errno.EINVAL, "not a regular file")
        return os.open(node.content, os.O_RDONLY)

    def state(self) -> FileState:
        return FileState.of(self.node.state())

    def create(self, name: bytes) -> int:
        if name in self._names():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        node = self._tree.new_file()
        self._names()[name] = node
        assert node.content is not None
        return os.open(node.content, os.O_RDWR)

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        node = self._node(name)
        if descriptor is not None and not os.path.samestat(node.state(), os.fstat(descriptor)):
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        if node.names is not None:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        del self._names()[name]
        if node.content is not None:
            node.content.unlink()

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        node = self._node(temporary)
        if name in self._names():
            self.remove(name)
        self._names()[name] = node
        del self._names()[temporary]

    def settle(self, temporary: bytes, name: bytes, is_former: Callable[[int], bool]) -> None:
        """Names are exchanged in one step."""

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        if name in self._names():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self.replace(descriptor, temporary, name)

    def link(self, descriptor: int, name: bytes) -> None:
        if name in self._names():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self._names()[name] = self._tree.new_file(self._tree.content_of(descriptor))

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        there = self._names().get(name)
        if there is not None and there.target != target:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        node = there or self._tree.new(FakeNode(target=target))
        node.times = (state.atime_ns, state.mtime_ns)
        self._names()[name] = node

    def set_times(self, atime_ns: int, mtime_ns: int) -> None:
        self.node.times = (atime_ns, mtime_ns)

    def marks(self) -> FolderMarks | None:
        return self.node.marks

    def set_marks(self, marks: FolderMarks) -> None:
        self.node.marks = marks

    @contextmanager
    def unlocked(self, before: FileState) -> Iterator[None]:
        yield

    def _names(self) -> dict[bytes, FakeNode]:
        assert self.node.names is not None
        return self.node.names

    def _node(self, name: bytes) -> FakeNode:
        if name == b".":
            return self.node
        try:
            return self._names()[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from None


class FakeTree(Tree):
    """Names in dictionaries; satisfies what ``Tree`` promises."""

    def __init__(self, store: Path) -> None:
        self.root = store
        self._count = 1
        self.top = self.new(FakeNode(names={}))

    def new(self, node: FakeNode) -> FakeNode:
        self._count += 1
        node.inode = self._count
        return node

    def new_file(self, existing: Path | None = None) -> FakeNode:
        node = self.new(FakeNode())
        node.content = self.root / str(node.inode)
        if existing is None:
            node.content.touch(0o600)
        else:
            node.content.hardlink_to(existing)
        return node

    def content_of(self, descriptor: int) -> Path:
        opened = os.fstat(descriptor)
        return next(path for path in self.root.iterdir() if os.path.samestat(path.stat(), opened))

    @contextmanager
    def parent(self, path: bytes, *, follow: bool) -> Iterator[tuple[FakeFolder, bytes]]:
        try:
            yield self._found(path, follow=follow)
        except OSError as error:
            error.filename = path
            raise

    def _found(self, path: bytes, *, follow: bool) -> tuple[FakeFolder, bytes]:
        if not path.startswith(b"/") or b"\0" in path:
            raise OSError(errno.EINVAL, "not an absolute path")
        way = [FakeFolder(self, self.top, b"/")]
        pending = _components(path)
        links = 0
        while pending:
            name = pending.pop()
            if name == b"..":
                way = way[:-1] or way
                continue
            node = way[-1].node.names.get(name) if way[-1].node.names is not None else None
            if node is not None and node.target is not None and (pending or follow):
                links += 1
                if links > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                pending.extend(_components(node.target))
                if node.target.startswith(b"/"):
                    way = way[:1]
            elif not pending:
                return way[-1], name
            else:
                way.append(way[-1].folder(name))
        return way[-1], b"."


class FakeFiles:
    """States of open files, without owners and attributes; satisfies ``Files``."""

    def state(self, descriptor: int) -> FileState:
        return FileState.of(os.fstat(descriptor))

    def can_give(self, state: FileState) -> bool:
        return True

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        os.chmod(descriptor, stat.S_IMODE(state.mode))
        if with_times:
            os.utime(descriptor, ns=(state.atime_ns, state.mtime_ns))

    def unlock(self, descriptor: int) -> None:
        return

    def lock(self, descriptor: int, state: FileState) -> None:
        return


class FakeRegistry:
    """Keys in dictionaries; satisfies ``Registry``. ``hives`` are the keys that stand for one, such as ``HKU\\An``."""

    def __init__(self, **hives: KeyContent) -> None:
        self._top = _Node("")
        for hive, content in hives.items():
            self.take(PutKey(hive, content))

    def make(self, edit: RegistryEdit) -> bool:
        self.take(edit)
        return False

    def take(self, edit: RegistryEdit) -> None:
        """Make one edit."""
        match edit:
            case SetValue(key, value):
                values = self._made(key).values
                name = next((v.name for v in values.values() if folded(v.name) == folded(value.name)), value.name)
                values[folded(name)] = value
            case DeleteValue(key, name):
                if (node := self._find(key)) is not None:
                    node.values.pop(folded(name), None)
            case DeleteKey(key):
                above, _, name = key.rpartition("\\")
                if (node := self._find(above)) is not None:
                    node.below.pop(folded(name), None)
            case PutKey(key, content):
                self._made(key).fill(content)

    def accounts(self) -> tuple[str, ...]:
        return tuple(name for name in self.subkeys("HKU") if not name.endswith("_Classes"))

    def exists(self, key: str) -> bool:
        return self._find(key) is not None

    def subkeys(self, key: str) -> tuple[str, ...]:
        node = self._find(key)
        return () if node is None else tuple(node.below[name].name for name in sorted(node.below))

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        node = self._find(key)
        return () if node is None else tuple(node.values.values())

    def value(self, key: str, name: str) -> RegistryValue | None:
        node = self._find(key)
        return None if node is None else node.values.get(folded(name))

    def content(self, key: str) -> KeyContent | None:
        node = self._find(key)
        return None if node is None else node.content()

    def matching(self, pattern: str) -> Iterator[str]:
        found = [""]
        for part in pattern.split("\\"):
            found = [f"{key}\\{name}".lstrip("\\") for key in found for name in self._named(key, part)]
        yield from (key for key in found if self.exists(key))

    def hive_path(self, key: str) -> bytes | None:
        return None

    def troubles(self) -> tuple[ScanIssue, ...]:
        return ()

    def forget(self) -> None:
        return

    def write_edited(self, edits: Sequence[RegistryEdit], target: Path) -> None:
        raise RegistryError("it has no hive files")

    def _named(self, key: str, part: str) -> tuple[str, ...]:
        if part == "*" and key == "HKU":
            return self.accounts()
        if part == "*_Classes":
            return tuple(name for name in self.subkeys(key) if name.endswith("_Classes"))
        return self.subkeys(key) if part == "*" else (part,)

    def _find(self, key: str) -> "_Node | None":
        node: _Node | None = self._top
        for name in self._current(key).split("\\") if key else ():
            node = node.below.get(folded(name)) if node is not None else None
        return node

    def _made(self, key: str) -> "_Node":
        node = self._top
        for name in self._current(key).split("\\"):
            node = node.below.setdefault(folded(name), _Node(name))
        return node

    def _current(self, key: str) -> str:
        start = "HKLM\\SYSTEM\\CURRENTCONTROLSET"
        if folded(key[: len(start)]) != start or key[len(start) : len(start) + 1] not in ("", "\\"):
            return key
        current = self.value("HKLM\\SYSTEM\\Select", "Current")
        number = int.from_bytes(current.data, "little") if current else 1
        return f"HKLM\\SYSTEM\\ControlSet{number:03}{key[len(start) :]}"


@dataclass(slots=True)
class _Node:
    name: str
    values: dict[str, RegistryValue] = field(default_factory=dict)
    below: "dict[str, _Node]" = field(default_factory=dict)

    def fill(self, content: KeyContent) -> None:
        self.values = {folded(value.name): value for value in content.values}
        self.below = {folded(name): self.below.get(folded(name), _Node(name)) for name in content.subkeys}
        for name, below in content.subkeys.items():
            self.below[folded(name)].fill(below)

    def content(self) -> KeyContent:
        return KeyContent(
            tuple(self.values.values()),
            {self.below[name].name: self.below[name].content() for name in sorted(self.below)},
        )


@dataclass(frozen=True, slots=True)
class FakeHost:
    """A machine in memory; satisfies ``Host``."""

    tree: FakeTree
    registry: FakeRegistry | None = None
    platform: str = "windows"
    files: FakeFiles = field(default_factory=FakeFiles)
    processes: None = None
    services: None = None
    tasks: None = None
    subscriptions: None = None
    restart_queue: None = None
    is_live: bool = False

    def with_registry(self, registry: FakeRegistry) -> "FakeHost":
        """Return the same machine with a registry."""
        return replace(self, registry=registry)


def _components(path: bytes) -> list[bytes]:
    return [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]
