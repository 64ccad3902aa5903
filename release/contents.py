"""What goes into a download: the standard library, the tool without its server, and what the tool depends on.

Python is compiled: one folder or one archive of ``.pyc``, always the same bytes, and nothing is written at run time.
"""

import importlib.util
import marshal
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from release.reached import is_reached

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PYC_HEADER = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
"""Compiled and never compared with a source, which is not there (PEP 552, unchecked)."""
_WITHOUT_REFERENCES = 2
"""The form of code in which equal constants are written out each time: what newer forms refer back to depends on what
else the building process did before. It is read as fast, and compressed it is as small."""

_STDLIB_LEFT_OUT = frozenset((
    "_pyrepl", "asyncio", "curses", "dbm", "dist-packages", "ensurepip", "idlelib", "lib-dynload", "lib2to3", "msilib",
    "pydoc_data", "site-packages", "sqlite3", "test", "turtledemo", "unittest", "venv", "wsgiref", "xmlrpc", "zoneinfo",
    "__phello__", "_aix_support", "_android_support", "_apple_support", "_distutils_system_mod", "_ios_support",
    "_sitebuiltins_test", "antigravity", "cProfile", "doctest", "ftplib", "imaplib", "lib_pypy", "mailbox", "pdb",
    "poplib", "profile", "pstats", "pyclbr", "pydoc", "sitecustomize", "smtplib", "tabnanny", "this", "trace", "turtle",
))  # fmt: skip
"""Packages and modules that nothing of the tool imports, by their first name."""
_BUILD_OF_LIBRARY = ("config-", "_sysconfigdata")
_DEPENDENCIES_LEFT_OUT = (
    "bin/", "cffi/", "cffi-", "pycparser", "securesystemslib/_vendor/ed25519/test_data/",
    "urllib3/contrib/emscripten/",
)  # fmt: skip
"""What stands beside the modules: programs, tests, a compiler's parts, and browsers that the tool has not."""
_DATA_LEFT_OUT = (".pyi", ".h", ".c", ".cfg", ".cmd", ".sh", ".bat", "RECORD", "INSTALLER", "REQUESTED", "py.typed")

type Files = Iterable[tuple[str, bytes]]
"""Names below a folder, with content."""


def compiled(source: bytes, name: str) -> bytes:
    """Return a module as a ``.pyc`` that always is the same for the same source.

    Args:
        source: the module's text.
        name: the file that tracebacks name.
    """
    return _PYC_HEADER + marshal.dumps(
        compile(source, name, "exec", dont_inherit=True, optimize=0), _WITHOUT_REFERENCES
    )


def stdlib_files(folder: Path, leave_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, bytes]]:
    """Yield the modules of a standard library that a download has.

    ``leave_out`` are more packages or modules, by their first name.
    """
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder)
        first = inner.parts[0].removesuffix(".py")
        is_left = first in _STDLIB_LEFT_OUT | leave_out or first.startswith(_BUILD_OF_LIBRARY)
        if not is_left and "__pycache__" not in inner.parts:
            yield inner.as_posix(), path.read_bytes()


def tool_files(wheel: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what a download has of the tool's wheel: the commands of a machine, packs, root of trust, licence."""
    with zipfile.ZipFile(wheel) as archive:
        for inner in sorted(archive.namelist()):
            if is_reached(inner):
                yield inner, archive.read(inner)


def dependency_files(unpacked: Path) -> Iterator[tuple[str, bytes]]:
    """Yield what a download has of the packages that were installed into a folder."""
    for path in sorted(p for p in unpacked.rglob("*") if p.is_file()):
        inner = path.relative_to(unpacked).as_posix()
        if not inner.startswith(_DEPENDENCIES_LEFT_OUT) and "__pycache__" not in inner:
            yield inner, path.read_bytes()


def built(files: Files) -> Iterator[tuple[str, bytes]]:
    """Yield files as a download has them: modules compiled, and without what only builds and type checkers read."""
    for inner, content in files:
        if inner.endswith(".py"):
            yield f"{inner}c", compiled(content, inner)
        elif not inner.endswith(_DATA_LEFT_OUT):
            yield inner, content


def write_stdlib(folder: Path, archive: Path, leave_out: frozenset[str] = frozenset()) -> None:
    """Write the standard library of a folder as an archive of compiled modules."""
    write_archive(built(stdlib_files(folder, leave_out)), archive)


def write_archive(files: Files, archive: Path) -> None:
    """Write files as an archive to import from, not compressed: the download as a whole is, and better."""
    folders: set[str] = set()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        for inner, content in files:
            for parent in reversed(PurePosixPath(inner).parents[:-1]):
                if f"{parent}/" not in folders:  # a package without __init__ is found by its folder's own entry only
                    folders.add(f"{parent}/")
                    made.writestr(zipfile.ZipInfo(f"{parent}/", _EPOCH), b"")
            made.writestr(zipfile.ZipInfo(inner, _EPOCH), content)


def lay_site(files: Files, site: Path) -> None:
    """Write packages into a folder, their modules compiled."""
    for inner, content in built(files):
        path = site / inner
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
