"""What the programs and libraries of a download ask Windows for, and whether the oldest Windows in question has it.

No Windows is at hand, so the answer comes from sources that are. The headers of mingw-w64, read as for Windows 10
version 1809, declare a function only where Windows had it by then, as far as their makers marked what came later; what
they are known to have left unmarked stands in the table as newer. Sets named ``api-ms-win-crt-…-l1-1-0`` never change
under one name and came with Windows 10; their functions are those that the import library of mingw-w64 lists for them.
What neither knows stands in ``imports.toml``, each with a page of Microsoft that names the first Windows that has it.
What is looked up by name at run time is not seen here: Python and OpenSSL do so for what is newer, and do without.
"""

import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import pefile
from release.windows.runtime import MINGW

OLDEST = "Windows 10, version 1809"
_AS_OF_OLDEST = ("-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000006")
_TABLE = Path(__file__).with_suffix(".toml")
_SET = re.compile(r"api-ms-win-crt-[a-z]+-l1-1-0\.dll")
_SYMBOL = re.compile(r" T (\w+)$", re.MULTILINE)
_TABLES = {
    "IMAGE_DIRECTORY_ENTRY_IMPORT": "DIRECTORY_ENTRY_IMPORT",
    "IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT": "DIRECTORY_ENTRY_DELAY_IMPORT",
}
"""Where an image lists what it needs, and as what pefile gives it."""


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """A function that a file needs in order to be loaded; ``library`` in small letters."""

    library: str
    function: str
    by: str


def asked_of_windows(files: Iterable[Path]) -> Iterator[Asked]:
    """Yield what files ask for of libraries that are not among them."""
    known = {path.name.lower(): path for path in files}
    for path in known.values():
        image = pefile.PE(str(path), fast_load=True)
        image.parse_data_directories([pefile.DIRECTORY_ENTRY[name] for name in _TABLES])
        for entry in chain.from_iterable(getattr(image, name, ()) for name in _TABLES.values()):
            library = entry.dll.decode().lower()
            for one in entry.imports if library not in known else ():
                yield Asked(library, one.name.decode() if one.name else f"#{one.ordinal}", path.name)


def unknown_to_oldest(asked: Iterable[Asked]) -> list[Asked]:
    """Return what no source says that the oldest Windows has."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    libraries = frozenset(table["libraries"])
    documented = {(entry["library"], name) for entry in table["documented"] for name in entry["functions"]}
    newer = {name for entry in table["newer"] for name in entry["functions"]}
    return [
        one
        for one in sorted(asked)
        if (one.library, one.function) not in documented
        and not (one.library in libraries and one.function in _declared() - newer)
        and not (_SET.fullmatch(one.library) and one.function in _members())
    ]


@cache
def _declared() -> frozenset[str]:
    """Return every word that the headers have for the oldest Windows."""
    headers = tomllib.loads(_TABLE.read_text("utf-8"))["headers"]
    source = "".join(f"#include <{name}>\n" for name in headers)
    words = [f"{MINGW}gcc", "-E", "-P", *_AS_OF_OLDEST, "-DUNICODE", "-D_UNICODE", "-x", "c", "-"]
    read = subprocess.run(words, input=source, capture_output=True, text=True, check=True).stdout
    return frozenset(re.findall(r"\w+", read))


@cache
def _members() -> frozenset[str]:
    """Return the functions of the C library of Windows 10 (UCRT)."""
    path = subprocess.run(
        [f"{MINGW}gcc", "-print-file-name=libucrt.a"], capture_output=True, text=True, check=True
    ).stdout.strip()
    listed = subprocess.run([f"{MINGW}nm", path], capture_output=True, text=True, check=True).stdout
    return frozenset(_SYMBOL.findall(listed))
