"""The calls of the service manager; satisfies ``ServiceCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_uint32, c_void_p, c_wchar_p

from quetsach.endpoint.host.nt.ffi._dll import library
from quetsach.endpoint.host.nt.services import DISABLED, ServiceStatus

_CONNECT, _CREATE, _ENUMERATE = 1, 2, 4
_QUERY_STATUS, _CHANGE_CONFIG, _STOP, _DELETE = 4, 2, 0x20, 0x10000
_ALL_TYPES, _ALL_STATES = 0xFF, 3
_PROCESS_INFORMATION = 0
_NO_CHANGE = 0xFFFF_FFFF
_CONTROL_STOP = 1
_ERROR_NORMAL = 1
_NO_SUCH_SERVICE, _MORE_DATA = 1060, 234
_ROOM = 256 << 10
_ENTRY_HEAD, _ENTRY_BYTES = 16, 56  # ENUM_SERVICE_STATUS_PROCESSW: two names, nine numbers, padded

_library = library("advapi32")
_HANDLE, _COUNT = c_void_p, POINTER(c_uint32)
for _name, _result, _arguments in (
    ("OpenSCManagerW", _HANDLE, (c_wchar_p, c_wchar_p, c_uint32)),
    ("OpenServiceW", _HANDLE, (_HANDLE, c_wchar_p, c_uint32)),
    ("CloseServiceHandle", c_uint32, (_HANDLE,)),
    ("QueryServiceStatusEx", c_uint32, (_HANDLE, c_uint32, c_void_p, c_uint32, _COUNT)),
    (
        "EnumServicesStatusExW",
        c_uint32,
        (_HANDLE, c_uint32, c_uint32, c_uint32, c_void_p, c_uint32, _COUNT, _COUNT, _COUNT, c_wchar_p),
    ),
    ("ChangeServiceConfigW", c_uint32, (_HANDLE, c_uint32, c_uint32, c_uint32, *(c_void_p,) * 7)),
    ("ControlService", c_uint32, (_HANDLE, c_uint32, c_void_p)),
    ("DeleteService", c_uint32, (_HANDLE,)),
    (
        "CreateServiceW",
        _HANDLE,
        (_HANDLE, c_wchar_p, c_wchar_p, *(c_uint32,) * 4, c_wchar_p, *(c_void_p,) * 5),
    ),
):
    _function = getattr(_library, _name)
    _function.restype, _function.argtypes = _result, _arguments


class NativeServices:
    """The service manager of the running Windows."""

    def listed(self) -> Iterator[ServiceStatus]:
        """Yield all services and drivers that the manager knows."""
        room, needed, count, resume = ctypes.create_string_buffer(_ROOM), c_uint32(), c_uint32(), c_uint32()
        with _manager(_CONNECT | _ENUMERATE) as manager:
            while True:
                done = _library.EnumServicesStatusExW(
                    *(manager, _PROCESS_INFORMATION, _ALL_TYPES, _ALL_STATES, room, _ROOM),
                    *(byref(needed), byref(count), byref(resume), None),
                )
                if not done and ctypes.get_last_error() != _MORE_DATA:
                    raise _failed()
                for at in range(0, count.value * _ENTRY_BYTES, _ENTRY_BYTES):
                    (name,) = struct.unpack_from("P", room, at)
                    yield _status(ctypes.wstring_at(name), room.raw[at + _ENTRY_HEAD : at + _ENTRY_BYTES])
                if done:
                    return

    def status(self, name: str) -> ServiceStatus | None:
        """Return what the manager says of one."""
        room, needed = ctypes.create_string_buffer(36), c_uint32()
        try:
            with _service(name, _QUERY_STATUS) as service:
                _check(_library.QueryServiceStatusEx(service, _PROCESS_INFORMATION, room, 36, byref(needed)))
        except OSError as error:
            if error.winerror == _NO_SUCH_SERVICE:
                return None
            raise
        return _status(name, room.raw)

    def disable(self, name: str) -> None:
        """Let nothing start it any more."""
        with _service(name, _CHANGE_CONFIG) as service:
            _check(_library.ChangeServiceConfigW(service, _NO_CHANGE, DISABLED, _NO_CHANGE, *(None,) * 7))

    def stop(self, name: str) -> None:
        """Ask it to stop."""
        with _service(name, _STOP) as service:
            _check(_library.ControlService(service, _CONTROL_STOP, ctypes.create_string_buffer(28)))

    def delete(self, name: str) -> None:
        """Have the manager forget it."""
        with _service(name, _DELETE) as service:
            _check(_library.DeleteService(service))

    def create(self, name: str, type_: int, start: int, image: str) -> None:
        """Have the manager know a service."""
        with _manager(_CONNECT | _CREATE) as manager:
            settings = (_QUERY_STATUS, type_, start, _ERROR_NORMAL, image)
            service = _library.CreateServiceW(manager, name, None, *settings, *(None,) * 5)
            _check(service)
            _library.CloseServiceHandle(service)

    def wait(self, seconds: float) -> None:
        """Let some time pass."""
        time.sleep(seconds)


def _status(name: str, raw: bytes) -> ServiceStatus:
    type_, state, _, _, _, _, _, pid = struct.unpack_from("<8I", raw)
    return ServiceStatus(name, type_, state, pid)


@contextmanager
def _manager(access: int) -> Iterator[int]:
    manager = _library.OpenSCManagerW(None, None, access)
    _check(manager)
    try:
        yield manager
    finally:
        _library.CloseServiceHandle(manager)


@contextmanager
def _service(name: str, access: int) -> Iterator[int]:
    with _manager(_CONNECT) as manager:
        service = _library.OpenServiceW(manager, name, access)
        _check(service)
        try:
            yield service
        finally:
            _library.CloseServiceHandle(service)


def _check(answer: int | None) -> None:
    if not answer:
        raise _failed()


def _failed() -> OSError:
    code = ctypes.get_last_error()
    return OSError(None, ctypes.FormatError(code).strip(), None, code)
