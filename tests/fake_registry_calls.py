"""The registry of a kernel in memory, with links, denied keys and names of any kind; satisfies ``RegistryCalls``."""

import errno
import itertools
from dataclasses import dataclass, field

from quetsach.endpoint.host.nt.registry_edit import DACL, GROUP, OWNER, SACL, SYSTEM_SECURITY, KeyFacts
from quetsach.endpoint.host.registry import KeyContent, RegistryValue, folded

LINK_VALUE = "SymbolicLinkValue"
_WRITES = 0x2 | 0x4 | 0x10000


@dataclass(slots=True, eq=False)
class FakeKey:
    name: str
    above: "FakeKey | None" = None
    values: dict[str, RegistryValue] = field(default_factory=dict)
    below: "dict[str, FakeKey]" = field(default_factory=dict)
    kind: str = ""
    written: int = 500
    is_volatile: bool = False
    is_link: bool = False
    is_gone: bool = False
    security: bytes = b"inherited"
    denied: int = 0
    """Rights that nobody has, not even with those of a back-up."""

    @property
    def path(self) -> str:
        return (self.above.path if self.above else "") + (f"\\{self.name}" if self.name else "")

    def child(self, name: str) -> "FakeKey":
        return self.below[folded(name)]

    def content(self) -> KeyContent:
        """Return everything as it is, for comparing."""
        return KeyContent(
            tuple(sorted(self.values.values(), key=lambda value: value.name)),
            {key.name: key.content() for _, key in sorted(self.below.items())},
            self.security,
            self.kind,
            self.is_volatile,
            self.written,
        )


class FakeRegistryCalls:
    def __init__(self) -> None:
        self.top = FakeKey("")
        self.open_keys: dict[int, tuple[FakeKey, int]] = {}
        self._numbers = itertools.count(4, 4)
        self.clock = itertools.count(1_000)
        self.before_edit = lambda: None
        """Called before anything is changed: a test stops the machine there."""

    def make(self, path: str, **values: tuple[int, bytes]) -> FakeKey:
        """Make a key at a path of the kernel, with those above it."""
        key = self.top
        for name in path.strip("\\").split("\\"):
            key = key.below.setdefault(folded(name), FakeKey(name, key))
        for name, (type_, data) in values.items():
            key.values[folded(name)] = RegistryValue(name, type_, data)
        return key

    def put(self, path: str, content: KeyContent) -> FakeKey:
        key = self.make(path)
        key.values |= {folded(value.name): value for value in content.values}
        for name, below in content.subkeys.items():
            self.put(f"{path}\\{name}", below)
        return key

    def link(self, path: str, target: str) -> None:
        """Make a key that leads to another."""
        key = self.make(path)
        key.is_link = True
        key.values = {folded(LINK_VALUE): RegistryValue(LINK_VALUE, 6, target.encode("utf-16-le"))}

    def open_key(self, parent: int, name: str, access: int, *, follow: bool = True) -> int:
        start = self._key(parent) if parent else self.top
        key = self._found(start, name, follow=follow)
        if key.denied & access or (access & SYSTEM_SECURITY and key.denied):
            raise PermissionError(errno.EACCES, "denied")
        return self._opened(key, access)

    def create_key(
        self, parent: int, name: str, access: int, *, kind: str, volatile: bool, link: bool, security: bytes
    ) -> tuple[int, bool]:
        above = self._key(parent)
        assert "\\" not in name
        if folded(name) in above.below:
            return self.open_key(parent, name, access, follow=not link), False
        self._change(parent, 0x4)
        key = FakeKey(name, above, kind=kind, is_volatile=volatile or above.is_volatile, is_link=link)
        key.security = security or above.security
        key.written = above.written = next(self.clock)
        above.below[folded(name)] = key
        return self._opened(key, access), True

    def close_key(self, key: int) -> None:
        del self.open_keys[key]

    def path(self, key: int) -> str:
        return self._key(key).path

    def facts(self, key: int) -> KeyFacts:
        found = self._key(key)
        return KeyFacts(found.kind, found.written, len(found.below), len(found.values))

    def is_volatile(self, key: int) -> bool:
        return self._key(key).is_volatile

    def subkey(self, key: int, index: int) -> str | None:
        names = [below.name for below in self._key(key).below.values()]
        return names[index] if index < len(names) else None

    def value(self, key: int, index: int, most_bytes: int) -> RegistryValue | None:
        values = list(self._key(key).values.values())
        if index >= len(values):
            return None
        if len(values[index].data) > most_bytes:
            raise OverflowError
        return values[index]

    def set_value(self, key: int, value: RegistryValue) -> None:
        self._change(key, 0x2)
        found = self._key(key)
        there = found.values.get(folded(value.name))
        name = there.name if there else value.name
        found.values[folded(name)] = RegistryValue(name, value.type, value.data)
        found.written = next(self.clock)

    def delete_value(self, key: int, name: str) -> None:
        self._change(key, 0x2)
        found = self._key(key)
        if folded(name) not in found.values:
            raise FileNotFoundError(errno.ENOENT, "no such value")
        del found.values[folded(name)]
        found.written = next(self.clock)

    def delete_key(self, key: int) -> None:
        self._change(key, 0x10000)
        found = self._key(key)
        assert found.above is not None
        if found.below:
            raise PermissionError(errno.EACCES, "it has subkeys")
        del found.above.below[folded(found.name)]
        found.above.written = next(self.clock)
        found.is_gone = True

    def security(self, key: int, parts: int) -> bytes:
        if parts & SACL and not self.open_keys[key][1] & SYSTEM_SECURITY:
            raise PermissionError(errno.EACCES, "denied")
        return self._key(key).security

    def set_security(self, key: int, parts: int, descriptor: bytes) -> None:
        access = self.open_keys[key][1]
        needed = (0x40000 if parts & DACL else 0) | (0x80000 if parts & (OWNER | GROUP) else 0)
        needed |= SYSTEM_SECURITY if parts & SACL else 0
        if access & needed != needed:
            raise PermissionError(errno.EACCES, "denied")
        self.before_edit()
        self._key(key).security = descriptor

    def set_written(self, key: int, written: int) -> None:
        self._key(key).written = written

    def _opened(self, key: FakeKey, access: int) -> int:
        number = next(self._numbers)
        self.open_keys[number] = (key, access)
        return number

    def _key(self, number: int) -> FakeKey:
        key = self.open_keys[number][0]
        if key.is_gone:
            raise FileNotFoundError(errno.ENOENT, "the key went")
        return key

    def _change(self, key: int, right: int) -> None:
        """Note a change: the handle must have the right to it."""
        if not self.open_keys[key][1] & right:
            raise PermissionError(errno.EACCES, "the handle may not")
        self.before_edit()

    def _found(self, start: FakeKey, path: str, *, follow: bool, links: int = 0) -> FakeKey:
        key = start
        names = path.strip("\\").split("\\")
        for count, name in enumerate(names, 1):
            try:
                key = key.below[folded(name)]
            except KeyError:
                raise FileNotFoundError(errno.ENOENT, "no such key") from None
            if key.is_link and (follow or count < len(names)):
                if links > 8:
                    raise OSError(errno.ELOOP, "links lead in a circle")
                target = key.values[folded(LINK_VALUE)].data.decode("utf-16-le")
                key = self._found(self.top, target, follow=True, links=links + 1)
        return key
