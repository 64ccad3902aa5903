"""Small faults that are put into the code on purpose, for ``bench/mutants.py``.

Source files are never written to: a fault lives in one process, in what that process imports.
"""

import ast
import copy
import functools
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"

_CACHED = type(functools.cache(lambda: None))
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
    """One fault: the module, the node and where in it that is, the text before and after, and the module with it."""

    module: str
    path: Path
    number: int
    lines: range
    before: str
    after: str
    tree: ast.Module
    is_in_function: bool

    def compiled(self) -> CodeType:
        """Return the code of the module."""
        return compile(self.tree, str(self.path), "exec", dont_inherit=True)

    def __str__(self) -> str:
        return f"{self.path.relative_to(SOURCE)}:{self.lines.start}: {self.before} -> {self.after}"


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
    before, after = ast.unparse(node), ast.unparse(changed)
    told = node.test if isinstance(node, ast.If) else node  # what is below a condition has lines of its own
    assert isinstance(told, ast.expr | ast.stmt)
    lines = range(told.lineno, (told.end_lineno or told.lineno) + 1)
    is_in_function = any(node in ast.walk(part) for whole in ast.walk(tree) for part in _body(whole))
    _Replacing(node, changed).visit(tree)
    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    return Mutant(
        module, path, number, lines, _short(before), _short(after), ast.fix_missing_locations(tree), is_in_function
    )


def _body(node: ast.AST) -> list[ast.AST]:
    """Return what of a function runs when it is called."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return list(node.body)
    return [node.body] if isinstance(node, ast.Lambda) else []


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
        case ast.Return(value=ast.Constant(value=None | False)):  # neither is true
            return None
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


def put_in(fault: Mutant) -> bool:
    """Put a fault into this process; False if none of its functions is here, or it is in what ran at import."""
    if fault.module not in sys.modules:
        sys.meta_path.insert(0, Faulty(fault))
        return True
    if not fault.is_in_function:
        return False
    faulty = {(code.co_qualname, code.co_firstlineno): code for code in _codes(fault.compiled())}
    is_here = False
    gc.unfreeze()  # the tests keep what they collected out of searches for garbage, and out of this one
    for held in gc.get_objects():
        kind = type(held)  # an object that is made when it is first asked for would be asked by isinstance()
        if kind is FunctionType and held.__code__.co_filename == str(fault.path):
            code = faulty[held.__code__.co_qualname, held.__code__.co_firstlineno]
            if len(code.co_freevars) != len(held.__code__.co_freevars):
                return False
            held.__code__ = code
            is_here = True
        elif kind is _CACHED and held.__module__.startswith("quetsach."):
            held.cache_clear()  # it may hold what the true code returned
    return is_here


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


class Faulty(importlib.abc.MetaPathFinder):
    """Finds one module with its fault, and leaves every other one to who finds it as it is."""

    def __init__(self, fault: Mutant) -> None:
        self.fault = fault

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return how the faulty module is loaded."""
        if fullname != self.fault.module:
            return None
        loader = _Compiled(fullname, str(self.fault.path), self.fault.compiled())
        return importlib.util.spec_from_file_location(fullname, self.fault.path, loader=loader)


class _Compiled(importlib.machinery.SourceFileLoader):
    """Loads a module from code that is there already."""

    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self.code = code

    def get_code(self, _fullname: str) -> CodeType:
        """Return it."""
        return self.code
