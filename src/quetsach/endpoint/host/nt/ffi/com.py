"""Classes of COM by their tables of methods: the task scheduler and the management service."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ctypes import POINTER, Structure, byref, c_int32, c_uint16, c_uint32, c_void_p, c_wchar_p
from typing import Self

from quetsach.endpoint.host.nt.ffi._dll import library
from quetsach.endpoint.host.port import StoredObject

# Classes of COM by their tables of methods: as much as the tool needs of them.
#
# A method is called by its place in the table. Texts are BSTRs that are freed again, interfaces are released when left.

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


# The task scheduler by its classes of COM; satisfies ``TaskCalls``.
#
# The places of methods in their tables are those of ``taskschd.idl`` of the Windows SDK, after the seven of IDispatch.

_SCHEDULER = "{0F87369F-A4E5-4CFC-BD3E-73E6154572DD}"
_SERVICE = "{2FABA4C7-4DA9-4013-9697-20CC3FD40F85}"
_GET_FOLDER, _CONNECT = 7, 10
_GET_TASK, _DELETE_TASK = 13, 15


class NativeTasks:
    """The scheduler of the running Windows."""

    def knows(self, folder: str, name: str) -> bool:
        """Return whether the scheduler knows a task."""
        try:
            with _folder(folder) as opened, opened.get(_GET_TASK, Text(name)):
                return True
        except NotThereError:
            return False

    def delete(self, folder: str, name: str) -> None:
        """Have it delete a task."""
        with _folder(folder) as opened:
            opened.call(_DELETE_TASK, Text(name), 0)


@contextmanager
def _folder(path: str) -> Iterator[Interface]:
    with apartment(), create(_SCHEDULER, _SERVICE) as service:
        service.call(_CONNECT, Variant(), Variant(), Variant(), Variant())
        with service.get(_GET_FOLDER, Text(path)) as folder:
            yield folder


# The management service by its classes of COM; satisfies ``WmiCalls``.
#
# The places of methods in their tables are those of ``wbemcli.idl`` of the Windows SDK.

_LOCATOR, _LOCATOR_ITSELF = "{4590F811-1D3A-11D0-891F-00AA004B2E24}", "{DC12A687-737F-11CF-884D-00AA004B2E24}"
_COMPILER, _COMPILER_ITSELF = "{6DAF9757-2E37-11D2-AEC9-00C04FB68820}", "{6DAF974E-2E37-11D2-AEC9-00C04FB68820}"
_CONNECT_SERVER = 3
_DELETE_INSTANCE, _CREATE_INSTANCE_ENUM = 16, 18
_NEXT = 4
_GET, _GET_OBJECT_TEXT = 4, 13
_COMPILE_BUFFER = 4
_FORWARD_ONLY, _AT_ONCE = 0x20, 0x10
_INFINITE = -1
_BSTR = 8
_STATUS_BYTES = 20  # WBEM_COMPILE_STATUS_INFO


class NativeWmi:
    """The management service of the running Windows."""

    def objects(self, namespace: str, kind: str) -> Iterator[StoredObject]:
        """Yield the objects of a class."""
        try:
            yield from _listed(namespace, kind)
        except NotThereError:
            return

    def delete(self, namespace: str, path: str) -> None:
        """Remove an object."""
        with _namespace(namespace) as services:
            try:
                services.call(_DELETE_INSTANCE, Text(path), 0, None, None)
            except NotThereError as error:
                raise FileNotFoundError(errno.ENOENT, "there is no such object") from error

    def compile(self, namespace: str, text: str) -> None:
        """Make the object that a text describes."""
        raw = text.encode("utf-16")
        buffer, status = ctypes.create_string_buffer(raw, len(raw)), ctypes.create_string_buffer(_STATUS_BYTES)
        place = ctypes.create_unicode_buffer(f"\\\\.\\{namespace}")
        with apartment(), create(_COMPILER, _COMPILER_ITSELF) as compiler:
            compiler.call(_COMPILE_BUFFER, len(raw), buffer, place, None, None, None, 0, 0, 0, status)


@contextmanager
def _namespace(namespace: str) -> Iterator[Interface]:
    arguments = (Text(namespace), None, None, None, 0, None, None)
    with apartment(), create(_LOCATOR, _LOCATOR_ITSELF) as locator, locator.get(_CONNECT_SERVER, *arguments) as found:
        let_act(found)
        yield found


def _listed(namespace: str, kind: str) -> Iterator[StoredObject]:
    arguments = (Text(kind), _FORWARD_ONLY | _AT_ONCE, None)
    with _namespace(namespace) as services, services.get(_CREATE_INSTANCE_ENUM, *arguments) as listed:
        let_act(listed)
        while (one := _next(listed)) is not None:
            with one:
                yield StoredObject(namespace, _path(one), _text(one))


def _next(listed: Interface) -> Interface | None:
    found, count = c_void_p(), c_uint32()
    try:
        listed.call(_NEXT, _INFINITE, 1, ctypes.pointer(found), ctypes.pointer(count))
    except NotThereError:
        return None
    return Interface(found.value) if count.value and found.value else None


def _path(one: Interface) -> str:
    value = Variant()
    one.call(_GET, c_wchar_p("__RELPATH"), 0, ctypes.pointer(value), None, None)
    try:
        return ctypes.wstring_at(value.value) if value.kind == _BSTR and value.value else ""
    finally:
        clear(value)


def _text(one: Interface) -> str:
    text = c_void_p()
    one.call(_GET_OBJECT_TEXT, 0, ctypes.pointer(text))
    return taken_text(text)
