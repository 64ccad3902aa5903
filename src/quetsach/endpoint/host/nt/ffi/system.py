"""The system by the calls of Windows: console, restart, event log, known folders, rights, volumes."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import msvcrt
import struct
from contextlib import suppress
from ctypes import byref, c_int32, c_uint32, c_void_p, c_wchar_p, wintypes
from uuid import UUID

from quetsach.endpoint.host.nt.ffi._dll import HANDLE, enable_privileges, last_error, library
from quetsach.endpoint.host.nt.file_calls import DriveKind
from quetsach.endpoint.host.nt.security import ADMINISTRATORS

# The console and the restart of the machine, by the calls of Windows.

_SHUTDOWN = 19  # SE_SHUTDOWN_PRIVILEGE
_OUTPUT, _ERROR = -11, -12  # STD_OUTPUT_HANDLE, STD_ERROR_HANDLE
_PROCESSED, _OBEYS = 0x1, 0x4  # ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING
_PLANNED_UPKEEP = 0x8000_0000 | 0x0004_0000 | 0x1  # SHTDN_REASON_FLAG_PLANNED, MAJOR_APPLICATION, MINOR_MAINTENANCE

_kernel = library("kernel32")
_advapi = library("advapi32")
_kernel.GetStdHandle.restype, _kernel.GetStdHandle.argtypes = c_void_p, [c_int32]
_kernel.GetConsoleMode.argtypes = [c_void_p, ctypes.POINTER(c_uint32)]
_kernel.SetConsoleMode.argtypes = [c_void_p, c_uint32]
_advapi.InitiateSystemShutdownExW.argtypes = [c_wchar_p, c_wchar_p, c_uint32, c_int32, c_int32, c_uint32]


class NativeConsole:
    """The console of this process; satisfies ``ConsoleCalls``."""

    def has_key(self) -> bool:
        """Return whether a key was pressed that was not read yet."""
        return bool(msvcrt.kbhit())

    def key(self) -> str:
        """Return the next key that was pressed."""
        return msvcrt.getwch()

    def obey_sequences(self) -> bool:
        """Have the console obey colours and erasing; before Windows 10 none can."""
        obeys = True
        for number in (_OUTPUT, _ERROR):
            handle, mode = _kernel.GetStdHandle(number), c_uint32()
            if _kernel.GetConsoleMode(handle, byref(mode)):
                _kernel.SetConsoleMode(handle, mode.value | _PROCESSED | _OBEYS)
                _kernel.GetConsoleMode(handle, byref(mode))
                obeys = obeys and bool(mode.value & _OBEYS)
        return obeys


class NativeShutdown:
    """What starts the machine again; satisfies ``ShutdownCalls``."""

    def restart(self, seconds: int) -> int:
        """Ask for a restart; programs that do not end by themselves are ended, for malware would not."""
        with suppress(OSError):
            enable_privileges(_SHUTDOWN)
        agreed = _advapi.InitiateSystemShutdownExW(None, None, seconds, 1, 1, _PLANNED_UPKEEP)
        return 0 if agreed else ctypes.get_last_error()


# The event log of Windows (``ReportEventW``, advapi32).

_INFORMATION, _WARNING = 0x0004, 0x0002
_LONGEST_TEXT = 31_839
"""Characters that one string of an event may have (Microsoft Learn, "ReportEventW")."""

_event_library = library("advapi32")
_register = _event_library.RegisterEventSourceW
_register.argtypes = [wintypes.LPCWSTR, wintypes.LPCWSTR]
_register.restype = wintypes.HANDLE
_deregister = _event_library.DeregisterEventSource
_deregister.argtypes = [wintypes.HANDLE]
_report = _event_library.ReportEventW
_report.argtypes = [
    *(wintypes.HANDLE, wintypes.WORD, wintypes.WORD, wintypes.DWORD, wintypes.LPVOID, wintypes.WORD, wintypes.DWORD),
    *(ctypes.POINTER(wintypes.LPCWSTR), wintypes.LPVOID),
]
_report.restype = wintypes.BOOL


def log_event(number: int, text: str, *, is_warning: bool, source: str = "QuetSach") -> None:
    """Tell the log ``Application``; a log that takes nothing, or does not run, is passed over."""
    log = _register(None, source)
    if not log:
        return
    try:
        strings = (wintypes.LPCWSTR * 1)(text.replace("\0", " ")[:_LONGEST_TEXT])
        kind = _WARNING if is_warning else _INFORMATION
        _report(log, kind, 0, number, None, 1, 0, strings, None)
    finally:
        _deregister(log)


# Folders that Windows itself knows, whatever the environment says, which anyone can set for their own programs.

PROGRAM_DATA = UUID("62AB5D82-FDC1-4DC3-A9DD-070D1D495D97")
LOCAL_DATA = UUID("F1B32785-6FBA-4FCF-9D55-7B8E7F157091")
"""Source: Microsoft Learn, "KNOWNFOLDERID"."""

_shell32, _ole32 = library("shell32"), library("ole32")
_shell32.SHGetKnownFolderPath.argtypes = (ctypes.c_char_p, ctypes.c_uint32, ctypes.c_void_p, ctypes.c_void_p)
_shell32.SHGetKnownFolderPath.restype = ctypes.c_long
_ole32.CoTaskMemFree.argtypes = (ctypes.c_void_p,)


def known_folder(which: UUID) -> str:
    """Return the path of a folder of Windows.

    Raises:
        OSError: it has none.
    """
    found = ctypes.c_wchar_p()
    try:
        if _shell32.SHGetKnownFolderPath(which.bytes_le, 0, None, ctypes.byref(found)) or not found.value:
            raise OSError(2, "Windows does not say where this folder is", str(which))
        return found.value
    finally:
        _ole32.CoTaskMemFree(found)


# The call that appends to the list of the next start; satisfies ``QueueCalls``.

_DELAY_UNTIL_REBOOT = 4
_restart_library = library("kernel32")
_restart_library.MoveFileExW.argtypes = (c_wchar_p, c_wchar_p, c_uint32)


class NativeRestart:
    """The list of the running Windows."""

    def remove_at_restart(self, path: str) -> None:
        """Have a file removed at the next start."""
        if not _restart_library.MoveFileExW(path, None, _DELAY_UNTIL_REBOOT):
            code = ctypes.get_last_error()
            raise OSError(None, ctypes.FormatError(code).strip(), None, code)


# What this process may do on a running Windows (``RightsCalls``).
#
# Sources: Microsoft Learn, "CheckTokenMembership", "AdjustTokenPrivileges".

_kernel32, _advapi32 = library("kernel32"), library("advapi32")
_PDWORD = ctypes.POINTER(wintypes.DWORD)
_kernel32.GetCurrentProcess.restype = HANDLE
_kernel32.CloseHandle.argtypes = (HANDLE,)
_advapi32.OpenProcessToken.argtypes = (HANDLE, wintypes.DWORD, ctypes.POINTER(HANDLE))
_advapi32.CheckTokenMembership.argtypes = (HANDLE, ctypes.c_void_p, ctypes.POINTER(wintypes.BOOL))
_advapi32.LookupPrivilegeValueW.argtypes = (wintypes.LPCWSTR, wintypes.LPCWSTR, ctypes.POINTER(ctypes.c_uint64))
_advapi32.AdjustTokenPrivileges.argtypes = (
    *(HANDLE, wintypes.BOOL, ctypes.c_void_p, wintypes.DWORD),
    *(ctypes.c_void_p, ctypes.c_void_p),
)
_advapi32.GetTokenInformation.argtypes = (HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD, _PDWORD)

_QUERY, _ADJUST = 0x8, 0x20
_USER, _ELEVATION_TYPE, _FULL = 1, 18, 2
_ENABLED = 0x2


class NtRightsCalls:
    """The calls themselves; satisfies ``RightsCalls``."""

    def is_administrator(self) -> bool:
        """Return whether the group of administrators counts, which it does not before a person said yes (UAC)."""
        counts = wintypes.BOOL()
        if not _advapi32.CheckTokenMembership(None, ADMINISTRATORS, ctypes.byref(counts)):
            raise last_error()
        return bool(counts.value)

    def is_elevated_half(self) -> bool:
        """Return whether the same person also runs programs with less rights."""
        kind, size = wintypes.DWORD(), wintypes.DWORD()
        with _Token() as token:
            if not _advapi32.GetTokenInformation(token, _ELEVATION_TYPE, ctypes.byref(kind), 4, ctypes.byref(size)):
                raise last_error()
        return kind.value == _FULL

    def enable(self, *privileges: str) -> frozenset[str]:
        """Switch privileges on, one after another: a call says only of all together whether it did."""
        with _Token() as token:
            return frozenset(name for name in privileges if _switch_on(token, name))

    def user(self) -> bytes:
        """Return the SID of the user."""
        buffer, size = ctypes.create_string_buffer(256), wintypes.DWORD()
        with _Token() as token:
            if not _advapi32.GetTokenInformation(token, _USER, buffer, len(buffer), ctypes.byref(size)):
                raise last_error()
        start = struct.unpack_from("P", buffer)[0] - ctypes.addressof(buffer)
        return buffer.raw[start : start + 8 + 4 * buffer.raw[start + 1]]


class _Token:
    """The access token of this process."""

    def __enter__(self) -> HANDLE:
        self._token = HANDLE()
        process = _kernel32.GetCurrentProcess()
        if not _advapi32.OpenProcessToken(process, _QUERY | _ADJUST, ctypes.byref(self._token)):
            raise last_error()
        return self._token

    def __exit__(self, *_: object) -> None:
        _kernel32.CloseHandle(self._token)


def _switch_on(token: HANDLE, privilege: str) -> bool:
    number = ctypes.c_uint64()
    if not _advapi32.LookupPrivilegeValueW(None, privilege, ctypes.byref(number)):
        return False
    wanted = struct.pack("<IQI", 1, number.value, _ENABLED)
    ctypes.set_last_error(0)
    done = _advapi32.AdjustTokenPrivileges(token, False, wanted, 0, None, None)
    return bool(done) and ctypes.get_last_error() == 0  # ERROR_NOT_ALL_ASSIGNED comes with a success


# Drives and volumes of a running Windows (``VolumeCalls``). Source: Microsoft Learn, "Volume Management".

_volume_library = library("kernel32")
_TEXT, _SIZE, _WORD = wintypes.LPWSTR, wintypes.DWORD, wintypes.LPCWSTR
_volume_library.GetSystemWindowsDirectoryW.argtypes = (_TEXT, _SIZE)
_volume_library.GetDriveTypeW.argtypes = (_WORD,)
_volume_library.QueryDosDeviceW.argtypes = (_WORD, _TEXT, _SIZE)
_volume_library.GetVolumeNameForVolumeMountPointW.argtypes = (_WORD, _TEXT, _SIZE)
_volume_library.GetVolumePathNamesForVolumeNameW.argtypes = (_WORD, _TEXT, _SIZE, ctypes.POINTER(wintypes.DWORD))
_volume_library.SetErrorMode.argtypes = (wintypes.UINT,)

_LONGEST = 0x8000
_NO_QUESTIONS = 0x1  # SEM_FAILCRITICALERRORS: no window asks for a disk in an empty drive


class NtVolumeCalls:
    """The calls themselves; satisfies ``VolumeCalls``."""

    def __init__(self) -> None:
        _volume_library.SetErrorMode(_NO_QUESTIONS)

    def system_drive(self) -> str:
        """Return the drive that Windows runs from."""
        buffer = ctypes.create_unicode_buffer(_LONGEST)
        if not _volume_library.GetSystemWindowsDirectoryW(buffer, _LONGEST):
            raise last_error()
        return buffer.value[:2]

    def drives(self) -> list[DriveKind]:
        """Return all drive letters."""
        mask = _volume_library.GetLogicalDrives()
        letters = [chr(ord("A") + bit) + ":" for bit in range(26) if mask >> bit & 1]
        return [DriveKind(letter, _volume_library.GetDriveTypeW(letter + "\\"), _device(letter)) for letter in letters]

    def volume_of(self, place: str) -> str:
        """Return the volume that is mounted at a path."""
        buffer = ctypes.create_unicode_buffer(64)
        return buffer.value if _volume_library.GetVolumeNameForVolumeMountPointW(place, buffer, len(buffer)) else ""

    def places_of(self, volume: str) -> list[str]:
        """Return the paths at which a volume is mounted."""
        buffer, needed = ctypes.create_unicode_buffer(_LONGEST), wintypes.DWORD()
        if not _volume_library.GetVolumePathNamesForVolumeNameW(volume, buffer, _LONGEST, ctypes.byref(needed)):
            return []
        return [place for place in str(buffer[: needed.value]).split("\0") if place]


def _device(letter: str) -> str:
    buffer = ctypes.create_unicode_buffer(_LONGEST)
    return buffer.value if _volume_library.QueryDosDeviceW(letter, buffer, _LONGEST) else ""
