"""The call that appends to the list of the next start, which satisfies ``RestartCalls``, and that start itself."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import c_uint32, c_wchar_p

from quetsach.endpoint.host.nt.ffi.native import enable_privileges

_SHUTDOWN = 19  # SE_SHUTDOWN_PRIVILEGE
_PLANNED_MAINTENANCE = 0x8004_0001  # SHTDN_REASON_FLAG_PLANNED, _MAJOR_APPLICATION, _MINOR_MAINTENANCE
_DELAY_UNTIL_REBOOT = 4
_kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel32.MoveFileExW.argtypes = (c_wchar_p, c_wchar_p, c_uint32)
_advapi32 = ctypes.WinDLL("advapi32", use_last_error=True)
_advapi32.InitiateSystemShutdownExW.argtypes = (c_wchar_p, c_wchar_p, *(c_uint32,) * 4)


class NativeRestart:
    """The list of the running Windows."""

    def remove_at_restart(self, path: str) -> None:
        """Have a file removed at the next start."""
        if not _kernel32.MoveFileExW(path, None, _DELAY_UNTIL_REBOOT):
            code = ctypes.get_last_error()
            raise OSError(None, ctypes.FormatError(code).strip(), None, code)


def restart_machine() -> bool:
    """Ask Windows to restart; whether it agreed. Programs with work that is not saved may ask about it first."""
    enable_privileges(_SHUTDOWN)
    return bool(_advapi32.InitiateSystemShutdownExW(None, None, 0, False, True, _PLANNED_MAINTENANCE))
