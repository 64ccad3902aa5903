"""Logs beside hives, as Windows 8.1 and later write them."""

import struct

from quetsach.endpoint.host.hive_log import marvin32
from quetsach.packs.specimen.hive import build_hive, hive_checksum


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
