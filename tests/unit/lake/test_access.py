"""The log of who read raw sightings."""

from pathlib import Path

import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, ingest

from quetsach.lake import LakeError, readers
from quetsach.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with two sightings and a row that was set aside."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS + "2020-06-17 07:00:00,nowhere,mirai,VN,\n")
    return lake


def read_everything(lake: Lake) -> None:
    lake.view().quarantined(by=TESTER)
    lake.view().listed_addresses(DAYS, by=TESTER)
    lake.view().quarantined(lake.view().deliveries()[0].id, by=TESTER)


def broken_lines(lake: Lake) -> list[int]:
    return [number for number, (_, follows) in enumerate(readers.readings(lake.folder), 1) if not follows]


def test_everything_that_hands_out_rows_is_logged(lake: Lake) -> None:
    read_everything(lake)
    lines = [(r.who, r.command, r.what, follows) for r, follows in readers.readings(lake.folder) if r]
    assert lines == [("tester", "tests", what, True) for what in ("quarantine", "addresses", "quarantine")]


def test_counts_are_not_readings(lake: Lake) -> None:
    lake.view().count_addresses(DAYS)
    assert list(readers.readings(lake.folder)) == []


def test_nothing_is_logged_where_there_is_nothing_to_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.view().quarantined(by=TESTER)
    ingest(lake, HEADER)
    lake.view().listed_addresses(DAYS, by=TESTER)
    assert list(readers.readings(lake.folder)) == []


def test_only_the_owner_reads_the_log(lake: Lake) -> None:
    read_everything(lake)
    assert (lake.folder / readers.ACCESS_FILE).stat().st_mode & 0o077 == 0


def test_without_the_log_nothing_is_shown(lake: Lake) -> None:
    (lake.folder / readers.ACCESS_FILE).mkdir()
    with pytest.raises(LakeError, match="not shown"):
        lake.view().quarantined(by=TESTER)


@pytest.mark.parametrize("change", ["tester", "addresses"])
def test_a_changed_line_shows(lake: Lake, change: str) -> None:
    read_everything(lake)
    log = lake.folder / readers.ACCESS_FILE
    log.write_text(log.read_text().replace(change, "x", 1))
    assert broken_lines(lake)


def test_a_line_that_was_taken_out_shows(lake: Lake) -> None:
    read_everything(lake)
    log = lake.folder / readers.ACCESS_FILE
    first, _, last = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(first + last)
    assert broken_lines(lake) == [2]


def test_a_line_that_a_power_cut_tore_does_not_spoil_the_next(lake: Lake) -> None:
    read_everything(lake)
    with (lake.folder / readers.ACCESS_FILE).open("ab") as log:
        log.write(b'{"at": "2020')
    lake.view().quarantined(by=TESTER)
    there = [reading for reading, _ in readers.readings(lake.folder) if reading]
    assert (len(there), broken_lines(lake)) == (4, [4])
