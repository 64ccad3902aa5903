"""Reads one hive file of the Windows registry from an open descriptor, never more of it than is asked for.

Source: libregf, "Windows NT Registry File (REGF) format"; M. Suhanov, "Windows registry file format specification".
A hive may be damaged or made to deceive. Every offset is checked; a key counts as a subkey only of the key that it
names as its parent, so that what hangs below the root is a tree and no walk is endless; names are exact, also with a
NUL inside, by which malware hides them from programs that take it for an end.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from typing import NamedTuple

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive_cells import Cells
from quetsach.endpoint.host.registry import KeyContent, RegistryValue, folded

# The records of a hive as bytes: keys, values, lists of keys, and what Windows searches lists by.
#
# Source: M. Suhanov, "Windows registry file format specification"; libregf, "Windows NT Registry File (REGF) format".

NONE = 0xFFFF_FFFF
"""The offset of what is not there."""

SEGMENT_BYTES = 16_344
"""Longer data lies in segments of this size, since version 1.4 of the format."""

INLINE = 0x8000_0000
NARROW_KEY, NARROW_VALUE = 0x20, 0x01  # the name is Latin-1, not UTF-16
KEY_FIELDS = struct.Struct("<2sHQIIIIIIIIIIIIIIIHH")
"""Everything of a key before its name, see ``key_record``."""

VALUE_HEAD = struct.Struct("<2sHIIIHH")


class Leaf(NamedTuple):
    """A list of subkeys: where it is, ``lf``, ``lh`` or ``li``, and of each key the offset and what it is found by."""

    offset: int
    kind: bytes
    keys: tuple[int, ...]
    hints: tuple[int | None, ...]


def ordered(name: str) -> bytes:
    """Return a name as lists of keys are ordered by it: capitals, by the units of UTF-16."""
    return folded(name).encode("utf-16-be", "surrogatepass")


def hint(kind: bytes, name: str) -> int | None:
    """Return what stands beside a key in a list of a kind: ``lh`` a hash, ``lf`` four letters, ``li`` nothing."""
    if kind == b"lh":
        upper = ordered(name)
        units = struct.unpack(f">{len(upper) // 2}H", upper)
        return reduce(lambda total, unit: (37 * total + unit) & 0xFFFF_FFFF, units, 0)
    if kind == b"lf":
        units = struct.unpack("<4H", name.encode("utf-16-le", "surrogatepass")[:8].ljust(8, b"\0"))
        return int.from_bytes(bytes(units), "little") if max(units) < 0x100 else 0
    return None


def list_record(kind: bytes, words: Sequence[int], count: int) -> bytes:
    """Return a list of keys, or of lists (``ri``): each word an offset, or an offset and its hint."""
    return struct.pack(f"<2sH{len(words)}I", kind, count, *words)


def key_record(name: str, parent: int, security: int, changed: int) -> bytearray:
    """Return a key with nothing in it. ``changed`` counts 100 ns since 1601."""
    raw, is_narrow = _raw(name)
    flags = NARROW_KEY if is_narrow else 0
    fields = KEY_FIELDS.pack(
        b"nk", flags, changed, 0, parent, 0, 0, NONE, NONE, 0, NONE, security, NONE, 0, 0, 0, 0, 0, len(raw), 0
    )
    return bytearray(fields + raw)


def value_record(value: RegistryValue, place: int) -> bytes:
    """Return a value whose data, when it is more than four bytes, lies at a place."""
    raw, is_narrow = _raw(value.name)
    size = len(value.data)
    if size <= 4:
        place, size = int.from_bytes(value.data, "little"), size | INLINE
    return VALUE_HEAD.pack(b"vk", len(raw), size, place, value.type, NARROW_VALUE if is_narrow else 0, 0) + raw


def _raw(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le", "surrogatepass"), False


def text_of(raw: bytes, *, is_narrow: bool) -> str:
    """Return a name as it is stored."""
    return raw.decode("latin-1") if is_narrow else raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")


MAX_SUBKEYS = 100_000
MAX_VALUES = 100_000
MAX_VALUE_BYTES = 8 << 20
MAX_KEY_BYTES = 64 << 20
"""So much data of one key is read, and of one subtree by ``content``."""

MAX_DEPTH = 512
"""Levels of keys, as in Windows (Microsoft Learn, "Registry element size limits")."""

_REMEMBERED_KEYS = 50_000
_ANOTHER = "x"  # begins no name in capitals
_NODE = struct.Struct("<2sHQII II II II II")
_NODE_NAME = 0x48
_KEY_NAME_BYTES = 1024  # 255 characters in Windows
_VALUE_NAME_BYTES = 1 << 15  # 16,383 characters
_LIST_BYTES = 4 + 8 * 0xFFFF


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it lies in the hive. Offsets count from the end of the header."""

    name: str
    offset: int
    subkey_count: int
    subkey_list: int
    value_count: int
    value_list: int


class _LimitError(RegistryError):
    """There is more than is read."""


class KnownKeys:
    """The subkeys of the keys that were asked for last, of all hives of a machine together: memory is bounded once."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, int], Mapping[str, Key]] = OrderedDict()
        self._count = 0

    def below(self, hive: object, offset: int) -> Mapping[str, Key] | None:
        """Return the subkeys of the key of a hive by their folded names; ``None`` when they are not remembered."""
        known = self._known.get((hive, offset))
        if known is not None:
            self._known.move_to_end((hive, offset))
        return known

    def remember(self, hive: object, offset: int, below: Mapping[str, Key]) -> None:
        """Remember subkeys; the ones that were not asked for longest go."""
        self._known[hive, offset] = below
        self._count += len(below)
        while (self._count > _REMEMBERED_KEYS or len(self._known) > _REMEMBERED_KEYS) and len(self._known) > 1:
            self._count -= len(self._known.popitem(last=False)[1])


class Hive:
    """One hive. Takes the descriptor over; it is closed with this object."""

    def __init__(
        self, descriptor: int, *, where: str = "", logs: Sequence[int] = (), known: KnownKeys | None = None
    ) -> None:
        """Read the header, and if the hive was not closed cleanly what its logs (open descriptors) add to it.

        Raises:
            RegistryError: it is no hive, too large, or damaged at its head.
            OSError: it cannot be read.
        """
        self.cells = Cells(descriptor, where=where, logs=logs)
        self.close = self.cells.close
        self.is_clean = self.cells.is_clean
        self.is_current = self.cells.is_current
        self.size_bytes = self.cells.size_bytes
        self.damaged = False
        """Whether something was left out because its structure does not hold."""
        self.limited = False
        """Whether something was left out because it is too large."""
        self._known = known or KnownKeys()
        self._token = object()  # the hive as the memory of keys knows it, which must not keep it open
        self.root = self.key_at(self.cells.root)

    def key(self, path: str) -> Key | None:
        """Return the key at a path from the root of the hive, names separated by backslashes; empty is the root."""
        key: Key | None = self.root
        for name in path.split("\\") if path else ():
            if key is None:
                return None
            key = self.child(key, name)
        return key

    def child(self, key: Key, name: str) -> Key | None:
        """Return the subkey of a name: the one that is written so, or else one that compares equal."""
        below = self._below(key)
        return below.get(_ANOTHER + name) or below.get(folded(name))

    def subkeys(self, key: Key) -> tuple[Key, ...]:
        """Return the keys right below a key, in the order of the hive."""
        return tuple(self._below(key).values())

    def is_searchable(self, key: Key) -> bool:
        """Return whether Windows finds every subkey by its name: names ascend, and what is kept of them is right."""
        names = [
            (leaf.kind, below, self.key_at(at).name)
            for leaf in self.leaves(key)
            for at, below in zip(leaf.keys, leaf.hints, strict=True)
        ]
        upper = [ordered(name) for _, _, name in names]
        return upper == sorted(upper) and all(below == hint(kind, name) for kind, below, name in names)

    def values(self, key: Key) -> tuple[RegistryValue, ...]:
        """Return the values of a key; what is damaged or too much is left out, as ``damaged`` or ``limited`` says."""
        return tuple(value for value in self.stored_values(key, MAX_VALUES, MAX_KEY_BYTES).values() if value)

    def stored_values(self, key: Key, most: int, most_bytes: int) -> dict[int, RegistryValue | None]:
        """Return the first values of a key by where they are stored; ``None`` for what is damaged or too large."""
        found: dict[int, RegistryValue | None] = {}
        self.limited |= key.value_count > most
        for offset in self.value_offsets(key, most):
            if offset in found:
                self.damaged = True
                continue
            try:
                found[offset] = value = self._value(offset)
            except RegistryError as error:
                found[offset] = None
                self._leave_out(error)
                continue
            most_bytes -= len(value.data)
            if most_bytes < 0:
                del found[offset]
                self.limited = True
                break
        return found

    def value_offsets(self, key: Key, most: int) -> tuple[int, ...]:
        """Return where the first values of a key are stored.

        Raises:
            RegistryError: their list is damaged.
        """
        if not key.value_count or key.value_list == NONE:
            return ()
        return self._offsets(key.value_list, min(key.value_count, most))

    def content(self, key: Key) -> KeyContent:
        """Return a key with everything below it, complete or not at all."""
        before = self.damaged, self.limited
        self.damaged = self.limited = False
        try:
            content, _ = self._content(key, 0, MAX_KEY_BYTES)
            if self.damaged or self.limited:
                raise self.cells.error("a key cannot be read whole")
            return content
        finally:
            self.damaged, self.limited = before[0] or self.damaged, before[1] or self.limited

    def _content(self, key: Key, depth: int, budget: int) -> tuple[KeyContent, int]:
        if depth > MAX_DEPTH:
            raise self.cells.error("keys lie deeper than Windows lets them")
        values = self.values(key)
        budget -= sum(len(value.data) + 100 for value in values) + 500
        if budget < 0:
            raise _LimitError("a key holds more than is read of one", where=self.cells.where)
        subkeys = {}
        for subkey in self.subkeys(key):
            subkeys[subkey.name], budget = self._content(subkey, depth + 1, budget)
        return KeyContent(values, subkeys), budget

    def _below(self, key: Key) -> Mapping[str, Key]:
        known = self._known.below(self._token, key.offset)
        if known is None:
            known = self._read_below(key)
            self._known.remember(self._token, key.offset, known)
        return known

    def _read_below(self, key: Key) -> Mapping[str, Key]:
        found: dict[str, Key] = {}
        seen: set[int] = set()
        listed = (offset for leaf in self.leaves(key) for offset in leaf.keys)  # lists can be made to overlap: no end
        for number, offset in enumerate(islice(listed, MAX_SUBKEYS), 1):
            self.limited |= number == MAX_SUBKEYS
            if offset in seen or offset == self.root.offset:
                self.damaged = True
                continue
            seen.add(offset)
            try:
                below = self.key_at(offset, parent=key.offset)
            except RegistryError as error:
                self._leave_out(error)
                continue
            if found.setdefault(folded(below.name), below).name != below.name:
                found[_ANOTHER + below.name] = below  # Windows tells them apart, though we do not
        return found

    def leaves(self, key: Key) -> Iterator[Leaf]:
        """Yield the lists of a key's subkeys, in order."""
        if key.subkey_count and key.subkey_list != NONE:
            yield from self._listed(key.subkey_list, is_index=True)

    def _listed(self, offset: int, *, is_index: bool) -> Iterator[Leaf]:
        """Yield the lists at a place: ``lf``, ``lh`` (has hashes), ``li``, or what ``ri`` lists."""
        cell = self.cells.cell(offset, 8, _LIST_BYTES)
        kind, count = cell[:2], int.from_bytes(cell[2:4], "little")
        step = 8 if kind in (b"lf", b"lh") else 4
        if kind not in (b"lf", b"lh", b"li", b"ri") or len(cell) < 4 + step * count:
            raise self.cells.error("a list of keys is damaged")
        words = struct.unpack_from(f"<{step // 4 * count}I", cell, 4)
        if kind != b"ri":
            yield Leaf(offset, kind, words[:: step // 4], words[1::2] if step == 8 else (None,) * count)
        elif not is_index:
            raise self.cells.error("a list of keys is damaged")
        else:
            for below in dict.fromkeys(words):
                yield from self._listed(below, is_index=False)

    def key_at(self, offset: int, *, parent: int | None = None) -> Key:
        """Return the key at a place, which has to name its parent if one is given.

        Raises:
            RegistryError: there is none.
        """
        cell = self.cells.cell(offset, _NODE_NAME + 4, _NODE_NAME + 4 + _KEY_NAME_BYTES)
        kind, flags, _, _, above, subkeys, _, subkey_list, _, values, value_list, *_ = _NODE.unpack_from(cell)
        length = int.from_bytes(cell[_NODE_NAME : _NODE_NAME + 2], "little")
        raw = cell[_NODE_NAME + 4 : _NODE_NAME + 4 + length]
        if kind != b"nk" or len(raw) < length or (parent is not None and above != parent):
            raise self.cells.error("a key is damaged")
        return Key(text_of(raw, is_narrow=bool(flags & NARROW_KEY)), offset, subkeys, subkey_list, values, value_list)

    def _value(self, offset: int) -> RegistryValue:
        cell = self.cells.cell(offset, 20, 20 + _VALUE_NAME_BYTES)
        kind, length, size, place, type_, flags, _ = VALUE_HEAD.unpack_from(cell)
        raw = cell[20 : 20 + length]
        if kind != b"vk" or len(raw) < length:
            raise self.cells.error("a value is damaged")
        return RegistryValue(text_of(raw, is_narrow=bool(flags & NARROW_VALUE)), type_, self._data(size, place))

    def _data(self, size: int, place: int) -> bytes:
        if size & INLINE:
            return place.to_bytes(4, "little")[: size & ~INLINE]
        if size > MAX_VALUE_BYTES:
            raise _LimitError("a value is larger than one is read", where=self.cells.where)
        if not size:
            return b""
        cell = self.cells.cell(place, 4, size)
        if len(cell) >= size:  # hives older than 1.4, and other writers, keep large data in one piece
            return cell[:size]
        if cell[:2] != b"db" or len(cell) < 8:
            raise self.cells.error("the data of a value is damaged")
        count, listed = struct.unpack_from("<HI", cell, 2)
        needed = min(count, -(-size // SEGMENT_BYTES))  # one cell may be listed again and again
        segments = (self.cells.cell(offset, 4, SEGMENT_BYTES) for offset in self._offsets(listed, needed))
        data = b"".join(segments)[:size]
        if len(data) < size:
            raise self.cells.error("the data of a value is damaged")
        return data

    def _offsets(self, listed: int, count: int) -> tuple[int, ...]:
        cell = self.cells.cell(listed, 4 * count, 4 * count)
        return struct.unpack_from(f"<{count}I", cell)

    def _leave_out(self, error: RegistryError) -> None:
        if isinstance(error, _LimitError):
            self.limited = True
        else:
            self.damaged = True
