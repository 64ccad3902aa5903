"""Finds the files that a person names: files, folders, patterns, and what comes in through standard input."""

import glob
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from quetsach import storage
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.feeds.compression import Readable

STANDARD_INPUT = Path("-")
MAX_SPOOLED_BYTES = 8 << 30
"""As much as an archive may unpack to."""
_PARTIAL = (".part", ".partial", ".filepart", ".crdownload", ".tmp", "~")
"""How programs call files that they are still writing."""
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """The files to take in, in order, and those of folders that are passed over, each with the reason."""

    files: tuple[Path, ...]
    passed_over: tuple[tuple[Path, Text], ...]


def find_deliveries(given: Iterable[Path]) -> Found:
    """Return the files that were named: folders with all below them, by name; patterns that no shell looked at.

    What is named itself is taken whatever it is called. In folders, hidden files and those that are still being
    written are passed over, and whatever is no file. A name that leads nowhere is kept: its intake says why.
    """
    files: list[Path] = []
    passed_over: list[tuple[Path, Text]] = []
    for path in given:
        for one in _named(path):
            if not S_ISDIR(_mode(one)):
                files.append(one)
                continue
            for file, why in _below(one):
                if why:
                    passed_over.append((file, why))
                else:
                    files.append(file)
    return Found(tuple(files), tuple(passed_over))


def _named(path: Path) -> list[Path]:
    if _mode(path) or not glob.has_magic(str(path)):
        return [path]
    return sorted(map(Path, glob.iglob(str(path), recursive=True))) or [path]  # noqa: PTH207  (Path's begin in a folder)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0  # its intake says why


def _below(folder: Path) -> Iterator[tuple[Path, Text | None]]:
    """Yield all files below a folder by their paths, and why one is passed over; links to folders are not followed."""
    unreadable: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        here = Path(place)
        for name in sorted(folders):
            if name.startswith("."):
                yield here / name, Text("is hidden")
            elif (here / name).is_symlink():
                yield here / name, Text("is a link to a folder")
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            yield here / name, _why_not(here / name)
    for error in unreadable:
        yield Path(error.filename), Text("cannot be read")


def _why_not(file: Path) -> Text | None:
    if file.name.startswith("."):
        return Text("is hidden")
    if file.name.lower().endswith(_PARTIAL):
        return Text("is still being written, by its name")
    mode = _mode(file)
    return Text("is no file") if mode and not S_ISREG(mode) else None


@contextmanager
def spooled(stream: Readable, folder: Path) -> Iterator[Path]:
    """Write what a stream gives into a file without a name, on the disk of a folder; it goes with the process.

    Args:
        stream: whatever comes in, of any length.
        folder: the centre's data; made if it is not there.

    Raises:
        InputError: nothing came in, or more than is taken.
        OSError: it cannot be read or kept.
    """
    storage.make_folder(folder)
    with tempfile.TemporaryFile(dir=folder) as kept:
        size_bytes = 0
        while chunk := stream.read(_CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > MAX_SPOOLED_BYTES:
                raise InputError(
                    Text("more than {most} GiB came in", most=MAX_SPOOLED_BYTES >> 30), hint=Text("take in a file")
                )
            kept.write(chunk)
        if not size_bytes:
            raise InputError(Text("nothing came in"), hint=Text("did the command before it fail?"))
        kept.flush()
        yield Path(f"/proc/self/fd/{kept.fileno()}")
