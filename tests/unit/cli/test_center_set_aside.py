"""What ``center feeds quarantine`` says to people."""

import csv
import json
from pathlib import Path

import pytest
from tests.unit.lake.test_keeping import ingest
from tests.unit.lake.test_set_aside import HOSTILE, TWO_DAYS, ingest_bytes

from quetsach.cli.center.set_aside import EXPECTED
from quetsach.cli.main import main
from quetsach.feeds.record import Reason
from quetsach.lake import readers
from quetsach.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a delivery of which two records were set aside."""
    lake = Lake(tmp_path / "lake")
    ingest_bytes(lake, (TWO_DAYS + HOSTILE).encode() + b"2020-06-17 07:00:00,14.160.0.1,\xff\x1b[2J,VN,\n")
    return lake


def told(capsys: pytest.CaptureFixture[str], lake: Lake, *words: str) -> str:
    assert main(["center", "feeds", "quarantine", *words, "--data", str(lake.folder.parent)]) == 0
    return capsys.readouterr().out


def listed(capsys: pytest.CaptureFixture[str], lake: Lake) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(told(capsys, lake, "list", "--json"))
    return found


def test_every_reason_has_an_expectation() -> None:
    assert set(EXPECTED) == set(Reason)


def test_a_record_is_shown_with_its_bytes_and_what_was_expected(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    first, _ = listed(capsys, lake)
    shown = told(capsys, lake, "show", first["delivery"][:8], str(first["offset"]), "--lang", "en")
    assert HOSTILE.strip() in shown
    assert "Expected: an address, IPv4 or IPv6" in shown
    assert "is read as address" in shown
    record = json.loads(told(capsys, lake, "show", first["delivery"], str(first["offset"]), "--json"))
    assert (record["text"], record["is_cut"], record["reason"]) == (HOSTILE.strip(), False, "bad_ip")
    assert "Đúng ra phải là" in told(capsys, lake, "show", first["delivery"], str(first["offset"]))


def test_bytes_that_are_no_text_are_shown_as_numbers(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    _, second = listed(capsys, lake)
    shown = told(capsys, lake, "show", second["delivery"], str(second["offset"]))
    assert "1b 5b 32 4a 2c 56 4e 2c" in shown
    assert "\x1b" not in shown


def test_records_are_written_to_a_file_or_to_the_terminal(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path
) -> None:
    told(capsys, lake, "export", "--feed", "plain", "--out", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["bad_ip", "bad_utf8"]
    lines = told(capsys, lake, "export", "--form", "jsonl").splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["bad_ip", "bad_utf8"]


def test_each_look_is_logged_under_its_command(capsys: pytest.CaptureFixture[str], lake: Lake) -> None:
    first, _ = listed(capsys, lake)
    told(capsys, lake, "show", first["delivery"], str(first["offset"]))
    told(capsys, lake, "export")
    commands = [reading.command for reading, _ in readers.readings(lake.folder) if reading]
    assert commands == [f"center feeds quarantine {word}" for word in ("list", "show", "export")]


def test_nothing_set_aside_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS)
    assert "Nothing was set aside" in told(capsys, lake, "list", "--lang", "en")


def test_what_is_understood_by_now_is_taken_in_by_a_retry(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    early = "2020-07-01 07:00:00,14.160.0.9,mirai,VN,\n"
    ingest(lake, TWO_DAYS + early + HOSTILE)
    assert [one["reason"] for one in listed(capsys, lake)] == ["future", "bad_ip"]
    assert "1 would be accepted, 0 are duplicates, 1 would stay" in told(
        capsys, lake, "retry", "--all", "--check", "--lang", "en"
    )
    done = json.loads(told(capsys, lake, "retry", "--reason", "future", "--json"))
    assert [(one["records"], one["accepted"], one["reasons"]) for one in done["retried"]] == [(2, 1, {"bad_ip": 1})]
    assert [one["reason"] for one in listed(capsys, lake)] == ["bad_ip"]
    assert "could be read again" in told(capsys, lake, "retry", "--reason", "future", "--lang", "en")
    assert main(["center", "feeds", "quarantine", "retry", "--data", str(tmp_path)]) == 1
