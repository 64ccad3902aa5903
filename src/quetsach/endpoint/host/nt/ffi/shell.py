"""What the shell of Windows does for the window: start a program as administrator.

Source: Microsoft Learn, "ShellExecuteW".
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import wintypes

from quetsach.endpoint.host.nt.ffi.user import load

_SHOWN, _LEAST_SUCCESS = 1, 33

_shell32 = load(
    "shell32",
    {
        "ShellExecuteW": (
            *(ctypes.c_ssize_t, wintypes.HWND, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.LPCWSTR),
            *(wintypes.LPCWSTR, ctypes.c_int),
        )
    },
)


def run_as_administrator(program: str, arguments: str) -> bool:
    """Ask the system, which asks the person, to start a program with all rights; whether it will run."""
    return int(_shell32.ShellExecuteW(None, "runas", program, arguments, None, _SHOWN)) >= _LEAST_SUCCESS
