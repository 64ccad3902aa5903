"""The page of the scenario format has an example that can be played, and every field that scenarios use."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quetsach.simulate import country, read_country
from quetsach.simulate.machines.scenario import ActivityProfile, FeedForm, LeaseKind, RollOut, Schedule

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "scenario-format.md").read_text("utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "simulate-a-country.md").read_text("utf-8")


def test_the_example_can_be_played() -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    day = next(country(read_country(example.encode(), file="example.toml")))
    assert len(day.seen["sinkhole"]) > 0


def test_every_field_of_the_scenarios_is_on_the_page() -> None:
    told = re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)
    fields = {part for code in re.findall(r"`([^`]+)`", told) for part in re.findall(r"\w+", code)}
    for path in (ROOT / "data" / "scenarios").glob("*.toml"):
        assert set(_fields(tomllib.loads(path.read_text("utf-8")))) - fields == set(), path.name


def test_every_word_that_a_field_may_have_is_on_the_page() -> None:
    words = {word.value for kind in (ActivityProfile, Schedule, LeaseKind, RollOut, FeedForm) for word in kind}
    assert words <= set(re.findall(r"\w+", PAGE))


def test_the_how_to_names_every_scenario() -> None:
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", HOW_TO, re.MULTILINE))
    assert listed == {path.stem for path in (ROOT / "data" / "scenarios").glob("*.toml")}


def test_the_python_of_the_how_to_runs() -> None:
    program = HOW_TO.rpartition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(program.replace("data/scenarios", str(ROOT / "data" / "scenarios")), names)
    assert names["day"].number == 41


def _fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner)
