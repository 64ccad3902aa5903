"""Whether a file is an archive, of which format, or carries one behind something else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from zlib import crc32

from quetsach.endpoint.scanner.archive.decode import DECODERS
from quetsach.endpoint.scanner.archive.embedded import is_package
from quetsach.endpoint.scanner.archive.mail import is_mail, may_carry
from quetsach.endpoint.scanner.archive.member import Source, Tail
from quetsach.endpoint.scanner.archive.zip import END, END_BYTES, LONGEST_COMMENT
from quetsach.endpoint.scanner.kind import HEAD_BYTES, MARKS, FileKind, kind_of
from quetsach.endpoint.scanner.recognise import sections_of

# Every format of archives and containers that is known by its bytes, and what opens it.
#
# A file of one of these kinds is either opened or counted as ``not-opened``: none passes for plain bytes in silence.


class Reader(StrEnum):
    """What opens a format."""

    OWN = "the tool itself"
    PYTHON = "Python's decompressors"
    LIBARCHIVE = "libarchive"
    NONE = "nothing: counted as `not-opened`"


@dataclass(frozen=True, slots=True)
class Format:
    """A format under the name that people know it by."""

    name: str
    reader: Reader
    remark: str = ""
    """What of it is opened, and what is not."""


FORMATS: Mapping[FileKind, Format] = {
    FileKind.ZIP: Format(
        "zip, and what is one inside: jar, apk, docx, xlsx, odt, whl",
        Reader.OWN,
        "stored, deflate, bzip2, LZMA, xz; members in Deflate64, implode, PPMd or zstd are `not-opened`",
    ),
    FileKind.TAR: Format("tar", Reader.OWN, "ustar, pax, GNU; also inside any compression"),
    FileKind.OLE: Format(
        "compound file (OLE): doc, xls, ppt, msi, msg", Reader.OWN, "its streams; macros of Visual Basic unpacked"
    ),
    FileKind.PACKAGE: Format("embedded object and package of OLE", Reader.OWN, "the file in it, or its data"),
    FileKind.RTF: Format("RTF", Reader.OWN, "the objects that are embedded in it"),
    FileKind.ONENOTE: Format("OneNote", Reader.OWN, "the files that are embedded in it"),
    FileKind.MAIL: Format(
        "mail: eml, mbox, Maildir", Reader.OWN, "attachments in base64, quoted-printable and uuencode, or as they are"
    ),
    FileKind.GZIP: Format("gzip", Reader.PYTHON),
    FileKind.BZIP2: Format("bzip2", Reader.PYTHON),
    FileKind.XZ: Format("xz", Reader.PYTHON),
    FileKind.LZMA: Format("lzma, the form before xz", Reader.PYTHON),
    FileKind.SEVEN_ZIP: Format("7z", Reader.LIBARCHIVE),
    FileKind.CAB: Format("cab", Reader.LIBARCHIVE),
    FileKind.ISO: Format("iso", Reader.LIBARCHIVE, "ISO 9660, Joliet; a disc with UDF is `not-opened` besides"),
    FileKind.RAR: Format("rar", Reader.LIBARCHIVE, "4 and 5"),
    FileKind.CPIO: Format("cpio", Reader.LIBARCHIVE, "new and old ASCII, and binary in both orders of bytes"),
    FileKind.AR: Format("deb", Reader.LIBARCHIVE, "libraries of linkers store their members as they are"),
    FileKind.RPM: Format("rpm", Reader.LIBARCHIVE),
    FileKind.ZSTD: Format("zstd", Reader.LIBARCHIVE, "also behind frames to be skipped"),
    FileKind.LZ4: Format("lz4", Reader.LIBARCHIVE, "also behind frames to be skipped"),
    FileKind.LZIP: Format("lzip", Reader.LIBARCHIVE),
    FileKind.COMPRESS: Format("compress (`.Z`)", Reader.LIBARCHIVE),
    FileKind.XAR: Format("xar: packages of a Mac", Reader.NONE),
    FileKind.LHA: Format("lha, lzh", Reader.NONE),
    FileKind.ARJ: Format("arj", Reader.NONE),
    FileKind.ACE: Format("ace", Reader.NONE),
    FileKind.CHM: Format("chm: help of Windows", Reader.NONE),
    FileKind.WIM: Format("wim, esd", Reader.NONE),
    FileKind.SZDD: Format("SZDD and KWAJ: single files of old setups, as `SETUP.EX_`", Reader.NONE),
    FileKind.SQUASHFS: Format("squashfs", Reader.NONE),
    FileKind.TNEF: Format("winmail.dat (TNEF)", Reader.NONE),
    FileKind.DMG: Format("dmg: disk images of a Mac", Reader.NONE),
    FileKind.VHD: Format("vhd and vhdx: disks of virtual machines", Reader.NONE),
    FileKind.PST: Format("pst, ost and dbx: mail of Outlook and Outlook Express", Reader.NONE),
    FileKind.INSTALLER: Format("setup programs of NSIS, Inno Setup and InstallShield", Reader.NONE),
}
"""In the order of the documentation."""

READERS = b"4"
"""Raised whenever a reader sees more than before: what earlier scans remember of files is then not believed."""

UNOPENED = frozenset(kind for kind, form in FORMATS.items() if form.reader is Reader.NONE)


def render_formats() -> str:
    """Return the table of all formats, for ``docs/reference/archives.md``."""
    rows = [f"| {form.name} | {form.reader} | {form.remark} |" for form in FORMATS.values()]
    return "\n".join(("| format | opened by | remark |", "|---|---|---|", *rows)) + "\n"


# Whether a file is an archive, or carries one behind something else.

_DEBIAN = (
    b"!<arch>\ndebian-binary"  # deb(5); other ar archives are libraries of linkers, stored and looked at as they are
)

_SURE: Mapping[FileKind, Callable[[bytes], bool]] = {
    FileKind.AR: lambda head: head.startswith(_DEBIAN),
    FileKind.GZIP: lambda head: head[2:3] == b"\x08" and head[3] < 0x20,  # RFC 1952, 2.3.1: CM and FLG
    FileKind.COMPRESS: lambda head: not head[2] & 0x60 and 9 <= head[2] & 0x1F <= 16,  # (N)compress: bits of a code
    FileKind.CPIO: lambda head: head.startswith(b"0707") or _is_binary_cpio(head),
    FileKind.ARJ: lambda head: 30 <= int.from_bytes(head[2:4], "little") <= 2600 and head[10:11] == b"\2",
    FileKind.LZIP: lambda head: head[4:5] == b"\1",  # the only version
}
"""Kinds whose mark other files have too: what else must hold."""
_SURE_BYTES = 512

_SKIPPABLE, _MOST_SKIPPED = b"\x2a\x4d\x18", 10_000
_BEHIND_SKIPPABLE = {mark: kind for kind in (FileKind.ZSTD, FileKind.LZ4) for mark in MARKS[kind]}
_TRAILERS = (
    (b"koly", FileKind.DMG),  # the trailer of a disk image (hdiutil(1)); no public specification
    (b"conectix", FileKind.VHD),  # Microsoft, "Virtual Hard Disk Image Format", hard disk footer
)
_TRAILER_BYTES = 512

_MAY_BE_MAIL = frozenset({FileKind.TEXT, FileKind.OTHER, FileKind.SCRIPT, FileKind.DOCUMENT, FileKind.RTF})
"""What a message may begin like: any letters can be the name of its first header."""

_UDF = b"BEA01"  # ECMA-167, 2/9.2: UDF alone
_ISO_MARKS, _ISO_OFFSET, _ISO_PRIMARY = frozenset({b"CD001", _UDF}), 32768, b"\1CD001\1"  # ECMA-119, 8.4
_OVERLAYS = (
    *((mark, kind) for kind in (FileKind.SEVEN_ZIP, FileKind.RAR, FileKind.CAB) for mark in MARKS[kind]),
    (b"\xef\xbe\xad\xdeNullsoftInst", FileKind.INSTALLER),  # NSIS, exehead/fileform.h
    (b"zlb\x1a", FileKind.INSTALLER),  # Inno Setup, Struct.pas: the marks of its data and of its headers
    (b"idska32\x1a", FileKind.INSTALLER),
    (b"Inno Setup Setup Data (", FileKind.INSTALLER),
    (b"InstallShield\0", FileKind.INSTALLER),
    (b"ISSetupStream\0", FileKind.INSTALLER),
)
_OVERLAY_BYTES = 16 << 10  # 7-Zip's own puts a few lines of settings before the archive
_ENTRY = b"PK\x01\x02"
_SOUGHT_BYTES = 5
"""CPython finds so few bytes nearly three times as fast as six; the rest of a mark is compared where they stand."""
_BEHIND_BYTES = 4 << 20
"""WinRAR looks for an archive in the first 2 MiB, 4 MiB since version 7."""


@dataclass(frozen=True, slots=True)
class Found:
    """An archive that a file is or carries: of which kind, and where its bytes are."""

    kind: FileKind
    source: Source
    is_certain: bool = True
    """Whether it is one for sure: else bytes that happen to be there may look like its mark."""


def find_archives(source: Source, kind: FileKind) -> Iterator[Found]:
    """Yield every archive that a file of some kind is or carries: what unpacks it may go by any of them."""
    at_start = _behind_skippable(source) if kind is FileKind.ZSTD else None
    if kind in FORMATS and kind is not FileKind.ZSTD and is_sure(kind, source.read(0, _SURE_BYTES)):
        at_start = kind, source
    if at_start is not None:
        yield Found(*at_start)
    size = source.size_bytes
    if size > _ISO_OFFSET and (disc := source.read(_ISO_OFFSET, 7))[1:6] in _ISO_MARKS:
        yield Found(FileKind.ISO, source, is_certain=disc == _ISO_PRIMARY or disc[1:6] == _UDF)
    if size > _TRAILER_BYTES:
        trailer = source.read(size - _TRAILER_BYTES, 8)
        yield from (Found(its, source) for mark, its in _TRAILERS if trailer.startswith(mark))
    if kind is not FileKind.ZIP and _ends_as_zip(source):
        yield Found(FileKind.ZIP, source, is_certain=False)
    yield from _carried(source, kind)


def _carried(source: Source, kind: FileKind) -> Iterator[Found]:
    """Yield what a file carries that is or is not an archive itself."""
    if kind in _MAY_BE_MAIL and is_mail(source.read(0, HEAD_BYTES)) and may_carry(source):
        yield Found(FileKind.MAIL, source)
    if kind is FileKind.OTHER and is_package(source):
        yield Found(FileKind.PACKAGE, source, is_certain=False)
    overlay = _overlay(source) if kind is FileKind.PE else None
    if overlay is not None:
        yield Found(*overlay, is_certain=False)
    for one in find_behind(source, kind):
        if overlay is None or (one.kind, one.source.size_bytes) != (overlay[0], overlay[1].size_bytes):
            yield one


def _ends_as_zip(source: Source) -> bool:
    """Say whether a directory of a zip stands near the end: behind a program, a picture, or another archive."""
    start = max(0, source.size_bytes - END_BYTES - LONGEST_COMMENT)
    tail = source.read(start, source.size_bytes - start)
    found = len(tail)
    while (found := tail.rfind(END, 0, found)) >= 0:
        size, offset = (int.from_bytes(tail[found + at : found + at + 4], "little") for at in (12, 16))
        directories = {start + found - size, offset}
        if 0xFFFF_FFFF in {size, offset} or any(source.read(at, 4) == _ENTRY for at in directories if at >= 0):
            return True
    return False


def find_behind(source: Source, kind: FileKind) -> Iterator[Found]:
    """Yield what stands behind the first byte of any file, where programs that unpack look for it."""
    content = source.read(0, _BEHIND_BYTES)
    marks = _BEHIND if kind is not FileKind.SCRIPT else _BEHIND + _BEHIND_SCRIPTS
    for mark, its, is_one in marks:
        sought, at = mark[:_SOUGHT_BYTES], 0
        while (at := content.find(sought, at + 1)) >= 0:
            if content.startswith(mark, at) and is_one(source.read(at, _SURE_BYTES)):
                yield Found(its, Tail(source, at), is_certain=False)
                break


def _starts_as(kind: FileKind) -> Callable[[bytes], bool]:
    return lambda head: kind_of(head) is kind and is_sure(kind, head)


def _is_seven_zip(head: bytes) -> bool:
    return crc32(head[12:32]) == int.from_bytes(head[8:12], "little")  # 7zFormat.txt, SignatureHeader


def _is_rar(head: bytes) -> bool:
    """Say whether the main header follows: of RAR 4 by its type, of RAR 5 by its check sum."""
    if head[6:7] == b"\0":
        return head[9:10] == b"s"
    size = head[12] if len(head) > 12 else 0  # a number of one byte: the header is short
    return head[6:8] == b"\1\0" and crc32(head[12 : 13 + size]) == int.from_bytes(head[8:12], "little")


def _behind_skippable(source: Source) -> tuple[FileKind, Source] | None:
    """Return what stands behind frames that unpackers pass over (RFC 8878, 3.1.2), if anything does.

    What is neither of the two is given as one of them, and the library says that it does not take it.
    """
    at = 0
    for _ in range(_MOST_SKIPPED):
        head = source.read(at, 8)
        if head[1:4] != _SKIPPABLE or not 0x50 <= head[0] < 0x60 or len(head) < 8:
            kind = _BEHIND_SKIPPABLE.get(head[:4])
            if not (at and head):
                return (kind, source) if kind else None
            return kind or FileKind.ZSTD, Tail(source, at)
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
    end = max((start + size for start, size in sections_of(source)), default=0)
    if not 0 < end < source.size_bytes:
        return None
    head = source.read(end, _OVERLAY_BYTES)
    found = [(head.find(magic), kind) for magic, kind in _OVERLAYS if magic in head]
    return (min(found)[1], Tail(source, end + min(found)[0])) if found else None


_BEHIND: tuple[tuple[bytes, FileKind, Callable[[bytes], bool]], ...] = (
    (MARKS[FileKind.SEVEN_ZIP][0], FileKind.SEVEN_ZIP, _is_seven_zip),
    (MARKS[FileKind.RAR][0], FileKind.RAR, _is_rar),
)
_BEHIND_SCRIPTS: tuple[tuple[bytes, FileKind, Callable[[bytes], bool]], ...] = tuple(
    (DECODERS[kind][0], kind, _starts_as(kind)) for kind in (FileKind.GZIP, FileKind.BZIP2, FileKind.XZ)
)
"""What a script of a shell unpacks from itself, as ``makeself`` writes them."""
