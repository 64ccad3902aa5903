"""What ``center lake`` says to people."""

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from tests.unit.lake.test_keeping import HEADER, NOW, TWO_DAYS, annotate, ingest

from quetsach.cli.center.arguments.measure import _EXPORT_FORMS, _TLP_LEVELS
from quetsach.cli.main import main
from quetsach.core.family import FamilyNames
from quetsach.feeds.export_forms import FORMS
from quetsach.feeds.tlp import Tlp
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


EXPORT = ("lake", "export", "--from", "2020-06-16", "--to", "2020-06-17", "--reason", "notice to a provider")
SENDER = ("--sender", "National centre <reports@centre.example>")


def test_the_command_knows_every_form_and_level() -> None:
    assert set(_EXPORT_FORMS) == set(FORMS)
    assert tuple(Tlp) == _TLP_LEVELS


def test_who_hands_on_what_and_why_is_logged_before_a_row_is_read(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path
) -> None:
    told(capsys, lake, *EXPORT, "--form", "csv", "--family", "mirai", "--out", str(tmp_path / "a.csv"))
    [reading] = json.loads(told(capsys, lake, "lake", "access", "--json"))["readings"]
    assert (reading["command"], reading["what"]) == ("center lake export", "addresses")
    assert reading["of"] == "2020-06-16..2020-06-17, family=mirai: notice to a provider"
    (lake.folder / readers.ACCESS_FILE).unlink()
    (lake.folder / readers.ACCESS_FILE).mkdir()
    told(capsys, lake, *EXPORT, "--form", "csv", "--out", str(tmp_path / "b.csv"), code=1)
    assert not list(tmp_path.glob("*b.csv*"))


@pytest.mark.parametrize(
    ("words", "refusal", "alike"),
    [
        (("--feed", "shadowservr"), "unknown feed 'shadowservr'", "shadowserver"),
        (("--report", "event_sinkhole"), "unknown report 'event_sinkhole'", "event4_sinkhole"),
        (("--family", "mirrai"), "unknown family 'mirrai'", "mirai"),
        (("--isp", "vnptt"), "unknown provider 'vnptt'", "vnpt"),
        (("--place", "0x"), "unknown province or city '0x'", ""),
    ],
)
def test_a_misspelt_word_is_refused_and_hands_on_nothing(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path, words: tuple[str, str], refusal: str, alike: str
) -> None:
    out = tmp_path / "a.csv"
    asked = ["center", *EXPORT, "--form", "csv", *words, "--out", str(out), "--lang", "en"]
    assert main([*asked, "--data", str(lake.folder.parent)]) == 1
    error = capsys.readouterr().err
    assert refusal in error
    assert (alike in error) if alike else ("did you mean" not in error)
    assert not out.exists()
    assert not (lake.folder / readers.ACCESS_FILE).exists()


@pytest.mark.parametrize("words", [("--family", "conficker"), ("--isp", "AS4242"), ("--feed", "n6")])
def test_what_is_known_and_was_not_seen_makes_an_empty_file(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path, words: tuple[str, str]
) -> None:
    found = json.loads(told(capsys, lake, *EXPORT, "--form", "csv", *words, "--out", str(tmp_path / "a.csv"), "--json"))
    assert found["sightings"] == 0


def test_a_reason_of_blanks_is_none(capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path) -> None:
    words = [*EXPORT[:-1], "  ", "--form", "csv", "--out", str(tmp_path / "a.csv")]
    told(capsys, lake, *words, code=1)
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("ending", "unpacked"),
    [(".gz", gzip.decompress), (".bz2", bz2.decompress), (".xz", lzma.decompress), (".zst", None), ("", bytes)],
)
def test_a_file_is_packed_by_its_name_and_never_replaced(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path, ending: str, unpacked: Callable[[bytes], bytes]
) -> None:
    out = tmp_path / f"out.jsonl{ending}"
    words = (*EXPORT, "--form", "intelmq", "--out", str(out))
    found = json.loads(told(capsys, lake, *words, "--json"))
    unpacked = unpacked or (lambda content: zstandard.ZstdDecompressor().stream_reader(content).read())
    events = [json.loads(line) for line in unpacked(out.read_bytes()).splitlines()]
    assert found["sightings"] == len(events) == lake.view().sightings_count()
    assert {event["source.ip"][:8] for event in events} == {"14.160.0"}
    before = out.read_bytes()
    told(capsys, lake, *words, code=1)
    assert out.read_bytes() == before


def test_a_report_that_is_of_no_infected_machines_is_not_handed_on(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path
) -> None:
    attackers = "timestamp,src_ip,infection,protocol\n2020-06-16 07:00:00,14.160.0.77,,tcp\n"
    lake.ingest(
        attackers.encode(),
        feed="shadowserver",
        report="event4_honeypot_brute_force",
        families=FamilyNames.of([], version="0"),
        annotate=annotate,
        now=NOW,
        name="x.csv",
    )
    told(capsys, lake, *EXPORT, "--form", "csv", "--out", str(tmp_path / "a.csv"))
    assert "14.160.0.77" not in (tmp_path / "a.csv").read_text()


def test_a_document_without_a_sender_or_with_too_many_sightings_is_refused(
    capsys: pytest.CaptureFixture[str], lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*EXPORT, "--form", "stix", "--out")
    told(capsys, lake, *words, str(tmp_path / "a.json"), code=1)
    monkeypatch.setitem(FORMS, "stix", replace(FORMS["stix"], most=3))  # type: ignore[arg-type]
    told(capsys, lake, *words, str(tmp_path / "a.json"), *SENDER, code=1)
    assert not (tmp_path / "a.json").exists()
    told(capsys, lake, *words, str(tmp_path / "a.zip"), *SENDER)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        bundles = [json.loads(archive.read(name)) for name in archive.namelist()]
    sighted = [one["id"] for bundle in bundles for one in bundle["objects"] if one["type"] == "sighting"]
    assert len(bundles) == 3
    assert len(set(sighted)) == len(sighted) == lake.view().sightings_count()
    again = Lake(tmp_path / "again" / "lake")
    done = [told(capsys, again, "ingest", str(tmp_path / "a.zip"), "--feed", "stix", "--json")]
    assert sum(one["accepted"] for one in json.loads(done[0])["files"]) == len(sighted)
