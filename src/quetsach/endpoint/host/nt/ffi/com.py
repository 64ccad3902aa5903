"""Classes of COM by their tables of methods: as much as the tool needs of them.

A method is called by its place in the table. Texts are BSTRs that are freed again, interfaces are released when left.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import POINTER, Structure, byref, c_int32, c_uint16, c_uint32, c_void_p, c_wchar_p
from typing import Self

from quetsach.endpoint.host.nt.ffi._dll import library

_ole32, _oleaut32 = library("ole32"), library("oleaut32")
_oleaut32.SysAllocStringLen.argtypes, _oleaut32.SysAllocStringLen.restype = (c_wchar_p, c_uint32), c_void_p
_oleaut32.SysFreeString.argtypes = (c_void_p,)
_oleaut32.VariantClear.argtypes = (c_void_p,)
_ole32.CoSetProxyBlanket.argtypes = (c_void_p, c_uint32, c_uint32, c_wchar_p, c_uint32, c_uint32, c_void_p, c_uint32)
_ole32.CoInitializeEx.argtypes = (c_void_p, c_uint32)
_ole32.CLSIDFromString.argtypes = (c_wchar_p, c_void_p)
_ole32.CoCreateInstance.argtypes = (c_void_p, c_void_p, c_uint32, c_void_p, POINTER(c_void_p))
for _function in (_ole32.CoSetProxyBlanket, _ole32.CoInitializeEx, _ole32.CLSIDFromString, _ole32.CoCreateInstance):
    _function.restype = c_int32

_MULTI_THREADED, _ALREADY_OTHERWISE = 0, 0x8001_0106
_IN_PROCESS, _LOCAL_SERVER = 1, 4
_RELEASE = 2
_NOT_THERE = frozenset({0x8007_0002, 0x8007_0003, 0x8004_1002, 0x8004_100E, 0x8004_1010})
"""No such file or path; of WMI, no such object, name space or class (WBEM_E_NOT_FOUND and its like)."""

_BY_PASSWORD, _EACH_CALL, _IMPERSONATE = 10, 3, 3  # RPC_C_AUTHN_WINNT, _LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE


class NotThereError(OSError):
    """What was asked for does not exist."""


class Variant(Structure):
    """VARIANT, empty unless a call fills it."""

    _fields_ = (("kind", c_uint16), ("reserved", c_uint16 * 3), ("value", c_void_p), ("second", c_void_p))


class Text:
    """BSTR, freed with this object."""

    def __init__(self, text: str) -> None:
        self.pointer = _oleaut32.SysAllocStringLen(text, len(text.encode("utf-16-le", "surrogatepass")) // 2)

    def __del__(self) -> None:
        _oleaut32.SysFreeString(self.pointer)


class Interface:
    """An interface of an object; use it with ``with``."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        ctypes.WINFUNCTYPE(c_uint32, c_void_p)(self._method(_RELEASE))(self.pointer)

    def call(self, place: int, *arguments: object) -> None:
        """Call a method.

        Raises:
            NotThereError: what it was to find does not exist.
            OSError: it failed otherwise.
        """
        given = [argument.pointer if isinstance(argument, Text) else argument for argument in arguments]
        types = [_type_of(argument) for argument in arguments]
        function = ctypes.WINFUNCTYPE(c_int32, c_void_p, *types)(self._method(place))
        check(function(self.pointer, *given))

    def get(self, place: int, *arguments: object) -> "Interface":
        """Call a method whose last argument is where it puts an interface."""
        found = c_void_p()
        self.call(place, *arguments, ctypes.pointer(found))
        if not found.value:
            raise NotThereError(None, "it gave nothing")
        return Interface(found.value)

    def _method(self, place: int) -> int:
        table = c_void_p.from_address(self.pointer).value or 0
        return c_void_p.from_address(table + place * ctypes.sizeof(c_void_p)).value or 0


def check(answer: int) -> None:
    """Raise what a call answered, if that is an error."""
    if answer >= 0:
        return
    code = answer & 0xFFFF_FFFF
    kind = NotThereError if code in _NOT_THERE else OSError
    raise kind(None, f"COM answered {code:#010x}")


@contextmanager
def apartment() -> Iterator[None]:
    """Let this thread use COM meanwhile, in the way that it does already if it does."""
    answer = _ole32.CoInitializeEx(None, _MULTI_THREADED)
    if answer & 0xFFFF_FFFF != _ALREADY_OTHERWISE:
        check(answer)
    try:
        yield
    finally:
        if answer >= 0:
            _ole32.CoUninitialize()


def create(class_: str, interface: str) -> Interface:
    """Return a new object of a class."""
    made = c_void_p()
    check(_ole32.CoCreateInstance(guid(class_), None, _IN_PROCESS | _LOCAL_SERVER, guid(interface), byref(made)))
    return Interface(made.value or 0)


def guid(text: str) -> ctypes.Array[ctypes.c_char]:
    """Return a GUID from its text in braces."""
    made = ctypes.create_string_buffer(16)
    check(_ole32.CLSIDFromString(text, made))
    return made


def let_act(interface: Interface) -> None:
    """Let an object of another process act with the rights of this one."""
    settings = (_BY_PASSWORD, 0, None, _EACH_CALL, _IMPERSONATE, None, 0)
    check(_ole32.CoSetProxyBlanket(interface.pointer, *settings))


def taken_text(pointer: c_void_p) -> str:
    """Return a text that a call gave, and free it."""
    try:
        return ctypes.wstring_at(pointer.value) if pointer.value else ""
    finally:
        _oleaut32.SysFreeString(pointer)


def clear(variant: Variant) -> None:
    """Free what a call put into a variant."""
    with suppress(OSError):
        _oleaut32.VariantClear(byref(variant))


def _type_of(argument: object) -> type:
    if isinstance(argument, int):
        return c_int32
    return Variant if isinstance(argument, Variant) else c_void_p
