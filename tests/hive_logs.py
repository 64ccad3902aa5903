"""Logs beside hives, in both forms: of Windows 8.1 and later, and the older one."""

import struct

from quetsach.endpoint.host.hive_log import marvin32
from quetsach.packs.specimen.hive import build_hive, hive_checksum


def build_log(*entries: tuple[int, bytes, bytes]) -> bytes:
    """Return a log in the form of Windows 8.1: for each entry its number, and the hive before and after it."""
    log = bytearray(_base_block(entries[0][1] if entries else build_hive({}), entries[0][0] if entries else 7, kind=6))
    for number, before, after in entries:
        pages = [at for at in range(4096, len(after), 4096) if before[at : at + 4096] != after[at : at + 4096]]
        body = b"".join(struct.pack("<II", at - 4096, 4096) for at in pages)
        body += b"".join(after[at : at + 4096] for at in pages)
        body = body.ljust((len(body) + 40 + 511) // 512 * 512 - 40, b"\0")
        head = struct.pack("<4sIIIII", b"HvLE", 40 + len(body), 0, number, len(after) - 4096, len(pages))
        head += struct.pack("<Q", marvin32(body))
        log += head + struct.pack("<Q", marvin32(head)) + body
    return bytes(log)


def build_old_log(before: bytes, after: bytes, *, number: int = 8) -> bytes:
    """Return a log in the form before Windows 8.1: a map of the pages of 512 bytes that differ, and these pages."""
    pages = [at for at in range(4096, len(after), 512) if before[at : at + 512] != after[at : at + 512]]
    bitmap = bytearray((len(after) - 4096) // 512 // 8)
    for at in pages:
        place = (at - 4096) // 512
        bitmap[place // 8] |= 1 << place % 8
    body = b"DIRT" + bytes(bitmap)
    body = body.ljust(-(-len(body) // 512) * 512, b"\0")
    return _base_block(after, number, kind=1) + body + b"".join(after[at : at + 512] for at in pages)


def _base_block(hive: bytes, number: int, *, kind: int) -> bytes:
    """Return the copy of a hive's base block that a log begins with."""
    block = bytearray(hive[:512])
    struct.pack_into("<II", block, 4, number, number)
    struct.pack_into("<I", block, 28, kind)
    struct.pack_into("<I", block, 508, hive_checksum(block))
    return bytes(block)
