"""What kind of file the first bytes tell."""

import string
from collections.abc import Callable, Mapping
from enum import StrEnum

from quetsach.core.rule_text import FileType

HEAD_BYTES = 4096
"""So many first bytes tell the kind."""


class FileKind(StrEnum):
    """What a file is by its first bytes, whatever its name says."""

    ELF = "elf"
    PE = "pe"
    MACHO = "macho"
    SCRIPT = "script"
    TEXT = "text"
    DOCUMENT = "document"
    LNK = "lnk"
    ZIP = "zip"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    TAR = "tar"
    CAB = "cab"
    CPIO = "cpio"
    AR = "ar"
    RPM = "rpm"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    LZIP = "lzip"
    ZSTD = "zstd"
    LZ4 = "lz4"
    COMPRESS = "compress"
    LZMA = "lzma"
    OLE = "ole"
    """A compound file: old Office documents, .msi, .msg, Thumbs.db."""
    RTF = "rtf"
    ONENOTE = "onenote"
    XAR = "xar"
    LHA = "lha"
    ARJ = "arj"
    ACE = "ace"
    CHM = "chm"
    WIM = "wim"
    SZDD = "szdd"
    """One file of old Microsoft setups, packed by COMPRESS.EXE; KWAJ too."""
    SQUASHFS = "squashfs"
    TNEF = "tnef"
    """winmail.dat: attachments as Outlook packs them."""
    ISO = "iso"
    """Never told by the first bytes: the mark of ISO 9660 (ECMA-119, 8.4) is at 32769."""
    MAIL = "mail"
    """A message, or a mailbox of them. Never told by the first bytes alone: it is a text, and ``find`` looks closer."""
    DMG = "dmg"
    """A disk image of a Mac. Never told by the first bytes: its mark is in the last 512."""
    VHD = "vhd"
    """A disk of a virtual machine, which Windows opens like a stick; of fixed ones the mark is in the last bytes."""
    PST = "pst"
    """A store of mail of Outlook or Outlook Express."""
    PACKAGE = "package"
    """An object embedded in a document, with the header of OLE 1. Only ``find`` tells."""
    INSTALLER = "installer"
    """What a setup program carries in a form of its own: NSIS, Inno Setup, InstallShield. Only ``find`` tells."""
    MEDIA = "media"
    OTHER = "other"

    @property
    def types(self) -> frozenset[FileType]:
        """The types of files that a rule can name and that this kind belongs to."""
        return _TYPES.get(self, _ARCHIVE)


_ARCHIVE = frozenset({FileType.ARCHIVE})
_PLAIN_ARCHIVE = frozenset({FileType.ARCHIVE, FileType.OTHER})
_TYPES = {
    FileKind.ELF: frozenset({FileType.ELF}),
    FileKind.PE: frozenset({FileType.PE}),
    FileKind.MACHO: frozenset({FileType.MACHO}),
    FileKind.SCRIPT: frozenset({FileType.SCRIPT, FileType.TEXT}),
    FileKind.TEXT: frozenset({FileType.TEXT}),
    FileKind.DOCUMENT: frozenset({FileType.DOCUMENT}),
    FileKind.ZIP: frozenset({FileType.ARCHIVE, FileType.DOCUMENT}),
    FileKind.LNK: frozenset({FileType.LNK}),
    FileKind.OLE: frozenset({FileType.ARCHIVE, FileType.DOCUMENT}),
    FileKind.RTF: frozenset({FileType.DOCUMENT}),
    FileKind.ONENOTE: frozenset({FileType.ARCHIVE, FileType.DOCUMENT, FileType.OTHER}),
    FileKind.MAIL: frozenset({FileType.TEXT}),
    **dict.fromkeys((FileKind.LZMA, FileKind.XAR, FileKind.LHA, FileKind.ARJ, FileKind.ACE), _PLAIN_ARCHIVE),
    **dict.fromkeys((FileKind.CHM, FileKind.WIM, FileKind.SZDD, FileKind.SQUASHFS), _PLAIN_ARCHIVE),
    **dict.fromkeys((FileKind.TNEF, FileKind.DMG, FileKind.INSTALLER), _PLAIN_ARCHIVE),
    **dict.fromkeys((FileKind.VHD, FileKind.PST, FileKind.PACKAGE), _PLAIN_ARCHIVE),
    FileKind.MEDIA: frozenset({FileType.OTHER}),
    FileKind.OTHER: frozenset({FileType.OTHER}),
}

_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # the first one, or the end of an empty file: bzip2 1.0.8, compress.c
_MAGIC = (
    (b"\x7fELF", FileKind.ELF),  # elf(5), EI_MAG0
    (b"\xfe\xed\xfa\xce", FileKind.MACHO),  # <mach-o/loader.h>, MH_MAGIC and its 64-bit and swapped forms
    (b"\xfe\xed\xfa\xcf", FileKind.MACHO),
    (b"\xce\xfa\xed\xfe", FileKind.MACHO),
    (b"\xcf\xfa\xed\xfe", FileKind.MACHO),
    (b"#!", FileKind.SCRIPT),  # execve(2)
    (b"\xef\xbb\xbf#!", FileKind.SCRIPT),  # the same behind a byte order mark: shells stumble over it and go on
    (b"<?php", FileKind.SCRIPT),  # php.net, "PHP tags"
    (b"%PDF-", FileKind.DOCUMENT),  # ISO 32000-1, 7.5.2
    (b"{\\rt", FileKind.RTF),  # [MS-OXRTFEX]; Word opens it with the f missing
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.OLE),  # [MS-CFB] 2.2
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", FileKind.ONENOTE),  # [MS-ONESTORE] 2.3.1
    (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F", FileKind.LNK),  # [MS-SHLLINK] 2.1
    (b"PK\x03\x04", FileKind.ZIP),  # APPNOTE.TXT 4.3.7
    (b"PK\x05\x06", FileKind.ZIP),  # an empty one, 4.3.16
    (b"PK\x07\x08", FileKind.ZIP),  # a spanned one, 8.5.3
    (b"7z\xbc\xaf\x27\x1c", FileKind.SEVEN_ZIP),  # 7zFormat.txt
    (b"Rar!\x1a\x07", FileKind.RAR),  # rarlab.com, "RAR 5.0 archive format"; RAR 4 has the same first six
    (b"MSCF\0\0\0\0", FileKind.CAB),  # [MS-CAB] 2.1
    (b"070701", FileKind.CPIO),  # cpio(5), new ASCII format, then with checksums, old ASCII and binary
    (b"070702", FileKind.CPIO),
    (b"070707", FileKind.CPIO),
    (b"\xc7\x71", FileKind.CPIO),
    (b"\x71\xc7", FileKind.CPIO),  # the same of a machine with the other order of bytes
    (b"!<arch>\n", FileKind.AR),  # ar(5), so also deb(5)
    (b"\xed\xab\xee\xdb", FileKind.RPM),  # rpm.org, "RPM package format", the lead
    (b"\x1f\x8b", FileKind.GZIP),  # RFC 1952, 2.3.1
    *((b"BZh%d" % level + block, FileKind.BZIP2) for level in range(1, 10) for block in _BZIP2_BLOCKS),
    (b"\xfd7zXZ\0", FileKind.XZ),  # xz-file-format.txt 2.1.1.1
    (b"\x28\xb5\x2f\xfd", FileKind.ZSTD),  # RFC 8878, 3.1.1
    (b"\x04\x22\x4d\x18", FileKind.LZ4),  # lz4_Frame_format.md
    (b"\x02\x21\x4c\x18", FileKind.LZ4),  # the same, "Legacy frame"
    (b"\x1f\x9d", FileKind.COMPRESS),  # compress(1)
    (b"\x60\xea", FileKind.ARJ),  # ARJ TECHNOTE, "Structure of archive header"
    (b"MSWIM\0\0\0", FileKind.WIM),  # Microsoft, "Windows Imaging File Format", header
    (b"SZDD\x88\xf0\x27\x33", FileKind.SZDD),  # libmspack, "SZDD and KWAJ file formats"
    (b"vhdxfile", FileKind.VHD),  # [MS-VHDX] 2.2.1; 512 bytes of any letters may follow
    (b"KWAJ\x88\xf0\x27\xd1", FileKind.SZDD),
    (b"\x78\x9f\x3e\x22", FileKind.TNEF),  # [MS-OXTNEF] 2.1.3.1
    (b"\xcf\xad\x12\xfe", FileKind.PST),  # Outlook Express; no public specification
    (b"\xff\xd8\xff", FileKind.MEDIA),  # JPEG, ISO/IEC 10918-1 B.1.1.3
    (b"\x89PNG\r\n\x1a\n", FileKind.MEDIA),  # W3C PNG, 5.2
    (b"\x1aE\xdf\xa3", FileKind.MEDIA),  # Matroska, RFC 8794, 11.2.1
)
_BINARY_MAGIC = (  # of what is no text: a text may begin with these
    (b"MZ", FileKind.PE),  # Microsoft, "PE Format"
    (b"LZIP", FileKind.LZIP),  # lzip manual, "File format"
    (b"xar!", FileKind.XAR),  # xar.h, XAR_HEADER_MAGIC
    (b"ITSF", FileKind.CHM),  # M. Russotto, "Microsoft's HTML Help (.chm) format"
    (b"conectix", FileKind.VHD),  # Microsoft, "Virtual Hard Disk Image Format": of dynamic disks a copy of the footer
    (b"!BDN", FileKind.PST),  # [MS-PST] 2.2.2.6
    (b"hsqs", FileKind.SQUASHFS),  # kernel.org, squashfs 4.0, superblock
    (b"GIF8", FileKind.MEDIA),  # GIF89a, 17
    (b"OggS", FileKind.MEDIA),  # RFC 3533, 6
    (b"fLaC", FileKind.MEDIA),  # RFC 9639, 6
    (b"ID3", FileKind.MEDIA),  # id3.org, ID3v2.4.0, 3.1
    (b"\xca\xfe\xba\xbe", FileKind.MACHO),  # <mach-o/fat.h>, FAT_MAGIC, which it shares with Java's class files
    (b"\xff\xfe", FileKind.TEXT),  # in UTF-16
    (b"\xfe\xff", FileKind.TEXT),
    (b"RIFF", FileKind.MEDIA),  # "Multimedia Programming Interface", 1991
    (b"\xff\xfb", FileKind.MEDIA),  # MPEG audio, ISO/IEC 11172-3, 2.4.1.3
    (b"\xff\xf3", FileKind.MEDIA),
    (b"\xff\xf2", FileKind.MEDIA),
)


def _by_first_two(magic: tuple[tuple[bytes, FileKind], ...]) -> dict[bytes, tuple[tuple[bytes, FileKind], ...]]:
    return {mark[:2]: tuple(pair for pair in magic if pair[0][:2] == mark[:2]) for mark, _ in magic}


MARKS: Mapping[FileKind, tuple[bytes, ...]] = {
    kind: tuple(mark for mark, its in (*_MAGIC, *_BINARY_MAGIC) if its is kind) for _, kind in (*_MAGIC, *_BINARY_MAGIC)
}
"""What files of a kind begin with, one or the other."""
_BY_FIRST_TWO, _BINARY_BY_FIRST_TWO = _by_first_two(_MAGIC), _by_first_two(_BINARY_MAGIC)

_LATER_MARKS = (
    (257, (b"ustar",), FileKind.TAR),  # tar(5), of POSIX and of GNU
    # Frames that unpackers of zstd and lz4 pass over (RFC 8878, 3.1.2): ``find`` tells which stands behind them.
    (1, (b"\x2a\x4d\x18",), FileKind.ZSTD),
    (2, (b"-lh", b"-lz", b"-pm"), FileKind.LHA),  # LHA, "-lh5-"
    (7, (b"**ACE**",), FileKind.ACE),  # unace's header.h
)
"""Offset -> marks that do not begin a file."""
_JAVA_CLASS_VERSION = 45  # JVM specification 4.1: no class file is older, no fat Mach-O has so many parts
_TEXT_BYTES = string.printable.encode() + bytes(range(0x80, 0x100)) + b"\x1b\x08"
_TEXT_HEAD_BYTES = 512


def kind_of(head: bytes) -> FileKind:
    """Return what the first bytes of a file (up to ``HEAD_BYTES``) say it is.

    This only sorts: nothing is left out for its kind. Sources are named beside each mark.
    """
    for magic, kind in _BY_FIRST_TWO.get(head[:2], ()):
        if head.startswith(magic):
            return kind
    for at, marks, kind in _LATER_MARKS:
        if head.startswith(marks, at) and _SURE.get(kind, _always)(head):
            return kind
    if head.lstrip()[:4] == b"{\\rt":  # readers pass over white space in front
        return FileKind.RTF
    is_text = not head[:_TEXT_HEAD_BYTES].translate(None, _TEXT_BYTES)
    if is_text:
        return FileKind.TEXT if head else FileKind.OTHER
    for magic, kind in _BINARY_BY_FIRST_TWO.get(head[:2], ()):
        if head.startswith(magic) and _SURE.get(kind, _always)(head):
            return kind
    return next((kind for kind, holds in _WITHOUT_MAGIC if holds(head)), FileKind.OTHER)


def _always(_head: bytes) -> bool:
    return True


def _is_lzma_alone(head: bytes) -> bool:
    """Say whether a file starts like an .lzma file, which has no mark (lzma-file-format.txt, 1.1).

    Its settings are below 225, its dictionary a power of two or half as much again, its size unknown or possible, and
    the first byte of the packed bytes is always zero.
    """
    if len(head) < 18 or head[0] >= 225 or head[13]:
        return False
    dictionary, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    power = 1 << dictionary.bit_length() - 1 if dictionary else 0
    has_size = size == (1 << 64) - 1 or 0 < size < 1 << 38
    return dictionary >= 1 << 12 and dictionary in {power, power + power // 2} and has_size


def _is_old_tar(head: bytes) -> bool:
    """Tar of before POSIX has no mark (tar(5), "Old-Style Archive Format"): its check sum tells."""
    digits = head[148:156].strip(b" \0")
    if len(head) < 512 or not head[0] or len(digits) < 3 or digits.strip(b"01234567"):
        return False
    return int(digits, 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:512])


_SURE: Mapping[FileKind, Callable[[bytes], bool]] = {
    FileKind.ZSTD: lambda head: 0x50 <= head[0] < 0x60,
    FileKind.LHA: lambda head: head[6:7] == b"-" and head[20:21] < b"\4",  # the level of its header
    FileKind.ACE: lambda head: head[4:5] == b"\0",  # the type of its first header
    FileKind.MACHO: lambda head: int.from_bytes(head[4:8]) < _JAVA_CLASS_VERSION,  # asked of fat ones alone
    FileKind.MEDIA: lambda head: head[:4] != b"RIFF" or head[8:12] in {b"AVI ", b"WAVE", b"WEBP"},
}
_WITHOUT_MAGIC: tuple[tuple[FileKind, Callable[[bytes], bool]], ...] = (
    (FileKind.MEDIA, lambda head: head[4:8] == b"ftyp"),  # ISO/IEC 14496-12, 4.3
    (FileKind.LZMA, _is_lzma_alone),
    (FileKind.TAR, _is_old_tar),
)
