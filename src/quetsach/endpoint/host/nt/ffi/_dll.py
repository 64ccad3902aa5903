"""The libraries of Windows, each loaded from its own folder only, and what their native calls share."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import POINTER, Structure, c_int32, c_uint16, c_uint32, c_void_p, wintypes

# The libraries of Windows, each loaded from its own folder only, and what their calls have in common.

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


# What the native calls of Windows share: counted names, attributes of objects, and what their answers mean.

CASE_INSENSITIVE, OPEN_LINK = 0x40, 0x100

BACKUP, RESTORE, TAKE_OWNERSHIP, SECURITY = 17, 18, 9, 8
"""Privileges by number (winnt.h, SE_*_PRIVILEGE)."""

ntdll = library("ntdll")
ntdll.RtlNtStatusToDosError.argtypes = [c_int32]
ntdll.RtlNtStatusToDosError.restype = c_uint32


class CountedText(Structure):
    """UNICODE_STRING. It keeps the buffer that it points to."""

    _fields_ = (("length", c_uint16), ("most", c_uint16), ("buffer", c_void_p))

    @classmethod
    def of(cls, text: str) -> "CountedText":
        """Return a text of UTF-16, NUL and halves of pairs included.

        Raises:
            OSError: it is longer than such a text can be.
        """
        raw = text.encode("utf-16-le", "surrogatepass")
        if len(raw) > 0xFFFC:
            raise OSError(None, "the name is too long", None, 206)
        made = cls(len(raw), len(raw) + 2)
        made.kept = ctypes.create_string_buffer(raw, len(raw) + 2)
        made.buffer = ctypes.addressof(made.kept)
        return made


class ObjectAttributes(Structure):
    """OBJECT_ATTRIBUTES."""

    _fields_ = (
        ("length", c_uint32),
        ("root", c_void_p),
        ("name", POINTER(CountedText)),
        ("attributes", c_uint32),
        ("security", c_void_p),
        ("quality", c_void_p),
    )

    @classmethod
    def of(cls, root: int, name: str, attributes: int = CASE_INSENSITIVE, security: bytes = b"") -> "ObjectAttributes":
        """Return what names an object below an open one (0: from the top)."""
        text = CountedText.of(name)
        made = cls(ctypes.sizeof(cls), root or None, ctypes.pointer(text), attributes)
        made.kept = (text, ctypes.create_string_buffer(security, len(security)) if security else None)
        if made.kept[1] is not None:
            made.security = ctypes.addressof(made.kept[1])
        return made


def check(status: int) -> None:
    """Raise what a native call answered, if that is an error: ``FileNotFoundError``, ``PermissionError`` and so on."""
    if status >= 0:
        return
    code = ntdll.RtlNtStatusToDosError(status)
    if status & 0xFFFF_FFFF == 0xC000_017C:  # STATUS_KEY_DELETED: it went while it was open
        code = 2
    raise OSError(None, ctypes.FormatError(code).strip(), None, code)


def enable_privileges(*numbers: int) -> None:
    """Switch privileges on for this process; those that its account does not have stay as they are."""
    before = ctypes.c_ubyte()
    for number in numbers:
        ntdll.RtlAdjustPrivilege(number, 1, 0, ctypes.byref(before))
