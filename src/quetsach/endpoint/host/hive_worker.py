"""The process that writes an edited copy of a hive with the library hivex.

Run as ``python -m quetsach.endpoint.host.hive_worker SOURCE TARGET SIZE``, the first two open descriptors. It reads
one JSON list of acts and answers with one JSON string: empty when the copy is written, else what went wrong.
hivex is C code that reads hostile bytes: when it crashes or loops, this process ends and not the tool. The answer is
JSON and not a pickle, because what sits here may by then be the hive's code and not ours.

Source: hivex(3), hivex.h of hivex 1.3.24. A node is the offset of its record in the file.
"""

import base64
import ctypes
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

LIBRARY = "libhivex.so.0"
NO_LIBRARY = "no-library"

_WRITE = 4  # HIVEX_OPEN_WRITE
_CPU_SECONDS = 120
_OWN_BYTES = 1 << 29
"""Room for Python itself and what the library allocates besides the hive."""


class _SetValue(ctypes.Structure):
    """``hive_set_value``."""

    _fields_ = (
        ("key", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("len", ctypes.c_size_t),
        ("value", ctypes.c_void_p),
    )


class _CallError(Exception):
    """A call of the library failed; the text is what the person is told."""


class _Hive:
    """An open hive of the library, every call checked."""

    def __init__(self, library: ctypes.CDLL, descriptor: int) -> None:
        node, handle = ctypes.c_size_t, ctypes.c_void_p
        self._open = _function(library, "hivex_open", handle, ctypes.c_char_p, ctypes.c_int)
        self._add = _function(library, "hivex_node_add_child", node, handle, node, ctypes.c_char_p)
        self._delete = _function(library, "hivex_node_delete_child", ctypes.c_int, handle, node)
        values = ctypes.POINTER(_SetValue)
        self._set = _function(
            library, "hivex_node_set_values", ctypes.c_int, handle, node, ctypes.c_size_t, values, ctypes.c_int
        )
        self._commit = _function(library, "hivex_commit", ctypes.c_int, handle, ctypes.c_char_p, ctypes.c_int)
        self._handle = self._open(f"/proc/self/fd/{descriptor}".encode(), _WRITE)
        if not self._handle:
            raise _CallError(f"the hive cannot be opened for writing: {os.strerror(ctypes.get_errno())}")

    def add(self, parent: int, name: str) -> int:
        """Make a key below another one and return its node."""
        made = int(self._add(self._handle, parent, name.encode()))
        if not made:
            raise _CallError(f"a key cannot be made: {os.strerror(ctypes.get_errno())}")
        return made

    def delete(self, node: int) -> None:
        """Delete a key with all below it."""
        if self._delete(self._handle, node) != 0:
            raise _CallError(f"a key cannot be deleted: {os.strerror(ctypes.get_errno())}")

    def set_values(self, node: int, values: Sequence[tuple[str, int, str]]) -> None:
        """Give a key these values and no others: names, types, data in base64."""
        content = [base64.b64decode(data) for _, _, data in values]
        buffers = [ctypes.create_string_buffer(data, len(data) or 1) for data in content]
        records = (_SetValue * max(1, len(values)))()
        for record, (name, type_, _), data, buffer in zip(records, values, content, buffers, strict=False):
            record.key, record.len = name.encode(), len(data)
            record.type = ctypes.c_int(type_).value
            record.value = ctypes.cast(buffer, ctypes.c_void_p)
        if self._set(self._handle, node, len(values), records, 0) != 0:
            raise _CallError(f"values cannot be set: {os.strerror(ctypes.get_errno())}")

    def commit(self, descriptor: int) -> None:
        """Write the hive to an open file."""
        if self._commit(self._handle, f"/proc/self/fd/{descriptor}".encode(), 0) != 0:
            raise _CallError(f"the edited hive cannot be written: {os.strerror(ctypes.get_errno())}")


def has_library() -> bool:
    """Return whether this machine has the library."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


def carry_out(source: int, target: int, acts: Sequence[Sequence[Any]]) -> str:
    """Do the acts on a copy and return what went wrong, or nothing.

    Acts: ``["add", PARENT, NAME]``, ``["delete", NODE]``, ``["values", NODE, [[NAME, TYPE, BASE64], …]]``. A negative
    node -N is the key that the Nth ``add`` made.
    """
    try:
        hive = _Hive(ctypes.CDLL(LIBRARY, use_errno=True), source)
    except OSError:
        return NO_LIBRARY
    except _CallError as failed:
        return str(failed)
    made: list[int] = []
    try:
        for act, node, *rest in acts:
            place = made[-node - 1] if node < 0 else node
            if act == "add":
                made.append(hive.add(place, rest[0]))
            elif act == "delete":
                hive.delete(place)
            else:
                hive.set_values(place, rest[0])
        hive.commit(target)
    except _CallError as failed:
        return str(failed)
    return ""


def main() -> None:
    """Read the acts, do them, answer."""
    source, target, size = map(int, sys.argv[1:4])
    answers = os.dup(1)
    os.dup2(2, 1)  # nothing that the library prints may get into the answer
    _limit(size)
    wrong = carry_out(source, target, json.load(sys.stdin))
    with os.fdopen(answers, "w") as answer:
        json.dump(wrong, answer)


def _limit(size_bytes: int) -> None:
    """Take away what a hive of this size does not need."""
    import resource  # noqa: PLC0415  (Windows has none, and only this process needs it)

    limits = {
        resource.RLIMIT_AS: 3 * size_bytes + _OWN_BYTES,
        resource.RLIMIT_CPU: _CPU_SECONDS,
        resource.RLIMIT_FSIZE: 2 * size_bytes + (64 << 20),
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))


def _function(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = library[name]
    function.restype, function.argtypes = result, arguments
    return function


if __name__ == "__main__":
    main()
