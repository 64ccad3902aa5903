"""Nothing of one country stands in code: its code, its time, its capital and its campaigns are data."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "quetsach"
OF_ONE_COUNTRY = ("viet-nam-2020", "Asia/Ho_Chi_Minh", "Hà Nội", "Ha Noi", "Hanoi", "Ủy ban nhân dân", "+07:00")
NAMES = frozenset({"VIET_NAM", "VIETNAM"})


def _tells_of_one(tree: ast.AST) -> Iterator[tuple[int, str]]:
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            if node.value == "VN" or any(text in node.value for text in OF_ONE_COUNTRY):
                yield node.lineno, node.value
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in NAMES:
                yield node.lineno, name


def _is_example(text: str) -> bool:
    return "quetsach center " in text or text.startswith(" --campaign ")


EXCEPTIONS: dict[str, Callable[[str], bool]] = {
    "cli": _is_example,  # help texts may name the campaign that ships, so that they can be typed
    "packs": lambda _text: True,  # what the authors of malware wrote is no country of ours
}


def _found(path: Path) -> list[str]:
    place = path.relative_to(SOURCES)
    may_stand = EXCEPTIONS.get(place.parts[0], lambda _text: False)
    told = _tells_of_one(ast.parse(path.read_text("utf-8")))
    return [f"{place}:{line}: {text[:60]!r}" for line, text in told if not may_stand(text)]


def test_no_code_tells_of_one_country() -> None:
    assert [fault for path in sorted(SOURCES.rglob("*.py")) for fault in _found(path)] == []


@pytest.mark.parametrize(
    "code",
    ['HOME = "VN"', 'zone = ZoneInfo("Asia/Ho_Chi_Minh")', 'KEY = "viet-nam-2020"', "at(VIET_NAM)", 'f"{x}+07:00"'],
)
def test_code_that_tells_of_one_country_is_found(code: str) -> None:
    assert list(_tells_of_one(ast.parse(code)))


def test_only_the_way_through_the_centre_opens_a_lake() -> None:
    """A lake that is opened otherwise would not know which country its counts are of."""
    opened = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Lake"
    }
    assert opened == {"centre/centre.py"}
