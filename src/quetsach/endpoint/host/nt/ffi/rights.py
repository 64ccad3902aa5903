"""What this process may do on a running Windows (``RightsCalls``).

Sources: Microsoft Learn, "CheckTokenMembership", "AdjustTokenPrivileges".
"""

import sys

assert sys.platform == "win32"

import ctypes
import struct
from ctypes import wintypes

from quetsach.endpoint.host.nt.ffi._dll import HANDLE, last_error, library
from quetsach.endpoint.host.nt.security import ADMINISTRATORS

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
