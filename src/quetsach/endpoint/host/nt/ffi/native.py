"""What the native calls of Windows share: counted names, attributes of objects, and what their answers mean."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from ctypes import POINTER, Structure, c_int32, c_uint16, c_uint32, c_void_p

from quetsach.endpoint.host.nt.ffi._dll import library

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
