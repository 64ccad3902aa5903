"""Archives of every format that is looked into, built from members: name -> content.

What the standard library or a small writer here can make is made so; 7z and ISO come from their own tools.
"""

import bz2
import email.policy
import gzip
import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
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
    if not shutil.which(command[0]):
        raise RuntimeError(f"{command[0]} is not installed: tests/requirements.py says which package has it")
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


def binary_cpio_of(members: Members, order: str = "<") -> bytes:
    """Write the oldest form of cpio, in one of two orders of bytes (cpio(5), "Old Binary Format")."""
    parts = []
    for number, (name, content) in enumerate({**members, "TRAILER!!!": b""}.items(), 1):
        raw = name.encode() + b"\0"
        size = (len(content) >> 16, len(content) & 0xFFFF)
        parts += [struct.pack(f"{order}13H", 0o070707, 1, number, 0o100644, 0, 0, 1, 0, 0, 0, len(raw), *size), raw]
        parts += [bytes(len(raw) % 2), content, bytes(len(content) % 2)]
    return b"".join(parts)


def skippable(size_bytes: int = 4, number: int = 0) -> bytes:
    """Write a frame that unpackers of zstd and lz4 pass over (RFC 8878, 3.1.2)."""
    return struct.pack("<II", 0x184D2A50 + number, size_bytes) + bytes(size_bytes)


def lz4_of(content: bytes) -> bytes:
    return subprocess.run(["lz4", "-B4", "-c"], input=content, check=True, capture_output=True).stdout


def legacy_lz4_of(content: bytes) -> bytes:
    return subprocess.run(["lz4", "-l", "-c"], input=content, check=True, capture_output=True).stdout


def compress_of(content: bytes) -> bytes:
    """Write what compress(1) would of up to 255 bytes, each as a code of nine bits."""
    codes = sum(code << 9 * place for place, code in enumerate(content))
    return b"\x1f\x9d\x90" + codes.to_bytes(-(-9 * len(content) // 8), "little")


def compound_of(members: Members, *, sector_bytes: int = 512) -> bytes:
    """Write a compound file with a storage and the members in it ([MS-CFB] 2)."""
    return CompoundFile(members, sector_bytes).content()


class CompoundFile:
    """A compound file in the making: small streams together in the root's own, the others in sectors."""

    def __init__(self, members: Members, sector_bytes: int) -> None:
        self.members, self.size = members, sector_bytes
        self.sectors: list[bytes] = []
        self.next: list[int] = []

    def content(self) -> bytes:
        mini, mini_next, places = b"", [], []
        for content in self.members.values():
            if len(content) < 4096:
                count = -(-len(content) // 64)
                places.append((len(mini_next) if count else 0xFFFFFFFE, len(content)))
                mini_next += [*range(len(mini_next) + 1, len(mini_next) + count), *([0xFFFFFFFE] if count else [])]
                mini += content.ljust(count * 64, b"\0")
            else:
                places.append((self._add(content), len(content)))
        mini_fat = self._add(struct.pack(f"<{len(mini_next)}I", *mini_next), b"\xff") if mini_next else 0xFFFFFFFE
        root = self._add(mini) if mini else 0xFFFFFFFE
        entries = [self._entry("Root Entry", 5, root, len(mini), child=1), self._entry("Storage", 1, 0, 0, child=2)]
        names = list(self.members)
        for number, name in enumerate(names):
            right = number + 3 if number + 1 < len(names) else 0xFFFFFFFF
            entries.append(self._entry(name, 2, *places[number], right=right))
        directory = self._add(b"".join(entries))
        fat_count = 1
        while fat_count * self.size // 4 < len(self.sectors) + fat_count:
            fat_count += 1
        fat_at = range(len(self.sectors), len(self.sectors) + fat_count)
        table = struct.pack(f"<{len(self.next) + fat_count}I", *self.next, *[0xFFFFFFFD] * fat_count)
        version, shift = (3, 9) if self.size == 512 else (4, 12)
        head = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, version, 0xFFFE, shift, 6)
        mini_count = -(-len(mini_next) * 4 // self.size)
        head += struct.pack("<9I", version - 3, fat_count, directory, 0, 4096, mini_fat, mini_count, 0xFFFFFFFE, 0)
        head += struct.pack("<109I", *fat_at, *[0xFFFFFFFF] * (109 - fat_count))
        return head.ljust(self.size, b"\0") + b"".join(self.sectors) + table.ljust(fat_count * self.size, b"\xff")

    def _add(self, content: bytes, fill: bytes = b"\0") -> int:
        first = len(self.sectors)
        for at in range(0, len(content), self.size):
            self.sectors.append(content[at : at + self.size].ljust(self.size, fill))
            self.next.append(len(self.sectors))
        self.next[-1] = 0xFFFFFFFE
        return first

    @staticmethod
    def _entry(name: str, kind: int, start: int, size: int, *, child: int = -1, right: int = 0xFFFFFFFF) -> bytes:
        raw = name.encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, kind, 1)
        return head + struct.pack("<III36xIQ", 0xFFFFFFFF, right, child & 0xFFFFFFFF, start, size)


def mail_of(members: Members) -> bytes:
    """Write a message with attachments, as mail programs do."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "an@example.vn", "binh@example.vn", "Ảnh họp lớp"
    message.set_content("Gửi bạn ảnh họp lớp.\n\nAn\n")
    for name, content in members.items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def rtf_of(members: Members) -> bytes:
    objects = b"".join(
        b"{\\object\\objemb{\\*\\objdata " + content.hex("\n", 32).encode() + b"}}" for content in members.values()
    )
    return b"{\\rtf1\\ansi Xin ch\\'e0o. " + objects + b"\\par}"


def onenote_of(members: Members) -> bytes:
    """Write what of a section of OneNote holds its files ([MS-ONESTORE] 2.3.1 and 2.6.13)."""
    before = uuid.UUID("{BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}").bytes_le
    after = uuid.UUID("{71FBA722-0F79-4A0B-BB13-899256426B24}").bytes_le
    head = uuid.UUID("{7B5C52E4-D88C-4DA7-AEB1-5378D02996D3}").bytes_le + bytes(1008)
    return head + b"".join(before + struct.pack("<QIQ", len(c), 0, 0) + c + after for c in members.values())


def rpm_of(members: Members) -> bytes:
    """Write what of an RPM package a reader passes on its way to the payload: lead and two headers without tags."""
    empty_header = b"\x8e\xad\xe8\x01" + bytes(12)
    return b"\xed\xab\xee\xdb\3" + bytes(91) + empty_header * 2 + gzip.compress(cpio_of(members), mtime=0)


def rar_of(members: Members, flags: int = 0x8000, *, mode: int = 0o100644) -> bytes:
    """Write a RAR archive of version 4 that stores its members (unrar's technote.txt)."""

    def block(kind: int, flags: int, rest: bytes) -> bytes:
        checked = struct.pack("<BHH", kind, flags, 7 + len(rest)) + rest
        return struct.pack("<H", zlib.crc32(checked) & 0xFFFF) + checked

    parts = [b"Rar!\x1a\7\0", block(0x73, 0, bytes(6))]
    for name, member in members.items():
        raw = name.encode()
        sizes = struct.pack("<IIBII", len(member), len(member), 3, zlib.crc32(member), 0x58790000)
        parts += [block(0x74, flags, sizes + struct.pack("<BBHI", 20, 0x30, len(raw), mode) + raw), member]
    return b"".join([*parts, block(0x7B, 0x4000, b"")])


def rar5_of(members: Members, folders: Sequence[str] = (), *, mode: int = 0o100644) -> bytes:
    """Write a RAR archive of version 5 that stores its members, folders first (rarlab.com, "RAR 5.0")."""

    def number(value: int) -> bytes:
        return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + number(value >> 7)

    def block(*fields: int | bytes) -> bytes:
        content = b"".join(field if isinstance(field, bytes) else number(field) for field in fields)
        checked = number(len(content)) + content
        return struct.pack("<I", zlib.crc32(checked)) + checked

    parts = [b"Rar!\x1a\7\1\0", block(1, 0, 0)]
    for folder in folders:
        parts += [block(2, 2, 0, 1, 0, 0o40755, 0, 1, len(folder.encode()), folder.encode())]
    for name, member in members.items():
        raw, check, size = name.encode(), struct.pack("<I", zlib.crc32(member)), len(member)
        parts += [block(2, 2, size, 4, size, mode, check, 0, 1, len(raw), raw), member]
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
    "cpio-binary": binary_cpio_of,
    "cpio-binary-big": lambda members: binary_cpio_of(members, ">"),
    "ole": compound_of,
    "ole-4": lambda members: compound_of(members, sector_bytes=4096),
    "mail": mail_of,
    "rpm": rpm_of,
}
"""Formats with any number of members."""

COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "lz": lzip_of,
    "lzma": lambda content: lzma.compress(content, lzma.FORMAT_ALONE),
    "lz4": lz4_of,
}
"""Formats with one member and no name for it."""
