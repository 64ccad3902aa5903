"""Programs that do nothing, for Windows and for Linux: real headers around whatever a rule looks for.

Sources: Microsoft, PE Format; System V ABI, ELF.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FILE_ALIGNMENT = 0x200
_PAGE = 0x1000
_CODE = 0x60000020  # code, execute, read
_WRITABLE_CODE = 0xE0000020
_DATA = 0xC0000040  # initialised data, read, write
_FLAGS = {".text": _CODE, ".data": _DATA, ".edata": _DATA}
_RETURNS = {32: b"\x33\xc0\xc2\x0c\x00", 64: b"\x33\xc0\xc3"}  # xor eax, eax; ret (of DllMain in 32 bits: ret 12)
_EXITS = {
    62: b"\xb8\x3c\0\0\0\x31\xff\x0f\x05",  # x86-64: exit(0)
    3: b"\xb8\1\0\0\0\x31\xdb\xcd\x80",  # x86: exit(0)
}


@dataclass(frozen=True, slots=True)
class _Section:
    name: bytes
    content: bytes
    flags: int
    address: int
    offset: int

    @property
    def stored_bytes(self) -> int:
        return _aligned(len(self.content), _FILE_ALIGNMENT)


def build_pe(
    *,
    sections: Mapping[str, bytes] | None = None,
    entry: str = ".text",
    overlay: bytes = b"",
    dll: bool = False,
    bits: int = 32,
    exports: Sequence[str] = (),
) -> bytes:
    """Return a Windows program that only returns.

    Args:
        sections: content by name (at most 8 bytes) of sections behind ``.text``.
        entry: name of the section in which the program starts.
        overlay: bytes behind the last section.
        dll: whether it is a library.
        bits: 32 or 64.
        exports: names that a library offers, in their order.
    """
    contents = [(".text", _RETURNS[bits])]
    if exports:
        contents.append((".edata", b""))  # its addresses depend on where it lies: filled in below
    contents += [*(sections or {}).items()]
    laid = _laid_out(contents, exports)
    starts = next(section.address for section in laid if section.name == entry.encode())
    directories = [0] * 32
    for section in laid:
        if exports and section.name == b".edata":
            directories[:2] = [section.address, len(section.content)]
    head = _pe_head(laid, starts, directories, dll=dll, bits=bits)
    body = b"".join(section.content.ljust(section.stored_bytes, b"\0") for section in laid)
    return head.ljust(laid[0].offset, b"\0") + body + overlay


def build_elf(strings: bytes = b"", *, machine: int = 62, bits: int = 64, big_endian: bool = False) -> bytes:
    """Return a program of Linux that exits at once (x86 and x86-64; of other machines only the form is right).

    Args:
        strings: what its data holds.
        machine: ``e_machine``: 62 x86-64, 3 x86, 8 MIPS, 40 ARM.
        bits: 32 or 64.
        big_endian: the order of bytes.
    """
    order = ">" if big_endian else "<"
    wide = bits == 64
    head_bytes, entry_bytes = (64, 56) if wide else (52, 32)
    base, start = 0x400000, head_bytes + entry_bytes
    content = _EXITS.get(machine, bytes(8)) + bytes(7) + strings
    size = start + len(content)
    identity = b"\x7fELF" + bytes([2 if wide else 1, 2 if big_endian else 1, 1]).ljust(12, b"\0")
    word = "Q" if wide else "I"
    head = identity + struct.pack(
        f"{order}HHI{word}{word}{word}IHHHHHH",
        *(2, machine, 1, base + start, head_bytes, 0, 0, head_bytes, entry_bytes, 1, 0, 0, 0),
    )
    if wide:
        segment = struct.pack(f"{order}IIQQQQQQ", 1, 5, 0, base, base, size, size, _PAGE)
    else:
        segment = struct.pack(f"{order}IIIIIIII", 1, 0, base, base, size, size, 5, _PAGE)
    return head + segment + content


def _laid_out(contents: Sequence[tuple[str, bytes]], exports: Sequence[str]) -> list[_Section]:
    laid: list[_Section] = []
    offset = _aligned(0x80 + 24 + 240 + 40 * len(contents), _FILE_ALIGNMENT)
    address = _PAGE
    for name, content in contents:
        whole = _export_table(exports, address) if exports and name == ".edata" else content
        section = _Section(name.encode(), whole, _FLAGS.get(name, _WRITABLE_CODE), address, offset)
        laid.append(section)
        offset += section.stored_bytes
        address += _aligned(max(len(whole), 1), _PAGE)
    return laid


def _pe_head(laid: Sequence[_Section], starts: int, directories: Sequence[int], *, dll: bool, bits: int) -> bytes:
    wide = bits == 64
    optional_bytes = 240 if wide else 224
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    flags = 0x22 if wide else 0x102
    coff = struct.pack(
        "<4sHHIIIHH",
        *(b"PE\0\0", 0x8664 if wide else 0x14C, len(laid), 0, 0, 0, optional_bytes, flags | (0x2000 if dll else 0)),
    )
    last = laid[-1]
    image = last.address + _aligned(max(len(last.content), 1), _PAGE)
    optional = struct.pack("<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, laid[0].stored_bytes, 0, 0, starts, _PAGE)
    optional += struct.pack("<Q", 0x140000000) if wide else struct.pack("<II", 0, 0x400000)
    word = "Q" if wide else "I"
    optional += struct.pack(
        f"<IIHHHHHHIIIIHH{word}{word}{word}{word}II",
        *(_PAGE, _FILE_ALIGNMENT, 6, 0, 0, 0, 6, 0, 0, image, laid[0].offset, 0, 3, 0),
        *(1 << 20, 1 << 12, 1 << 20, 1 << 12, 0, 16),
    )
    optional += struct.pack("<32I", *directories)
    table = b"".join(
        struct.pack(
            "<8sIIIIIIHHI", s.name, max(len(s.content), 1), s.address, s.stored_bytes, s.offset, 0, 0, 0, 0, s.flags
        )
        for s in laid
    )
    return dos.ljust(0x80, b"\0") + coff + optional + table


def _export_table(names: Sequence[str], at: int) -> bytes:
    """Return a table of exports that lies at the given address; every name leads to the start of the code."""
    count = len(names)
    functions, pointers, ordinals = 40, 40 + 4 * count, 40 + 8 * count
    text = 40 + 10 * count
    blob, places = b"quetsach.dll\0", []
    for name in sorted(names):
        places.append(at + text + len(blob))
        blob += name.encode() + b"\0"
    head = struct.pack(
        "<IIHHIIIIIII", 0, 0, 0, 0, at + text, 1, count, count, at + functions, at + pointers, at + ordinals
    )
    return (
        head
        + struct.pack(f"<{count}I", *[_PAGE] * count)
        + struct.pack(f"<{count}I", *places)
        + struct.pack(f"<{count}H", *range(count))
        + blob
    )


def _aligned(number: int, to: int) -> int:
    return -(-number // to) * to
