"""Whether a file is an archive, or carries one behind something else."""

import struct
from collections.abc import Callable, Mapping
from typing import Literal

from quetsach.endpoint.look.archive.formats import FORMATS
from quetsach.endpoint.look.archive.mail import is_mail
from quetsach.endpoint.look.archive.source import Source, Tail
from quetsach.endpoint.look.archive.zip import END, END_BYTES
from quetsach.endpoint.look.kind import HEAD_BYTES, FileKind

_DEBIAN = (
    b"!<arch>\ndebian-binary"  # deb(5); other ar archives are libraries of linkers, stored and looked at as they are
)

_SURE: Mapping[FileKind, Callable[[bytes], bool]] = {
    FileKind.AR: lambda head: head.startswith(_DEBIAN),
    FileKind.GZIP: lambda head: head[2:3] == b"\x08" and head[3] < 0x20,  # RFC 1952, 2.3.1: CM and FLG
    FileKind.BZIP2: lambda head: head[4:10] in {b"1AY&SY", b"\x17rE8P\x90"},  # a block, or the end of an empty one
    FileKind.COMPRESS: lambda head: not head[2] & 0x60 and 9 <= head[2] & 0x1F <= 16,  # (N)compress: bits of a code
    FileKind.CPIO: lambda head: head.startswith(b"0707") or _is_binary_cpio(head),
    FileKind.ARJ: lambda head: 30 <= int.from_bytes(head[2:4], "little") <= 2600 and head[10:11] == b"\2",
    FileKind.LZIP: lambda head: head[4:5] == b"\1",  # the only version
}
"""Kinds whose mark other files have too: what else must hold."""
_SURE_BYTES = 512

_SKIPPABLE, _MOST_SKIPPED = b"\x2a\x4d\x18", 10_000
_BEHIND_SKIPPABLE = {b"\x28\xb5\x2f\xfd": FileKind.ZSTD, b"\x04\x22\x4d\x18": FileKind.LZ4}
_DMG, _DMG_BYTES = b"koly", 512  # the trailer of a disk image (hdiutil(1)); no public specification

_ISO_MARKS, _ISO_OFFSET = frozenset({b"CD001", b"BEA01"}), 32769  # ECMA-119, 8.4; ECMA-167, 2/9.2: UDF alone
_OVERLAYS = (
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", FileKind.RAR),
    (b"MSCF\0\0\0\0", FileKind.CAB),
    (b"\xef\xbe\xad\xdeNullsoftInst", FileKind.INSTALLER),  # NSIS, exehead/fileform.h
    (b"zlb\x1a", FileKind.INSTALLER),  # Inno Setup, Struct.pas: the marks of its data and of its headers
    (b"idska32\x1a", FileKind.INSTALLER),
    (b"Inno Setup Setup Data (", FileKind.INSTALLER),
    (b"InstallShield\0", FileKind.INSTALLER),
    (b"ISSetupStream\0", FileKind.INSTALLER),
)
_OVERLAY_BYTES = 16 << 10  # 7-Zip's own puts a few lines of settings before the archive
_MOST_SECTIONS = 96  # what Windows loads


def find_archive(source: Source, kind: FileKind) -> tuple[FileKind, Source] | None:
    """Return the kind of the archive that a file of some kind is or carries, and where its bytes are."""
    if kind is FileKind.ZSTD:
        return _behind_skippable(source)
    if kind in FORMATS:
        return (kind, source) if is_sure(kind, source.read(0, _SURE_BYTES)) else None
    return _elsewhere(source, kind)


def _elsewhere(source: Source, kind: FileKind) -> tuple[FileKind, Source] | None:
    """Return the archive whose mark is not at the start of a file."""
    if kind is FileKind.OTHER and source.read(_ISO_OFFSET, 5) in _ISO_MARKS:
        return FileKind.ISO, source
    if kind in {FileKind.TEXT, FileKind.OTHER} and is_mail(source.read(0, HEAD_BYTES)):
        return FileKind.MAIL, source
    if source.read(max(0, source.size_bytes - END_BYTES), len(END)) == END:
        return FileKind.ZIP, source  # a zip is found from its end: behind a program, a script, a picture
    if source.size_bytes > _DMG_BYTES and source.read(source.size_bytes - _DMG_BYTES, len(_DMG)) == _DMG:
        return FileKind.DMG, source
    return _overlay(source) if kind is FileKind.PE else None


def _behind_skippable(source: Source) -> tuple[FileKind, Source] | None:
    """Return what stands behind frames that unpackers pass over (RFC 8878, 3.1.2): none where it is neither of two."""
    at = 0
    for _ in range(_MOST_SKIPPED):
        head = source.read(at, 8)
        if head[1:4] != _SKIPPABLE or not 0x50 <= head[0] < 0x60 or len(head) < 8:
            kind = _BEHIND_SKIPPABLE.get(head[:4])
            return (kind, Tail(source, at) if at else source) if kind else None
        at += 8 + int.from_bytes(head[4:], "little")
    return FileKind.ZSTD, source  # the library goes on where this ends, or says that it does not


def _is_binary_cpio(head: bytes) -> bool:
    """Say whether a header of the old binary form holds (cpio(5)): the type of a file, and a name that ends in NUL."""
    order: Literal["little", "big"] = "little" if head.startswith(b"\xc7\x71") else "big"
    mode, name = (int.from_bytes(head[at : at + 2], order) for at in (6, 20))
    is_known = mode >> 12 in {1, 2, 4, 6, 8, 10, 12}
    return is_known and 1 < name <= _SURE_BYTES - 26 and head[26 : 26 + name].find(b"\0") == name - 1


def is_sure(kind: FileKind, head: bytes) -> bool:
    """Return whether a file that starts like an archive goes on like one."""
    return kind not in _SURE or _SURE[kind](head.ljust(_SURE_BYTES, b"\0"))


def _overlay(source: Source) -> tuple[FileKind, Source] | None:
    """Return the archive behind the sections of a program that unpacks itself (Microsoft, "PE Format")."""
    header = source.read(0, 4096)
    at = int.from_bytes(header[60:64], "little")
    if header[at : at + 4] != b"PE\0\0":
        return None
    sections = int.from_bytes(header[at + 6 : at + 8], "little")
    table = at + 24 + int.from_bytes(header[at + 20 : at + 22], "little")
    end = 0
    for section in range(table, min(table + 40 * min(sections, _MOST_SECTIONS), len(header) - 39), 40):
        size, start = struct.unpack_from("<II", header, section + 16)
        end = max(end, start + size)
    if not 0 < end < source.size_bytes:
        return None
    head = source.read(end, _OVERLAY_BYTES)
    found = [(head.find(magic), kind) for magic, kind in _OVERLAYS if magic in head]
    return (min(found)[1], Tail(source, end + min(found)[0])) if found else None
