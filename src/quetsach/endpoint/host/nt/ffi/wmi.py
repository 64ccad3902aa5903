"""The management service by its classes of COM; satisfies ``WmiCalls``.

The places of methods in their tables are those of ``wbemcli.idl`` of the Windows SDK.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_uint32, c_void_p, c_wchar_p

from quetsach.endpoint.host.nt.ffi.com import (
    Interface,
    NotThereError,
    Text,
    Variant,
    apartment,
    clear,
    create,
    let_act,
    taken_text,
)
from quetsach.endpoint.host.subscriptions import StoredObject

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
