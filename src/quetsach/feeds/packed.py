"""Deliveries that come packed: compressed, as archives of zip, and as files of a mail.

An archive is a stranger's: it is looked through to its end before anything of it is taken, within bounds for what it
unpacks to, for its ratio, its files and their names. Nothing is written anywhere, so a name can lead nowhere. A file in
an archive or a mail may be compressed itself, and a mail may have an archive; nothing else lies in another.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, Self, override

from quetsach.core.text import Number, Text
from quetsach.feeds import compression
from quetsach.feeds.compression import Readable, compression_of, decompressed, decompressed_by
from quetsach.feeds.layout import FeedError
from quetsach.feeds.mail import MAX_MAIL_BYTES, attachments, is_mail

MAX_MEMBERS = 1000
MAX_NAME_CHARACTERS = 200
MAX_UNPACKED_BYTES = 8 << 30
MAX_RATIO = 250
"""CSV of sinkholes packs to a tenth or a twentieth; of the same row again and again to a hundredth and less."""

_ALWAYS_ALLOWED_BYTES = 1 << 20
"""Up to here the ratio does not matter."""

_MAX_DIRECTORY_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 18
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, *compression.METHODS}
_ENCRYPTED, _HAS_END_MARK = 0x1, 0x2
# What the standard library raises on archives that are not what they say; of methods that it lacks a RuntimeError.
_DAMAGED = (zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, RuntimeError, ValueError, OSError)
ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
"""How files of data are called; an archive with others is none of a feed."""
_DATA = (*ENDINGS, *(ending + packed for ending in ENDINGS for packed in compression.ENDINGS))
HEAD_BYTES = compression.HEAD_BYTES
"""How many bytes of a file tell whether it is packed."""
_HINT = Text("is it complete? have it sent again, or unpack it and take in its files")
_UNPACK = Text("unpack it and take in its files of data: {endings}", endings=", ".join(ENDINGS))
_MEMORY_MIB = compression.MAX_MEMORY_BYTES >> 20
_MOST_MEMBERS = Text("at most {most}", most=Number(MAX_MEMBERS))


@dataclass(frozen=True, slots=True)
class Member:
    """One file of data in an archive: its name (empty if that is the archive's), its size, how to read it."""

    name: str
    size_bytes: int
    open: Callable[[], AbstractContextManager[Readable]]


def is_packed(head: bytes, name: str = "") -> bool:
    """Whether a file that begins like this (``HEAD_BYTES``) and is called so is an archive, compressed, or a mail."""
    return is_mail(name) or head.startswith(_ZIP) or bool(compression_of(head))


def members(stream: IO[bytes], name: str = "") -> tuple[Member, ...]:
    """Look through an archive to its end and return its files of data; ``stream`` must stay open while they are read.

    Args:
        stream: the archive, from any position.
        name: what it is called: a mail is known by that.

    Raises:
        FeedError: it is damaged, cut off or too large, or holds something else than files of data.
    """
    stream.seek(0)
    found = _in_mail(stream) if is_mail(name) else _in_archive(stream)
    if not found:
        raise FeedError(Text("the archive has no file of data"), hint=_HINT)
    if len(found) > MAX_MEMBERS:
        raise FeedError(Text("the archive lists {number} files", number=Number(len(found))), hint=_MOST_MEMBERS)
    return tuple(found)


def _in_mail(stream: IO[bytes]) -> list[Member]:
    """Return the files of a mail; what they unpack to is bounded by its size and their ratio."""
    found: list[Member] = []
    for name, content in attachments(stream.read(MAX_MAIL_BYTES + 1), (*_DATA, ".zip")):
        if is_packed(content[:HEAD_BYTES]):
            inside = _in_archive(io.BytesIO(content))
            found += [replace(one, name=f"{name}/{one.name}" if one.name else name) for one in inside]
        else:
            found.append(Member(name, len(content), partial(io.BytesIO, content)))
    return found


def _in_archive(stream: IO[bytes]) -> list[Member]:
    packed_bytes = stream.seek(0, io.SEEK_END)
    most = min(MAX_UNPACKED_BYTES, max(MAX_RATIO * packed_bytes, _ALWAYS_ALLOWED_BYTES))
    stream.seek(0)
    if not stream.read(HEAD_BYTES).startswith(_ZIP):
        return [_looked_through("", partial(_from_start, stream), most)]
    found: list[Member] = []
    archive = _directory(stream)
    for entry in _data_entries(archive):
        name = entry.filename.rpartition("/")[2]
        found.append(_looked_through(name, partial(_entry, archive, entry), most))
        most -= found[-1].size_bytes
    return found


class _Within:
    """Reads what is unpacked, and stops where it becomes too much."""

    def __init__(self, source: Readable, most: int) -> None:
        self._source = source
        self._left = most

    def read(self, size: int, /) -> bytes:
        chunk = self._source.read(min(size, _CHUNK_BYTES))
        self._left -= len(chunk)
        if self._left < 0:
            raise FeedError(
                Text("the archive unpacks to far more than a feed would"),
                hint=Text(
                    "at most {times} times its size and {most} GiB: unpack it if it is right",
                    times=MAX_RATIO,
                    most=MAX_UNPACKED_BYTES >> 30,
                ),
            )
        return chunk


class _Unpacking:
    """Reads a file of an archive, which may be compressed itself, and says what is wrong with it."""

    def __init__(self, unpack: Callable[[], Readable], most: int) -> None:
        self._unpack = unpack
        self._most = most

    def __enter__(self) -> Self:
        with _explained():
            self._stream = _Within(decompressed(_Within(self._unpack(), self._most)), self._most)
        return self

    def __exit__(self, *_: object) -> None:
        del self._stream

    def read(self, size: int, /) -> bytes:
        """Return as many bytes as are asked for, up to a piece; fewer at the end alone: a header is read at once."""
        piece = bytearray()
        with _explained():
            while (left := min(size, _CHUNK_BYTES) - len(piece)) and (more := self._stream.read(left)):
                piece += more
        return bytes(piece)


class _Checked:
    """Compares what a file of a zip unpacks to with the size and the sum that the directory says."""

    def __init__(self, source: Readable, entry: zipfile.ZipInfo) -> None:
        self._source = source
        self._entry = entry
        self._size = self._sum = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._source.read(size)
        self._size += len(chunk)
        self._sum = zlib.crc32(chunk, self._sum)
        if not chunk and (self._size, self._sum) != (self._entry.file_size, self._entry.CRC):
            raise zipfile.BadZipFile
        return chunk


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (*_DAMAGED, MemoryError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; decoders have no numbers for theirs
        if isinstance(error, MemoryError) or "memory" in str(error).lower():
            raise FeedError(
                Text("unpacking the archive takes more than {most} MiB of memory", most=_MEMORY_MIB), hint=_UNPACK
            ) from error
        raise FeedError(Text("the archive is damaged or cut off"), hint=_HINT) from error


class _Guarded(io.BufferedReader):
    """Refuses to hold a directory of any size: ``zipfile`` reads it in one piece."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > _MAX_DIRECTORY_BYTES:
            raise FeedError(Text("the archive lists too many files"), hint=_MOST_MEMBERS)
        return super().read(size)


def _from_start(stream: IO[bytes]) -> IO[bytes]:
    stream.seek(0)
    return stream


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Readable:
    """Open a file of a zip. What ``zipfile`` would unpack without bounds, it gives as it is packed."""
    if entry.compress_type not in compression.METHODS:
        return archive.open(entry)
    packed = copy(entry)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, entry.compress_size
    del packed.CRC
    size_bytes = None if entry.flag_bits & _HAS_END_MARK else entry.file_size
    return _Checked(decompressed_by(entry.compress_type, archive.open(packed), size_bytes), entry)


def _directory(stream: IO[bytes]) -> zipfile.ZipFile:
    with _explained():
        return zipfile.ZipFile(_Guarded(stream))  # type: ignore[arg-type]  # any seekable binary file


def _data_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_MEMBERS:
        raise FeedError(Text("the archive lists {number} files", number=Number(len(entries))), hint=_MOST_MEMBERS)
    if len({entry.header_offset for entry in archive.infolist()}) < len(archive.infolist()):
        raise FeedError(Text("the archive is damaged or cut off"), hint=_HINT)  # two files in one place: a bomb
    names = set()
    for entry in entries:
        what: Text | None = None
        if len(entry.filename) > MAX_NAME_CHARACTERS or not entry.filename.isprintable():
            what = Text("the archive has a file with an unreadable name")
        elif entry.filename in names:
            what = Text("the archive has two files {name}", name=entry.filename)
        elif not entry.filename.lower().endswith(_DATA):
            what = Text("the archive has {name}, which is no file of data by its name", name=entry.filename)
        elif entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            what = Text("the archive has {name} encrypted or packed in an unusual way", name=entry.filename)
        if what:
            raise FeedError(what, hint=_UNPACK)
        names.add(entry.filename)
    return entries


def _looked_through(name: str, unpack: Callable[[], Readable], most: int) -> Member:
    size = 0
    with _Unpacking(unpack, most) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
    return Member(name, size, lambda: _Unpacking(unpack, most))
