"""What kind of file the first bytes tell."""

import string
from enum import StrEnum

from quetsach.core.file_type import FileType

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
    ISO = "iso"
    """Never told by the first bytes: the mark of ISO 9660 (ECMA-119, 8.4) is at 32769."""
    MEDIA = "media"
    OTHER = "other"

    @property
    def types(self) -> frozenset[FileType]:
        """The types of files that a rule can name and that this kind belongs to."""
        return _TYPES.get(self, _ARCHIVE)


_ARCHIVE = frozenset({FileType.ARCHIVE})
_TYPES = {
    FileKind.ELF: frozenset({FileType.ELF}),
    FileKind.PE: frozenset({FileType.PE}),
    FileKind.MACHO: frozenset({FileType.MACHO}),
    FileKind.SCRIPT: frozenset({FileType.SCRIPT, FileType.TEXT}),
    FileKind.TEXT: frozenset({FileType.TEXT}),
    FileKind.DOCUMENT: frozenset({FileType.DOCUMENT}),
    FileKind.ZIP: frozenset({FileType.ARCHIVE, FileType.DOCUMENT}),
    FileKind.LNK: frozenset({FileType.LNK}),
    FileKind.MEDIA: frozenset({FileType.OTHER}),
    FileKind.OTHER: frozenset({FileType.OTHER}),
}

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
    (b"{\\rt", FileKind.DOCUMENT),  # [MS-OXRTFEX]; Word opens it with the f missing
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileKind.DOCUMENT),  # [MS-CFB] 2.2, also .msi
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
    (b"!<arch>\n", FileKind.AR),  # ar(5), so also deb(5)
    (b"\xed\xab\xee\xdb", FileKind.RPM),  # rpm.org, "RPM package format", the lead
    (b"\x1f\x8b", FileKind.GZIP),  # RFC 1952, 2.3.1
    (b"BZh", FileKind.BZIP2),  # bzip2(1); no public specification
    (b"\xfd7zXZ\0", FileKind.XZ),  # xz-file-format.txt 2.1.1.1
    (b"LZIP", FileKind.LZIP),  # lzip manual, "File format"
    (b"\x28\xb5\x2f\xfd", FileKind.ZSTD),  # RFC 8878, 3.1.1
    (b"\x04\x22\x4d\x18", FileKind.LZ4),  # lz4_Frame_format.md
    (b"\x1f\x9d", FileKind.COMPRESS),  # compress(1)
    (b"\xff\xd8\xff", FileKind.MEDIA),  # JPEG, ISO/IEC 10918-1 B.1.1.3
    (b"\x89PNG\r\n\x1a\n", FileKind.MEDIA),  # W3C PNG, 5.2
    (b"GIF8", FileKind.MEDIA),  # GIF89a, 17
    (b"OggS", FileKind.MEDIA),  # RFC 3533, 6
    (b"fLaC", FileKind.MEDIA),  # RFC 9639, 6
    (b"ID3", FileKind.MEDIA),  # id3.org, ID3v2.4.0, 3.1
    (b"\x1aE\xdf\xa3", FileKind.MEDIA),  # Matroska, RFC 8794, 11.2.1
)
_BY_FIRST_TWO: dict[bytes, tuple[tuple[bytes, FileKind], ...]] = {
    magic[:2]: tuple(pair for pair in _MAGIC if pair[0][:2] == magic[:2]) for magic, _ in _MAGIC
}

_TAR_MARK = slice(257, 262)  # tar(5): "ustar", of POSIX and of GNU
_JAVA_CLASS_VERSION = 45  # JVM specification 4.1: no class file is older, no fat Mach-O has so many parts
_TEXT_BYTES = string.printable.encode() + bytes(range(0x80, 0x100)) + b"\x1b\x08"
_TEXT_HEAD_BYTES = 512
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def kind_of(head: bytes) -> FileKind:
    """Return what the first bytes of a file (up to ``HEAD_BYTES``) say it is.

    This only sorts: nothing is left out for its kind. Sources are named beside each mark.
    """
    for magic, kind in _BY_FIRST_TWO.get(head[:2], ()):
        if head.startswith(magic):
            return kind
    if head[_TAR_MARK] == b"ustar":
        return FileKind.TAR
    is_text = not head[:_TEXT_HEAD_BYTES].translate(None, _TEXT_BYTES)
    if is_text:
        return FileKind.TEXT if head else FileKind.OTHER
    return _kind_of_binary(head)


def _kind_of_binary(head: bytes) -> FileKind:
    if head.startswith(b"MZ"):  # Microsoft, "PE Format"; a text that starts so was told from it above
        return FileKind.PE
    if head.startswith(b"\xca\xfe\xba\xbe") and int.from_bytes(head[4:8]) < _JAVA_CLASS_VERSION:
        return FileKind.MACHO  # <mach-o/fat.h>, FAT_MAGIC, which it shares with Java's class files
    if head.startswith(_UTF_16):
        return FileKind.TEXT
    if head[4:8] == b"ftyp" or (head.startswith(b"RIFF") and head[8:12] in {b"AVI ", b"WAVE", b"WEBP"}):
        return FileKind.MEDIA  # ISO/IEC 14496-12, 4.3; "Multimedia Programming Interface", 1991
    if head.startswith((b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")):
        return FileKind.MEDIA  # MPEG audio, ISO/IEC 11172-3, 2.4.1.3
    return FileKind.OTHER
