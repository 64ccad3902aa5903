"""Deliveries that come packed: gzip with one file, zip with one or many.

An archive is a stranger's: it is looked through to its end before anything of it is taken, within bounds for what it
unpacks to, for its ratio, its files and their names. Nothing is written anywhere, so a name can lead nowhere.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Protocol, Self, override

from quetsach.core.text import Number, Text
from quetsach.feeds.layout import FeedError

MAX_MEMBERS = 1000
MAX_NAME_CHARACTERS = 200
MAX_UNPACKED_BYTES = 8 << 30
MAX_RATIO = 250
"""CSV of sinkholes packs to a tenth or a twentieth; of the same row again and again to a hundredth and less."""

_ALWAYS_ALLOWED_BYTES = 1 << 20
"""Up to here the ratio does not matter."""

_MAX_DIRECTORY_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 18
_GZIP, _ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
# What the standard library raises on archives that are not what they say; of methods that it lacks a RuntimeError.
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError, ValueError)
ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
"""How files of data are called; an archive with others is none of a feed."""
_HINT = Text("is it complete? have it sent again, or unpack it and take in its files")
_UNPACK = Text("unpack it and take in its files of data: {endings}", endings=", ".join(ENDINGS))
_MOST_MEMBERS = Text("at most {most}", most=Number(MAX_MEMBERS))


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of data in an archive: its name without folders (empty in gzip), its size, and how to read it."""

    name: str
    size_bytes: int
    open: Callable[[], AbstractContextManager[Readable]]


def is_packed(head: bytes) -> bool:
    """Whether a file that begins like this is an archive."""
    return head.startswith((_GZIP, *_ZIP))


def members(stream: IO[bytes]) -> tuple[Member, ...]:
    """Look through an archive to its end and return its files of data; ``stream`` must stay open while they are read.

    Raises:
        FeedError: it is damaged, cut off or too large, or holds something else than files of data.
    """
    packed_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    most = min(MAX_UNPACKED_BYTES, max(MAX_RATIO * packed_bytes, _ALWAYS_ALLOWED_BYTES))
    if stream.read(2) == _GZIP:
        return (_looked_through("", partial(_gunzip, stream), most),)
    found: list[Member] = []
    archive = _directory(stream)
    for entry in _csv_entries(archive):
        name = entry.filename.rpartition("/")[2]
        found.append(_looked_through(name, partial(archive.open, entry), most))
        most -= found[-1].size_bytes
    return tuple(found)


class _Unpacking:
    """Reads what is unpacked, says what is wrong with it, and stops where it becomes too much."""

    def __init__(self, unpack: Callable[[], IO[bytes]], most: int) -> None:
        self._unpack = unpack
        self._left = most

    def __enter__(self) -> Self:
        with _explained():
            self._stream = self._unpack()
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int, /) -> bytes:
        with _explained():
            chunk = self._stream.read(min(size, _CHUNK_BYTES))
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


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise FeedError(Text("the archive is damaged or cut off"), hint=_HINT) from error


class _Guarded(io.BufferedReader):
    """Refuses to hold a directory of any size: ``zipfile`` reads it in one piece."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0 or size > _MAX_DIRECTORY_BYTES:
            raise FeedError(Text("the archive lists too many files"), hint=_MOST_MEMBERS)
        return super().read(size)


def _gunzip(stream: IO[bytes]) -> IO[bytes]:
    stream.seek(0)
    return gzip.GzipFile(fileobj=stream, mode="rb")  # type: ignore[return-value]  # it is one but for its declaration


def _directory(stream: IO[bytes]) -> zipfile.ZipFile:
    with _explained():
        return zipfile.ZipFile(_Guarded(stream))  # type: ignore[arg-type]  # any seekable binary file


def _csv_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
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
        elif not entry.filename.lower().endswith(ENDINGS):
            what = Text("the archive has {name}, which is no file of data by its name", name=entry.filename)
        elif entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            what = Text("the archive has {name} encrypted or packed in an unusual way", name=entry.filename)
        if what:
            raise FeedError(what, hint=_UNPACK)
        names.add(entry.filename)
    if not entries:
        raise FeedError(Text("the archive has no file of data"), hint=_HINT)
    return entries


def _looked_through(name: str, unpack: Callable[[], IO[bytes]], most: int) -> Member:
    size = 0
    with _Unpacking(unpack, most) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            size += len(chunk)
    return Member(name, size, lambda: _Unpacking(unpack, size))
