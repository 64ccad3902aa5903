"""The record that makes a link of a file ([MS-FSCC] 2.1.2.4, 2.1.2.5)."""

import struct

from quetsach.endpoint.host.file_state import FileState
from quetsach.endpoint.host.nt.file_calls import DIRECTORY
from quetsach.endpoint.host.nt.stat import SYMLINK
from quetsach.endpoint.host.reparse import ATTRIBUTE

_RELATIVE = 1


def of_state(state: FileState) -> bytes:
    """Return the record that is kept with a state; empty when none is."""
    return state.xattrs.get(ATTRIBUTE, b"")


def is_of_folder(state: FileState) -> bool:
    """Return whether a state is that of a link in the form of a folder, as all junctions are."""
    raw = state.xattrs.get("system.ntfs_attrib_be", b"")
    return bool(int.from_bytes(raw, "big") & DIRECTORY)


def symbolic(target: bytes) -> bytes:
    r"""Return the record of a symbolic link to a path as it is written: relative, or absolute, ``\??\C:\Users``."""
    text = target.decode("utf-8", "surrogatepass").replace("/", "\\")
    name = text.encode("utf-16-le", "surrogatepass")
    shown = text.removeprefix("\\??\\").encode("utf-16-le", "surrogatepass")
    flags = 0 if text.startswith("\\??\\") or text[1:2] == ":" else _RELATIVE
    body = struct.pack("<HHHHI", len(shown), len(name), 0, len(shown), flags) + shown + name
    return struct.pack("<IHH", SYMLINK, len(body), 0) + body
