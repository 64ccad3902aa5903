"""Nothing of one country stands in code: its code, its time, its capital and its campaigns are data."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "quetsach"
OF_ONE_COUNTRY = (
    *("viet-nam-", "Viet Nam", "Việt Nam", "VIET NAM", "VIỆT NAM", ".gov.vn", "Asia/Ho_Chi_Minh", "+07:00"),
    *("Hà Nội", "Ha Noi", "Hanoi", "Ủy ban nhân dân", "Nghị định", "Decree "),
)
NAMES = frozenset({"VIET_NAM", "VIETNAM"})


def _tells_of_one(tree: ast.AST) -> Iterator[tuple[int, str]]:
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            if node.value == "VN" or any(text in node.value for text in OF_ONE_COUNTRY):
                yield node.lineno, node.value
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in NAMES:
                yield node.lineno, name


def _is_example(text: str) -> bool:
    return "quetsach " in text or text.startswith(" --campaign ")


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


def test_no_page_and_no_catalogue_names_one_country() -> None:
    faults = [
        f"{path.relative_to(SOURCES)}: {name}"
        for pattern in ("*.html", "*.po", "*.txt", "*.typ")
        for path in sorted(SOURCES.rglob(pattern))
        for name in ("Viet Nam", "Việt Nam", "VIỆT NAM", "Hà Nội", ".gov.vn")
        if name in "\n".join(line for line in path.read_text("utf-8").splitlines() if not line.startswith(("#", "//")))
    ]
    assert faults == []


@pytest.mark.parametrize(
    "code",
    ['HOME = "VN"', 'zone = ZoneInfo("Asia/Ho_Chi_Minh")', 'KEY = "viet-nam-2020"', "at(VIET_NAM)", 'f"{x}+07:00"'],
)
def test_code_that_tells_of_one_country_is_found(code: str) -> None:
    assert list(_tells_of_one(ast.parse(code)))


def test_only_the_demonstration_asks_which_campaign_it_plays() -> None:
    """Whatever else named it would show a real centre the campaign of another time as its own."""
    readers = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if re.search(
            r"(?:COUNTRY|country|load_country\([a-z_.]*\))\.demonstration\b(?! import)", path.read_text("utf-8")
        )
    }
    assert readers == {
        "centre/country_check.py",  # only whether it is there
        "centre/demonstration.py",
        "cli/center/furnishing.py",
        "cli/center/letter_files.py",  # published letters of the past, replayed by hand, in no centre's name
        "web/office/demonstration.py",
    }


def test_only_the_way_through_the_centre_opens_a_lake() -> None:
    """A lake that is opened otherwise would not know which country its counts are of."""
    opened = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Lake"
    }
    assert opened == {"centre/centre.py"}
