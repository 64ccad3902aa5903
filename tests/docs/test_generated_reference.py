"""The generated pages of the reference are what the code says today."""

from pathlib import Path

import pytest

from quetsach.cli.main import build_parser
from quetsach.cli.reference import PAGES, walk

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_made_of_the_code_of_today(name: str) -> None:
    assert (REFERENCE / name).read_text() == PAGES[name](), "run `make reference`"


def test_every_command_has_examples_in_its_help() -> None:
    leaves = [p for p in walk(build_parser()) if not any(a.nargs == "A..." for a in p._actions)]
    assert len(leaves) > 20
    assert [p.prog for p in leaves if "examples:" not in (p.epilog or "")] == []
