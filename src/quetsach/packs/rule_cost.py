"""What a rule costs: its time on honest content, as a multiple of what the simplest rule takes (ADR 0048).

Time is that of this thread's processor, the least of several runs, so that what else a machine does counts little.
"""

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence

import boreal

from quetsach.packs.specimen.program import build_elf, build_pe

HIGHEST_COST = 10.0
"""A dearer rule is refused: the rules of the shelf cost up to 2, a hash of the whole file 6, a loop over it 600."""

AS_IT_IS = "as it is"

_BASELINE = 'rule baseline { strings: $a = "quetsach: honest files do not hold this" condition: $a }'
_REPEATS = 3
_AGAIN = 5
_PART_BYTES = 128 << 10
_MOST_BYTES = 3 << 20
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
        if sum(map(len, chosen)) >= _MOST_BYTES:
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
