"""Harmless specimens: every pack plants what its family leaves behind, so that finding and removing can be proved.

A pack's ``specimen.py`` has ``build(root) -> list[Planted]`` and, for families that run,
``processes(root) -> context manager``. It is for analysts and tests, never part of a packed ``.qsp``. A drive of
Windows with its registry comes from ``specimen.windows``; shortcuts, tasks and jobs from ``specimen.formats``.
"""

import fcntl
import importlib.util
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from quetsach.packs.errors import PackError

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of <linux/fs.h>, 64-bit
_SET_FLAGS = 0x40086602
_IMMUTABLE = 0x10


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted thing: ``kind`` as in ``core.pack.ArtefactKind``, ``path`` inside the root, ``line`` if it is a line.

    Of the registry ``path`` is the key and, behind a backslash, the name of the value (``(default)`` of the one
    without a name); ``line`` is the entry where the value holds a list.
    ``immutable`` says that the file really got the attribute (it needs root and a file system that has it).
    """

    kind: str
    path: str
    line: str = ""
    immutable: bool = False


def load_specimen(folder: Path) -> ModuleType:
    """Import ``specimen.py`` of a pack folder. This runs code: only for packs of this repository or one's own.

    Raises:
        PackError: the pack has no specimen.
    """
    path = folder / "specimen.py"
    spec = importlib.util.spec_from_file_location(f"quetsach_specimen_{folder.name.replace('-', '_')}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise PackError("the pack has no specimen", where=str(folder), hint="add specimen.py with build(root)")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def set_immutable(path: Path, *, on: bool) -> bool:
    """Set or clear the immutable attribute (``chattr +i``); return whether the system allowed it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        packed = fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("=L", 0) + bytes(4))
        flags = struct.unpack_from("=L", packed)[0]
        flags = flags | _IMMUTABLE if on else flags & ~_IMMUTABLE
        fcntl.ioctl(descriptor, _SET_FLAGS, struct.pack("=L", flags) + bytes(4))
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def unlock(root: Path, planted: list[Planted]) -> None:
    """Clear the immutable attribute of what was planted, so that the tree can be thrown away."""
    for item in planted:
        path = root / item.path.lstrip("/")
        if item.immutable and path.is_file() and not path.is_symlink():
            set_immutable(path, on=False)
