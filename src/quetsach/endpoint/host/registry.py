r"""The Windows registry as the endpoint tool sees it: one port, offline over hives, live over the calls of Windows.

A key is text such as ``HKLM\SOFTWARE\Microsoft`` or ``HKU\an\Software``: ``HKLM`` with the hives SOFTWARE, SYSTEM, SAM
and SECURITY; ``HKU`` with one name for each account (its folder in Users offline, its SID live), ``.DEFAULT`` among
them, and ``HKU\an_Classes`` for the account's own classes. ``HKLM\SYSTEM\CurrentControlSet`` leads to the set that
``Select\Current`` names. Names compare without regard to case, as Windows does, and keep the case they have.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from quetsach.endpoint.scan_issue import ScanIssue

SZ, EXPAND_SZ, BINARY, DWORD, LINK, MULTI_SZ, QWORD = 1, 2, 3, 4, 6, 7, 11
"""Types of values (winnt.h). Other numbers occur and are kept as they are."""


@dataclass(frozen=True, slots=True)
class RegistryValue:
    """One value: its name (empty for the key's default), its type number, and its bytes as stored."""

    name: str
    type: int
    data: bytes

    @property
    def text(self) -> str:
        """The text of a string value; of a list its entries, one a line; numbers in decimal; other bytes in hex."""
        match self.type:
            case type_ if type_ in (SZ, EXPAND_SZ):
                return self.data.decode("utf-16-le", "replace").split("\0", 1)[0]
            case type_ if type_ == MULTI_SZ:
                return "\n".join(self.entries)
            case type_ if type_ in (DWORD, QWORD):
                return str(int.from_bytes(self.data[: 4 if type_ == DWORD else 8], "little"))
        return self.data.hex()

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of a multi-string, empty ones left out."""
        return tuple(part for part in self.data.decode("utf-16-le", "replace").split("\0") if part)


@dataclass(frozen=True, slots=True)
class KeyContent:
    """A whole key with everything below it, as it is kept to be put back.

    ``security`` is its security descriptor, self-relative; empty: what is inherited where it is put back, or the hive
    file has it. ``kind`` is what Windows calls its class, ``written`` when it was last changed (100 ns since 1601).
    """

    values: tuple[RegistryValue, ...] = ()
    subkeys: Mapping[str, "KeyContent"] = field(default_factory=dict)
    security: bytes = b""
    kind: str = ""
    is_volatile: bool = False
    """Whether it goes with the next restart."""
    written: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SetValue:
    """Give a key a value, in place of the one of that name; makes the key when it is not there."""

    key: str
    value: RegistryValue


@dataclass(frozen=True, slots=True)
class DeleteValue:
    """Take a value from a key; nothing happens when it has none of that name."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class DeleteKey:
    """Remove a key with everything below it; nothing happens when it is not there."""

    key: str


@dataclass(frozen=True, slots=True)
class PutKey:
    """Make a key with this content, everything below it included."""

    key: str
    content: KeyContent


type RegistryEdit = SetValue | DeleteValue | DeleteKey | PutKey


def folded(name: str) -> str:
    """Return a name as Windows compares it: each letter as its capital, where each is the other's.

    So ``ı`` is no ``I``, nor ``ſ`` an ``S``, by which malware would be taken for what it stands beside. Windows has a
    table of its own (``l_intl.nls``) for the units of UTF-16; letters that came into Unicode since may not be in it.
    """
    return name.upper() if name.isascii() else "".join(map(_capital, name))


def _capital(letter: str) -> str:
    upper = letter.upper()
    is_pair = len(upper) == 1 and upper <= "\uffff" and (upper.lower() == letter or letter == "ς")
    return upper if is_pair else letter


class Registry(Protocol):
    """The registry of one machine. Reading never changes anything.

    Every method may raise ``RegistryError`` (``endpoint.errors``): the hive is damaged, too large, or its reader died.
    A key or value that is not there is ``None`` or empty, not an error.
    """

    def accounts(self) -> tuple[str, ...]:
        """Return the names below ``HKU``, those not signed in included, without ``_Classes``."""

    def exists(self, key: str) -> bool:
        """Return whether there is such a key."""

    def subkeys(self, key: str) -> tuple[str, ...]:
        """Return the names of the keys right below a key, in the order of the hive."""

    def values(self, key: str) -> tuple[RegistryValue, ...]:
        """Return the values of a key."""

    def value(self, key: str, name: str) -> RegistryValue | None:
        """Return one value."""

    def content(self, key: str) -> KeyContent | None:
        """Return a key with everything below it."""

    def matching(self, pattern: str) -> Iterator[str]:
        r"""Yield the keys that a pattern names: ``*`` stands for any one name, ``HKU\*`` for every account."""

    def hive_path(self, key: str) -> bytes | None:
        """Return the path of the hive file that holds a key, inside the root; ``None`` where the system runs."""

    def troubles(self) -> tuple[ScanIssue, ...]:
        """Return what could not be read so far, or may not be the newest state; asked after the collecting."""

    def write_edited(self, edits: Sequence[RegistryEdit], target: Path) -> None:
        """Write a copy of the one hive that the edits are about, with all of them made, to a new file of our own.

        Also raises ``OSError``: the hive cannot be read or the copy not be written.
        """

    def make(self, edit: RegistryEdit) -> bool:
        """Make one edit of a key that no hive file is edited for (``hive_path`` is ``None``), and read it again.

        Returns whether it is only in force after a restart. Also raises ``OSError``: the system refuses; what was done
        of the edit until then stays.
        """

    def forget(self) -> None:
        """Forget what was read, because hive files were exchanged: the next question reads them anew."""


def value_named(values: Sequence[RegistryValue], name: str) -> RegistryValue | None:
    """Return the value that is written so, or else the first whose name compares equal."""
    wanted = folded(name)
    alike = [value for value in values if folded(value.name) == wanted]
    return next((value for value in alike if value.name == name), alike[0] if alike else None)


def is_made(edit: RegistryEdit, registry: Registry) -> bool:
    """Return whether the registry is as an edit leaves it; security descriptors and the order of values do not count.

    Raises:
        RegistryError: the key cannot be read.
    """
    match edit:
        case SetValue(key, value):
            return registry.value(key, value.name) == value
        case DeleteValue(key, name):
            return registry.value(key, name) is None
        case DeleteKey(key):
            return not registry.exists(key)
        case PutKey(key, content):
            there = registry.content(key)
            return there is not None and holds_the_same(there, content)


def holds_the_same(one: KeyContent, other: KeyContent) -> bool:
    """Return whether two keys hold the same values and keys, in whatever order."""
    values = [sorted((value.name, value.type, value.data) for value in key.values) for key in (one, other)]
    below = [{folded(name): content for name, content in key.subkeys.items()} for key in (one, other)]
    return (
        values[0] == values[1]
        and below[0].keys() == below[1].keys()
        and all(holds_the_same(content, below[1][name]) for name, content in below[0].items())
    )


def is_part(one: KeyContent, whole: KeyContent) -> bool:
    """Return whether a key holds nothing but what the other holds, too: it may hold less."""
    values = {(value.name, value.type, value.data) for value in whole.values}
    below = {folded(name): content for name, content in whole.subkeys.items()}
    return all((value.name, value.type, value.data) in values for value in one.values) and all(
        folded(name) in below and is_part(content, below[folded(name)]) for name, content in one.subkeys.items()
    )


def keys_matching(registry: Registry, start: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the keys below one that a pattern names, which is given name by name; ``*`` stands for any one."""
    if "*" not in names:
        key = "\\".join((start, *names))
        if registry.exists(key):
            yield key
        return
    star = names.index("*")
    above = "\\".join((start, *names[:star]))
    for name in registry.subkeys(above):
        yield from keys_matching(registry, f"{above}\\{name}", names[star + 1 :])


def inverse(edits: Sequence[RegistryEdit], before: Registry) -> tuple[RegistryEdit, ...]:
    """Return the edits that take others back, given the registry from before them, in the order to make them.

    Keys of a hive file get their values and subkeys back, not their security descriptors: those come with the file.
    """
    back = [undoing for edit in edits for undoing in _inverse(edit, before)]
    return tuple(reversed(back))


def _inverse(edit: RegistryEdit, before: Registry) -> Iterator[RegistryEdit]:
    match edit:
        case SetValue(key, RegistryValue(name)) if before.exists(key):
            former = before.value(key, name)
            yield DeleteValue(key, name) if former is None else SetValue(key, former)
        case DeleteValue(key, name):
            if (former := before.value(key, name)) is not None:
                yield SetValue(key, former)
        case DeleteKey(key):
            if (content := before.content(key)) is not None:
                yield PutKey(key, content)
        case PutKey(key) if (content := before.content(key)) is not None:
            yield PutKey(key, content)
        case SetValue(key) | PutKey(key):
            yield DeleteKey(_first_missing(key, before))


def _first_missing(key: str, before: Registry) -> str:
    """Return the topmost of the keys that had to be made for this one."""
    while (above := key.rpartition("\\")[0]) and not before.exists(above):
        key = above
    return key
