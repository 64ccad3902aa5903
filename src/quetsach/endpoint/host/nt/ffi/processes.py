"""The native calls about processes; satisfies ``ProcessCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import errno
import msvcrt
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from ctypes import POINTER, byref, c_int32, c_size_t, c_uint16, c_uint32, c_uint64, c_void_p, c_wchar_p

from quetsach.endpoint.host.nt.ffi._dll import check, enable_privileges, library
from quetsach.endpoint.host.nt.process_calls import ListedProcess, Region

_DEBUG = 20  # SE_DEBUG_PRIVILEGE
_PROCESSES, _TIME_OF_DAY = 5, 3  # SYSTEM_INFORMATION_CLASS
_BASIC, _BREAK_ON_TERMINATION, _IMAGE_FILE_MAPPING, _COMMAND_LINE = 0, 29, 44, 60  # PROCESSINFOCLASS
_SUSPEND_COUNT = 35  # THREADINFOCLASS
_SECTION_NAME, _WORKING_SET = 2, 4  # MEMORY_INFORMATION_CLASS
_LENGTH_MISMATCH, _NO_MORE = 0xC000_0004, 0x8000_001A
_THREAD_QUERY = 0x840  # THREAD_QUERY_INFORMATION, THREAD_QUERY_LIMITED_INFORMATION
_COMMITTED = 0x1000
_TOKEN_READ, _TOKEN_USER = 0x8, 1
_LONGEST_TEXT = 1 << 16
_MOST_BYTES = 256 << 20
_WAIT_DONE = 0
_MODULES = 0x18  # TH32CS_SNAPMODULE, TH32CS_SNAPMODULE32
_MOST_MODULES = 8192
_MOST_THREADS = 65_536
_IN_USE_AT_ONCE, _TOO_SHORT, _NO_SUCH_PROCESS = 24, 122, 87  # winerror.h
_IPV4, _IPV6 = 2, 23
_TCP_OWNER_PID_ALL, _UDP_OWNER_PID = 5, 1
_TRIES = 8
_EXECUTE = 0x10_0020  # FILE_EXECUTE, SYNCHRONIZE
_SHARE_ALL = 7

_HANDLE = c_void_p
_kernel = library("kernel32")
_advapi = library("advapi32")
_iphlpapi = library("iphlpapi")
_ntdll = library("ntdll")


class _Module(ctypes.Structure):
    """MODULEENTRY32W."""

    _fields_ = (
        ("size", c_uint32),
        ("unused", c_uint32 * 4),
        ("base", c_void_p),
        ("base_size", c_uint32),
        ("handle", c_void_p),
        ("name", ctypes.c_wchar * 256),
        ("path", ctypes.c_wchar * 260),
    )


class _Memory(ctypes.Structure):
    """MEMORY_BASIC_INFORMATION."""

    _fields_ = (
        ("base", c_uint64),
        ("allocation", c_uint64),
        ("first_protection", c_uint32),
        ("partition", c_uint16),
        ("size", c_size_t),
        ("state", c_uint32),
        ("protection", c_uint32),
        ("kind", c_uint32),
    )


_BOOL, _LENGTH = c_int32, POINTER(c_uint32)
_SIGNATURES: tuple[tuple[ctypes.WinDLL, str, object, list[object]], ...] = (
    (_kernel, "OpenProcess", _HANDLE, [c_uint32, _BOOL, c_uint32]),
    (_kernel, "CloseHandle", _BOOL, [_HANDLE]),
    (_kernel, "GetProcessTimes", _BOOL, [_HANDLE, *[POINTER(c_uint64)] * 4]),
    (_kernel, "WaitForSingleObject", c_uint32, [_HANDLE, c_uint32]),
    (_kernel, "QueryFullProcessImageNameW", _BOOL, [_HANDLE, c_uint32, c_wchar_p, _LENGTH]),
    (_kernel, "ReadProcessMemory", _BOOL, [_HANDLE, c_uint64, c_void_p, c_size_t, POINTER(c_size_t)]),
    (_kernel, "VirtualQueryEx", c_size_t, [_HANDLE, c_uint64, POINTER(_Memory), c_size_t]),
    (_kernel, "TerminateProcess", _BOOL, [_HANDLE, c_uint32]),
    (_kernel, "CreateToolhelp32Snapshot", _HANDLE, [c_uint32, c_uint32]),
    (_kernel, "Module32FirstW", _BOOL, [_HANDLE, POINTER(_Module)]),
    (_kernel, "Module32NextW", _BOOL, [_HANDLE, POINTER(_Module)]),
    (_kernel, "QueryDosDeviceW", c_uint32, [c_wchar_p, c_wchar_p, c_uint32]),
    (_kernel, "GetLogicalDrives", c_uint32, []),
    (_kernel, "ReOpenFile", _HANDLE, [_HANDLE, c_uint32, c_uint32, c_uint32]),
    (_kernel, "LocalFree", c_void_p, [c_void_p]),
    (_advapi, "OpenProcessToken", _BOOL, [_HANDLE, c_uint32, POINTER(_HANDLE)]),
    (_advapi, "GetTokenInformation", _BOOL, [_HANDLE, c_int32, c_void_p, c_uint32, _LENGTH]),
    (_advapi, "ConvertSidToStringSidW", _BOOL, [c_void_p, POINTER(c_void_p)]),
    (_ntdll, "NtQuerySystemInformation", c_int32, [c_int32, c_void_p, c_uint32, _LENGTH]),
    (_ntdll, "NtQueryInformationProcess", c_int32, [_HANDLE, c_int32, c_void_p, c_uint32, _LENGTH]),
    (_ntdll, "NtSetInformationProcess", c_int32, [_HANDLE, c_int32, c_void_p, c_uint32]),
    (_ntdll, "NtQueryVirtualMemory", c_int32, [_HANDLE, c_uint64, c_int32, c_void_p, c_size_t, POINTER(c_size_t)]),
    (_ntdll, "NtSuspendProcess", c_int32, [_HANDLE]),
    (_ntdll, "NtResumeProcess", c_int32, [_HANDLE]),
    (_ntdll, "NtGetNextThread", c_int32, [_HANDLE, _HANDLE, c_uint32, c_uint32, c_uint32, POINTER(_HANDLE)]),
    (_ntdll, "NtQueryInformationThread", c_int32, [_HANDLE, c_int32, c_void_p, c_uint32, _LENGTH]),
    (_iphlpapi, "GetExtendedTcpTable", c_uint32, [c_void_p, _LENGTH, _BOOL, c_uint32, c_int32, c_uint32]),
    (_iphlpapi, "GetExtendedUdpTable", c_uint32, [c_void_p, _LENGTH, _BOOL, c_uint32, c_int32, c_uint32]),
)
for _library, _name, _result, _arguments in _SIGNATURES:
    _function = getattr(_library, _name)
    _function.restype, _function.argtypes = _result, _arguments

_INVALID_HANDLE = c_void_p(-1).value


class NativeProcesses:
    """The processes of the running Windows; with the right to debug others, where this account has it."""

    def __init__(self) -> None:
        enable_privileges(_DEBUG)

    def listed(self) -> Sequence[ListedProcess]:
        """Return all processes at one moment."""
        return tuple(_listed(_system_information(_PROCESSES)))

    def open(self, pid: int, access: int) -> int:
        """Open a process."""
        if pid == 0:  # the idle "process", and OpenProcess would say that its number is wrong
            raise PermissionError(errno.EACCES, "the idle process cannot be opened")
        handle: int | None = _kernel.OpenProcess(access, 0, pid)
        if handle is None:
            if (code := ctypes.get_last_error()) == _NO_SUCH_PROCESS:
                raise ProcessLookupError(errno.ESRCH, "there is no process of this number")
            raise ctypes.WinError(code)
        return handle

    def close(self, process: int) -> None:
        """Close an open process."""
        _kernel.CloseHandle(process)

    def started(self, process: int) -> int:
        """Return when it began."""
        times = [c_uint64() for _ in range(4)]
        _checked(_kernel.GetProcessTimes(process, *map(byref, times)))
        return times[0].value

    def has_ended(self, process: int, wait_seconds: float = 0.0) -> bool:
        """Return whether it has ended, after waiting so long for it."""
        return bool(_kernel.WaitForSingleObject(process, int(wait_seconds * 1000)) == _WAIT_DONE)

    def image_name(self, process: int) -> str:
        """Return where the file of its program is; the kernel's own name where it has no drive."""
        buffer = ctypes.create_unicode_buffer(_LONGEST_TEXT)
        for is_native in (0, 1):
            size = c_uint32(_LONGEST_TEXT)
            if _kernel.QueryFullProcessImageNameW(process, is_native, buffer, byref(size)) and buffer.value:
                return buffer.value
        return ""

    def command_line(self, process: int) -> str | None:
        """Return its command line; Wine does not say."""
        buffer = ctypes.create_string_buffer(2 * _LONGEST_TEXT)
        if _ntdll.NtQueryInformationProcess(process, _COMMAND_LINE, buffer, len(buffer), None) < 0:
            return None
        return _counted(buffer.raw)

    def block(self, process: int) -> int:
        """Return the address of its environment block."""
        buffer = ctypes.create_string_buffer(48)
        check(_ntdll.NtQueryInformationProcess(process, _BASIC, buffer, 48, None))
        return int(struct.unpack_from("<Q", buffer, 8)[0])

    def read(self, process: int, address: int, size: int) -> bytes:
        """Return what its memory holds."""
        buffer, done = ctypes.create_string_buffer(size), c_size_t()
        _kernel.ReadProcessMemory(process, address, buffer, size, byref(done))
        return ctypes.string_at(buffer, min(done.value, size))

    def owner(self, process: int) -> str:
        """Return the account that it runs as."""
        token, size, text = _HANDLE(), c_uint32(), c_void_p()
        _checked(_advapi.OpenProcessToken(process, _TOKEN_READ, byref(token)))
        try:
            buffer = ctypes.create_string_buffer(256)
            _checked(_advapi.GetTokenInformation(token, _TOKEN_USER, buffer, len(buffer), byref(size)))
            _checked(_advapi.ConvertSidToStringSidW(struct.unpack_from("<Q", buffer)[0], byref(text)))
            try:
                return ctypes.wstring_at(text.value or 0)
            finally:
                _kernel.LocalFree(text)
        finally:
            _kernel.CloseHandle(token)

    def is_image(self, process: int, descriptor: int) -> bool | None:
        """Return whether an open file is its program (ProcessImageFileMapping); Wine does not say."""
        file = _kernel.ReOpenFile(msvcrt.get_osfhandle(descriptor), _EXECUTE, _SHARE_ALL, 0)
        if file is None or file == _INVALID_HANDLE:
            return None
        try:
            given = c_uint64(file)
            status = _ntdll.NtQueryInformationProcess(process, _IMAGE_FILE_MAPPING, byref(given), 8, None)
        finally:
            _kernel.CloseHandle(file)
        return {0: True, 0xC000_0001: False}.get(status & 0xFFFF_FFFF)  # STATUS_SUCCESS, STATUS_UNSUCCESSFUL

    def modules(self, pid: int) -> Sequence[str]:
        """Return the files of the libraries that it has loaded, of 32 bits, too."""
        for _ in range(_TRIES):
            snapshot = _kernel.CreateToolhelp32Snapshot(_MODULES, pid)
            if snapshot is not None and snapshot != _INVALID_HANDLE:
                break
            if (code := ctypes.get_last_error()) != _IN_USE_AT_ONCE:
                raise ctypes.WinError(code)
        else:
            return ()
        paths: list[str] = []
        try:
            entry = _Module(ctypes.sizeof(_Module))
            more = _kernel.Module32FirstW(snapshot, byref(entry))
            while more and len(paths) < _MOST_MODULES:
                paths.append(entry.path)
                more = _kernel.Module32NextW(snapshot, byref(entry))
        finally:
            _kernel.CloseHandle(snapshot)
        return paths

    def suspend_counts(self, process: int) -> Sequence[int]:
        """Return of each of its threads how often it is suspended."""
        counts: list[int] = []
        for thread in _threads(process):
            count = c_uint32()
            check(_ntdll.NtQueryInformationThread(thread, _SUSPEND_COUNT, byref(count), 4, None))
            counts.append(count.value)
        return counts

    def suspend(self, process: int) -> None:
        """Suspend each of its threads once more."""
        check(_ntdll.NtSuspendProcess(process))

    def resume(self, process: int) -> None:
        """Take back one suspension of each of its threads."""
        check(_ntdll.NtResumeProcess(process))

    def is_critical(self, process: int) -> bool:
        """Return whether the system stops when it ends; Wine does not say, and never stops."""
        flag = c_uint32()
        _ntdll.NtQueryInformationProcess(process, _BREAK_ON_TERMINATION, byref(flag), 4, None)
        return bool(flag.value)

    def make_ordinary(self, process: int) -> None:
        """Have the system not stop when it ends."""
        check(_ntdll.NtSetInformationProcess(process, _BREAK_ON_TERMINATION, byref(c_uint32()), 4))

    def terminate(self, process: int) -> None:
        """End it."""
        _checked(_kernel.TerminateProcess(process, 1))

    def regions(self, process: int) -> Iterator[Region]:
        """Yield the memory that it has."""
        address, found = 0, _Memory()
        while _kernel.VirtualQueryEx(process, address, byref(found), ctypes.sizeof(found)):
            if found.state == _COMMITTED:
                yield Region(found.base, found.size, found.allocation, found.protection, found.kind)
            following = found.base + found.size
            if following <= address:
                return
            address = following

    def mapped_name(self, process: int, address: int) -> str:
        """Return the file of which an address shows a part."""
        buffer = ctypes.create_string_buffer(2 * _LONGEST_TEXT)
        status = _ntdll.NtQueryVirtualMemory(process, address, _SECTION_NAME, buffer, len(buffer), None)
        return _counted(buffer.raw) if status >= 0 else ""

    def page_states(self, process: int, addresses: Sequence[int]) -> Sequence[int] | None:
        """Return what the system knows of each page; Wine does not say it of others."""
        asked = (c_uint64 * (2 * len(addresses)))()
        asked[::2] = list(addresses)
        if _ntdll.NtQueryVirtualMemory(process, 0, _WORKING_SET, asked, ctypes.sizeof(asked), None) < 0:
            return None
        return asked[1::2]

    def tcp(self, *, is_new: bool) -> bytes:
        """Return the table of TCP with owners."""
        return _table(_iphlpapi.GetExtendedTcpTable, _IPV6 if is_new else _IPV4, _TCP_OWNER_PID_ALL)

    def udp(self, *, is_new: bool) -> bytes:
        """Return the table of UDP with owners."""
        return _table(_iphlpapi.GetExtendedUdpTable, _IPV6 if is_new else _IPV4, _UDP_OWNER_PID)

    def boot_time(self) -> int:
        """Return when the system was started."""
        buffer = ctypes.create_string_buffer(48)
        check(_ntdll.NtQuerySystemInformation(_TIME_OF_DAY, buffer, len(buffer), None))
        started, bias = struct.unpack_from("<q24xQ", buffer)
        return int(started - bias)  # so no change of the clock changes it

    def drives(self) -> Mapping[str, str]:
        """Return device -> drive."""
        found: dict[str, str] = {}
        there = _kernel.GetLogicalDrives()
        buffer = ctypes.create_unicode_buffer(1024)
        for number in range(26):
            drive = f"{chr(ord('A') + number)}:"
            if there >> number & 1 and _kernel.QueryDosDeviceW(drive, buffer, len(buffer)):
                found.setdefault(buffer.value, drive)
        return found


def _checked(succeeded: int) -> None:
    if not succeeded:
        raise ctypes.WinError(ctypes.get_last_error())


def _counted(raw: bytes) -> str:
    """Return the text of a UNICODE_STRING that is followed by its characters."""
    length = min(int.from_bytes(raw[:2], "little"), len(raw) - 16)
    return raw[16 : 16 + length].decode("utf-16-le", "surrogatepass")


def _system_information(kind: int) -> bytes:
    size = 1 << 20
    while True:
        buffer, needed = ctypes.create_string_buffer(size), c_uint32()
        status = _ntdll.NtQuerySystemInformation(kind, buffer, size, byref(needed))
        if status & 0xFFFF_FFFF != _LENGTH_MISMATCH or size >= _MOST_BYTES:
            check(status)
            return _with_addresses(buffer, min(needed.value or size, size))
        size *= 2


def _with_addresses(buffer: "ctypes.Array[ctypes.c_char]", size: int) -> bytes:
    """Return a copy in which the addresses of names are offsets, for the buffer goes."""
    base = ctypes.addressof(buffer)
    at = 0
    while at + 256 <= size:
        (name,) = struct.unpack_from("<Q", buffer, at + 64)
        struct.pack_into("<Q", buffer, at + 64, name - base if base <= name < base + size else 0)
        (following,) = struct.unpack_from("<I", buffer, at)
        if not following:
            break
        at += following
    return buffer.raw[:size]


def _listed(table: bytes) -> Iterator[ListedProcess]:
    """Yield what a table of SYSTEM_PROCESS_INFORMATION says."""
    at = 0
    while at + 96 <= len(table):
        (following,) = struct.unpack_from("<I", table, at)
        (started,) = struct.unpack_from("<q", table, at + 32)
        length, _, name, _, pid, parent = struct.unpack_from("<HH4xQi4xQQ", table, at + 56)
        text = table[name : name + length].decode("utf-16-le", "surrogatepass") if name else ""
        yield ListedProcess(pid, parent, started, text)
        if not following:
            return
        at += following


def _threads(process: int) -> Iterator[int]:
    """Yield the threads of a process, each open until the next is asked for."""
    thread: int | None = None
    try:
        for _ in range(_MOST_THREADS):
            following = _HANDLE()
            status = _ntdll.NtGetNextThread(process, thread, _THREAD_QUERY, 0, 0, byref(following))
            if thread is not None:
                _kernel.CloseHandle(thread)
                thread = None
            if status & 0xFFFF_FFFF == _NO_MORE:
                return
            check(status)
            thread = following.value
            yield thread or 0
    finally:
        if thread is not None:
            _kernel.CloseHandle(thread)


def _table(call: "ctypes._FuncPointer", family: int, kind: int) -> bytes:
    size = c_uint32(1 << 16)
    for _ in range(_TRIES):
        buffer = ctypes.create_string_buffer(size.value)
        code = call(buffer, byref(size), 0, family, kind, 0)
        if not code:
            return buffer.raw
        if code != _TOO_SHORT or size.value > _MOST_BYTES:
            raise OSError(None, os.strerror(errno.EIO), None, code)
    return b""
