"""How many small faults, put into the code on purpose, the tests notice.

``python bench/mutants.py [--sample N] [--seed N] [PACKAGE…]``: faults are drawn from the modules of the packages, each
is run alone against the tests that stand beside its package or import its module, and the table tells those that no
test noticed. What a test of another folder would have noticed counts as unnoticed: the share is a lower bound. Source
files are never written to: a fault lives in one forked process, in what that process imports. What runs in a process
that a test starts is therefore the true code.

A fault that was noticed counts only if the test that noticed it passes without the fault.
"""

import argparse
import ast
import copy
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

HERE = Path(__file__).parent
ROOT = HERE.parent
SOURCE = ROOT / "src"
PACKAGES = ("quetsach.assess", "quetsach.lake", "quetsach.endpoint.act")
SLOW = ("test_promises.py",)
"""Files that take minutes: what they alone would notice counts as unnoticed."""
CPU_SECONDS = 120
"""A fault that makes the tests run longer than this has been noticed."""
MEMORY_BYTES = 8 << 30
PRELOADED = ("django", "duckdb", "numpy", "pytest", "scipy.stats")
"""What nearly every test imports, imported once and inherited by every process: nothing of it starts a thread."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the module, where in it, and the text before and after."""

    module: str
    path: Path
    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.line}: {self.before} -> {self.after}"


def places(path: Path) -> list[tuple[Path, int]]:
    """Return every place of a module that a fault can be put in: the file, and the number of the node."""
    nodes = _live(ast.parse(_text(path)))
    return [(path, number) for number, node in enumerate(nodes) if _changed(node) is not None]


@functools.cache
def _text(path: Path) -> str:
    """Return a module as it was when it was read first: somebody may be working on it."""
    return path.read_text("utf-8")


def mutant(path: Path, number: int) -> Mutant:
    """Return the module with the fault of one place."""
    tree = ast.parse(_text(path))
    node = list(_live(tree))[number]
    changed = _changed(node)
    assert changed is not None
    ast.copy_location(changed, node)
    before, after, line = ast.unparse(node), ast.unparse(changed), getattr(node, "lineno", 0)
    _Replacing(node, changed).visit(tree)
    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    return Mutant(module, path, line, _short(before), _short(after), ast.fix_missing_locations(tree))


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that do something: no annotation, decorator, docstring, and no words of an error."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params", "exc", "cause"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _says_only(child):
                yield from _live(child)


def _says_only(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changed(node: ast.AST) -> ast.AST | None:
    """Return what a node is replaced with, or nothing where no fault is put."""
    return _changed_expression(node) if isinstance(node, ast.expr) else _changed_statement(copy.deepcopy(node))


def _changed_expression(node: ast.expr) -> ast.expr | None:
    changed = copy.deepcopy(node)
    match changed:
        case ast.Compare(ops=[operator, *_]) if type(operator) in _COMPARISONS:
            changed.ops[0] = _COMPARISONS[type(operator)]()
        case ast.BoolOp():
            changed.op = ast.Or() if isinstance(changed.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return changed.operand
        case ast.BinOp() if type(changed.op) in _ARITHMETIC:
            changed.op = _ARITHMETIC[type(changed.op)]()
        case ast.Constant(value=bool(value)):
            changed.value = not value
        case ast.Constant(value=int(value) | float(value)):
            changed.value = value + 1
        case ast.IfExp():
            changed.test = ast.UnaryOp(ast.Not(), changed.test)
        case _:
            return None
    return changed


def _changed_statement(changed: ast.AST) -> ast.AST | None:
    match changed:
        case ast.AugAssign() if type(changed.op) in _ARITHMETIC:
            changed.op = _ARITHMETIC[type(changed.op)]()
        case ast.If():
            changed.test = ast.UnaryOp(ast.Not(), changed.test)
        case ast.Return(value=ast.expr()):
            changed.value = ast.Constant(None)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            return ast.Pass()
        case ast.Break():
            return ast.Continue()
        case ast.Continue():
            return ast.Break()
        case _:
            return None
    return changed


class _Replacing(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, node: ast.AST, changed: ast.AST) -> None:
        self.node, self.changed = node, changed

    def visit(self, node: ast.AST) -> ast.AST:
        """Return what stands in a node's place."""
        return self.changed if node is self.node else self.generic_visit(node)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}..."


class _Faulty(importlib.abc.MetaPathFinder):
    """Finds one module with its fault, and leaves every other one to who finds it as it is."""

    def __init__(self, fault: Mutant) -> None:
        self.fault = fault

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return how the faulty module is loaded."""
        if fullname != self.fault.module:
            return None
        code = compile(self.fault.tree, str(self.fault.path), "exec", dont_inherit=True)
        loader = _Compiled(fullname, str(self.fault.path), code)
        return importlib.util.spec_from_file_location(fullname, self.fault.path, loader=loader)


class _Compiled(importlib.machinery.SourceFileLoader):
    """Loads a module from code that is there already."""

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self.code = code

    def get_code(self, _fullname: str) -> CodeType:
        """Return it."""
        return self.code


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


def tests_of(module: str) -> list[Path]:
    """Return the test files for a module: those of its name first, those that import it, those beside those."""
    words = module.split(".")[1:]
    beside = ROOT / "tests" / "unit" / Path(*words[:-1])
    while not beside.is_dir():
        beside = beside.parent
    every = [p for p in sorted((ROOT / "tests").rglob("test_*.py")) if p.name not in SLOW]
    every = [p for p in every if not {"e2e", "windows", "release"} & set(p.parts)]
    importing = [p for p in every if module in _imported_by(p)]
    chosen = {*importing, *(p for p in every if p.parent == beside)}
    return sorted(chosen, key=lambda p: (words[-1] not in p.stem, p not in importing, p.parent != beside, p))


class _Watch:
    """Sees which test noticed the fault."""

    noticed_by = ""

    def pytest_runtest_logreport(self, report: object) -> None:
        """Keep the name of the first test that failed."""
        if getattr(report, "failed", False) and not self.noticed_by:
            self.noticed_by = str(getattr(report, "nodeid", ""))


def run(tests: Iterable[str], fault: Mutant | None) -> str:
    """Run tests in a process of their own; return what noticed the fault, or nothing."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _run_here(list(tests), fault, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        answer = told.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        return f"ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended before its time"
    code, noticed_by = json.loads(answer)
    if code in (0, 5):
        return ""
    return str(noticed_by or f"pytest ended with {code}")


def _run_here(tests: list[str], fault: Mutant | None, writing: int) -> None:
    import pytest

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    if fault is not None:
        sys.meta_path.insert(0, _Faulty(fault))
    watch = _Watch()
    code = pytest.main(["-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *tests], plugins=[watch])
    os.write(writing, json.dumps([int(code), watch.noticed_by]).encode())


@functools.cache
def _holds(test: str) -> bool:
    """Say whether a test passes without any fault."""
    return run([test], None) == ""


def judge(fault: Mutant) -> str:
    """Return what noticed a fault, or nothing; a test that fails without it as well is asked no more."""
    tests = [str(path.relative_to(ROOT)) for path in tests_of(fault.module)]
    noticed_by = run(tests, fault)
    return noticed_by if "::" not in noticed_by or _holds(noticed_by) else f"UNTRUE {noticed_by}"


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
    noticed = judged = 0
    for place in drawn:
        fault, started = mutant(*place), time.monotonic()
        by = judge(fault)
        if by.startswith("UNTRUE"):
            mark = "?      "
        else:
            judged, noticed, mark = judged + 1, noticed + bool(by), "noticed" if by else "MISSED "
        print(f"{mark}  {fault}   [{by}] {time.monotonic() - started:.0f} s", flush=True)
    print(f"\n{noticed} of {judged} faults noticed ({noticed / max(judged, 1):.0%}); {len(every)} could be put in")
    return 0


if __name__ == "__main__":
    sys.exit(main())
