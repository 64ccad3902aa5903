"""The calls by which an open file is named and held; ``NativeNames`` satisfies ``NameCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import msvcrt
from ctypes import c_int32, c_uint32, c_void_p, c_wchar_p

from quetsach.endpoint.host.nt.ffi._dll import library

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
