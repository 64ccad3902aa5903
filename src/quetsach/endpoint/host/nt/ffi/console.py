"""The console and the restart of the machine, by the calls of Windows."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import msvcrt
from contextlib import suppress
from ctypes import byref, c_int32, c_uint32, c_void_p, c_wchar_p

from quetsach.endpoint.host.nt.ffi._dll import library
from quetsach.endpoint.host.nt.ffi.native import enable_privileges

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
