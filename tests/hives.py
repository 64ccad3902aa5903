"""Hives for tests as specimens of packs have them (``quetsach.packs.specimen.hive``), and their logs."""

import struct

from quetsach.endpoint.host.hive_log import marvin32
from quetsach.packs.specimen.hive import (
    BINARY,
    DWORD,
    EXPAND_SZ,
    MULTI_SZ,
    QWORD,
    SZ,
    Keys,
    build_hive,
    data_of,
    hive_checksum,
    hive_header,
)

__all__ = [
    "BINARY",
    "DWORD",
    "EXPAND_SZ",
    "MULTI_SZ",
    "QWORD",
    "SZ",
    "Keys",
    "build_hive",
    "build_log",
    "data_of",
    "hive_checksum",
    "hive_header",
]


def build_log(*entries: tuple[int, bytes, bytes]) -> bytes:
    """Return a log in the form of Windows 8.1: for each entry its number, and the hive before and after it."""
    log = bytearray(build_hive({})[:512])
    struct.pack_into("<I", log, 28, 6)
    struct.pack_into("<I", log, 508, hive_checksum(log))
    for number, before, after in entries:
        pages = [at for at in range(4096, len(after), 4096) if before[at : at + 4096] != after[at : at + 4096]]
        body = b"".join(struct.pack("<II", at - 4096, 4096) for at in pages)
        body += b"".join(after[at : at + 4096] for at in pages)
        body = body.ljust((len(body) + 40 + 511) // 512 * 512 - 40, b"\0")
        head = struct.pack("<4sIIIII", b"HvLE", 40 + len(body), 0, number, len(after) - 4096, len(pages))
        head += struct.pack("<Q", marvin32(body))
        log += head + struct.pack("<Q", marvin32(head)) + body
    return bytes(log)
