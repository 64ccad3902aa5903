"""A reduction or change leaves ``assess`` with its interval: as an ``Answer`` or an ``Estimate``, never as a number."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import quetsach.assess

ASSESS = Path(quetsach.assess.__file__).parent
WORDS = ("reduction", "change", "fell", "decline")
KNOWN = {
    "effect/finding.py observed_change": "what was observed, beside the effect: a difference of counts",
    "grades/provider.py fell": "a probability",
    "targets.py change_percent": "a goal as the plan words it: what is wanted",
    "targets.py percent_change": "of counted addresses, which judge nothing: there is no sample and no interval",
}


def bare(source: str) -> Iterator[str]:
    """Yield public names of fields and functions that are a plain number and by their name a change."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, kind = node.target.id, ast.unparse(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns is not None:
            name, kind = node.name, ast.unparse(node.returns)
        else:
            continue
        is_number = set(kind.replace("|", " ").split()) <= {"float", "int", "None"} and kind != "None"
        if is_number and not name.startswith("_") and any(word in name.split("_") for word in WORDS):
            yield name


def test_no_change_is_a_bare_number() -> None:
    found = {f"{path.relative_to(ASSESS)} {name}" for path in ASSESS.rglob("*.py") for name in bare(path.read_text())}
    assert found == set(KNOWN)


@pytest.mark.parametrize(
    "source", ["class A:\n    reduction: float", "class A:\n    own_change: float | None", "def change() -> float: ..."]
)
def test_a_bare_change_is_found(source: str) -> None:
    assert list(bare(source))


@pytest.mark.parametrize("source", ["class A:\n    reduction: Answer", "def change() -> Estimate: ...", "n: float"])
def test_what_has_an_interval_is_none(source: str) -> None:
    assert not list(bare(source))
