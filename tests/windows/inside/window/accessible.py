"""What a screen reader is told of a window and of all that is in it, through oleacc.

Source: Microsoft Learn, "IAccessible", "Object Identifiers", "Role Constants".
"""

import ctypes
from ctypes import POINTER, byref, c_long, c_void_p, c_wchar_p, wintypes
from dataclasses import dataclass

_CLIENT = 0xFFFFFFFC  # OBJID_CLIENT
_ACCESSIBLE = bytes.fromhex("e0368761 3d3c cf11 810c 00aa00389b71".replace(" ", ""))  # IID_IAccessible
_NAME, _VALUE, _STATE, _RELEASE = 10, 11, 14, 2  # places in the table of IAccessible
FOCUSABLE, UNAVAILABLE, CHECKED = 0x100000, 0x1, 0x10
_STYLE, _KIND_OF_BUTTON, _TICK = -16, 0xF, 3  # GWL_STYLE, BS_TYPEMASK, BS_AUTOCHECKBOX
_ROLES = {
    "Static": "text",
    "Edit": "edit",
    "SysListView32": "list",
    "SysHeader32": "header",
    "msctls_progress32": "progress",
}


class Variant(ctypes.Structure):
    """VARIANT, for whole numbers."""

    _fields_ = (
        ("kind", wintypes.WORD),
        ("reserved", wintypes.WORD * 3),
        ("number", ctypes.c_longlong),
        ("more", c_void_p),
    )


@dataclass(frozen=True)
class Told:
    """What is told of one control; ``role`` is that which Windows gives its class (Wine tells none of most)."""

    window: int
    name: str
    value: str
    role: str
    state: int


_oleacc, _ole, _user = (ctypes.WinDLL(name) for name in ("oleacc", "ole32", "user32"))
_oleacc.AccessibleObjectFromWindow.argtypes = (wintypes.HWND, wintypes.DWORD, c_void_p, POINTER(c_void_p))
_user.GetWindowLongW.argtypes = (wintypes.HWND, ctypes.c_int)
_user.GetClassNameW.argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
_EACH = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
_user.EnumChildWindows.argtypes = (wintypes.HWND, _EACH, wintypes.LPARAM)
_ole.CoInitialize(None)


def children(window: int) -> list[int]:
    """Return the windows in a window, in their order."""
    found: list[int] = []
    _user.EnumChildWindows(window, _EACH(lambda child, _: bool(found.append(child)) or True), 0)
    return found


def told(window: int) -> Told:
    """Return what a screen reader is told of a control."""
    known = ctypes.create_unicode_buffer(99)
    _user.GetClassNameW(window, known, 99)
    pointer, wanted = c_void_p(), (ctypes.c_ubyte * 16)(*_ACCESSIBLE)
    answer = _oleacc.AccessibleObjectFromWindow(window, _CLIENT, wanted, byref(pointer))
    assert answer == 0, f"{known.value}: {answer & 0xFFFFFFFF:#x}"
    table = c_void_p.from_address(pointer.value).value

    def call(place: int, *types: type):
        function = c_void_p.from_address(table + 8 * place).value
        return ctypes.WINFUNCTYPE(c_long, c_void_p, *types)(function)

    own = Variant(kind=3)
    name, value, state = c_wchar_p(), c_wchar_p(), Variant()
    call(_NAME, Variant, POINTER(c_wchar_p))(pointer, own, byref(name))
    call(_VALUE, Variant, POINTER(c_wchar_p))(pointer, own, byref(value))
    call(_STATE, Variant, POINTER(Variant))(pointer, own, byref(state))
    call(_RELEASE)(pointer)
    return Told(window, name.value or "", value.value or "", _role(window, known.value), state.number & 0xFFFFFFFF)


def _role(window: int, kind: str) -> str:
    if kind != "Button":
        return _ROLES[kind]
    return "check" if _user.GetWindowLongW(window, _STYLE) & _KIND_OF_BUTTON == _TICK else "button"
