"""Every ``<feed>.<report>.<what>.in.csv`` of the folder reads as its ``.out.json`` says.

To make the ``.out.json`` of a new case, run this file with its input as argument and read the result with care.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from quetsach.core.family import Family, FamilyNames
from quetsach.feeds.layout_files import layout_of
from quetsach.feeds.reader import read

NOW = datetime(2100, 1, 1, tzinfo=UTC)

FOLDER = Path(__file__).parent / "feeds"
FAMILIES = FamilyNames.of([Family("conficker", "Conficker", "windows", ("downadup",))], version="golden")


def read_case(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    feed, report, *_ = path.name.split(".")
    layout = layout_of(feed, report, file_name=path.name, head=content)
    [batch] = read([content], layout, FAMILIES, now=NOW)
    return {
        "blank": batch.blank,
        "sightings": [
            {
                name: value if isinstance(value, int | str) else str(value)
                for name, value in row.items()
                if value not in (None, "")
            }
            for row in batch.sightings.to_pylist()
        ],
        "rejects": batch.rejects.to_pylist(),
    }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.in.csv")), ids=lambda path: path.name)
def test_reads_as_written_down(path: Path) -> None:
    expected = json.loads(path.with_name(path.name.replace(".in.csv", ".out.json")).read_text())
    assert read_case(path) == expected


def test_every_case_has_both_files() -> None:
    cases = {path.name.removesuffix(".in.csv") for path in FOLDER.glob("*.in.csv")}
    assert len(cases) >= 4
    assert cases == {path.name.removesuffix(".out.json") for path in FOLDER.glob("*.out.json")}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        made = json.dumps(read_case(Path(name)), ensure_ascii=False, indent=1)
        Path(name.replace(".in.csv", ".out.json")).write_text(made + "\n")
