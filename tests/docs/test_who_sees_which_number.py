"""Every place at which a number leaves the centre is on the page that says who sees it and what protects it."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

import quetsach
from quetsach.centre.evaluation.inputs import Dimension
from quetsach.cli.table import below
from quetsach.web.api.open_data.serving import FILES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "who-sees-which-number.md"
CHAPTERS = Path(quetsach.__file__).parent / "web" / "evaluation" / "chapters"
KINDS = {"record", "follows", "country", "attacked", "tens", "own", "centre", "none"}
TAKEN_OUT = re.compile(r"\.(pdf|docx|xlsx|csv|json|toml|zip)\Z|/tai-ve/\Z|/tep/(<[^>]+>/?|xuat/)\Z")
ANY = "*"


def named(heading: str, column: str) -> list[str]:
    """Return what a column of the tables under a heading names, as it is written in code."""
    part = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found: list[str] = []
    at = None
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            at = None
        elif at is None:
            at = cells.index(column) if column in cells else -1
        elif at >= 0:
            found += re.findall(r"`([^`]+)`", cells[at])
    return found


def routes(resolver: URLResolver, room: str = "", path: str = "") -> Iterator[tuple[str, str]]:
    """Yield name and path of each address."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{room}{entry.namespace}:" if entry.namespace else room
            yield from routes(entry, inner, path + str(entry.pattern))
        elif isinstance(entry, URLPattern) and entry.name:
            yield room + entry.name, path + str(entry.pattern)


ROUTES = dict(routes(get_resolver()))
SIGN_IN = re.compile(r"(account|mfa)_")
"""Pages of the door, which know one person's own account."""


def tables() -> Iterator[str]:
    """Yield the name of each table that a chapter writes; what is only known when it runs is ``ANY``."""
    for path in CHAPTERS.glob("*.py"):
        tree = ast.parse(path.read_text())
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Table":
                    yield written(call.args[0], function)


def written(node: ast.expr, function: ast.FunctionDef) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else ANY for part in node.values)
    if isinstance(node, ast.Name):
        for assigned in (n for n in ast.walk(function) if isinstance(n, ast.Assign)):
            [target] = assigned.targets
            if isinstance(target, ast.Tuple) and isinstance(assigned.value, ast.Tuple):
                pairs = list(zip(target.elts, assigned.value.elts, strict=True))
            else:
                pairs = [(target, assigned.value)]
            for name, value in pairs:
                if isinstance(name, ast.Name) and name.id == node.id:
                    return written(value, function)
    return ANY


def test_every_address_outside_the_office_is_told_once() -> None:
    told = [*named("Pages and files for everybody", "places"), *named("Programs that send", "places")]
    outside = {name for name in ROUTES if not name.startswith("office:") and not SIGN_IN.match(name)}
    assert sorted(told) == sorted(outside | FILES.keys())


def test_every_room_and_every_file_of_the_office_is_told_once() -> None:
    told = named("The office", "places")
    rooms = {":".join(name.split(":")[:2]) for name in ROUTES if name.startswith("office:")}
    files = {name for name, path in ROUTES.items() if name.startswith("office:") and TAKEN_OUT.search(path)}
    assert len(files) > 15
    assert sorted(told) == sorted(rooms | files)


def test_every_table_of_the_evaluation_is_told() -> None:
    told = named("The evaluation", "tables")
    assert len(told) == len(set(told))
    found = sorted(set(tables()) - {ANY})
    assert len(found) > 20
    plain = {one.replace("…", "x") for one in told}
    assert [name for name in found if not any(fnmatch(one, name) for one in plain)] == []
    gone = [one for one in plain if not any(fnmatch(one, name) for name in found)]
    assert sorted(gone) == sorted(Dimension), "their name is that of the dimension"


def test_every_command_of_the_centre_is_told_once() -> None:
    assert sorted(named("The command line", "commands")) == sorted(c.words.split()[-1] for c in below("center"))


@pytest.mark.parametrize("word", sorted(KINDS))
def test_every_kind_of_protection_is_explained(word: str) -> None:
    assert f"| **{word}** |" in PAGE.read_text()
