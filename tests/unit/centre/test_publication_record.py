"""What was shown of a table is kept, and asked by everything that shows it."""

import ast
from datetime import date, timedelta
from pathlib import Path

import pytest

import quetsach
from quetsach.assess.estimate import NotEstimable
from quetsach.centre import RecordError
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.period import Period

WINDOW = Period(date(2026, 1, 1), date(2026, 1, 30))
VALUES = {"a": 500.0, "b": 8.0, "c": 25.0, "d": 40.0}


@pytest.fixture
def record(tmp_path: Path) -> PublicationRecord:
    return PublicationRecord(tmp_path)


def test_the_same_figures_have_the_same_choice_and_the_file_is_not_written_again(record: PublicationRecord) -> None:
    assert record.kept_back("places", WINDOW, VALUES) == {"b", "c"}
    file = record.data / "publication-record" / "places" / f"{WINDOW}.json"
    written = file.stat().st_mtime_ns
    assert record.kept_back("places", WINDOW, VALUES) == {"b", "c"}
    assert file.stat().st_mtime_ns == written
    assert file.stat().st_mode & 0o077 == 0


def test_another_reader_and_later_figures_hide_what_was_hidden(record: PublicationRecord) -> None:
    record.kept_back("places", WINDOW, VALUES)
    corrected = VALUES | {"b": 12.0, "e": 3.0}
    assert PublicationRecord(record.data).kept_back("places", WINDOW, corrected) == {"b", "c", "e"}
    assert record.kept_back("isps", WINDOW, corrected) == {"b", "e"}, "another table has its own rows"


def test_what_is_refused_is_not_kept(record: PublicationRecord) -> None:
    record.kept_back("places", WINDOW, VALUES)
    assert isinstance(record.kept_back("places", WINDOW, VALUES | {"d": 9.0}), NotEstimable)
    assert record.kept_back("places", WINDOW, VALUES) == {"b", "c"}


def test_windows_that_overlap_are_held_against_each_other(record: PublicationRecord) -> None:
    half = Period(date(2026, 1, 1), date(2026, 1, 15))
    assert record.kept_back("places", half, {"a": 50.0, "b": 8.0, "c": 12.0}) == {"b", "c"}
    assert record.kept_back("places", WINDOW, {"a": 50.0, "b": 14.0, "c": 13.0}) == {"b", "c"}


def test_a_quarter_of_windows_a_day_apart_hides_hardly_more_than_what_is_small(record: PublicationRecord) -> None:
    """A row stays hidden while windows that had to hide it share its days, and no publication is refused."""
    for n in range(90):
        first = date(2026, 1, 1) + timedelta(days=n)
        values = {f"r{row}": round(10 * row + 1.5 * ((n // 10 + row) % 3), 1) for row in range(20)}
        found = record.kept_back("places", Period(first, first + timedelta(days=29)), values)
        assert not isinstance(found, NotEstimable)
        assert len(found) <= 3


def test_what_is_published_of_a_window_is_taken_over_where_the_record_lacks_it(record: PublicationRecord) -> None:
    record.take_over("places", WINDOW, {"a": 500.0, "d": 40.0}, together=33.0, rows="abcd")
    assert record.kept_back("places", WINDOW, VALUES | {"b": 12.0}) == {"b", "c"}
    later = Period(date(2026, 1, 2), date(2026, 1, 31))
    record.take_over("isps", WINDOW, {"a": 500.0, "d": 40.0}, together=33.0, rows="abcd")
    assert record.kept_back("isps", later, VALUES) == {"b", "c"}
    record.take_over("sectors", WINDOW, {"a": 500.0, "b": 40.0}, together=0.0, rows="abc")
    assert record.kept_back("sectors", WINDOW, {"a": 500.0, "b": 40.0}) == frozenset()


def test_what_was_told_before_there_was_a_record_stands_in_the_way_of_nothing(record: PublicationRecord) -> None:
    """The two earlier windows give ``b`` and ``c`` away between them; another month is published all the same."""
    one, same = Period(date(2026, 1, 1), date(2026, 1, 15)), Period(date(2026, 1, 16), date(2026, 1, 30))
    record.take_over("places", WINDOW, {"a": 500.0, "d": 40.0}, together=33.0, rows="abcd")
    for half in (one, same):
        record.take_over("places", half, {"a": 500.0, "b": 8.0, "c": 25.0, "d": 40.0}, together=0.0, rows="abcd")
    later = Period(date(2026, 1, 30), date(2026, 2, 28))
    assert record.kept_back("places", later, VALUES) == {"b", "c"}


def test_a_window_that_the_record_knows_stays_as_it_is(record: PublicationRecord) -> None:
    record.kept_back("places", WINDOW, VALUES)
    record.take_over("places", WINDOW, dict.fromkeys("abcd", 20.0), together=0.0, rows="abcd")
    assert record.kept_back("places", WINDOW, VALUES) == {"b", "c"}


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "other"}', '{"format": "quetsach-publication-record/1"}'])
def test_a_damaged_record_is_an_error_and_no_new_choice(record: PublicationRecord, content: str) -> None:
    record.kept_back("places", WINDOW, VALUES)
    (record.data / "publication-record" / "places" / f"{WINDOW}.json").write_text(content)
    with pytest.raises(RecordError, match="damaged") as caught:
        record.kept_back("places", WINDOW, VALUES)
    assert caught.value.hint


def test_rows_are_chosen_in_one_place() -> None:
    """Whoever chose for itself would put other rows together than the others did, and both be subtracted."""
    root = Path(quetsach.__file__).parent
    callers = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.ImportFrom) and any(name.name == "folded_rows" for name in node.names))
        or (isinstance(node, ast.Attribute) and node.attr == "folded_rows")
    }
    assert callers == {"assess/privacy/__init__.py", "centre/publication_record.py"}
