"""Archives of every format that is looked into, built from members: name -> content.

What the standard library or a small writer here can make is made so; 7z and ISO come from their own tools.
"""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import zstandard

type Members = Mapping[str, bytes]

PASSWORD = "mat-khau"


def zip_of(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


def tar_of(members: Members, form: int = tarfile.PAX_FORMAT) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=form) as archive:
        for name, member in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(member)
            archive.addfile(header, io.BytesIO(member))
    return content.getvalue()


def seven_zip_of(members: Members, *options: str) -> bytes:
    return _by_tool(members, "out.7z", ["7z", "a", "-bd", "-y", *options, "../out.7z", "."])


def encrypted_zip_of(members: Members, *options: str) -> bytes:
    return _by_tool(members, "out.zip", ["7z", "a", "-bd", "-y", "-tzip", f"-p{PASSWORD}", *options, "../out.zip", "."])


def iso_of(members: Members) -> bytes:
    return _by_tool(members, "out.iso", ["genisoimage", "-quiet", "-J", "-R", "-no-pad", "-o", "../out.iso", "."])


def _by_tool(members: Members, result: str, command: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "in"
        for name, member in members.items():
            (inside / name).parent.mkdir(parents=True, exist_ok=True)
            (inside / name).write_bytes(member)
        subprocess.run(command, cwd=inside, check=True, capture_output=True)
        return (Path(folder) / result).read_bytes()


def cab_of(members: Members, *, is_packed: bool = True) -> bytes:
    """Write a cabinet with one folder, stored or in MSZIP ([MS-CAB] 2; [MS-MCI] 2)."""
    whole = b"".join(members.values())
    blocks, window = [], b""
    for start in range(0, len(whole), 0x8000):
        block = whole[start : start + 0x8000]
        packed = block
        if is_packed:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=window)
            packed = b"CK" + deflate.compress(block) + deflate.flush()
            window = block
        blocks.append(struct.pack("<IHH", 0, len(packed), len(block)) + packed)
    files, offset = [], 0
    for name, member in members.items():
        files.append(struct.pack("<IIHHHH", len(member), offset, 0, 0x5879, 0, 0x20) + name.encode() + b"\0")
        offset += len(member)
    data_at = 36 + 8 + sum(map(len, files))
    size = data_at + sum(map(len, blocks))
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, 44, 0, 3, 1, 1, len(files), 0, 1, 0)
    folder = struct.pack("<IHH", data_at, len(blocks), 1 if is_packed else 0)
    return head + folder + b"".join(files) + b"".join(blocks)


def deb_of(members: Members) -> bytes:
    """Write a Debian package (deb(5)): an ar archive, here with names of at most 15 characters (ar(5))."""
    parts = [b"!<arch>\n"]
    for name, member in {"debian-binary": b"2.0\n", **members}.items():
        parts.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(member):<10}`\n".encode())
        parts.append(member + b"\n" * (len(member) % 2))
    return b"".join(parts)


def cpio_of(members: Members) -> bytes:
    """Write a cpio archive in the new ASCII format (cpio(5))."""
    parts = []
    for number, (name, member) in enumerate([*members.items(), ("TRAILER!!!", b"")], 1):
        raw = name.encode() + b"\0"
        fields = (number, 0o100644, 0, 0, 1, 0, len(member), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        parts += [head, bytes(-len(head) % 4), member, bytes(-len(member) % 4)]
    return b"".join(parts)


def rpm_of(members: Members) -> bytes:
    """Write what of an RPM package a reader passes on its way to the payload: lead and two headers without tags."""
    empty_header = b"\x8e\xad\xe8\x01" + bytes(12)
    return b"\xed\xab\xee\xdb\3" + bytes(91) + empty_header * 2 + gzip.compress(cpio_of(members), mtime=0)


def rar_of(members: Members, flags: int = 0x8000) -> bytes:
    """Write a RAR archive of version 4 that stores its members (unrar's technote.txt)."""

    def block(kind: int, flags: int, rest: bytes) -> bytes:
        checked = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(checked) & 0xFFFF) + checked

    parts = [b"Rar!\x1a\7\0", block(0x73, 0, bytes(6))]
    for name, member in members.items():
        raw = name.encode()
        sizes = struct.pack("<IIBII", len(member), len(member), 3, zlib.crc32(member), 0x58790000)
        parts += [block(0x74, flags, sizes + struct.pack("<BBHI", 20, 0x30, len(raw), 0o100644) + raw), member]
    return b"".join([*parts, block(0x7B, 0x4000, b"")])


def rar5_of(members: Members) -> bytes:
    """Write a RAR archive of version 5 that stores its members (rarlab.com, "RAR 5.0 archive format")."""

    def number(value: int) -> bytes:
        return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + number(value >> 7)

    def block(*fields: int | bytes) -> bytes:
        content = b"".join(field if isinstance(field, bytes) else number(field) for field in fields)
        checked = number(len(content)) + content
        return struct.pack("<I", zlib.crc32(checked)) + checked

    parts = [b"Rar!\x1a\7\1\0", block(1, 0, 0)]
    for name, member in members.items():
        raw, check, size = name.encode(), struct.pack("<I", zlib.crc32(member)), len(member)
        parts += [block(2, 2, size, 4, size, 0o100644, check, 0, 1, len(raw), raw), member]
    return b"".join([*parts, block(5, 0, 0)])


def lzip_of(content: bytes) -> bytes:
    """Write an lzip file (lzip manual, "File format"): a dictionary of 8 MiB, lc 3, lp 0, pb 2."""
    form = {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 23, "lc": 3, "lp": 0, "pb": 2}
    packed = lzma.compress(content, lzma.FORMAT_RAW, filters=[form])
    trailer = struct.pack("<IQQ", zlib.crc32(content), len(content), 6 + len(packed) + 20)
    return b"LZIP\1" + bytes([23]) + packed + trailer


CONTAINERS: Mapping[str, Callable[[Members], bytes]] = {
    "zip": zip_of,
    "zip-stored": lambda members: zip_of(members, zipfile.ZIP_STORED),
    "zip-bzip2": lambda members: zip_of(members, zipfile.ZIP_BZIP2),
    "zip-lzma": lambda members: zip_of(members, zipfile.ZIP_LZMA),
    "tar": tar_of,
    "tar-gnu": lambda members: tar_of(members, tarfile.GNU_FORMAT),
    "tar-ustar": lambda members: tar_of(members, tarfile.USTAR_FORMAT),
    "tar.gz": lambda members: gzip.compress(tar_of(members), mtime=0),
    "7z": seven_zip_of,
    "7z-ppmd": lambda members: seven_zip_of(members, "-m0=PPMd:mem=16m"),
    "7z-bzip2": lambda members: seven_zip_of(members, "-m0=BZip2"),
    "cab": cab_of,
    "cab-stored": lambda members: cab_of(members, is_packed=False),
    "iso": iso_of,
    "rar": rar_of,
    "rar5": rar5_of,
    "deb": deb_of,
    "cpio": cpio_of,
    "rpm": rpm_of,
}
"""Formats with any number of members."""

COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "lz": lzip_of,
}
"""Formats with one member and no name for it."""
