"""The libraries of Windows, each loaded from its own folder only, and what their calls have in common."""

import sys

assert sys.platform == "win32"

import ctypes
from ctypes import wintypes

_FROM_SYSTEM32 = 0x800  # LOAD_LIBRARY_SEARCH_SYSTEM32: nothing is taken from the folder of the program

HANDLE = wintypes.HANDLE
NTSTATUS = ctypes.c_long


def library(name: str) -> ctypes.WinDLL:
    """Load a library of the system; its last error is kept for each thread (``ctypes.get_last_error``)."""
    return ctypes.WinDLL(f"{name}.dll", use_last_error=True, winmode=_FROM_SYSTEM32)


class IoStatus(ctypes.Structure):
    """IO_STATUS_BLOCK: how a call ended, and how much it moved."""

    _fields_ = (("status", ctypes.c_ssize_t), ("information", ctypes.c_size_t))


def last_error(name: str = "") -> OSError:
    """Return the error of the last call of kernel32 or advapi32 in this thread."""
    number = ctypes.get_last_error()
    return OSError(None, ctypes.FormatError(number).strip(), name, number)
