"""The checklist of OWASP ASVS names tests that exist, counts as it says, and calls nothing met that no test shows."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "asvs.md").read_text("utf-8")
STATES = {"met", "partly", "not met", "does not apply", "not looked at"}
LEVELS = {"1": 70, "2": 183}
"""How many requirements of each level ASVS 5.0.0 has."""

TABLES, _, END = PAGE.partition("\n## Counts\n")
CHAPTERS = re.split(r"^## ", TABLES, flags=re.MULTILINE)[1:]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLES.splitlines() if line.startswith("| V")]
NAMED = r"`(tests/[\w/.]+\.py)::(test_\w+)`"


@cache
def functions(path: str) -> frozenset[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_each_requirement_of_both_levels_stands_there_once() -> None:
    assert {len(row) for row in ROWS} == {5}
    assert Counter(row[1] for row in ROWS) == LEVELS
    numbers = [row[0] for row in ROWS]
    assert all(re.fullmatch(r"V\d+\.\d+\.\d+", number) for number in numbers)
    assert [number for number, count in Counter(numbers).items() if count > 1] == []
    assert numbers == sorted(numbers, key=lambda number: [int(part) for part in number[1:].split(".")])


def test_each_requirement_stands_in_its_chapter() -> None:
    assert [chapter.split(" ", 1)[0] for chapter in CHAPTERS] == [f"V{number}" for number in range(1, 18)]
    for chapter in CHAPTERS:
        number = chapter.split(" ", 1)[0]
        assert {found.split(".")[0] for found in re.findall(r"^\| (V[\d.]+)", chapter, re.MULTILINE)} == {number}


def test_what_is_met_names_a_test_and_what_is_not_a_reason() -> None:
    for number, _, asked, state, shown in ROWS:
        assert state in STATES, number
        assert asked, number
        assert state != "met" or re.search(NAMED, shown), number
        assert shown or state == "not looked at", number


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(NAMED, PAGE)
    assert len(named) > 100
    assert len(named) == PAGE.count("::")
    assert [f"{path}::{name}" for path, name in named if name not in functions(path)] == []


def test_the_counts_are_those_of_the_tables() -> None:
    told = {state: int(count) for state, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|$", END, re.MULTILINE)}
    counted = Counter(row[3] for row in ROWS)
    assert told == {**{state: counted[state] for state in STATES}, "all": len(ROWS)}


def test_what_is_to_be_done_first_is_not_met_already() -> None:
    states = {row[0]: row[3] for row in ROWS}
    listed = re.findall(r"V\d+\.\d+\.\d+", END)
    assert listed
    assert [number for number in listed if states.get(number) not in {"partly", "not met"}] == []
