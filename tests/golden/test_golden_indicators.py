"""Every ``<name>.in.<ending>`` of the folder is taken over as its ``.out.json`` says.

To make the ``.out.json`` of a new case, run this file with its input as argument and read the result with care.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quetsach.packs.importer.intake import GivenFile, take
from quetsach.packs.importer.vetting import Commonplace

FOLDER = Path(__file__).parent / "indicators"
CASES = sorted(FOLDER.glob("*.in.*"))
COMMON = Commonplace.load(Path(__file__).parents[2] / "data" / "commonplace")


def read_case(path: Path) -> dict[str, Any]:
    taken = take([GivenFile(path.name, path.read_bytes())], COMMON, now=datetime(2026, 11, 25, tzinfo=UTC))
    return {
        "lists": {str(kind): entries for kind, entries in taken.lists.items()},
        "rules": [rule.source for rule in taken.rules.rules],
        "duplicates": taken.duplicates,
        "left_out": [[str(one.reason), one.where, one.what] for one in taken.named],
    }


def _expected(path: Path) -> Path:
    return path.with_name(path.name.partition(".in.")[0] + ".out.json")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_is_taken_over_as_written_down(path: Path) -> None:
    assert read_case(path) == json.loads(_expected(path).read_text())


def test_every_case_has_both_files() -> None:
    assert len(CASES) >= 8
    assert {_expected(path) for path in CASES} == set(FOLDER.glob("*.out.json"))


if __name__ == "__main__":
    print(json.dumps(read_case(Path(sys.argv[1])), ensure_ascii=False, indent=2))
