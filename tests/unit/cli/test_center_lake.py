"""What ``center lake`` says to people."""

import json
from pathlib import Path

import pytest
from tests.unit.lake.test_keeping import HEADER, TWO_DAYS, ingest

from quetsach.cli.main import main
from quetsach.lake import readers
from quetsach.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a day that came in seven files, another that came in one, and a row that was set aside."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS + "2020-06-17 07:00:00,nowhere,mirai,VN,\n")
    for hour in range(8, 14):
        ingest(lake, HEADER + f"2020-06-16 {hour:02}:00:00,14.160.0.{hour % 3},mirai,VN,b{hour}\n")
    return lake


def told(capsys: pytest.CaptureFixture[str], lake: Lake, *words: str, code: int = 0) -> str:
    assert main(["center", *words, "--data", str(lake.folder.parent)]) == code
    return capsys.readouterr().out


def test_people_are_told_what_was_gathered(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    assert "7 tệp của 1 ngày" in told(capsys, lake, "lake", "compact")
    assert "No day of a report has 4 files or more" in told(capsys, lake, "lake", "compact", "--lang", "en")


def test_the_command_that_shows_rows_says_who_ran_it(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    assert "Chưa có ai đọc" in told(capsys, lake, "lake", "access")
    told(capsys, lake, "feeds", "quarantine", "list")
    [reading] = json.loads(told(capsys, lake, "lake", "access", "--json"))["readings"]
    assert (reading["command"], reading["what"]) == ("center feeds quarantine list", "quarantine")
    assert reading["who"]
    assert "center feeds quarantine list" in told(capsys, lake, "lake", "access")


def test_a_changed_log_is_said_and_has_its_own_exit_code(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    for _ in range(2):
        told(capsys, lake, "feeds", "quarantine", "list")
    log = lake.folder / readers.ACCESS_FILE
    log.write_text(log.read_text().replace("quarantine", "x", 1))
    assert "đã bị sửa" in told(capsys, lake, "lake", "access", code=1)
    assert json.loads(told(capsys, lake, "lake", "access", "--json", code=1))["broken_lines"]


def test_a_whole_lake_is_said_to_be_whole(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    assert "Kho dữ liệu nguyên vẹn." in told(capsys, lake, "lake", "verify", "--deep")
    assert "Everything is read with --deep" in told(capsys, lake, "lake", "verify", "--lang", "en")
    assert json.loads(told(capsys, lake, "lake", "verify", "--deep", "--json"))["is_whole"]


def test_a_lake_that_is_not_whole_has_its_own_exit_code(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    next(lake.folder.glob("landed/*/*")).unlink()
    assert "KHÔNG nguyên vẹn: 1 lỗi" in told(capsys, lake, "lake", "verify", code=1)
    [fault] = json.loads(told(capsys, lake, "lake", "verify", "--json", code=1))["faults"]
    assert (fault["kind"], fault["what"]) == ("missing", "the file is missing")


def test_a_lake_is_copied_and_put_back(capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path) -> None:
    folder = str(tmp_path / "copy")
    assert "Bản sao lưu có" in told(capsys, lake, "lake", "backup", folder)
    assert json.loads(told(capsys, lake, "lake", "backup", folder, "--json"))["copied"] == 1
    told(capsys, lake, "lake", "restore", folder, code=1)
    sightings = lake.view().sightings_count()
    lake.folder.rename(tmp_path / "broken")
    assert "files, each with" in told(capsys, lake, "lake", "restore", folder, "--lang", "en")
    assert Lake(lake.folder).view().sightings_count() == sightings
    assert json.loads(told(capsys, lake, "lake", "verify", "--deep", "--json"))["is_whole"]
