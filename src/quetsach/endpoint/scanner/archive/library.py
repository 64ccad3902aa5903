"""Members of the formats that libarchive reads: 7z, cab, iso, rar, cpio, ar, rpm and the lesser compressions.

The library (BSD licence) comes with the system and is bound here by the few functions that are used (archive_read(3)).
It is asked for one format and at most one filter, never for those that it would start another program for. It parses
hostile bytes in C, so it belongs into worker processes.
"""

import ctypes
import errno
import functools
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import chain
from typing import Any

from quetsach.endpoint.host.live import MemoryBound
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Budget, ClosedError, Member, Source
from quetsach.endpoint.scanner.kind import FileKind

_PLACES = {"linux": "libarchive.so.13", "darwin": "/usr/lib/libarchive.2.dylib", "win32": "archiveint.dll"}
"""Debian's package libarchive13t64 (others name the file alike); part of macOS; part of Windows 10 and later."""

_FORMATS: dict[FileKind, tuple[str, ...]] = {
    FileKind.SEVEN_ZIP: ("format_7zip",),
    FileKind.CAB: ("format_cab",),
    FileKind.ISO: ("format_iso9660",),
    FileKind.RAR: ("format_rar", "format_rar5"),
    FileKind.CPIO: ("format_cpio",),
    FileKind.AR: ("format_ar",),
    FileKind.RPM: ("filter_rpm", "format_raw"),
    FileKind.ZSTD: ("filter_zstd", "format_raw"),
    FileKind.LZIP: ("filter_lzip", "format_raw"),
    FileKind.LZ4: ("filter_lz4", "format_raw"),
    FileKind.COMPRESS: ("filter_compress", "format_raw"),
}
KINDS = frozenset(_FORMATS)
"""What is read here."""
_PACKED = frozenset({FileKind.SEVEN_ZIP, FileKind.CAB, FileKind.RAR})
"""Formats with several members that may be compressed as one."""

_OPTIONS: dict[FileKind, tuple[bytes, ...]] = {FileKind.ISO: (b"", b"iso9660:!rockridge")}
"""How often, and how, an archive is read. A disc has several lists of files: Linux reads that of Rock Ridge, Windows
that of Joliet, and either may name what the other does not."""

_UDF_MARK = b"NSR0"
"""On a disc with UDF, among the first descriptors (ECMA-167, 3/9.1)."""
_DISC_MARKS_OFFSET, _DISC_MARKS_BYTES = 16 * 2048, 32 * 2048

_OK, _EOF, _WARN, _FATAL = 0, 1, -20, -30
_BLOCK_BYTES = 64 << 10
_WITH_A_FILTER = 2  # the library counts the file itself as one
_REGULAR, _LINK, _TYPE = 0o100000, 0o120000, 0o170000
_SEARCH_SYSTEM32 = 0x800

_Pointer, _Size, _Offset, _Int = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, ctypes.c_int
_READ = ctypes.CFUNCTYPE(ctypes.c_ssize_t, _Pointer, _Pointer, ctypes.POINTER(_Pointer))
_SEEK = ctypes.CFUNCTYPE(_Offset, _Pointer, _Pointer, _Offset, _Int)
_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "version_details": (ctypes.c_char_p, ()),
    "read_new": (_Pointer, ()),
    "read_free": (_Int, (_Pointer,)),
    "read_set_seek_callback": (_Int, (_Pointer, _SEEK)),
    "read_set_options": (_Int, (_Pointer, ctypes.c_char_p)),
    "read_open": (_Int, (_Pointer, _Pointer, _Pointer, _READ, _Pointer)),
    "read_next_header": (_Int, (_Pointer, ctypes.POINTER(_Pointer))),
    "read_data_block": (_Int, (_Pointer, *map(ctypes.POINTER, (_Pointer, _Size, _Offset)))),
    "read_has_encrypted_entries": (_Int, (_Pointer,)),
    "filter_count": (_Int, (_Pointer,)),
    "errno": (_Int, (_Pointer,)),
    "error_string": (ctypes.c_char_p, (_Pointer,)),
    "entry_filetype": (ctypes.c_uint, (_Pointer,)),
    "entry_is_encrypted": (_Int, (_Pointer,)),
    "entry_pathname": (ctypes.c_char_p, (_Pointer,)),
    "entry_pathname_utf8": (ctypes.c_char_p, (_Pointer,)),
    **{f"read_support_{name}": (_Int, (_Pointer,)) for names in _FORMATS.values() for name in names},
}


@functools.cache
def _library() -> dict[str, Any] | None:
    """Return the functions of libarchive without their prefix; ``None`` on a machine that lacks it or one of them."""
    winmode = _SEARCH_SYSTEM32 if sys.platform == "win32" else None
    functions: dict[str, Any] = {}
    try:
        library = ctypes.CDLL(_PLACES.get(sys.platform, _PLACES["linux"]), winmode=winmode)
        for name, (result, arguments) in _PROTOTYPES.items():
            function = library["archive_" + name]
            function.restype, function.argtypes = result, arguments
            functions[name] = function
    except (OSError, AttributeError):
        return None
    return functions


def library_version() -> bytes:
    """Return the version of libarchive and of what it is built with; empty on a machine that lacks it."""
    library = _library()
    return (library["version_details"]() or b"libarchive") if library else b""


def library_members(source: Source, kind: FileKind, name: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive of one of ``KINDS``; ``name`` is that of the one member of a compressed file.

    Raises:
        ClosedError: it is encrypted or damaged, needs too much memory, or this machine lacks the library.
        EndedError: a limit of the whole archive was reached.
    """
    library = _library()
    if library is None or kind not in _FORMATS:
        raise ClosedError("there is nothing on this machine to open it with", Reason.NOT_OPENED)
    is_udf = kind is FileKind.ISO and _UDF_MARK in source.read(_DISC_MARKS_OFFSET, _DISC_MARKS_BYTES)
    known: set[bytes] = set()
    refused: ClosedError | None = None
    for options in _OPTIONS.get(kind, (b"",)):
        reading = _Reading(library, source, budget)
        try:
            reading.open(kind, options)
            members = _members(reading, name if "format_raw" in _FORMATS[kind] else None, kind)
            if kind in _OPTIONS:
                members = _unknown(members, known, budget, is_first=not options)
            yield from members
        except ClosedError as closed:  # another list may hold all the same
            refused = refused or closed
        finally:
            reading.close()
    if is_udf:
        raise ClosedError("the disc has a second list of files, of UDF, which is not read", Reason.NOT_OPENED)
    if refused:
        raise refused


def _members(reading: "_Reading", name: bytes | None, kind: FileKind) -> Iterator[Member]:
    """Yield the files of an archive to its end; what was refused on the way is raised there.

    What an entry says that it is (a folder, a device) is only believed where it has no content: programs of Windows
    make a file of it all the same. Of a link the library keeps the content to itself.
    """
    refused: ClosedError | None = None
    is_packed = kind in _PACKED
    while entry := reading.next_entry():
        its_name = reading.name(entry) if name is None else name
        closed = Reason.ENCRYPTED if reading.library["entry_is_encrypted"](entry) else None
        content = reading.pieces()
        if (its_type := reading.type(entry)) != _REGULAR:
            first = b"" if closed else _first(reading)
            if not first and not closed and not (its_type == _LINK and is_packed):
                reading.budget.take_member()
                continue
            content = chain((first,), content)
            closed = closed or (None if first else Reason.NOT_OPENED)
        yield Member(its_name, content, closed)
        if is_packed and not closed and not reading.has_failed:
            refused = _pass(reading) or refused
    if refused:
        raise refused


def _unknown(members: Iterator[Member], known: set[bytes], budget: Budget, *, is_first: bool) -> Iterator[Member]:
    """Yield the members whose content, as far as it can be kept, another list of the same disc did not name."""
    for member in members:
        parts: list[bytes] = []
        size, digest = 0, blake2b()
        try:
            for piece in member.pieces:
                parts.append(piece)
                size += len(piece)
                digest.update(piece)
                if size > budget.share:
                    break
        except ClosedError:
            yield replace(member, pieces=iter(parts))
            raise
        if not is_first and not member.closed and size <= budget.share and digest.digest() in known:
            continue
        known.add(digest.digest())
        yield replace(member, pieces=chain(parts, member.pieces))


def _first(reading: "_Reading") -> bytes:
    """Return the first bytes of an entry that is no file, so should have none; a folder of RAR 5 refuses to say."""
    try:
        return next(reading.pieces(), b"")
    except ClosedError:
        if reading.is_over:
            raise
        return b""


def _pass(reading: "_Reading") -> ClosedError | None:
    """Unpack the rest of a member: on its way to the next one the library would do so uncounted.

    Returns:
        what was refused: the next member may have content all the same.

    Raises:
        ClosedError: the library cannot go on behind it.
    """
    try:
        for _ in reading.pieces():
            pass
    except ClosedError as refused:
        if reading.is_over:
            raise
        return refused
    return None


class _Reading:
    """One archive that is being read."""

    def __init__(self, library: dict[str, Any], source: Source, budget: Budget) -> None:
        self.library = library
        self.budget = budget
        self._source = source
        self._at = 0
        self._given = b""
        self._failure: OSError | None = None
        self._is_open = False
        self._has_filter = False
        self.is_over = False
        self.has_failed = False
        """Whether the member that was read last broke off."""
        self._callbacks = _READ(self._read), _SEEK(self._seek)
        self._memory = MemoryBound(budget.limits.decoder_bytes + budget.limits.held_bytes)
        self._archive = library["read_new"]()

    def open(self, kind: FileKind, options: bytes) -> None:
        read, seek = self._callbacks
        self._has_filter = _FORMATS[kind][0].startswith("filter_")
        for name in _FORMATS[kind]:
            if self.library[f"read_support_{name}"](self._archive) != _OK:  # it would start another program
                raise ClosedError("libarchive does not read this format itself", Reason.NOT_OPENED)
        if options:
            self.library["read_set_options"](self._archive, options)
        self.library["read_set_seek_callback"](self._archive, seek)
        self._check(self._bounded("read_open", None, None, read, None))
        self._is_open = True

    def close(self) -> None:
        self.library["read_free"](self._archive)
        del self._callbacks  # they refer back here: what was unpacked would wait for the garbage collector

    def next_entry(self) -> int | None:
        if self.is_over:
            return None
        entry = _Pointer()
        self.has_failed = False
        result = self._bounded("read_next_header", ctypes.byref(entry))
        self._check(result)
        if self._has_filter and self.library["filter_count"](self._archive) < _WITH_A_FILTER:
            # Raw content of an unknown filter would be the packed bytes again, as if they had been unpacked.
            raise ClosedError("libarchive does not take it for what it is", Reason.NOT_OPENED)
        return None if result == _EOF else entry.value

    def type(self, entry: int) -> int:
        return int(self.library["entry_filetype"](entry)) & _TYPE

    def name(self, entry: int) -> bytes:
        return self.library["entry_pathname_utf8"](entry) or self.library["entry_pathname"](entry) or b""

    def pieces(self) -> Iterator[bytes]:
        block, size, offset = _Pointer(), _Size(), _Offset()
        places = ctypes.byref(block), ctypes.byref(size), ctypes.byref(offset)
        while (result := self._bounded("read_data_block", *places)) != _EOF:
            self._check(result)
            self.budget.spend(size.value)
            if size.value:
                yield ctypes.string_at(block, size.value)

    def _bounded(self, function: str, *arguments: Any) -> int:
        with self._memory:
            return int(self.library[function](self._archive, *arguments))

    def _check(self, result: int) -> None:
        if self._failure:
            raise self._failure
        if result >= _WARN:
            return
        self.has_failed = True
        self.is_over = result <= _FATAL  # the library says so, does not hold itself to it, and crashes
        if self._is_open and self.library["read_has_encrypted_entries"](self._archive) > 0:  # it crashes before
            raise ClosedError("the archive is encrypted", Reason.ENCRYPTED)
        says = self.library["error_string"](self._archive) or b""
        if b"memory" in says or self.library["errno"](self._archive) == errno.ENOMEM:
            raise ClosedError("it needs more memory than it may have", Reason.LIMIT)
        raise ClosedError("libarchive cannot read on", Reason.NOT_OPENED if b"support" in says else Reason.DAMAGED)

    def _read(self, _archive: int, _context: int, place: Any) -> int:
        """Give the library its next bytes; what is raised here would be lost, so an error is kept for later."""
        try:
            content = self._source.read(self._at, _BLOCK_BYTES)
        except OSError as error:
            self._failure = error
            return _FATAL
        self._at += len(content)
        self._given = content  # the library reads it until it asks for more
        place[0] = ctypes.cast(ctypes.c_char_p(content), _Pointer).value
        return len(content)

    def _seek(self, _archive: int, _context: int, offset: int, whence: int) -> int:
        at = offset + (0, self._at, self._source.size_bytes)[whence]
        if at < 0:
            return _FATAL
        self._at = at
        return at
