"""A bounded sample of honest files: what no rule may match, and what a rule costs in time on them (ADR 0048)."""

import contextlib
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import boreal

from quetsach.core.text import Text
from quetsach.packs import PackError
from quetsach.packs.specimen.program import build_elf, build_pe

# A bounded sample of honest files: what rules are timed on, and what no rule may match.

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
        raise PackError(Text("there are no files to look at"), where=str(folder), hint=Text("name another folder"))
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


# What a rule costs: its time on honest content, as a multiple of what the simplest rule takes (ADR 0048).
#
# Time is that of this thread's processor, the least of several runs, so that what else a machine does counts little.

HIGHEST_COST = 10.0
"""A dearer rule is refused: the rules of the shelf cost up to 2, a hash of the whole file 6, a loop over it 600."""

AS_IT_IS = "as it is"

_BASELINE = 'rule baseline { strings: $a = "quetsach: honest files do not hold this" condition: $a }'
_REPEATS = 3
_AGAIN = 5
_PART_BYTES = 128 << 10
_MOST_BYTES_TIMED = 3 << 20
_TIMEOUT_SECONDS = 1
_CLEARLY = 4
"""So many times below or above the limit a rule is not timed again."""

type Contents = Mapping[str, tuple[bytes, ...]]
"""The same honest bytes as content of different types: a rule that demands a header is timed behind that header."""


def contents_of(parts: Iterable[bytes]) -> Contents:
    """Return what rules are timed on: parts of honest files, and content that is dear for careless rules."""
    chosen: list[bytes] = []
    for part in parts:
        chosen.append(part[:_PART_BYTES])
        if sum(map(len, chosen)) >= _MOST_BYTES_TIMED:
            break
    chosen += [unit * (_PART_BYTES // len(unit)) for unit in (b"\0", b"a", b"ab01. ", b"<p>\r\n")]
    return {
        AS_IT_IS: tuple(chosen),
        "in a program of Windows": tuple(build_pe(sections={".data": part}) for part in chosen),
        "in a library of Windows": tuple(build_pe(sections={".data": part}, dll=True) for part in chosen),
        "in a program of Linux": tuple(build_elf(part) for part in chosen),
        "in a script": tuple(b"#!/bin/sh\n" + part for part in chosen),
    }


class Stopwatch:
    """Times rules on some contents."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        baseline = boreal.compile(source=_BASELINE)
        self._baseline = {name: _least_seconds(baseline, parts, _AGAIN) for name, parts in contents.items()}

    def cost(self, source: str) -> float:
        """Return what the rules of a source cost, in multiples of the baseline, on the content dearest for them.

        A rule near the limit is timed again before it is believed; of one far above it, this is the least it costs.
        """
        scanner = boreal.compile(source=source, includes=False)
        return max(self._cost(scanner, name) for name in self._contents)

    def _cost(self, scanner: boreal.Scanner, name: str) -> float:
        parts, baseline = self._contents[name], max(self._baseline[name], 1e-6)
        limit = HIGHEST_COST * baseline
        seconds = _least_seconds(scanner, parts, 1, budget=limit * _CLEARLY)
        if limit / _CLEARLY < seconds < limit * _CLEARLY:
            seconds = min(seconds, _least_seconds(scanner, parts, _REPEATS, budget=limit * _CLEARLY))
        return seconds / baseline


def _least_seconds(
    scanner: boreal.Scanner, parts: Sequence[bytes], repeats: int, *, budget: float = _TIMEOUT_SECONDS
) -> float:
    """Return the least time of some runs; one that is over the budget is broken off, and its time so far counts."""
    least = float(_TIMEOUT_SECONDS)
    for _ in range(repeats):
        started = time.thread_time()
        for part in parts:
            with contextlib.suppress(boreal.Error):  # out of time
                scanner.match(data=part, timeout=_TIMEOUT_SECONDS)
            if (seconds := time.thread_time() - started) > budget:
                break
        least = min(least, seconds)
    return least
