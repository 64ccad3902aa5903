"""Windows, messages and settings of the screen: calls of user32, comctl32, uxtheme and dwmapi, with their records.

Source: Microsoft Learn, "Windows and Messages", "Controls", "High DPI".
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from collections.abc import Mapping
from ctypes import POINTER, Structure, c_int, c_ssize_t, c_void_p, wintypes

from quetsach.endpoint.host.nt.ffi._dll import library

LRESULT = c_ssize_t
PROCEDURE = ctypes.WINFUNCTYPE(LRESULT, wintypes.HWND, wintypes.UINT, wintypes.WPARAM, wintypes.LPARAM)


class Message:
    """Numbers of messages (winuser.h, commctrl.h)."""

    DESTROY, SIZE, CLOSE, ERASE, SYSTEM_COLOURS, SETTINGS = 0x2, 0x5, 0x10, 0x14, 0x15, 0x1A
    LEAST_SIZE, DRAW_ITEM, SET_FONT, NOTIFY, COMMAND, TIMER = 0x24, 0x2B, 0x30, 0x4E, 0x111, 0x113
    PAINT, REDRAW, THEME, DPI = 0xF, 0xB, 0x31A, 0x2E0
    COLOURS_OF_EDIT, COLOURS_OF_BUTTON, COLOURS_OF_STATIC = 0x133, 0x135, 0x138
    DEFAULT_ID, POSTED = 0x400, 0x8001
    SET_CHECK, GET_CHECK = 0xF1, 0xF0
    SET_RANGE, SET_POSITION = 0x406, 0x402
    LIMIT_TEXT, MARGINS = 0xC5, 0xD3
    LIST_COLOUR, LIST_TEXT_BACK, LIST_TEXT = 0x1001, 0x1026, 0x1024
    LIST_INSERT, LIST_SET_TEXT, LIST_COLUMN, LIST_WIDTH = 0x104D, 0x1074, 0x1061, 0x101E
    LIST_STYLE, LIST_GET_STYLE, LIST_STATE, LIST_GET_STATE = 0x1036, 0x1037, 0x102B, 0x102C
    LIST_GET_WIDTH, LIST_IMAGES, LIST_HEADER = 0x101D, 0x1003, 0x101F


class WindowClass(Structure):
    """WNDCLASSEXW."""

    _fields_ = (
        ("size", wintypes.UINT),
        ("style", wintypes.UINT),
        ("procedure", PROCEDURE),
        ("class_extra", c_int),
        ("window_extra", c_int),
        ("instance", wintypes.HINSTANCE),
        ("icon", wintypes.HICON),
        ("cursor", wintypes.HANDLE),
        ("background", wintypes.HBRUSH),
        ("menu", wintypes.LPCWSTR),
        ("name", wintypes.LPCWSTR),
        ("small_icon", wintypes.HICON),
    )


class DrawItem(Structure):
    """DRAWITEMSTRUCT: a control that its owner draws."""

    _fields_ = (
        ("kind", wintypes.UINT),
        ("id", wintypes.UINT),
        ("item", wintypes.UINT),
        ("action", wintypes.UINT),
        ("state", wintypes.UINT),
        ("window", wintypes.HWND),
        ("context", wintypes.HDC),
        ("box", wintypes.RECT),
        ("data", c_void_p),
    )


class PaintRecord(Structure):
    """PAINTSTRUCT."""

    _fields_ = (
        ("context", wintypes.HDC),
        ("erase", wintypes.BOOL),
        ("box", wintypes.RECT),
        ("restore", wintypes.BOOL),
        ("update", wintypes.BOOL),
        ("reserved", ctypes.c_byte * 32),
    )


class LeastSize(Structure):
    """MINMAXINFO."""

    _fields_ = tuple((name, wintypes.POINT) for name in ("reserved", "size", "position", "least", "most"))


class Notice(Structure):
    """NMLISTVIEW, which begins as every NMHDR does."""

    _fields_ = (
        ("window", wintypes.HWND),
        ("id", ctypes.c_size_t),
        ("code", wintypes.UINT),
        ("padding", wintypes.UINT),
        ("row", c_int),
        ("column", c_int),
        ("state", wintypes.UINT),
        ("former", wintypes.UINT),
        ("changed", wintypes.UINT),
        ("point", wintypes.POINT),
        ("parameter", wintypes.LPARAM),
    )


class Column(Structure):
    """LVCOLUMNW."""

    _fields_ = (
        ("mask", wintypes.UINT),
        ("format", c_int),
        ("width", c_int),
        ("text", wintypes.LPCWSTR),
        ("length", c_int),
        ("sub", c_int),
        ("image", c_int),
        ("order", c_int),
        ("least", c_int),
        ("usual", c_int),
        ("ideal", c_int),
    )


class Item(Structure):
    """LVITEMW."""

    _fields_ = (
        ("mask", wintypes.UINT),
        ("row", c_int),
        ("column", c_int),
        ("state", wintypes.UINT),
        ("state_mask", wintypes.UINT),
        ("text", wintypes.LPCWSTR),
        ("length", c_int),
        ("image", c_int),
        ("parameter", wintypes.LPARAM),
        ("indent", c_int),
        ("group", c_int),
        ("columns", wintypes.UINT),
        ("column_list", c_void_p),
        ("formats", c_void_p),
        ("group_place", c_int),
    )


class HighContrast(Structure):
    """HIGHCONTRASTW."""

    _fields_ = (("size", wintypes.UINT), ("flags", wintypes.DWORD), ("scheme", wintypes.LPWSTR))


def load(name: str, calls: Mapping[str, tuple[object, ...]]) -> ctypes.WinDLL:
    """Load a library of the system and give its calls their types: what they return, then what they take."""
    loaded = library(name)
    for call, (result, *arguments) in calls.items():
        function = getattr(loaded, call)
        function.restype, function.argtypes = result, arguments
    return loaded


_HWND, _UINT, _BOOL, _HDC = wintypes.HWND, wintypes.UINT, wintypes.BOOL, wintypes.HDC
_WPARAM, _LPARAM, _RECT = wintypes.WPARAM, wintypes.LPARAM, POINTER(wintypes.RECT)

user32 = load(
    "user32",
    {
        "RegisterClassExW": (wintypes.ATOM, POINTER(WindowClass)),
        "CreateWindowExW": (
            *(_HWND, wintypes.DWORD, wintypes.LPCWSTR, wintypes.LPCWSTR, wintypes.DWORD, c_int, c_int, c_int, c_int),
            *(_HWND, wintypes.HMENU, wintypes.HINSTANCE, c_void_p),
        ),
        "DestroyWindow": (_BOOL, _HWND),
        "DefWindowProcW": (LRESULT, _HWND, _UINT, _WPARAM, _LPARAM),
        "CallWindowProcW": (LRESULT, c_void_p, _HWND, _UINT, _WPARAM, _LPARAM),
        "SetWindowLongPtrW": (c_void_p, _HWND, c_int, c_void_p),
        "SendMessageW": (LRESULT, _HWND, _UINT, _WPARAM, _LPARAM),
        "PostMessageW": (_BOOL, _HWND, _UINT, _WPARAM, _LPARAM),
        "PostQuitMessage": (None, c_int),
        "GetMessageW": (_BOOL, POINTER(wintypes.MSG), _HWND, _UINT, _UINT),
        "TranslateMessage": (_BOOL, POINTER(wintypes.MSG)),
        "DispatchMessageW": (LRESULT, POINTER(wintypes.MSG)),
        "IsDialogMessageW": (_BOOL, _HWND, POINTER(wintypes.MSG)),
        "SetWindowTextW": (_BOOL, _HWND, wintypes.LPCWSTR),
        "GetClassNameW": (c_int, _HWND, wintypes.LPWSTR, c_int),
        "SetWindowPos": (_BOOL, _HWND, _HWND, c_int, c_int, c_int, c_int, _UINT),
        "ShowWindow": (_BOOL, _HWND, c_int),
        "EnableWindow": (_BOOL, _HWND, _BOOL),
        "SetFocus": (_HWND, _HWND),
        "GetFocus": (_HWND,),
        "GetDlgCtrlID": (c_int, _HWND),
        "GetClientRect": (_BOOL, _HWND, _RECT),
        "InvalidateRect": (_BOOL, _HWND, _RECT, _BOOL),
        "AdjustWindowRectExForDpi": (_BOOL, _RECT, wintypes.DWORD, _BOOL, wintypes.DWORD, _UINT),
        "SystemParametersInfoW": (_BOOL, _UINT, _UINT, c_void_p, _UINT),
        "BeginPaint": (_HDC, _HWND, POINTER(PaintRecord)),
        "EndPaint": (_BOOL, _HWND, POINTER(PaintRecord)),
        "GetDC": (_HDC, _HWND),
        "ReleaseDC": (c_int, _HWND, _HDC),
        "FillRect": (c_int, _HDC, _RECT, wintypes.HBRUSH),
        "DrawTextW": (c_int, _HDC, wintypes.LPCWSTR, c_int, _RECT, _UINT),
        "DrawFocusRect": (_BOOL, _HDC, _RECT),
        "GetSysColor": (wintypes.DWORD, c_int),
        "SetTimer": (ctypes.c_size_t, _HWND, ctypes.c_size_t, _UINT, c_void_p),
        "KillTimer": (_BOOL, _HWND, ctypes.c_size_t),
        "LoadCursorW": (wintypes.HANDLE, wintypes.HINSTANCE, c_void_p),
        "LoadIconW": (wintypes.HICON, wintypes.HINSTANCE, c_void_p),
        "SetProcessDPIAware": (_BOOL,),
        "SetProcessDpiAwarenessContext": (_BOOL, wintypes.HANDLE),
        "GetDpiForWindow": (_UINT, _HWND),
        "GetDpiForSystem": (_UINT,),
    },
)
comctl32 = load(
    "comctl32",
    {
        "InitCommonControls": (None,),
        "ImageList_Create": (wintypes.HANDLE, c_int, c_int, _UINT, c_int, c_int),
        "ImageList_Add": (c_int, wintypes.HANDLE, wintypes.HBITMAP, wintypes.HBITMAP),
        "ImageList_Destroy": (_BOOL, wintypes.HANDLE),
    },
)
uxtheme = load("uxtheme", {"SetWindowTheme": (ctypes.c_long, _HWND, wintypes.LPCWSTR, wintypes.LPCWSTR)})
dwmapi = load("dwmapi", {"DwmSetWindowAttribute": (ctypes.c_long, _HWND, wintypes.DWORD, c_void_p, wintypes.DWORD)})
kernel32 = load("kernel32", {"GetModuleHandleW": (wintypes.HMODULE, wintypes.LPCWSTR)})


# What Windows does around the window: start a program as administrator, and say something where no window is.
#
# Source: Microsoft Learn, "ShellExecuteW", "MessageBoxW".

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
