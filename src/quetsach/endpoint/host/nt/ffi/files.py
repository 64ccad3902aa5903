"""Files of a running Windows, by handle (``FileCalls``).

Sources: Microsoft Learn, "NtCreateFile", "NtQueryDirectoryFile", "NtQueryInformationFile", "NtSetInformationFile";
[MS-FSCC] 2.4 and 2.5 for the records.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import msvcrt
import os
import struct
import time
import winreg
from collections.abc import Iterator
from ctypes import c_int32, c_uint32, c_void_p, c_wchar_p, wintypes
from functools import cache
from tempfile import TemporaryFile

from quetsach.endpoint.host.nt.ffi._dll import HANDLE, NTSTATUS, IoStatus, ObjectAttributes, library
from quetsach.endpoint.host.nt.file_calls import OPEN, SHARE_ALL, Disk, FileInformation, Stream, error_of

_ntdll = library("ntdll")

_P, _ULONG, _STATUS = ctypes.c_void_p, wintypes.ULONG, ctypes.POINTER(IoStatus)
for _name, _types in {
    "NtCreateFile": (
        *(ctypes.POINTER(HANDLE), _ULONG, ctypes.POINTER(ObjectAttributes), _STATUS, _P, _ULONG, _ULONG, _ULONG),
        *(_ULONG, _P, _ULONG),
    ),
    "NtClose": (HANDLE,),
    "NtQueryInformationFile": (HANDLE, _STATUS, _P, _ULONG, ctypes.c_int),
    "NtSetInformationFile": (HANDLE, _STATUS, _P, _ULONG, ctypes.c_int),
    "NtQueryVolumeInformationFile": (HANDLE, _STATUS, _P, _ULONG, ctypes.c_int),
    "NtQueryDirectoryFile": (
        *(HANDLE, HANDLE, _P, _P, _STATUS, _P, _ULONG, ctypes.c_int, wintypes.BOOLEAN, _P, wintypes.BOOLEAN),
    ),
    "NtFsControlFile": (HANDLE, HANDLE, _P, _P, _STATUS, _ULONG, _P, _ULONG, _P, _ULONG),
    "NtQuerySecurityObject": (HANDLE, _ULONG, _P, _ULONG, ctypes.POINTER(_ULONG)),
    "NtSetSecurityObject": (HANDLE, _ULONG, _P),
    "NtFlushBuffersFile": (HANDLE, _STATUS),
}.items():
    _call = getattr(_ntdll, _name)
    _call.argtypes, _call.restype = _types, NTSTATUS


_SYNCHRONIZE, _SYNCHRONOUS, _BACKUP = 0x10_0000, 0x20, 0x4000
_NO_MORE, _MORE_DATA, _TOO_SMALL, _NO_STREAMS = 0x8000_0006, 0x8000_0005, 0xC000_0023, 0xC000_0011
_NO_NAME = frozenset({0xC0000034, 0xC0000225})
_NOT_HAD = frozenset({0xC0000002, 0xC0000003, 0xC000000D, 0xC0000010, 0xC00000BB})
"""How a file system, or an older Windows, says that it does not know a class of information."""

_BASIC, _STANDARD, _INTERNAL, _NAME, _RENAME, _LINK, _DISPOSITION = 4, 5, 6, 9, 10, 11, 13
_ALTERNATE, _STREAMS, _TAG, _SHORT, _NORMALIZED, _ID = 21, 22, 35, 40, 48, 59
_DISPOSITION_NOW, _RENAME_NOW, _STAT = 64, 65, 68
_OF_VOLUME, _OF_KIND = 1, 5
_LISTED_LONG, _LISTED = 60, 37  # with file numbers of 128 bits, and of 64 where those are not had
_OVER, _AT_ONCE, _EVEN_READ_ONLY_NAME = 0x1, 0x2, 0x40
_REMOVE, _EVEN_READ_ONLY = 0x1, 0x10
_GET_REPARSE, _SET_REPARSE = 0x9_00A8, 0x9_00A4
_LARGEST_REPARSE = 16 << 10
_LARGEST = 1 << 20
_LISTING = 64 << 10

_TICK_SECONDS = 0.02
_FILE_SYSTEM = r"SYSTEM\CurrentControlSet\Control\FileSystem"

_BASICS = struct.Struct("<qqqqI4x")
_STATS = struct.Struct("<QqqqqqqIIII")
_ENTRY = struct.Struct("<IIqqqqqqIII")


class NtFileCalls:
    """The calls themselves; satisfies ``FileCalls``."""

    @property
    def updates_access(self) -> bool:
        """Return whether this Windows is set to keep times of access; from the factory it is not on most."""
        return _access_is_kept()

    def open(
        self,
        root: int,
        name: str,
        access: int,
        options: int = 0,
        *,
        share: int = SHARE_ALL,
        disposition: int = OPEN,
        attributes: int = 0,
        security: bytes | None = None,
    ) -> int:
        """Open or make a file, see ``FileCalls``."""
        what = ObjectAttributes.of(root, name, security=security or b"")
        handle, done = HANDLE(), IoStatus()
        status = _ntdll.NtCreateFile(
            ctypes.byref(handle),
            access | _SYNCHRONIZE,
            ctypes.byref(what),
            ctypes.byref(done),
            None,
            attributes,
            share,
            disposition,
            options | _SYNCHRONOUS | _BACKUP,
            None,
            0,
        )
        if status < 0 or handle.value is None:
            raise error_of(status, name)
        return handle.value

    def close(self, handle: int) -> None:
        """Close a handle."""
        _ntdll.NtClose(handle)

    def descriptor(self, handle: int, *, writable: bool = False) -> int:
        """Return a descriptor that owns the handle."""
        return msvcrt.open_osfhandle(handle, (os.O_RDWR if writable else os.O_RDONLY) | os.O_BINARY | os.O_NOINHERIT)

    def handle(self, descriptor: int) -> int:
        """Return the handle of a descriptor."""
        return msvcrt.get_osfhandle(descriptor)

    def entries(self, handle: int, disk: Disk) -> Iterator[tuple[str, FileInformation]]:
        """Yield the names in a folder."""
        buffer, done = ctypes.create_string_buffer(_LISTING), IoStatus()
        kind, is_first = _LISTED_LONG, True
        while True:
            status = _ntdll.NtQueryDirectoryFile(
                handle, None, None, None, ctypes.byref(done), buffer, _LISTING, kind, False, None, is_first
            )
            if is_first and kind == _LISTED_LONG and status & 0xFFFF_FFFF in _NOT_HAD:
                kind = _LISTED
                continue
            if status & 0xFFFF_FFFF == _NO_MORE:
                return
            if status < 0:
                raise error_of(status)
            is_first = False
            yield from _listed(buffer.raw[: done.information], disk.volume, has_long=kind == _LISTED_LONG)

    def information(self, handle: int, disk: Disk | None = None) -> FileInformation:
        """Return what is known of an open file."""
        if disk is None or disk.has_long_numbers:
            volume, identity = self._identity(handle)
        else:
            volume, identity = disk.volume, 0
        if raw := _query(handle, _STAT, _STATS.size, may_lack=True):
            number, made, accessed, written, changed, _, size, attributes, tag, links, _ = _STATS.unpack(raw)
        else:
            made, accessed, written, changed, attributes = _BASICS.unpack(_query(handle, _BASIC, _BASICS.size))
            _, size, links = struct.unpack_from("<qqI", _query(handle, _STANDARD, 24))
            (number,) = struct.unpack("<Q", _query(handle, _INTERNAL, 8))
            _, tag = self.tag(handle)
        return FileInformation(
            attributes, tag, volume, identity or number, links, size, made, accessed, written, changed
        )

    def _identity(self, handle: int) -> tuple[int, int]:
        """Return the numbers of volume and file as ``os.fstat`` has them; 0 for the file where it has 64 bits."""
        if found := _query(handle, _ID, 24, may_lack=True):
            return struct.unpack_from("<Q", found)[0], int.from_bytes(found[8:24], "little")
        return struct.unpack_from("<I", _query_volume(handle, _OF_VOLUME), 8)[0], 0

    def tag(self, handle: int) -> tuple[int, int]:
        """Return attributes and tag."""
        attributes, tag = struct.unpack("<II", _query(handle, _TAG, 8))
        return attributes, tag

    def name(self, handle: int) -> str:
        """Return the path on the volume, as it is on the disk."""
        raw = _query(handle, _NORMALIZED, 66_000, may_lack=True) or _query(handle, _NAME, 66_000)
        return _text(raw, 4, struct.unpack_from("<I", raw)[0])

    def set_basic(
        self, handle: int, *, made: int = 0, accessed: int = 0, written: int = 0, attributes: int = 0
    ) -> None:
        """Give times and attributes."""
        _set(handle, _BASIC, _BASICS.pack(made, accessed, written, 0, attributes))

    def give_name(self, handle: int, folder: int, name: str, *, over: bool) -> None:
        """Give an open file another name, at once where the file system can."""
        flags = (_OVER if over else 0) | _AT_ONCE | _EVEN_READ_ONLY_NAME
        if not _set(handle, _RENAME_NOW, _new_name(flags, folder, name), may_lack=True):
            _set(handle, _RENAME, _new_name(int(over), folder, name))

    def link(self, handle: int, folder: int, name: str) -> None:
        """Give an open file a further name."""
        _set(handle, _LINK, _new_name(0, folder, name))

    def delete(self, handle: int) -> None:
        """Remove the name by which a file is open."""
        flags = _REMOVE | _AT_ONCE | _EVEN_READ_ONLY
        if not _set(handle, _DISPOSITION_NOW, struct.pack("<I", flags), may_lack=True):
            _set(handle, _DISPOSITION, b"\1")

    def reparse(self, handle: int) -> bytes:
        """Return the record of a link."""
        buffer, done = ctypes.create_string_buffer(_LARGEST_REPARSE), IoStatus()
        status = _ntdll.NtFsControlFile(
            handle, None, None, None, ctypes.byref(done), _GET_REPARSE, None, 0, buffer, len(buffer)
        )
        if status < 0:
            raise error_of(status)
        return buffer.raw[: done.information]

    def set_reparse(self, handle: int, record: bytes) -> None:
        """Make a link of an open file."""
        status = _ntdll.NtFsControlFile(
            handle, None, None, None, ctypes.byref(IoStatus()), _SET_REPARSE, record, len(record), None, 0
        )
        if status < 0:
            raise error_of(status)

    def streams(self, handle: int) -> list[Stream]:
        """Return the further contents of an open file."""
        raw = _query(handle, _STREAMS, _LISTING, may_lack=True)
        found, at = [], 0
        while len(raw) >= at + 24:
            following, length, size = struct.unpack_from("<IIq", raw, at)
            name, _, kind = _text(raw, at + 24, length).removeprefix(":").partition(":")
            if name and kind == "$DATA":
                found.append(Stream(name, size))
            if not following:
                break
            at += following
        return found

    def short_name(self, handle: int) -> str:
        """Return the 8.3 name of an open file."""
        raw = _query(handle, _ALTERNATE, 64, may_lack=True)
        return _text(raw, 4, struct.unpack_from("<I", raw)[0]) if raw else ""

    def set_short_name(self, handle: int, name: str) -> None:
        """Give an open file an 8.3 name."""
        text = name.encode("utf-16-le", "surrogatepass")
        _set(handle, _SHORT, struct.pack("<I", len(text)) + text)

    def security(self, handle: int, parts: int) -> bytes:
        """Return parts of the security descriptor."""
        needed, size = _ULONG(), 1024
        while True:
            buffer = ctypes.create_string_buffer(size)
            status = _ntdll.NtQuerySecurityObject(handle, parts, buffer, size, ctypes.byref(needed))
            if status & 0xFFFF_FFFF != _TOO_SMALL or needed.value <= size:
                break
            size = needed.value
        if status < 0:
            raise error_of(status)
        return buffer.raw[: needed.value]

    def set_security(self, handle: int, parts: int, raw: bytes) -> None:
        """Give an open file parts of a security descriptor."""
        status = _ntdll.NtSetSecurityObject(handle, parts, raw)
        if status < 0:
            raise error_of(status)

    def flush(self, handle: int) -> None:
        """Put what was written on the disk."""
        status = _ntdll.NtFlushBuffersFile(handle, ctypes.byref(IoStatus()))
        if status < 0:
            raise error_of(status)

    def disk(self, handle: int) -> Disk:
        """Return what the file system says of itself."""
        of_kind = _query_volume(handle, _OF_KIND)
        flags, _, length = struct.unpack_from("<III", of_kind)
        return Disk(self._identity(handle)[0], _text(of_kind, 12, length), flags)


@cache
def _access_is_kept() -> bool:
    """Source: Microsoft Learn, "fsutil behavior", disablelastaccess: the lowest bit says no."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _FILE_SYSTEM) as key:
            value, kind = winreg.QueryValueEx(key, "NtfsDisableLastAccessUpdate")
    except OSError:
        return False
    return kind == winreg.REG_DWORD and not value & 1 and _can_be_told()


def _can_be_told() -> bool:
    """Return whether a handle can be told to leave the time of access, tried with a file of our own.

    Wine takes that for a change of status, by which every file would be no more the one that was looked at.
    """
    with TemporaryFile() as file:
        handle = msvcrt.get_osfhandle(file.fileno())
        before = _BASICS.unpack(_query(handle, _BASIC, _BASICS.size))
        time.sleep(_TICK_SECONDS)
        _set(handle, _BASIC, _BASICS.pack(0, -1, 0, 0, 0))
        return before == _BASICS.unpack(_query(handle, _BASIC, _BASICS.size))


def _query(handle: int, kind: int, size: int, *, may_lack: bool = False) -> bytes:
    """Return a record of information, in a larger buffer if need be; empty where it may be lacking and is."""
    while True:
        buffer, done = ctypes.create_string_buffer(size), IoStatus()
        status = _ntdll.NtQueryInformationFile(handle, ctypes.byref(done), buffer, size, kind)
        code = status & 0xFFFF_FFFF
        if code != _MORE_DATA or size >= _LARGEST:
            break
        size *= 4
    if code == _NO_STREAMS or code in _NO_NAME or (may_lack and code in _NOT_HAD):
        return b""
    if code != 0:
        raise error_of(status)
    return buffer.raw[: done.information]


def _set(handle: int, kind: int, record: bytes, *, may_lack: bool = False) -> bool:
    """Give a record of information; ``False`` where the class may be lacking and is."""
    done = IoStatus()
    status = _ntdll.NtSetInformationFile(handle, ctypes.byref(done), record, len(record), kind)
    if may_lack and status & 0xFFFF_FFFF in _NOT_HAD:
        return False
    if status < 0:
        raise error_of(status)
    return True


def _query_volume(handle: int, kind: int) -> bytes:
    buffer, done = ctypes.create_string_buffer(1024), IoStatus()
    status = _ntdll.NtQueryVolumeInformationFile(handle, ctypes.byref(done), buffer, len(buffer), kind)
    if status < 0:
        raise error_of(status)
    return buffer.raw


def _new_name(flags: int, folder: int, name: str) -> bytes:
    """Return FILE_RENAME_INFORMATION or FILE_LINK_INFORMATION, which must not be shorter than its own structure."""
    text = name.encode("utf-16-le", "surrogatepass")
    return (struct.pack("<I4xQI", flags, folder, len(text)) + text).ljust(24, b"\0")


def _listed(raw: bytes, volume: int, *, has_long: bool) -> Iterator[tuple[str, FileInformation]]:
    at = 0
    while True:
        following, _, made, accessed, written, changed, size, _, attributes, length, extra = _ENTRY.unpack_from(raw, at)
        if has_long:
            tag, identity, start = (
                struct.unpack_from("<I", raw, at + 68)[0],
                int.from_bytes(raw[at + 72 : at + 88], "little"),
                at + 88,
            )
        else:
            tag, identity, start = (
                extra if attributes & 0x400 else 0,
                struct.unpack_from("<Q", raw, at + 96)[0],
                at + 104,
            )
        name = _text(raw, start, length)
        if name not in (".", ".."):
            yield name, FileInformation(attributes, tag, volume, identity, 1, size, made, accessed, written, changed)
        if not following:
            return
        at += following


def _text(raw: bytes, start: int, length: int) -> str:
    return raw[start : start + length].decode("utf-16-le", "surrogatepass")


# The calls by which an open file is named and held; ``NativeNames`` satisfies ``NameCalls``.

_READ, _SHARE_READ = 0x1, 0x1  # FILE_READ_DATA, FILE_SHARE_READ
_LONGEST = 32_768
_INVALID_HANDLE = c_void_p(-1).value

_kernel = library("kernel32")
_kernel.ReOpenFile.restype, _kernel.ReOpenFile.argtypes = c_void_p, [c_void_p, c_uint32, c_uint32, c_uint32]
_kernel.CloseHandle.restype, _kernel.CloseHandle.argtypes = c_int32, [c_void_p]
_kernel.GetFinalPathNameByHandleW.restype = c_uint32
_kernel.GetFinalPathNameByHandleW.argtypes = [c_void_p, c_wchar_p, c_uint32, c_uint32]


class NativeNames:
    """Names of open files of the running Windows."""

    def path(self, descriptor: int) -> str:
        """Return where an open file is now; the kernel's own name where its volume has none."""
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        for form, prefix in ((0, ""), (2, "\\\\?\\GLOBALROOT")):  # VOLUME_NAME_DOS, VOLUME_NAME_NT
            if _kernel.GetFinalPathNameByHandleW(msvcrt.get_osfhandle(descriptor), buffer, _LONGEST, form):
                return prefix + buffer.value
        raise ctypes.WinError(ctypes.get_last_error())

    def hold(self, descriptor: int) -> int:
        """Open the same file once more so that nobody can write to it, rename or delete it."""
        handle: int | None = _kernel.ReOpenFile(msvcrt.get_osfhandle(descriptor), _READ, _SHARE_READ, 0)
        if handle is None or handle == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        return handle

    def release(self, handle: int) -> None:
        """Close that handle."""
        _kernel.CloseHandle(handle)
