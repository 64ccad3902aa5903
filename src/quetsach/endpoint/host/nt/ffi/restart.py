"""The call that appends to the list of the next start; satisfies ``QueueCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import c_uint32, c_wchar_p

from quetsach.endpoint.host.nt.ffi._dll import library

_DELAY_UNTIL_REBOOT = 4
_kernel32 = library("kernel32")
_kernel32.MoveFileExW.argtypes = (c_wchar_p, c_wchar_p, c_uint32)


class NativeRestart:
    """The list of the running Windows."""

    def remove_at_restart(self, path: str) -> None:
        """Have a file removed at the next start."""
        if not _kernel32.MoveFileExW(path, None, _DELAY_UNTIL_REBOOT):
            code = ctypes.get_last_error()
            raise OSError(None, ctypes.FormatError(code).strip(), None, code)
