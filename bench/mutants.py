"""How many small faults, put into the code on purpose, the tests notice.

``python bench/mutants.py [--sample N] [--seed N] [PACKAGE…]``: faults are drawn from the modules of the packages; each
is run alone against the tests that come to its lines, and the table tells those that no test noticed. First the tests
beside the packages and their properties are asked, then, about what those let pass, every test that imports of them;
files that import the module come first, the cheapest before others. What a test of another folder would have
noticed counts as unnoticed, and so does what only tests beyond the first minute would notice: the share is a lower
bound. What runs in a process that a test starts is the true code.

A fault that was noticed counts only if the test that noticed it passes without the fault. Which tests come to which
line, and what was answered, is kept in ``var/mutants``: a run that was stopped goes on where it was, and after a change
only what it touches is asked again.
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
import traceback
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402
from bench.faults import SOURCE, Mutant, mutant, places, put_in  # noqa: E402
from bench.reach import Lines, Reach, digest, file_of, keep, reach, rows  # noqa: E402
from scipy.stats import binomtest  # noqa: E402

PACKAGES = ("quetsach.assess", "quetsach.lake", "quetsach.endpoint.act")
SLOW = ("test_promises.py",)
"""Files that take minutes: what they alone would notice counts as unnoticed."""
ASKED_SECONDS = 60
"""CPU seconds of the tests that are asked about a fault."""
FIRST_SECONDS = 10
"""The same of those beside the packages that are asked first: most faults need no more."""
CPU_SECONDS = 180
"""A fault that makes them run longer than this has been noticed."""
MEMORY_BYTES = 8 << 30
PRELOADED = ("django", "duckdb", "numpy", "scipy.stats")
"""What nearly every test imports, imported once and inherited by every process: nothing of it starts a thread."""

UNTRUE = "UNTRUE"
NOT_HERE = "NOT HERE"

type Told = Callable[[int, str], None]
"""What is done with an answer: the number of the fault, and the test that noticed it."""


class Answers:
    """What was answered before about the same fault of the same module, test by test."""

    def __init__(self) -> None:
        self.noticed: dict[str, str] = {}
        self.passed: dict[str, set[str]] = defaultdict(set)
        for row in rows("answers.jsonl"):
            self.passed[row["fault"]].update(row["passed"])
            if row["by"]:
                self.noticed[row["fault"]] = row["by"]

    def noticed_by(self, fault: Mutant, tests: Collection[str]) -> str:
        """Return what is known to notice a fault: one of these tests, or that they never ended."""
        by = self.noticed.get(_of_module(fault), "")
        test, _, text = by.rpartition(" ")
        return test if (test in tests and text == digest(file_of(test))) else "" if text else test

    def open(self, fault: Mutant, tests: Sequence[str]) -> list[str]:
        """Return those of these tests that are not known to let a fault pass."""
        passed = self.passed[_of_module(fault)]
        return [test for test in tests if _as_it_is(test) not in passed]

    def add(self, fault: Mutant, tests: Sequence[str], by: str) -> None:
        """Keep what noticed a fault, and which of the tests that were asked in turn did not."""
        if not by.startswith(UNTRUE):
            passed = tests if not by else tests[: tests.index(by)] if by in tests else ()
            row = {"fault": _of_module(fault), "passed": [*map(_as_it_is, passed)], "by": by and _as_it_is(by)}
            keep("answers.jsonl", row)


def _of_module(fault: Mutant) -> str:
    path = str(fault.path.relative_to(ROOT))
    return f"{path} {fault.number} {digest(path)}"


def _as_it_is(test: str) -> str:
    return f"{test} {digest(file_of(test))}"


def asked(fault: Mutant, known: Reach, at_import: Mapping[str, Collection[int]], seconds: float) -> list[str]:
    """Return the tests to ask about a fault, in their order, as many as there is time for."""
    path = str(fault.path.relative_to(ROOT))
    reached = known.tests.get(path, {})
    importing = {str(p.relative_to(ROOT)) for p in tests_of([fault.module])}
    if set(at_import.get(path, ())) & set(fault.lines):
        found = {test for tests in reached.values() for test in tests}
        found |= {test for test in known.seconds if file_of(test) in importing}
    else:
        found = {test for line in fault.lines for test in reached.get(line, ())}
    files: dict[str, list[str]] = defaultdict(list)
    for test in sorted(found, key=lambda test: (known.seconds[test], test)):
        files[file_of(test)].append(test)
    costs = {file: sum(known.seconds[test] for test in tests) for file, tests in files.items()}
    ordered = [
        test for file in sorted(files, key=lambda file: (file not in importing, costs[file])) for test in files[file]
    ]
    spent = [0.0, *itertools.accumulate(known.seconds[test] for test in ordered)]
    return [test for number, test in enumerate(ordered) if not number or spent[number + 1] <= seconds]


class _Asking:
    """Learns which tests come to which line, then forks a process for each fault and tells what noticed it there."""

    def __init__(self, packages: Collection[str], faults: Mapping[int, Mutant], seconds: float, told: Told) -> None:
        self.seconds = seconds
        self.folders = [SOURCE / Path(*name.split(".")) for name in packages]
        self.faults, self.told = faults, told
        self.lines = Lines(self.folders)
        self.by: dict[int, str] = {}
        self.anew: dict[int, list[str]] = {}
        self.noticed_by = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Ask about each fault in place of running the tests."""
        at_import = self.lines.end()
        items = {item.nodeid: item for item in session.items}
        files = {file_of(test) for test in items}
        for path in files:
            digest(path)  # as it was collected: somebody may be working on it
        there = reach(files).files()
        if unknown := [item for test, item in items.items() if file_of(test) not in there]:
            self._in_fork(unknown, lambda: Lines(self.folders).keep_each(unknown))
        answers, known = Answers(), reach(files)
        for number, fault in self.faults.items():
            tests = [test for test in asked(fault, known, at_import, self.seconds) if test in items]
            by = answers.noticed_by(fault, tests)
            tests = answers.open(fault, tests)
            if tests and not by:
                by = self._ask([items[test] for test in tests], fault)
                if by == NOT_HERE:
                    self.anew[number] = tests
                    continue
                if by in items and self._ask([items[by]], None):
                    by = f"{UNTRUE} {by}"
                answers.add(fault, tests, by)
            self.by[number] = by
            self.told(number, by)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the name of the first test that failed."""
        if report.failed and not self.noticed_by:
            self.noticed_by = report.nodeid

    def _ask(self, items: list[pytest.Item], fault: Mutant | None) -> str:
        def work() -> str:
            limit()
            if fault is not None and not put_in(fault):
                return NOT_HERE
            for item, following in itertools.zip_longest(items, items[1:]):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                if self.noticed_by:
                    item.session._setupstate.teardown_exact(None)  # noqa: SLF001  (ends the servers that fixtures began)
                    break
            return self.noticed_by

        answer, ended = self._in_fork(items, work) if items else ("", "")
        return ended or str(answer)

    def _in_fork(self, items: list[pytest.Item], work: Callable[[], object]) -> tuple[object, str]:
        """Do work where nothing that it makes is kept for the next."""
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            items[0].config._tmp_path_factory._basetemp = Path(folder)  # type: ignore[attr-defined]  # noqa: SLF001
            return forked(work)


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


def limit() -> None:
    """Let this process end when a fault makes it run on and on, or take all memory."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))


def asked_where_collected(
    packages: Collection[str], files: Collection[Path], faults: Mapping[int, Mutant], seconds: float, told: Told
) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Return what noticed each fault, and those that only an import would bring into a process, with whom to ask."""

    def work() -> object:
        asking = _Asking(packages, faults, seconds, told)
        code = _pytest([str(path.relative_to(ROOT)) for path in files], asking)
        if code != 0:
            raise RuntimeError(f"pytest ended with {code} before it had asked about every fault")
        return list(asking.by.items()), list(asking.anew.items())

    found, ended = forked(work)
    assert isinstance(found, list), ended
    return dict(found[0]), dict(found[1])


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


def judged(packages: Collection[str], faults: Sequence[Mutant]) -> list[str]:
    """Return which test noticed each fault, telling each answer as soon as it is there."""
    out = os.fdopen(os.dup(1), "w", buffering=1)  # what is forked has no output else
    beside = {ROOT / "tests" / "unit" / Path(*name.split(".")[1:]) for name in packages} | {ROOT / "tests" / "property"}
    files = tests_of(packages)
    near = [path for path in files if beside & set(path.parents)]
    by: dict[int, str] = {}
    rounds = (near, FIRST_SECONDS, "waits  "), (near, ASKED_SECONDS, "waits  "), (files, ASKED_SECONDS, "MISSED ")
    for some, seconds, passed in rounds:

        def told(number: int, by: str, passed: str = passed) -> None:
            mark = "?      " if by.startswith(UNTRUE) else "noticed" if by else passed
            out.write(f"{mark}  {faults[number]}   [{by}]\n")

        unnoticed = {number: fault for number, fault in enumerate(faults) if not by.get(number)}
        found, anew = asked_where_collected(packages, some, unnoticed, seconds, told)
        by |= found
        for number, tests in anew.items():
            by[number] = asked_anew(tests, faults[number])
            if by[number] in tests and asked_anew([by[number]], None):
                by[number] = f"{UNTRUE} {by[number]}"
            Answers().add(faults[number], tests, by[number])
            told(number, by[number])
    return [by[number] for number in range(len(faults))]


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
    faults = [
        mutant(*place) for place in random.Random(arguments.seed).sample(every, min(arguments.sample, len(every)))
    ]
    answers = judged(arguments.packages, faults)
    print()
    for name in (*arguments.packages, "quetsach"):
        known = [by for by, fault in zip(answers, faults, strict=True) if f"{fault.module}.".startswith(f"{name}.")]
        known = [by for by in known if not by.startswith(UNTRUE)]
        if known:
            noticed = sum(map(bool, known))
            low, high = binomtest(noticed, len(known)).proportion_ci(method="wilson")
            share = f"{noticed / len(known):.0%}; {low:.0%} to {high:.0%}"
            print(f"{name}: {noticed} of {len(known)} faults noticed ({share})")
    print(f"{len(every)} could be put in")
    return 0


if __name__ == "__main__":
    sys.exit(main())
