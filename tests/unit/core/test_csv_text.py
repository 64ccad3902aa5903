"""Tables become CSV in one way, and no cell a formula."""

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import quetsach
from quetsach.core.table import csv_text, guarded, unguarded

SOURCES = Path(quetsach.__file__).parent
OWN = {"core/table.py", "packs/downloads.py"}
"""The writer, and the list of files inside a wheel (RECORD), which has a form of its own."""


def test_nobody_else_writes_csv() -> None:
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|\.to_csv\(|pyarrow\.csv.*write|csv\.write_csv", path.read_text("utf-8"))
    }
    assert found == OWN, "write tables with quetsach.core.table.csv_text()"


@pytest.mark.parametrize("cell", ["\n=1", "＝1+1", "＋84", "－1", "＠SUM(A1)"])
def test_what_only_some_spreadsheet_programs_would_run_is_guarded_too(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["=1+1", "+84", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "'x", "-1+1", "-1e", "-"])
def test_a_text_that_a_spreadsheet_would_run_is_guarded(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "x", "1", "-1", "-47.8", "-1.5e-7"])
def test_words_and_numbers_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == cell


@given(st.text())
def test_what_was_guarded_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@given(st.lists(st.tuples(st.text(), st.none() | st.integers() | st.floats(allow_nan=False)), min_size=1))
def test_no_cell_begins_a_formula(rows: list[tuple[str, float | None]]) -> None:
    for read, (text, number) in zip(csv.reader(io.StringIO(csv_text(rows), newline="")), rows, strict=True):
        assert unguarded(read[0]) == text
        assert read[1] == ("" if number is None else str(number))
        assert not re.match(r"[=+@\t\r\n＝＋－＠]|-(?![0-9])", read[0])
