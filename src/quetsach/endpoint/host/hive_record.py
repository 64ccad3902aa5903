"""The records of a hive as bytes: keys, values, lists of keys, and what Windows searches lists by.

Source: M. Suhanov, "Windows registry file format specification"; libregf, "Windows NT Registry File (REGF) format".
"""

import struct
from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

from quetsach.endpoint.host.registry import RegistryValue, folded

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
