"""The table of the dearest tests names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"\| `([\w/]+\.py)::(\w+)`", (ROOT / "tests" / "README.md").read_text("utf-8"))


def test_every_test_of_the_table_exists_and_stands_there_once() -> None:
    assert len(NAMED) > 20
    assert len(set(NAMED)) == len(NAMED)
    missing = [name for file, name in NAMED if f"\ndef {name}(" not in (ROOT / file).read_text("utf-8")]
    assert missing == []
