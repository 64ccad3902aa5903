"""Lays out a whole Python for Linux: the program, its extension modules, and the libraries that those need.

The program is cx_Freeze's, which holds all of CPython but begins in a ``main`` of its own. It exports CPython's entry
as well, so a jump at the start of that ``main`` makes it the ordinary ``python3.13`` again: options, ``-m``, workers.
"""

import shutil
import struct
from collections.abc import Iterable
from pathlib import Path

from release.linux.elf import exported, wants_of

PROGRAM = "bin/python3.13"
STDLIB = "lib/python313.zip"
MODULES = "lib/python3.13/lib-dynload"
SITE = "lib/python3.13/site-packages"
"""Where Python looks for packages; here for one file alone, which names the places of the tool."""
_PLACES = "../../tool.zip\n../../site\n"
_BASE = "freeze_core/bases/console-cpython-313-x86_64-linux-gnu"
LIBRARIES = "lib/freeze_core.libs"
"""Where modules look for libraries: their run path is ``$ORIGIN/../../freeze_core.libs``."""
_JUMP = b"\xe9"  # x86-64: jump, relative to the next instruction, 32 bits
_UNUSED = (
    "_asyncio", "_codecs_", "_ctypes_test", "_curses", "_dbm", "_gdbm", "_interp", "_lsprof", "_multibytecodec",
    "_sqlite3", "_statistics", "_test", "_xxtestfuzz", "_zoneinfo", "readline", "syslog", "xxlimited", "xxsubtype",
)  # fmt: skip
"""Extension modules that nothing of the tool imports, by how their names begin."""
_TK_UNUSED = ("demos", "msgs", "tzdata", "images", "http1.0", "opt0.4", "tcltest")


def lay_interpreter(unpacked: Path, out: Path) -> None:
    """Lay out program, modules, libraries and Tk's scripts of an unpacked ``freeze-core``.

    Args:
        unpacked: folder with ``freeze_core`` and ``freeze_core.libs``.
        out: folder of the version, new.

    Raises:
        KeyError: the program does not export what it must.
    """
    program = out / PROGRAM
    program.parent.mkdir(parents=True)
    shutil.copyfile(unpacked / _BASE, program)
    _begin_in_python(program)
    program.chmod(0o755)
    modules = out / MODULES
    modules.mkdir(parents=True)
    chosen = [m for m in sorted((unpacked / "freeze_core/lib").glob("*.so")) if not m.name.startswith(_UNUSED)]
    for module in chosen:
        shutil.copyfile(module, modules / module.name)
    libraries = out / LIBRARIES
    libraries.mkdir()
    for library in _closure(chosen, unpacked / libraries.name):
        shutil.copyfile(library, libraries / library.name)
    (out / SITE).mkdir()
    (out / SITE / "quetsach.pth").write_text(_PLACES)
    for scripts in ("tcl8.6", "tk8.6"):
        ignored = shutil.ignore_patterns(*_TK_UNUSED)
        shutil.copytree(unpacked / "freeze_core/share" / scripts, out / "lib" / scripts, ignore=ignored)


def _begin_in_python(program: Path) -> None:
    main, place = exported(program, "main")
    entry, _ = exported(program, "Py_BytesMain")
    content = bytearray(program.read_bytes())
    jump = _JUMP + struct.pack("<i", entry - main - 5)
    content[place : place + len(jump)] = jump
    program.write_bytes(content)


def _closure(files: Iterable[Path], libraries: Path) -> list[Path]:
    """Return the libraries of a folder that files need, and those that these need."""
    known = {path.name: path for path in libraries.iterdir()}
    wanted: set[str] = set()
    left = list(files)
    while left:
        new = {name for name in wants_of(left.pop()).libraries if name in known} - wanted
        wanted |= new
        left += [known[name] for name in sorted(new)]
    return [known[name] for name in sorted(wanted)]
