"""What Windows does around the window: start a program as administrator, and say something where no window is.

Source: Microsoft Learn, "ShellExecuteW", "MessageBoxW".
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import wintypes

from quetsach.endpoint.host.nt.ffi.user import load

_SHOWN, _LEAST_SUCCESS = 1, 33
_ERROR_IN_FRONT = 0x10 | 0x10000  # MB_ICONERROR, MB_SETFOREGROUND

_shell32 = load(
    "shell32",
    {
        "ShellExecuteW": (
            *(ctypes.c_ssize_t, wintypes.HWND, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.LPCWSTR),
            *(wintypes.LPCWSTR, ctypes.c_int),
        )
    },
)
_user32 = load(
    "user32", {"MessageBoxW": (ctypes.c_int, wintypes.HWND, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.UINT)}
)


def run_as_administrator(program: str, arguments: str) -> bool:
    """Ask the system, which asks the person, to start a program with all rights; whether it will run."""
    return int(_shell32.ShellExecuteW(None, "runas", program, arguments, None, _SHOWN)) >= _LEAST_SUCCESS


def show_error(title: str, text: str) -> None:
    """Show a message until a person has seen it."""
    _user32.MessageBoxW(None, text, title, _ERROR_IN_FRONT)
