"""The log of who read raw sightings, and its signed heads."""

import json
from pathlib import Path

import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, ingest

from quetsach.lake import LakeError, heads, readers
from quetsach.lake.lake import Lake
from quetsach.lake.readers import Access
from quetsach.lake.verification import Kind, Verification


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


def test_a_reading_says_of_which_delivery_it_was_where_it_was_of_one(lake: Lake) -> None:
    read_everything(lake)
    [delivery] = lake.view().deliveries()
    assert [r.of for r, _ in readers.readings(lake.folder) if r] == [delivery.id, str(DAYS), delivery.id]
    ingest(lake, TWO_DAYS + "2020-06-17 08:00:00,elsewhere,mirai,VN,\n")
    lake.view().quarantined(by=TESTER)
    assert [r.of for r, _ in readers.readings(lake.folder) if r][3:] == ["all"]


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


def told(lake: Lake) -> str:
    """What the heads say of the log, and ``verify`` too."""
    found = [one.en for one in readers.head_faults(lake.folder)]
    seen = {fault.what.en for fault in Verification(lake).run().faults if fault.kind is Kind.LOG}
    assert set(found) <= seen
    return "; ".join(found)


def test_a_log_is_as_its_heads_say_and_they_are_for_the_owner_alone(lake: Lake) -> None:
    assert told(lake) == "", "nobody has read yet"
    read_everything(lake)
    assert told(lake) == ""
    assert len(heads.heads_path(lake.folder).read_text().splitlines()) == 3
    assert {path.stat().st_mode & 0o077 for path in (heads.heads_path(lake.folder), heads.key_path(lake.folder))} == {0}
    assert len(heads.key_name(lake.folder)) == 64


@pytest.mark.parametrize(("kept", "missing"), [(2, 1), (1, 2), (0, 3)])
def test_an_end_that_was_cut_off_is_missed(lake: Lake, kept: int, missing: int) -> None:
    read_everything(lake)
    log = lake.folder / readers.ACCESS_FILE
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:kept]))
    assert f"had 3 lines on 2020-06-20T00:00:00+00:00, and has {kept}: {missing} are missing" in told(lake)
    for _ in range(missing):  # what grows again stands in for nothing
        lake.view().quarantined(by=Access("another", "tests", TESTER.now))
    assert "is another than on" in told(lake)


def test_a_log_that_went_is_missed(lake: Lake) -> None:
    read_everything(lake)
    (lake.folder / readers.ACCESS_FILE).unlink()
    assert "3 are missing" in told(lake)


def test_a_log_that_was_written_anew_with_a_sound_chain_is_found(lake: Lake) -> None:
    read_everything(lake)
    log, kept = lake.folder / readers.ACCESS_FILE, heads.heads_path(lake.folder).read_bytes()
    log.unlink()
    for _ in range(3):
        lake.view().quarantined(by=Access("nobody", "tests", TESTER.now))
    assert broken_lines(lake) == []
    heads.heads_path(lake.folder).write_bytes(kept)
    assert "line 1 of the access log is another" in told(lake)


def test_heads_of_another_log_or_key_are_no_heads(lake: Lake, tmp_path: Path) -> None:
    other = Lake(tmp_path / "elsewhere" / "lake")
    ingest(other, TWO_DAYS + "2020-06-17 07:00:00,nowhere,mirai,VN,\n")
    for one in (lake, other, other):
        read_everything(one)
    heads.heads_path(lake.folder).write_bytes(heads.heads_path(other.folder).read_bytes())
    assert told(lake) == "6 heads of the access log are signed with another key"
    heads.key_path(lake.folder).write_bytes(heads.key_path(other.folder).read_bytes())
    assert "3 are missing" in told(lake), "with the key of the other its heads are read, and this log is shorter"


def test_heads_that_were_edited_lost_or_left_without_their_key_are_told(lake: Lake) -> None:
    read_everything(lake)
    path, key = heads.heads_path(lake.folder), heads.key_path(lake.folder)
    kept = path.read_text()
    path.write_text(kept.replace('"lines": 3', '"lines": 2'))
    assert told(lake) == "1 heads of the access log are damaged or not signed"
    path.write_text(kept + '{"lines": 1' + "x" * 9000)
    assert told(lake) == "3 heads of the access log are damaged or not signed", "a long line is read in pieces"
    path.unlink()
    assert told(lake) == "the access log has no head any more"
    path.write_text(kept)
    key.unlink()
    assert told(lake) == "the key that the heads of the access log are signed with is gone"


def test_without_a_place_for_its_head_nothing_is_shown(lake: Lake) -> None:
    heads.heads_path(lake.folder).parent.write_text("no folder")
    with pytest.raises(LakeError, match="not shown"):
        lake.view().quarantined(by=TESTER)


def test_heads_may_lie_elsewhere_and_a_torn_one_does_not_spoil_the_next(lake: Lake, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other-disk"
    elsewhere.mkdir()
    (tmp_path / heads.FOLDER).symlink_to(elsewhere)
    read_everything(lake)
    with (elsewhere / "lake.jsonl").open("ab") as file:
        file.write(b'{"lines": 4')
    read_everything(lake)
    assert told(lake) == "1 heads of the access log are damaged or not signed"
    last = json.loads((elsewhere / "lake.jsonl").read_bytes().splitlines()[-1])
    assert last["lines"] == 6
