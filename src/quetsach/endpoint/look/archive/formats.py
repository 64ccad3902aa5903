"""Every format of archives and containers that is known by its bytes, and what opens it.

A file of one of these kinds is either opened or counted as ``not-opened``: none passes for plain bytes in silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quetsach.endpoint.look.kind import FileKind


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
