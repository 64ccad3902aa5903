"""How many small faults, put into the code on purpose, the tests notice.

``python bench/mutants.py [--sample N] [--seed N] [PACKAGE…]``: the tests that stand beside the packages, or import of
them, run once, and which of them come to which line is noted. Then faults are drawn from the modules of the packages;
each is run alone against the tests that come to its lines, the cheapest files first, and the table tells those that no
test noticed. What a test of another folder would have noticed counts as unnoticed, and so does what only tests beyond
the first minute would notice: the share is a lower bound. What runs in a process that a test starts is the true code.

A fault that was noticed counts only if the test that noticed it passes without the fault.
"""

import argparse
import ast
import functools
import importlib
import itertools
import json
import os
import random
import resource
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402
from bench.faults import SOURCE, Mutant, mutant, places, put_in  # noqa: E402

PACKAGES = ("quetsach.assess", "quetsach.lake", "quetsach.endpoint.act")
SLOW = ("test_promises.py",)
"""Files that take minutes: what they alone would notice counts as unnoticed."""
ASKED_SECONDS = 60
"""CPU seconds of the tests that are asked about a fault."""
CPU_SECONDS = 180
"""A fault that makes them run longer than this has been noticed."""
MEMORY_BYTES = 8 << 30
PRELOADED = ("django", "duckdb", "numpy", "scipy.stats")
"""What nearly every test imports, imported once and inherited by every process: nothing of it starts a thread."""

UNTRUE = "UNTRUE"
NOT_HERE = "NOT HERE"


@dataclass
class Reach:
    """Which tests come to which line, what they cost, and which lines run when a module is imported."""

    lines: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    tests: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def asked(self, fault: Mutant) -> list[str]:
        """Return the tests to ask about a fault, the cheapest files first, as many as there is time for."""
        reached = self.tests.get(str(fault.path), {})
        if self.lines[str(fault.path)] & set(fault.lines):
            found = {test for tests in reached.values() for test in tests}
            importing = {str(p.relative_to(ROOT)) for p in tests_of([fault.module])}
            found |= {test for test in self.seconds if test.split("::")[0] in importing}
        else:
            found = {test for line in fault.lines for test in reached.get(line, ())}
        files: dict[str, list[str]] = defaultdict(list)
        for test in sorted(found, key=self.seconds.__getitem__):
            files[test.split("::")[0]].append(test)
        chosen: list[str] = []
        spent = 0.0
        for tests in sorted(files.values(), key=lambda tests: sum(self.seconds[test] for test in tests)):
            for test in tests:
                spent += self.seconds[test]
                if chosen and spent > ASKED_SECONDS:
                    return chosen
                chosen.append(test)
        return chosen


class _Tracing:
    """Notes the lines of the packages that each test comes to."""

    def __init__(self, folders: Collection[Path]) -> None:
        self.under = tuple(f"{folder}/" for folder in folders)
        self.reach = Reach()
        self.now: dict[str, set[int]] = self.reach.lines
        sys.monitoring.use_tool_id(sys.monitoring.COVERAGE_ID, "mutants")
        sys.monitoring.register_callback(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE, self._line)
        sys.monitoring.set_events(sys.monitoring.COVERAGE_ID, sys.monitoring.events.LINE)

    def _line(self, code: CodeType, line: int) -> object:
        if code.co_filename.startswith(self.under):
            self.now[code.co_filename].add(line)
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what a test comes to, with its fixtures."""
        self.now = defaultdict(set)
        sys.monitoring.restart_events()
        began = time.process_time()
        done = yield
        self.reach.seconds[item.nodeid] = time.process_time() - began
        for path, lines in self.now.items():
            for line in lines:
                self.reach.tests.setdefault(path, {}).setdefault(line, []).append(item.nodeid)
        return done


class _Asking:
    """Forks a process for each fault where all tests are collected, and tells what noticed it there."""

    def __init__(self, faults: Sequence[Mutant], reach: Reach, told: Callable[[Mutant, str], None]) -> None:
        self.faults, self.reach, self.told = faults, reach, told
        self.answers: list[str] = []
        self.noticed_by = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Ask about each fault in place of running the tests."""
        items = {item.nodeid: item for item in session.items}
        for fault in self.faults:
            answer = self._ask([items[test] for test in self.reach.asked(fault) if test in items], fault)
            if answer in items and self._ask([items[answer]], None):
                answer = f"{UNTRUE} {answer}"
            self.answers.append(answer)
            if answer != NOT_HERE:
                self.told(fault, answer)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of the first test that failed."""
        if report.failed and not self.noticed_by:
            self.noticed_by = report.nodeid

    def _ask(self, items: list[pytest.Item], fault: Mutant | None) -> str:
        if not items:
            return ""
        session = items[0].session

        def work() -> str:
            session.config._tmp_path_factory._basetemp = Path(folder)  # type: ignore[attr-defined]  # noqa: SLF001
            limit()
            if fault is not None and not put_in(fault):
                return NOT_HERE
            for item, following in itertools.zip_longest(items, items[1:]):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.noticed_by:
                    session._setupstate.teardown_exact(None)  # noqa: SLF001  (ends the servers that fixtures began)
                    break
            return self.noticed_by

        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # nothing that a fault made is kept for the next
            answer, ended = forked(work)
        return ended or str(answer)


class _Only:
    """Keeps the tests that are asked, and sees which one notices the fault."""

    def __init__(self, asked: Collection[str]) -> None:
        self.asked = set(asked)
        self.noticed_by = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the other tests of their files."""
        items[:] = [item for item in items if item.nodeid in self.asked]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of the first test that failed."""
        if report.failed and not self.noticed_by:
            self.noticed_by = report.nodeid


@functools.cache
def _imported_by(test: Path) -> frozenset[str]:
    """Return the modules that a test file imports, with what might be a module among the names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(test.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def tests_of(names: Collection[str]) -> list[Path]:
    """Return the test files that import of packages or modules, or stand beside them."""
    beside = {ROOT / "tests" / "unit" / Path(*name.split(".")[1:]) for name in names}
    inside = tuple(f"{name}." for name in names)

    def asks(path: Path) -> bool:
        if path.name in SLOW or {"e2e", "windows", "release"} & set(path.parts):
            return False
        return bool(beside & set(path.parents)) or any(f"{name}.".startswith(inside) for name in _imported_by(path))

    return [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if asks(path)]


def forked(work: Callable[[], object]) -> tuple[object, str]:
    """Do work in a process of its own; return what it returned, or how it ended before."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            with os.fdopen(writing, "w") as told:
                try:
                    told.write(json.dumps([work(), ""]))
                except Exception:  # noqa: BLE001  (of this program: what a fault raises is caught by pytest)
                    told.write(json.dumps([None, traceback.format_exc()]))
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        answer = told.read()
    _, status = os.waitpid(child, 0)
    if answer:
        value, wrong = json.loads(answer)
        if wrong:
            raise RuntimeError(wrong)
        return value, ""
    return None, f"ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended before its time"


def _pytest(words: Collection[str], plugin: object) -> int:
    return int(pytest.main(["-q", "-p", "no:randomly", "-p", "no:cacheprovider", *words], plugins=[plugin]))


def traced(packages: Collection[str]) -> Reach:
    """Run every test of the packages once, and return which come to which line."""

    def work() -> object:
        tracing = _Tracing([SOURCE / Path(*name.split(".")) for name in packages])
        _pytest([str(path.relative_to(ROOT)) for path in tests_of(packages)], tracing)
        reach = tracing.reach
        imported = {path: sorted(lines) for path, lines in reach.lines.items()}
        return [imported, reach.tests, reach.seconds]

    answer, ended = forked(work)
    assert isinstance(answer, list), ended
    lines, tests, seconds = answer
    reach = Reach(seconds=seconds)
    reach.lines.update((path, set(numbers)) for path, numbers in lines.items())
    reach.tests = {path: {int(line): named for line, named in found.items()} for path, found in tests.items()}
    return reach


def limit() -> None:
    """Let this process end when a fault makes it run on and on, or take all memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


def asked_where_collected(
    packages: Collection[str], faults: Sequence[Mutant], reach: Reach, told: Callable[[Mutant, str], None]
) -> list[str]:
    """Return what noticed each fault, or ``NOT_HERE`` where only an import would bring it into a process."""

    def work() -> list[str]:
        asking = _Asking(faults, reach, told)
        code = _pytest([str(path.relative_to(ROOT)) for path in tests_of(packages)], asking)
        if code != 0:
            raise RuntimeError(f"pytest ended with {code} before it had asked about every fault")
        return asking.answers

    answers, ended = forked(work)
    assert isinstance(answers, list), ended
    return answers


def asked_anew(tests: Collection[str], fault: Mutant | None) -> str:
    """Return what noticed a fault, asked in a process that has imported nothing of the source yet."""

    def work() -> str:
        limit()
        if fault is not None:
            put_in(fault)
        only = _Only(tests)
        code = _pytest(["-x", *dict.fromkeys(test.split("::")[0] for test in tests)], only)
        return "" if code in (0, 5) else only.noticed_by or f"pytest ended with {code}"

    answer, ended = forked(work)
    return ended or str(answer)


def main() -> int:
    """Print a line for each fault and the share that was noticed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--sample", type=int, default=300, metavar="N", help="faults (default: 300)")
    parser.add_argument("--seed", type=int, default=2020, metavar="N")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
    for name in PRELOADED:
        importlib.import_module(name)
    folders = [SOURCE / Path(*name.split(".")) for name in arguments.packages]
    every = [place for folder in folders for path in sorted(folder.rglob("*.py")) for place in places(path)]
    drawn = random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))
    reach = traced(arguments.packages)
    print(f"{len(reach.seconds)} tests, {sum(reach.seconds.values()):.0f} s CPU", flush=True)
    faults = [mutant(*place) for place in drawn]
    out = os.fdopen(os.dup(1), "w", buffering=1)  # what is forked has no output else

    def tell(fault: Mutant, by: str) -> None:
        mark = "?      " if by.startswith(UNTRUE) else "noticed" if by else "MISSED "
        out.write(f"{mark}  {fault}   [{by}]\n")

    answers = asked_where_collected(arguments.packages, faults, reach, tell)
    for number, fault in enumerate(faults):
        if answers[number] == NOT_HERE:
            tests = reach.asked(fault)
            by = asked_anew(tests, fault)
            answers[number] = f"{UNTRUE} {by}" if by in tests and asked_anew([by], None) else by
            tell(fault, answers[number])
    judged = [by for by in answers if not by.startswith(UNTRUE)]
    noticed = sum(map(bool, judged))
    share = noticed / max(len(judged), 1)
    print(f"\n{noticed} of {len(judged)} faults noticed ({share:.0%}); {len(every)} could be put in")
    return 0


if __name__ == "__main__":
    sys.exit(main())
