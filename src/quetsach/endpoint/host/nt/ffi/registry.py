"""The native calls of the registry; satisfies ``RegistryCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import ctypes
import struct
from collections.abc import Callable
from ctypes import POINTER, byref, c_int32, c_uint32, c_void_p

from quetsach.endpoint.host.nt.ffi._dll import (
    BACKUP,
    CASE_INSENSITIVE,
    OPEN_LINK,
    RESTORE,
    SECURITY,
    CountedText,
    ObjectAttributes,
    check,
    enable_privileges,
    ntdll,
)
from quetsach.endpoint.host.nt.registry_edit import KeyFacts
from quetsach.endpoint.host.registry import RegistryValue

_IN_64_BIT = 0x100
_VOLATILE, _CREATE_LINK, _BACKUP_RESTORE, _OPEN_LINK = 1, 2, 4, 8
_BASIC, _FULL, _NAME, _FLAGS = 0, 2, 3, 5
_VALUE_FULL = 1
_NO_MORE, _OVERFLOW, _TOO_SMALL = 0x8000_001A, 0x8000_0005, 0xC000_0023
_CREATED = 1
_START_BYTES = 4096
_MOST_BYTES = 1 << 20

_KEY = c_void_p
_SIGNATURES: dict[str, list[object]] = {
    "NtOpenKeyEx": [POINTER(_KEY), c_uint32, POINTER(ObjectAttributes), c_uint32],
    "NtCreateKey": [
        *(POINTER(_KEY), c_uint32, POINTER(ObjectAttributes), c_uint32),
        *(POINTER(CountedText), c_uint32, POINTER(c_uint32)),
    ],
    "NtClose": [_KEY],
    "NtQueryKey": [_KEY, c_uint32, c_void_p, c_uint32, POINTER(c_uint32)],
    "NtEnumerateKey": [_KEY, c_uint32, c_uint32, c_void_p, c_uint32, POINTER(c_uint32)],
    "NtEnumerateValueKey": [_KEY, c_uint32, c_uint32, c_void_p, c_uint32, POINTER(c_uint32)],
    "NtSetValueKey": [_KEY, POINTER(CountedText), c_uint32, c_uint32, c_void_p, c_uint32],
    "NtDeleteValueKey": [_KEY, POINTER(CountedText)],
    "NtDeleteKey": [_KEY],
    "NtQuerySecurityObject": [_KEY, c_uint32, c_void_p, c_uint32, POINTER(c_uint32)],
    "NtSetSecurityObject": [_KEY, c_uint32, c_void_p],
    "NtSetInformationKey": [_KEY, c_uint32, c_void_p, c_uint32],
}
for _name, _arguments in _SIGNATURES.items():
    _function = getattr(ntdll, _name)
    _function.argtypes, _function.restype = _arguments, c_int32


class NativeRegistry:
    """The registry of the running Windows, in its 64-bit view; with the rights of a back-up where others are denied."""

    def __init__(self) -> None:
        enable_privileges(BACKUP, RESTORE, SECURITY)

    def open_key(self, parent: int, name: str, access: int, *, follow: bool = True) -> int:
        """Open a key."""
        attributes = ObjectAttributes.of(parent, name, CASE_INSENSITIVE | (0 if follow else OPEN_LINK))
        options = 0 if follow else _OPEN_LINK
        key = _KEY()

        def opened(more: int) -> int:
            return int(ntdll.NtOpenKeyEx(byref(key), access | _IN_64_BIT, byref(attributes), options | more))

        _with_rights_of_a_backup(opened)
        return key.value or 0

    def create_key(
        self, parent: int, name: str, access: int, *, kind: str, volatile: bool, link: bool, security: bytes
    ) -> tuple[int, bool]:
        """Open a key, or make it."""
        attributes = ObjectAttributes.of(parent, name, CASE_INSENSITIVE | (OPEN_LINK if link else 0), security)
        options = (_VOLATILE if volatile else 0) | (_CREATE_LINK if link else 0)
        key, came = _KEY(), c_uint32()
        text = CountedText.of(kind) if kind else None

        def created(more: int) -> int:
            given = byref(text) if text is not None else None
            wanted = access | _IN_64_BIT
            return int(ntdll.NtCreateKey(byref(key), wanted, byref(attributes), 0, given, options | more, byref(came)))

        _with_rights_of_a_backup(created)
        return key.value or 0, came.value == _CREATED

    def close_key(self, key: int) -> None:
        """Close an open key."""
        ntdll.NtClose(key)

    def path(self, key: int) -> str:
        """Return where an open key really is."""
        answer = _answer(lambda *room: ntdll.NtQueryKey(key, _NAME, *room))
        (size,) = struct.unpack_from("<I", answer)
        return _text(answer[4 : 4 + size])

    def facts(self, key: int) -> KeyFacts:
        """Return what a key says of itself."""
        answer = _answer(lambda *room: ntdll.NtQueryKey(key, _FULL, *room))
        written, _, at, size, subkeys, _, _, values = struct.unpack_from("<QIIIIIII", answer)
        kind = _text(answer[at : at + size]) if size and size % 2 == 0 and at + size <= len(answer) else ""
        return KeyFacts(kind, written, subkeys, values)

    def is_volatile(self, key: int) -> bool:
        """Return whether a key goes with the next restart."""
        try:
            answer = _answer(lambda *room: ntdll.NtQueryKey(key, _FLAGS, *room))
        except OSError:
            return False
        return bool(struct.unpack_from("<III", answer)[1] & 1)

    def subkey(self, key: int, index: int) -> str | None:
        """Return the name of a subkey."""
        answer = _answer(lambda *room: ntdll.NtEnumerateKey(key, index, _BASIC, *room))
        if not answer:
            return None
        (size,) = struct.unpack_from("<I", answer, 12)
        return _text(answer[16 : 16 + size])

    def value(self, key: int, index: int, most_bytes: int) -> RegistryValue | None:
        """Return a value."""
        answer = _answer(lambda *room: ntdll.NtEnumerateValueKey(key, index, _VALUE_FULL, *room), most_bytes + 65_536)
        if not answer:
            return None
        _, type_, at, size, length = struct.unpack_from("<IIIII", answer)
        if size > most_bytes:
            raise OverflowError(size)
        return RegistryValue(_text(answer[20 : 20 + length]), type_, answer[at : at + size])

    def set_value(self, key: int, value: RegistryValue) -> None:
        """Give a key a value."""
        name = CountedText.of(value.name)
        check(ntdll.NtSetValueKey(key, byref(name), 0, value.type, value.data, len(value.data)))

    def delete_value(self, key: int, name: str) -> None:
        """Take a value from a key."""
        check(ntdll.NtDeleteValueKey(key, byref(CountedText.of(name))))

    def delete_key(self, key: int) -> None:
        """Remove an open key that has no subkeys."""
        check(ntdll.NtDeleteKey(key))

    def security(self, key: int, parts: int) -> bytes:
        """Return these parts of the security descriptor."""
        return _answer(lambda *room: ntdll.NtQuerySecurityObject(key, parts, *room))

    def set_security(self, key: int, parts: int, descriptor: bytes) -> None:
        """Give a key these parts of a security descriptor."""
        check(ntdll.NtSetSecurityObject(key, parts, descriptor))

    def set_written(self, key: int, written: int) -> None:
        """Say when a key was last changed."""
        check(ntdll.NtSetInformationKey(key, 0, struct.pack("<Q", written), 8))


def _with_rights_of_a_backup(call: Callable[[int], int]) -> None:
    """Make a call as this account may, and else with the rights of a back-up (Microsoft Learn, "RegOpenKeyExW")."""
    try:
        check(call(0))
    except PermissionError:
        check(call(_BACKUP_RESTORE))


def _answer(call: Callable[..., int], most_bytes: int = _MOST_BYTES) -> bytes:
    """Return what a call writes into a buffer that is long enough; nothing when there are no more entries."""
    size, needed = _START_BYTES, c_uint32()
    while True:
        room = ctypes.create_string_buffer(size)
        status = call(room, size, byref(needed))
        if status & 0xFFFF_FFFF not in (_OVERFLOW, _TOO_SMALL):
            break
        if size >= most_bytes:
            raise OverflowError(needed.value)
        size = min(max(needed.value, 2 * size), most_bytes)
    if status & 0xFFFF_FFFF == _NO_MORE:
        return b""
    check(status)
    return room.raw[: needed.value]


def _text(raw: bytes) -> str:
    return raw.decode("utf-16-le", "surrogatepass")
