"""A bounded sample of honest files: what rules are timed on, and what no rule may match."""

import contextlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from quetsach.packs.errors import PackError

SYSTEM = Path("/usr")
"""Where a system keeps its own programs, libraries and texts."""

_LARGEST_BYTES = 8 << 20
_MOST_WALKED = 400_000
_MOST_FILES = 2_000
_MOST_BYTES = 400 << 20
_NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Sample:
    """Some regular files, in order; ``size_bytes`` is what they hold together."""

    files: tuple[Path, ...]
    size_bytes: int

    def one_in(self, share: int) -> "Sample":
        """Return a sample of this sample: one file in so many."""
        return Sample(self.files[::share], self.size_bytes // share)

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield the path and the content of each file that can be read."""
        for path in self.files:
            with contextlib.suppress(OSError):
                yield str(path), path.read_bytes()


def common_words() -> bytes:
    """Return the words that honest programs of Windows have, as these hold them: in ASCII and in UTF-16.

    A machine with other programs than those of Windows has no better sample of them.
    """
    text = resources.files(__package__).joinpath("program_words.txt").read_text("utf-8")
    words = [line for line in text.splitlines() if not line.startswith("#")]
    return b"\0".join(word.encode() for word in words) + b"\0\0" + "\0".join(words).encode("utf-16-le")


def goodware(folder: Path | None) -> Sample:
    """Return all files of a folder that someone names, or a sample of this machine's own.

    Raises:
        PackError: the folder has no files.
    """
    if folder is None:
        return sample(SYSTEM, most_files=_MOST_FILES, most_bytes=_MOST_BYTES)
    chosen = sample(folder, most_files=_MOST_WALKED, most_bytes=_NO_LIMIT)
    if not chosen.files:
        raise PackError("there are no files to look at", where=str(folder), hint="name another folder")
    return chosen


def sample(folder: Path, *, most_files: int, most_bytes: int) -> Sample:
    """Return files from all over a folder: the same ones as long as the folder stays as it is.

    Links are not followed and large files left out. One that cannot be looked at counts as not there.
    """
    found = list(_regular_files(folder))
    step = max(1, -(-len(found) // most_files))
    chosen: list[Path] = []
    total = 0
    for path, size in found[::step]:
        if total + size <= most_bytes:
            chosen.append(path)
            total += size
    return Sample(tuple(chosen), total)


def _regular_files(folder: Path) -> Iterator[tuple[Path, int]]:
    walked = 0
    for below, folders, names in folder.walk():
        folders.sort()
        for name in sorted(names):
            walked += 1
            if walked > _MOST_WALKED:
                return
            path = below / name
            try:
                found = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode) and 0 < found.st_size <= _LARGEST_BYTES:
                yield path, found.st_size
