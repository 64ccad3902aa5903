"""The tool calls nothing that only one system has, or that does other things on Windows, outside its back ends."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src" / "quetsach"
TOOL = ("core", "endpoint", "packs", "cli")
BACK_ENDS = ("endpoint/host/posix", "endpoint/host/offline", "endpoint/host/nt")
NOT_DOWNLOADED = ("cli/center", "cli/trial", "packs/specimen")
"""The centre and the workshop of analysts run on Linux; people's machines never see them."""

EXCEPTIONS = {
    ("cli/main.py", "os.open"): "nothing is read or written: it is the system's own sink",
    ("cli/main.py", "os.O_WRONLY"): "nothing is read or written: it is the system's own sink",
}
ONE_SYSTEM = frozenset(
    [
        "chmod",
        "chown",
        "fchmod",
        "fchown",
        "fork",
        "fstat",
        "fsync",
        "fstatvfs",
        "getegid",
        "geteuid",
        "getgid",
        "getgroups",
        "getpgid",
        "getuid",
        "getxattr",
        "kill",
        "killpg",
        "lchown",
        "link",
        "listxattr",
        "lstat",
        "major",
        "makedev",
        "minor",
        "mkfifo",
        "nice",
        "open",
        "pidfd_open",
        "pread",
        "pwrite",
        "readlink",
        "removexattr",
        "scandir",
        "setsid",
        "setxattr",
        "stat",
        "statvfs",
        "symlink",
        "sysconf",
        "umask",
    ]
)
"""Of ``os``: what Windows lacks, or does with text, by following links, or with the time of making."""
CONSTANTS = ("O_", "ST_", "SEEK_DATA", "SEEK_HOLE", "XATTR_")


def _is_open_to_both(path: Path) -> bool:
    name = path.relative_to(SOURCES).as_posix()
    return not name.startswith((*BACK_ENDS, *NOT_DOWNLOADED))


def calls_of_one_system(source: str) -> Iterator[str]:
    """Yield what a source takes from ``os`` that is not the same everywhere."""
    for node in ast.walk(ast.parse(source)):
        is_of_os = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
        if is_of_os and (node.attr in ONE_SYSTEM or node.attr.startswith(CONSTANTS)):
            yield f"os.{node.attr}"


def _found() -> set[tuple[str, str]]:
    sources = [path for part in TOOL for path in (SOURCES / part).rglob("*.py") if _is_open_to_both(path)]
    return {
        (path.relative_to(SOURCES).as_posix(), call)
        for path in sources
        for call in calls_of_one_system(path.read_text(encoding="utf-8"))
    }


def test_the_tool_calls_nothing_of_one_system() -> None:
    assert sorted(_found() - EXCEPTIONS.keys()) == []


def test_every_exception_is_still_one() -> None:
    assert sorted(EXCEPTIONS.keys() - _found()) == []


def test_the_check_sees_what_it_forbids() -> None:
    source = "import os\nos.open(p, os.O_RDONLY)\nos.pread(f, 1, 0)\nos.path.join(a)\nos.read(f, 1)\nos.geteuid()"
    assert list(calls_of_one_system(source)) == ["os.open", "os.O_RDONLY", "os.pread", "os.geteuid"]


LIBRARIES = frozenset({"OleDLL", "WINFUNCTYPE", "WinDLL", "WinError", "oledll", "windll", "wintypes"})
"""Of ``ctypes``: what only Windows has, or what is only of use for its libraries."""


def libraries_of_windows(source: str) -> Iterator[str]:
    """Yield what a source takes from ``ctypes`` for the libraries of Windows."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in ("ctypes", "ctypes.wintypes"):
            names = {alias.name for alias in node.names}
            yield from sorted(names & LIBRARIES or ({"wintypes"} if node.module == "ctypes.wintypes" else set()))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name == "ctypes.wintypes")
        elif isinstance(node, ast.Attribute) and node.attr in LIBRARIES and ast.unparse(node.value) == "ctypes":
            yield node.attr


def test_the_libraries_of_windows_are_called_in_one_place() -> None:
    sources = [path for part in TOOL for path in (SOURCES / part).rglob("*.py")]
    users = {path for path in sources if any(libraries_of_windows(path.read_text(encoding="utf-8")))}
    assert {path.parent.relative_to(SOURCES).as_posix() for path in users} == {"endpoint/host/nt/ffi"}


def test_the_check_of_libraries_sees_what_it_forbids() -> None:
    source = "import ctypes.wintypes\nfrom ctypes import wintypes, byref\nctypes.WinDLL('x')\nctypes.CDLL(None)"
    assert sorted(libraries_of_windows(source)) == ["WinDLL", "ctypes.wintypes", "wintypes"]
    assert list(libraries_of_windows("from ctypes.wintypes import HANDLE")) == ["wintypes"]


def test_libraries_of_windows_are_loaded_in_one_place() -> None:
    calls = SOURCES / "endpoint/host/nt/ffi"
    loading = {path.name for path in calls.glob("*.py") if "WinDLL(" in path.read_text(encoding="utf-8")}
    assert loading == {"_dll.py"}
