"""Which tests come to which line of the packages that ``bench/mutants.py`` puts faults into, kept between its runs.

What is kept of a test file holds as long as it and every module that it came to are what they were.
"""

import functools
import json
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "var" / "mutants"


@functools.cache
def digest(path: str) -> str:
    """Return the SHA-256 of a file below the root, or nothing of one that is gone."""
    file = ROOT / path
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def file_of(test: str) -> str:
    """Return the file of a test."""
    return test.split("::", maxsplit=1)[0]


@dataclass
class Reach:
    """Which tests come to which line, and their CPU seconds with those of their fixtures."""

    tests: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def files(self) -> set[str]:
        """Return the test files of which it is known."""
        return {file_of(test) for test in self.seconds}


def reach(files: Collection[str]) -> Reach:
    """Return what is kept of test files and still holds."""
    known: dict[str, dict[str, dict[str, list[int]]]] = {}
    seconds: dict[str, dict[str, float]] = {}
    for row in rows("reach.jsonl"):
        if row["file"] in files and all(digest(path) == text for path, text in row["texts"].items()):
            known[row["file"]], seconds[row["file"]] = row["lines"], row["seconds"]
    found = Reach()
    for file, tests in known.items():
        found.seconds |= seconds[file]
        for test, lines in tests.items():
            for path, numbers in lines.items():
                for number in numbers:
                    found.tests.setdefault(path, {}).setdefault(number, []).append(test)
    return found


def rows(name: str) -> Iterator[dict[str, Any]]:
    """Yield what a file of this bench holds, but for a line whose writer was stopped."""
    file = KEPT / name
    for line in file.read_text("utf-8").split("\n") if file.is_file() else ():
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def keep(name: str, row: dict[str, Any]) -> None:
    """Add a line to a file of this bench."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / name).open("a", encoding="utf-8") as out:
        out.write(f"\n{json.dumps(row)}\n")


class Lines:
    """Notes the lines of folders that this process comes to: at import, and then test by test."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.under = tuple(f"{folder}/" for folder in folders)
        self.now: dict[str, set[int]] = defaultdict(set)
        sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "mutants")
        sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE, self._line)
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE)

    def _line(self, code: CodeType, line: int) -> object:
        if code.co_filename.startswith(self.under):
            self.now[str(Path(code.co_filename).relative_to(ROOT))].add(line)
        return sys.monitoring.DISABLE

    def keep_each(self, items: list[pytest.Item]) -> None:
        """Run tests, and keep of each file which lines its tests came to."""
        lines: dict[str, dict[str, list[int]]] = {}
        seconds: dict[str, float] = {}
        for item, following in zip(items, [*items[1:], None], strict=True):
            self.now = defaultdict(set)
            sys.monitoring.restart_events()
            began = time.process_time()
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            seconds[item.nodeid] = time.process_time() - began
            lines[item.nodeid] = {path: sorted(numbers) for path, numbers in self.now.items()}
            file = file_of(item.nodeid)
            if following is None or file_of(following.nodeid) != file:
                texts = {path: digest(path) for path in {file, *(path for of in lines.values() for path in of)}}
                keep("reach.jsonl", {"file": file, "texts": texts, "lines": lines, "seconds": seconds})
                lines, seconds = {}, {}

    def end(self) -> dict[str, set[int]]:
        """Note nothing more; return what was noted since the last test."""
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.NO_EVENTS)
        sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)
        return self.now
