"""Edits of the running registry, by the native calls: each through a handle whose place was checked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from quetsach.core.text import Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import MAX_DEPTH, MAX_SUBKEYS, MAX_VALUE_BYTES, MAX_VALUES
from quetsach.endpoint.host.registry import (
    LINK,
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
    value_named,
)

# The calls of Windows by which the registry is read and edited: the native ones, for names are counted there.
#
# The calls of Win32 end a name at its first NUL; what hides behind that is seen, opened and removed by these. A name is
# text of UTF-16 in which halves of pairs may stand alone. Paths of the kernel: ``\Registry\Machine\SOFTWARE``. Sources:
# Microsoft Learn, "ZwOpenKeyEx", "ZwEnumerateValueKey", "KEY_INFORMATION_CLASS", "Registry Key Security".

READ = 0x20019
"""KEY_READ: values, subkeys, the security descriptor."""

SET_VALUE, CREATE_SUB_KEY, DELETE = 0x2, 0x4, 0x10000
WRITE_DAC, WRITE_OWNER, SYSTEM_SECURITY = 0x40000, 0x80000, 0x1000000

OWNER, GROUP, DACL, SACL = 1, 2, 4, 8
"""Parts of a security descriptor (SECURITY_INFORMATION)."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a key says of itself. ``written`` is when it was last changed, in 100 ns since 1601 (UTC)."""

    kind: str
    written: int
    subkeys: int
    values: int


class RegistryCalls(Protocol):
    """Open keys are numbers. Every call may raise ``OSError``, ``FileNotFoundError`` and ``PermissionError`` among it.

    A name right below an open key is a path, too: parts are divided by backslashes.
    """

    def open_key(self, parent: int, name: str, access: int, *, follow: bool = True) -> int:
        """Open a key, from the top when ``parent`` is 0. Without ``follow`` the last name may be a link itself."""

    def create_key(
        self, parent: int, name: str, access: int, *, kind: str, volatile: bool, link: bool, security: bytes
    ) -> tuple[int, bool]:
        """Open a key, or make it; returns whether it was made. A security descriptor that is empty is inherited."""

    def close_key(self, key: int) -> None:
        """Close an open key."""

    def path(self, key: int) -> str:
        """Return where an open key really is, links followed."""

    def facts(self, key: int) -> KeyFacts:
        """Return what a key says of itself."""

    def is_volatile(self, key: int) -> bool:
        """Return whether a key goes with the next restart."""

    def subkey(self, key: int, index: int) -> str | None:
        """Return the name of a subkey; ``None`` behind the last."""

    def value(self, key: int, index: int, most_bytes: int) -> RegistryValue | None:
        """Return a value; ``None`` behind the last. ``OverflowError``: it has more data than ``most_bytes``."""

    def set_value(self, key: int, value: RegistryValue) -> None:
        """Give a key a value, in place of the one whose name compares equal."""

    def delete_value(self, key: int, name: str) -> None:
        """Take a value from a key."""

    def delete_key(self, key: int) -> None:
        """Remove an open key that has no subkeys."""

    def security(self, key: int, parts: int) -> bytes:
        """Return these parts of the security descriptor, self-relative."""

    def set_security(self, key: int, parts: int, descriptor: bytes) -> None:
        """Give a key these parts of a security descriptor."""

    def set_written(self, key: int, written: int) -> None:
        """Say when a key was last changed."""


# Edits of the running registry: each through a handle whose place was checked, so no link leads them elsewhere.
#
# A key that goes, goes with all below it, links among it as what they are. A key that is put back gets its values, the
# keys below it, its class, its security descriptor and, where Windows lets it, its time.

_WRITE = READ | SET_VALUE
_ALL = READ | SET_VALUE | CREATE_SUB_KEY
_GUARDED = WRITE_DAC | WRITE_OWNER
_LINK_VALUE = "SYMBOLICLINKVALUE"
_OWN_LINKS = (
    (r"\\REGISTRY\\MACHINE\\SYSTEM\\CURRENTCONTROLSET", r"\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET\d\d\d"),
    (
        r"\\REGISTRY\\MACHINE\\SOFTWARE\\WOW6432NODE\\CLASSES",
        r"\\REGISTRY\\MACHINE\\SOFTWARE\\CLASSES\\WOW6432NODE",
    ),
    (r"\\REGISTRY\\USER\\([^\\]+)\\SOFTWARE\\CLASSES", r"\\REGISTRY\\USER\\{}_CLASSES"),
)
"""Links that Windows itself has in its registry, and where they lead.

Source: Microsoft Learn, "Registry Keys Affected by WOW64", "HKEY_CLASSES_ROOT Key".
"""


def make_edit(calls: RegistryCalls, native: str, edit: RegistryEdit) -> None:
    """Make one edit of the key at a path of the kernel; what is not there to be removed is no error.

    Raises:
        RegistryError: a link leads away from the key.
        OSError: the system refuses.
    """
    match edit:
        case SetValue(_, value):
            with _made(calls, native) as key:
                _set(calls, key, value)
        case DeleteValue(_, name):
            with suppress(FileNotFoundError), _opened(calls, native, _WRITE) as key:
                found = value_named(list(_values(calls, key)), name)
                if found is not None:
                    calls.delete_value(key, found.name)
        case DeleteKey():
            with suppress(FileNotFoundError), _opened(calls, native, READ | DELETE) as key:
                _delete(calls, key, 0)
        case PutKey(_, content):
            with _made(calls, native, content) as key:
                _fill(calls, key, content)


@contextmanager
def _opened(calls: RegistryCalls, native: str, access: int) -> Iterator[int]:
    """Open a key that is where its name says; the last name is taken as what it is, be it a link."""
    above, _, name = native.rpartition("\\")
    folder = calls.open_key(0, above, READ)
    try:
        _check_place(calls, folder, above)
        key = calls.open_key(folder, name, access, follow=_leads_properly(native))
    finally:
        calls.close_key(folder)
    try:
        yield key
    finally:
        calls.close_key(key)


def _leads_properly(native: str) -> bool:
    return any(re.fullmatch(link, folded(native)) for link, _ in _OWN_LINKS)


def _check_place(calls: RegistryCalls, key: int, native: str) -> None:
    """Raise ``RegistryError`` when an open key is not the one at this path, but for the links of Windows itself."""
    wanted, found = folded(native), folded(calls.path(key))
    if wanted == found:
        return
    for link, target in _OWN_LINKS:
        start = re.match(rf"{link}(?=\\|$)", wanted)
        if start is not None and found.endswith(rest := wanted[start.end() :]):
            led = target.format(*map(re.escape, start.groups()))
            if re.fullmatch(led, found[: len(found) - len(rest)]):
                return
    raise RegistryError(Text("a link leads from this key to another one, so it is not edited"), where=native)


@contextmanager
def _made(calls: RegistryCalls, native: str, content: KeyContent | None = None) -> Iterator[int]:
    """Open a key for edits, making it and those above it where they are not there."""
    above, names = native, list[str]()
    while True:
        try:
            key = calls.open_key(0, above, _ALL if names else _ALL | (_GUARDED if content else 0), follow=True)
            break
        except FileNotFoundError:
            above, _, name = above.rpartition("\\")
            names.insert(0, name)
            if above.count("\\") < 3:  # no hive is made
                raise
    try:
        _check_place(calls, key, above)
        for count, name in enumerate(names, 1):
            below = _create(calls, key, name, content if count == len(names) else None)
            calls.close_key(key)
            key = below
        yield key
    finally:
        calls.close_key(key)


def _create(calls: RegistryCalls, parent: int, name: str, content: KeyContent | None) -> int:
    """Make a key below an open one, or open it, with what can only be given to it then."""
    made = content or KeyContent()
    is_link = any(value.type == LINK and folded(value.name) == _LINK_VALUE for value in made.values)

    def created(access: int, security: bytes) -> int:
        volatile = made.is_volatile
        key, _ = calls.create_key(
            parent, name, access, kind=made.kind, volatile=volatile, link=is_link, security=security
        )
        return key

    attempts = [(_ALL, b"")]
    if made.security:
        watched = SYSTEM_SECURITY if _is_watched(made.security) else 0
        attempts = [(_ALL | _GUARDED | watched, made.security), (_ALL | _GUARDED, b""), *attempts]
    for access, security in attempts[:-1]:
        with suppress(OSError):
            return created(access, security)
    return created(*attempts[-1])


def _fill(calls: RegistryCalls, key: int, content: KeyContent) -> None:
    """Give an open key exactly this content."""
    wanted = {folded(name) for name in content.subkeys}
    for name in list(_subkeys(calls, key)):
        if folded(name) not in wanted:
            _delete_below(calls, key, name, 0)
    for name, below in content.subkeys.items():
        subkey = _create(calls, key, name, below)
        try:
            _fill(calls, subkey, below)
        finally:
            calls.close_key(subkey)
    there = {value.name: value for value in _values(calls, key)}
    for name in there.keys() - {value.name for value in content.values}:
        calls.delete_value(key, name)
    for value in content.values:
        if there.get(value.name) != value:
            calls.set_value(key, value)
    if content.security:
        _guard(calls, key, content.security)
    if content.written:
        with suppress(OSError):  # the time is a courtesy
            calls.set_written(key, content.written)


def _guard(calls: RegistryCalls, key: int, security: bytes) -> None:
    """Give a key its security descriptor, as much of it as this account may."""
    watched = SACL if _is_watched(security) else 0
    for parts in (OWNER | GROUP | DACL | watched, OWNER | GROUP | DACL, DACL):
        with suppress(OSError):
            if calls.security(key, parts) != security:
                calls.set_security(key, parts, security)
            return


def _is_watched(security: bytes) -> bool:
    """Return whether a self-relative security descriptor has a list of what is watched (SE_SACL_PRESENT)."""
    return bool(int.from_bytes(security[2:4], "little") & 0x10)


def _set(calls: RegistryCalls, key: int, value: RegistryValue) -> None:
    """Set a value; one whose name is written otherwise goes first, for Windows would keep its way of writing."""
    found = value_named(list(_values(calls, key)), value.name)
    if found == value:
        return
    if found is not None and found.name != value.name:
        calls.delete_value(key, found.name)
    calls.set_value(key, value)


def _delete(calls: RegistryCalls, key: int, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RegistryError(Text("keys lie deeper than Windows lets them"))
    for name in list(_subkeys(calls, key)):
        _delete_below(calls, key, name, depth + 1)
    calls.delete_key(key)


def _delete_below(calls: RegistryCalls, parent: int, name: str, depth: int) -> None:
    with suppress(FileNotFoundError):
        key = calls.open_key(parent, name, READ | DELETE, follow=False)
        try:
            _delete(calls, key, depth)
        finally:
            calls.close_key(key)


def _subkeys(calls: RegistryCalls, key: int) -> Iterator[str]:
    for index in range(MAX_SUBKEYS):
        if (name := calls.subkey(key, index)) is None:
            return
        yield name


def _values(calls: RegistryCalls, key: int) -> Iterator[RegistryValue]:
    for index in range(MAX_VALUES):
        with suppress(OverflowError):
            if (value := calls.value(key, index, MAX_VALUE_BYTES)) is None:
                return
            yield value
