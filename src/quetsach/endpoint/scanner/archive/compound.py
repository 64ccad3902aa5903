"""Streams of a compound file (OLE): old Office documents, packages of Windows Installer, messages of Outlook.

The directory is gone through entry by entry, so that a stream that its tree does not reach is seen too. Visual Basic
is unpacked where its source begins with its first attribute, whatever the project says of its place.

Sources: [MS-CFB] 2.1 to 2.6; [MS-OVBA] 2.4.1.
"""

import re
import struct
from collections.abc import Iterator
from functools import lru_cache

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Budget, ClosedError, Member, Source

_HEADER = struct.Struct("<8s16xHHHHH6xIIIIIIIII")
_HEADER_BYTES, _DIFAT_AT, _DIFAT_IN_HEADER = 512, 76, 109
_ENTRY = struct.Struct("<64sHBxIII16xI8x8xIQ")
_STREAM, _ROOT = 2, 5
_LARGEST_SECTOR = 0xFFFF_FFFA  # above are marks: end of a chain, free, and the tables themselves
_MINI_CUTOFF, _MINI_BYTES = 4096, 64
_RUN_BYTES = 64 << 10
_ENCRYPTED = "EncryptedPackage"  # [MS-OFFCRYPTO] 2.3.4.4
_MODULE = re.compile(rb"\x01..\0Attribut", re.DOTALL)
"""A container, the head of its first chunk, and the letters that every module begins with, behind their flags."""
_CHUNK_BYTES = 4096


def compound_members(source: Source, budget: Budget) -> Iterator[Member]:
    """Yield the streams of a compound file, and the Visual Basic that they hold.

    Raises:
        ClosedError: its header or directory does not hold.
        EndedError: a limit of the whole file was reached.
    """
    file = _Compound(source, budget)
    for name, start, size in file.streams():
        if name == _ENCRYPTED:
            yield Member(name.encode(), iter(()), Reason.ENCRYPTED)
            continue
        yield Member(name.encode("utf-8", "replace"), file.content(start, size))
        if size <= budget.share:
            yield from _modules(name, file, start, size)


def _modules(name: str, file: "_Compound", start: int, size: int) -> Iterator[Member]:
    try:
        content = b"".join(file.content(start, size))
    except ClosedError:  # told when the stream itself was read
        return
    for found in _MODULE.finditer(content):  # what stands before the source may hold decoys
        yield Member(f"{name}.bas".encode("utf-8", "replace"), _uncompressed(content, found.start(), file.budget))


class _Compound:
    """One compound file. What it says of sizes and places is never believed beyond the bytes that are there."""

    def __init__(self, source: Source, budget: Budget) -> None:
        self.budget = budget
        self._source = source
        head = source.read(0, _HEADER_BYTES)
        if len(head) < _HEADER_BYTES:
            raise ClosedError("the header is cut off", Reason.DAMAGED)
        _, _, version, _, shift, _, _, fat, root, _, cutoff, mini_fat, _, difat, _ = _HEADER.unpack_from(head)
        if (version, shift) not in {(3, 9), (4, 12)} or cutoff != _MINI_CUTOFF:
            raise ClosedError("a form of compound file that does not exist", Reason.DAMAGED)
        self._sector_bytes = 1 << shift
        self._has_long_sizes = version == 4
        self._sectors = -(-source.size_bytes // self._sector_bytes)
        self._fat_at = self._fat_sectors(head, fat, difat)
        self._table = lru_cache(maxsize=64)(self._read_table)
        self._directory = root
        self._mini_fat = list(self._chain(mini_fat))
        self._mini_stream: list[int] = []

    def streams(self) -> Iterator[tuple[str, int, int]]:
        """Yield name, first sector and size of every stream; the root's own, which holds the small ones, is none."""
        is_first = True
        for sector in self._chain(self._directory):
            content = self._read(sector)
            for name, name_bytes, kind, *_, start, size in _ENTRY.iter_unpack(content[: len(content) // 128 * 128]):
                self.budget.tick()
                if not self._has_long_sizes:
                    size &= 0xFFFF_FFFF  # noqa: PLW2901  (the upper half is undefined there)
                if is_first and kind == _ROOT:
                    self._mini_stream = list(self._chain(start))
                elif kind == _STREAM:
                    yield name[: max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace"), start, size
                is_first = False
        if is_first:
            raise ClosedError("the directory is cut off", Reason.DAMAGED)

    def content(self, start: int, size: int) -> Iterator[bytes]:
        """Yield the bytes of a stream.

        Raises:
            ClosedError: its chain ends before its size is reached.
        """
        left = size
        pieces = self._runs(start) if size >= _MINI_CUTOFF else self._small(start, size)
        while left > 0:
            piece = next(pieces, b"")[:left]
            if not piece:
                raise ClosedError("a stream breaks off", Reason.DAMAGED)
            left -= len(piece)
            self.budget.spend(len(piece))
            yield piece

    def _fat_sectors(self, head: bytes, count: int, difat: int) -> list[int]:
        """Return where the parts of the allocation table are: 109 stand in the header, the rest in a chain."""
        places = list(struct.unpack_from(f"<{_DIFAT_IN_HEADER}I", head, _DIFAT_AT))
        in_a_sector = self._sector_bytes // 4 - 1
        steps = 0
        while difat < _LARGEST_SECTOR and len(places) < count and steps * in_a_sector <= self._sectors:
            content = self._read(difat)
            if len(content) < self._sector_bytes:
                raise ClosedError("the allocation table is cut off", Reason.DAMAGED)
            *more, difat = struct.unpack(f"<{in_a_sector + 1}I", content)
            places += more
            steps += 1
        return places[: min(count, self._sectors)]

    def _chain(self, sector: int) -> Iterator[int]:
        """Yield the sectors of a chain: never more than the file has, so that one that runs in a ring ends."""
        for _ in range(self._sectors):
            if sector >= _LARGEST_SECTOR:
                return
            yield sector
            self.budget.tick()
            part, place = divmod(sector, self._sector_bytes // 4)
            table = self._table(part)
            if place >= len(table):
                raise ClosedError("the allocation table is cut off", Reason.DAMAGED)
            sector = table[place]

    def _read_table(self, part: int) -> tuple[int, ...]:
        content = self._read(self._fat_at[part]) if part < len(self._fat_at) else b""
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _read(self, sector: int, count: int = 1) -> bytes:
        return self._source.read((sector + 1) * self._sector_bytes, count * self._sector_bytes)

    def _runs(self, start: int) -> Iterator[bytes]:
        """Yield the content of a chain; sectors that lie in a row are read at once."""
        first, count = start, 0
        for sector in self._chain(start):
            if sector != first + count or count * self._sector_bytes >= _RUN_BYTES:
                yield self._read(first, count)
                first, count = sector, 0
            count += 1
        if count:
            yield self._read(first, count)

    def _small(self, sector: int, size: int) -> Iterator[bytes]:
        """Yield the content of a stream that lies with the other small ones, in parts of 64 bytes."""
        in_a_sector, in_a_table = self._sector_bytes // _MINI_BYTES, self._sector_bytes // 4
        for _ in range(-(-size // _MINI_BYTES)):
            part, place = divmod(sector, in_a_sector)
            table, entry = divmod(sector, in_a_table)
            if part >= len(self._mini_stream) or table >= len(self._mini_fat):
                return
            yield self._source.read(
                (self._mini_stream[part] + 1) * self._sector_bytes + place * _MINI_BYTES, _MINI_BYTES
            )
            next_one = self._source.read((self._mini_fat[table] + 1) * self._sector_bytes + 4 * entry, 4)
            sector = int.from_bytes(next_one, "little") if len(next_one) == 4 else _LARGEST_SECTOR


def _uncompressed(content: bytes, at: int, budget: Budget) -> Iterator[bytes]:
    """Yield the chunks of a compressed container of Visual Basic ([MS-OVBA] 2.4.1.3), as far as they hold."""
    at += 1
    while at + 2 <= len(content):
        header = int.from_bytes(content[at : at + 2], "little")
        end = at + 3 + (header & 0xFFF)
        if header >> 12 & 7 != 3:  # the signature of a chunk
            return
        body = content[at + 2 : end]
        chunk = _chunk(body) if header >> 15 else body
        budget.spend(len(chunk))
        yield chunk
        at = end


def _chunk(body: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(body) and len(out) < _CHUNK_BYTES:
        flags = body[at]
        at += 1
        for bit in range(8):
            if at >= len(body) or len(out) >= _CHUNK_BYTES:
                break
            if not flags >> bit & 1:
                out.append(body[at])
                at += 1
                continue
            token = int.from_bytes(body[at : at + 2], "little")
            at += 2
            bits = max(4, (len(out) - 1).bit_length()) if out else 4
            length, back = (token & (0xFFFF >> bits)) + 3, (token >> 16 - bits) + 1
            if back > len(out):
                return bytes(out)
            for _ in range(min(length, _CHUNK_BYTES - len(out))):
                out.append(out[-back])
    return bytes(out)
