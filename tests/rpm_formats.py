"""Databases of rpm made byte by byte, as its own code, SQLite and Berkeley DB write them."""

import sqlite3
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from quetsach.endpoint.host.rpm_formats import berkeley_headers, ndb_headers, sqlite_headers


def header(*tags: tuple[int, int, int, bytes]) -> bytes:
    """Return a header of tags: number, type, count, data."""
    index, data = b"", b""
    for tag, kind, count, raw in tags:
        data += b"\0" * (-len(data) % 4)
        index += struct.pack(">IIII", tag, kind, len(data), count)
        data += raw
    return struct.pack(">II", len(tags), len(data)) + index + data


HEADER = header(
    (1000, 6, 1, b"tool\0"),
    (1035, 8, 1, b"0" * 64 + b"\0"),
    (1116, 4, 1, bytes(4)),
    (1117, 8, 1, b"x\0"),
    (1118, 8, 1, b"/usr/bin/\0"),
    (5011, 4, 1, struct.pack(">I", 8)),
)


def ndb(*blobs: bytes) -> bytes:
    """Return ``Packages.db`` with these headers."""
    slots, content, block = b"", b"", 4096 // 16
    for number, blob in enumerate(blobs, 1):
        stored = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        stored += b"\0" * (-len(stored) % 16)
        slots += struct.pack("<4sIII", b"Slot", number, block, len(stored) // 16)
        content += stored
        block += len(stored) // 16
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    slots += free * (254 - len(blobs))
    return struct.pack("<4sIII16x", b"RpmP", 0, 1, 1) + slots + content


def berkeley(blob: bytes, order: str) -> bytes:
    """Return ``Packages`` with one header, on pages of its own."""
    parts = [blob[start : start + 486] for start in range(0, len(blob), 486)]
    pages = 2 + len(parts)
    meta = bytes(12) + struct.pack(order + "IIIBBBBIII", 0x061561, 9, 512, 0, 8, 0, 0, 0, pages - 1, 0)
    entry = struct.pack(order + "BxxxII", 3, 2, len(blob))
    leaf = bytearray(struct.pack(order + "8xIIIHHBB", 1, 0, 0, 2, 0, 0, 13).ljust(512, b"\0"))
    leaf[26:30] = struct.pack(order + "HH", 507, 495)
    leaf[495:507] = entry
    leaf[507:512] = b"\1key0"
    content = meta.ljust(512, b"\0") + bytes(leaf)
    for number, part in enumerate(parts, 2):
        following = number + 1 if number + 1 < pages else 0
        content += (struct.pack(order + "8xIIIHHBB", number, 0, following, 1, len(part), 0, 7) + part).ljust(512, b"\0")
    return content


def database(blobs: list[bytes], page_size: int) -> bytes:
    """Return ``rpmdb.sqlite`` with these headers, as SQLite writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rpmdb.sqlite")
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA page_size = {page_size}")
        connection.execute("CREATE TABLE other (x TEXT)")
        connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
        connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
        connection.commit()
        connection.close()
        return path.read_bytes()


SAMPLES: dict[str, tuple[bytes, Callable[[int], Iterator[bytes]]]] = {
    "sqlite": (database([HEADER, bytes(3_000)], 512), sqlite_headers),
    "ndb": (ndb(HEADER, HEADER), ndb_headers),
    "berkeley": (berkeley(HEADER + bytes(600), "<"), berkeley_headers),
}
