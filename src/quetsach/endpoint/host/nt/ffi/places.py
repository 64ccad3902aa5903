"""Folders that Windows itself knows, whatever the environment says, which anyone can set for their own programs."""

import sys

assert sys.platform == "win32"

import ctypes
from uuid import UUID

from quetsach.endpoint.host.nt.ffi._dll import library

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
