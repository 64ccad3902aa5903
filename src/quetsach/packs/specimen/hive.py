r"""Hives of the Windows registry, written from nothing: ``build_hive({r"Microsoft\Windows": {"x": (SZ, "text")}})``.

The format is that of libregf's ``Windows NT Registry File (REGF) format`` and of the hives that Windows 10 writes:
version 1.5, hashed lists of subkeys (``lh``), an index (``ri``) over more than 500 of them, data over 16,344 bytes in
segments (``db``), names in Latin-1 where that can hold them.
"""

import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import xor

SZ, EXPAND_SZ, BINARY, DWORD, MULTI_SZ, QWORD = 1, 2, 3, 4, 7, 11
"""Types of values (winnt.h)."""

type Data = str | int | bytes | Sequence[str]
type Keys = Mapping[str, Mapping[str, tuple[int, Data]]]

FILE_TIME = (1_600_000_000 + 11_644_473_600) * 10_000_000
_NONE = 0xFFFF_FFFF
_SEGMENT = 16_344
_IN_LIST = 500


def build_hive(
    keys: Keys, *, name: str = "SOFTWARE", sequences: tuple[int, int] = (1, 1), closed: Collection[str] = ()
) -> bytes:
    """Return a hive that holds these keys (paths with backslashes, ``""`` is the root) and their values.

    ``closed`` names keys that only the system itself may open, as some worms leave their own.
    """
    root = _Key("$$$PROTO.HIV")
    for path, values in keys.items():
        key = root
        for part in path.split("\\") if path else ():
            key = key.subkeys.setdefault(_upper(part), _Key(part))
        key.values.update(values)
        key.is_closed = path in closed
    cells = _Cells()
    root_offset = cells.add(bytes(0x4C + len(root.name)))  # the first cell: some readers expect it there
    security = _security(cells, root)
    cells.put(root_offset, _node(root, cells, _NONE, root_offset, security, flags=0x2C))
    content = cells.hbin()
    return hive_header(root_offset, len(content), name=name, sequences=sequences) + content


def hive_header(root: int, size: int, *, name: str = "SOFTWARE", sequences: tuple[int, int] = (1, 1)) -> bytes:
    """Return the first 4 KiB of a hive, checksum included."""
    header = bytearray(4096)
    struct.pack_into("<4sIIQIIIIIII", header, 0, b"regf", *sequences, FILE_TIME, 1, 5, 0, 1, root, size, 1)
    text = name.encode("utf-16-le")[-62:]
    header[48 : 48 + len(text)] = text
    struct.pack_into("<I", header, 508, hive_checksum(header))
    return bytes(header)


def hive_checksum(header: bytes | bytearray) -> int:
    """Return what belongs at offset 508 of a hive."""
    checksum: int = reduce(xor, struct.unpack_from("<127I", header))
    return {0: 1, _NONE: _NONE - 1}.get(checksum, checksum)


def data_of(type_: int, data: Data) -> bytes:
    """Return data as the registry stores it."""
    match data:
        case bytes():
            return data
        case int():
            return data.to_bytes(8 if type_ == QWORD else 4, "little")
        case str():
            return (data + "\0").encode("utf-16-le", "surrogatepass")
    return ("".join(f"{entry}\0" for entry in data) + "\0").encode("utf-16-le", "surrogatepass")


@dataclass(slots=True)
class _Key:
    name: str
    values: dict[str, tuple[int, Data]] = field(default_factory=dict)
    subkeys: dict[str, "_Key"] = field(default_factory=dict)
    is_closed: bool = False

    def count(self, *, closed: bool) -> int:
        return (self.is_closed is closed) + sum(key.count(closed=closed) for key in self.subkeys.values())


class _Cells:
    """The one bin of a hive; offsets count from its start, as the hive's own do."""

    def __init__(self) -> None:
        self._content = bytearray(32)

    @property
    def next_offset(self) -> int:
        return len(self._content)

    def add(self, content: bytes) -> int:
        offset = len(self._content)
        size = (4 + len(content) + 7) & ~7
        self._content += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return offset

    def put(self, offset: int, content: bytes) -> None:
        self._content[offset + 4 : offset + 4 + len(content)] = content

    def hbin(self) -> bytes:
        free = -len(self._content) % 4096 or 4096
        self._content += struct.pack("<i", free) + bytes(free - 4)
        struct.pack_into("<4sIIQQI", self._content, 0, b"hbin", 0, len(self._content), 0, FILE_TIME, 0)
        return bytes(self._content)


def _node(key: _Key, cells: _Cells, parent: int, own: int, security: tuple[int, int], *, flags: int = 0) -> bytes:
    name, is_narrow = _name(key.name)
    below = [
        key.subkeys[upper] for upper in sorted(key.subkeys, key=lambda text: text.encode("utf-16-be", "surrogatepass"))
    ]
    offsets = []
    for subkey in below:
        offset = cells.add(bytes(0x4C + len(_name(subkey.name)[0])))
        cells.put(offset, _node(subkey, cells, own, offset, security))
        offsets.append(offset)
    values = [_value(value, cells, *content) for value, content in key.values.items()]
    return (
        struct.pack("<2sHQIIII", b"nk", flags | (0x20 if is_narrow else 0), FILE_TIME, 0, parent, len(below), 0)
        + struct.pack("<II", _subkey_list(below, offsets, cells), _NONE)
        + struct.pack("<II", len(values), cells.add(struct.pack(f"<{len(values)}I", *values)) if values else _NONE)
        + struct.pack("<II", security[key.is_closed], _NONE)
        + struct.pack(
            "<IIIII",
            max((len(item.name.encode("utf-16-le", "surrogatepass")) for item in below), default=0),
            0,
            256,
            65536,
            0,
        )
        + struct.pack("<HH", len(name), 0)
        + name
    )


def _subkey_list(below: list[_Key], offsets: list[int], cells: _Cells) -> int:
    if not below:
        return _NONE
    lists = []
    for start in range(0, len(below), _IN_LIST):
        part = range(start, min(start + _IN_LIST, len(below)))
        entries = b"".join(struct.pack("<II", offsets[i], _hash(below[i].name)) for i in part)
        lists.append(cells.add(struct.pack("<2sH", b"lh", len(part)) + entries))
    return lists[0] if len(lists) == 1 else cells.add(struct.pack(f"<2sH{len(lists)}I", b"ri", len(lists), *lists))


def _value(name: str, cells: _Cells, type_: int, data: Data) -> int:
    raw, is_narrow = _name(name)
    content = data_of(type_, data)
    length = len(content)
    if length <= 4:
        place, length = int.from_bytes(content, "little"), length | 0x8000_0000
    elif length <= _SEGMENT:
        place = cells.add(content)
    else:
        segments = [cells.add(content[start : start + _SEGMENT]) for start in range(0, length, _SEGMENT)]
        listed = cells.add(struct.pack(f"<{len(segments)}I", *segments))
        place = cells.add(struct.pack("<2sHI", b"db", len(segments), listed))
    return cells.add(struct.pack("<2sHIIIHH", b"vk", len(raw), length, place, type_, int(is_narrow), 0) + raw)


def _security(cells: _Cells, root: _Key) -> tuple[int, int]:
    """Add the descriptors that keys share, each linked to the other; return where that of open and of closed keys is.

    Open keys give everything to everyone, closed ones to the system only.
    """
    everyone, system = (bytes.fromhex(text) for text in ("010100000000000100000000", "010100000000000512000000"))
    first, closed = cells.next_offset, root.count(closed=True)
    if not closed:
        return (cells.add(_descriptor(everyone, first, root.count(closed=False))),) * 2
    second = first + len(_descriptor(everyone, 0, 0)) + 4  # with the cell's own length it is a multiple of 8
    cells.add(_descriptor(everyone, second, root.count(closed=False)))
    return first, cells.add(_descriptor(system, first, closed))


def _descriptor(trustee: bytes, neighbour: int, keys: int) -> bytes:
    administrators = bytes.fromhex("01020000000000052000000020020000")
    descriptor = (
        struct.pack("<BBHIIII", 1, 0, 0x8004, 0x30, 0x40, 0, 0x14)
        + struct.pack("<BBHHH", 2, 0, 0x1C, 1, 0)
        + struct.pack("<BBHI", 0, 2, 0x14, 0xF003F)
        + trustee
        + administrators * 2
    )
    return struct.pack("<2sHIIII", b"sk", 0, neighbour, neighbour, keys, len(descriptor)) + descriptor


def _name(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le", "surrogatepass"), False


def _hash(name: str) -> int:
    units = _upper(name).encode("utf-16-le", "surrogatepass")
    return reduce(lambda total, unit: (37 * total + unit) & _NONE, struct.unpack(f"<{len(units) // 2}H", units), 0)


def _upper(name: str) -> str:
    """Return the name as it is compared: each letter whose capital is its own is that."""
    return "".join(c.upper() if c.upper().lower() == c else c for c in name)
