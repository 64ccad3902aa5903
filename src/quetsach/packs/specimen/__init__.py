"""Harmless specimens: every pack plants what its family leaves behind, so that finding and removing can be proved.

A pack's ``specimen.py`` has ``build(root) -> list[Planted]``; one of several platforms has ``build_linux``,
``build_windows`` or ``build_macos`` for each. Families that run have ``processes(root) -> context manager``, too. It is
for analysts and tests, never part of a packed ``.qsp``. A drive of Windows with its registry comes from
``specimen.neighbours``; shortcuts, tasks and jobs from ``specimen.formats``, programs from ``specimen.program``.
Lines and units of Linux, and a process whose file is deleted, come from ``specimen.linux_tree``.
"""

import importlib.util
import os
import struct
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from quetsach.core.text import Text
from quetsach.packs import PackError

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


@dataclass(frozen=True, slots=True)
class Specimen:
    """What a pack plants for one platform, and what it runs there."""

    platform: str
    build: "Callable[[Path], list[Planted]]"
    processes: "Callable[[Path], AbstractContextManager[object]] | None" = None


def specimens_of(folder: Path, platforms: Iterable[str]) -> tuple[Specimen, ...]:
    """Return the specimen of each platform of a pack folder. This runs ``specimen.py``.

    Raises:
        PackError: the pack has no specimen, or none for one of the platforms.
    """
    module = load_specimen(folder)
    platforms = sorted(platforms)
    return tuple(
        Specimen(
            platform,
            _builder(module, platform, folder, is_alone=len(platforms) == 1),
            getattr(module, "processes", None) if platform == "linux" else None,
        )
        for platform in platforms
    )


def _builder(module: ModuleType, platform: str, folder: Path, *, is_alone: bool) -> "Callable[[Path], list[Planted]]":
    names = (f"build_{platform}", *(["build"] if is_alone else []))
    for name in names:
        if callable(build := getattr(module, name, None)):
            return build  # type: ignore[no-any-return]
    hint = Text("write {names}", names=" or ".join(f"{name}(root)" for name in names))
    raise PackError(
        Text("there is no specimen for {platform}", platform=platform), where=f"{folder}/specimen.py", hint=hint
    )


def load_specimen(folder: Path) -> ModuleType:
    """Import ``specimen.py`` of a pack folder. This runs code: only for packs of this repository or one's own.

    Raises:
        PackError: the pack has no specimen, or it breaks off.
    """
    path = folder / "specimen.py"
    spec = importlib.util.spec_from_file_location(f"quetsach_specimen_{folder.name.replace('-', '_')}", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise PackError(
            Text("the pack has no specimen"), where=str(folder), hint=Text("add specimen.py with build(root)")
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise broken_off(error, path) from error
    return module


def broken_off(error: Exception, specimen: Path) -> PackError:
    """Return the error of a specimen that broke off, with the line of its file."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(specimen.absolute())]
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else (lines or [None])[-1]
    what = Text("the specimen breaks off: {name}: {error}", name=type(error).__name__, error=error)
    return PackError(what, where=f"{specimen}:{line}" if line else str(specimen), hint=Text("mend this line"))


def set_immutable(path: Path, *, on: bool) -> bool:
    """Set or clear the immutable attribute (``chattr +i``); return whether the system allowed it."""
    import fcntl  # noqa: PLC0415  (Windows has none, and specimens are planted there too)

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
