"""``quetsach center ingest`` and ``center feeds``: what a person and a script get to see."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.sinkhole_report import Report, make_report

from quetsach.centre import deliveries
from quetsach.cli.main import main
from quetsach.storage import make_folder

NAME = "2020-06-16-event4_sinkhole-vn.csv"


@pytest.fixture
def report(tmp_path: Path) -> Report:
    report = make_report(300, 11, share_damaged=0.1, share_mended=0.1)
    (tmp_path / NAME).write_bytes(report.content)
    return report


def _zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, content)
    return made.getvalue()


def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, *words: str, code: int = 0) -> str:
    assert main(["center", *words, *(["--data", str(tmp_path / "data")] if words[1] != "list" else [])]) == code
    return capsys.readouterr().out


def run_json(capsys: pytest.CaptureFixture[str], tmp_path: Path, *words: str, code: int = 0) -> Any:
    return json.loads(run(capsys, tmp_path, *words, "--json", code=code))


def test_one_file_gives_one_object_that_adds_up(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    file = str(tmp_path / NAME)
    first = run_json(capsys, tmp_path, "ingest", file, "--feed", "shadowserver", "--report", "event4_sinkhole")
    assert (first["file"], first["records"], first["quarantined"]) == (NAME, report.records, len(report.rejects))
    assert first["repaired"] == sum(bool(repair) for repair in report.repairs.values())
    assert first["records"] == first["accepted"] + first["duplicates"] + first["quarantined"]
    again = run_json(capsys, tmp_path, "ingest", file, "--feed", "shadowserver")
    assert (again["accepted"], again["duplicates"]) == (0, first["accepted"] + first["duplicates"])
    assert again["quarantined"] == first["quarantined"]


def test_objects_that_say_more_of_records_are_no_blank_lines(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bundle = {"type": "bundle", "objects": [{"type": "malware"}, {"type": "identity"}, {"type": "observed-data"}]}
    (tmp_path / "a.json").write_text(json.dumps(bundle))
    words = ("ingest", str(tmp_path / "a.json"), "--feed", "stix", "--report", "traffic")
    assert "1 quarantined  (2 objects that say more of records)" in run(capsys, tmp_path, *words, "--lang", "en")
    again = run_json(capsys, tmp_path, *words)
    assert (again["records"], again["blank"], again["context"]) == (1, 0, 2)


def test_every_damaged_row_is_listed_with_its_reason(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    run(capsys, tmp_path, "ingest", str(tmp_path / NAME), "--feed", "shadowserver")
    listed = run_json(capsys, tmp_path, "feeds", "quarantine", "list")
    assert {entry["line"]: entry["reason"] for entry in listed} == report.rejects
    for entry in listed:
        line = report.content.split(b"\n")[entry["line"] - 1]
        assert report.content[entry["offset"] :][: entry["length"]] == line
        assert entry["file"] == NAME
    assert run_json(capsys, tmp_path, "feeds", "quarantine", "list", "--delivery", listed[0]["delivery"][:12]) == listed


def test_a_refused_file_does_not_keep_the_others_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    (tmp_path / "other.csv").write_bytes(b"a,b\n1,2\n")
    files = [str(tmp_path / name) for name in ("missing.csv", "other.csv", NAME)]
    result = run_json(capsys, tmp_path, "ingest", *files, "--feed", "shadowserver", code=1)
    assert [refusal["file"] for refusal in result["refused"]] == files[:2]
    assert [done["records"] for done in result["files"]] == [result["records"]] == [report.records]


def test_an_archive_is_taken_in_file_by_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    with zipfile.ZipFile(tmp_path / "day.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / NAME, f"2020/{NAME}")
        archive.writestr("other.csv", b"a,b\n1,2\n")
    result = run_json(capsys, tmp_path, "ingest", str(tmp_path / "day.zip"), "--feed", "shadowserver", code=1)
    assert [done["file"] for done in result["files"]] == [f"day.zip/{NAME}"]
    assert result["records"] == report.records == result["accepted"] + result["duplicates"] + result["quarantined"]
    assert [refusal["file"] for refusal in result["refused"]] == [f"{tmp_path}/day.zip/other.csv"]


def test_the_same_file_packed_and_plain_is_one_delivery(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    (tmp_path / f"{NAME}.gz").write_bytes(gzip.compress(report.content))
    first = run_json(capsys, tmp_path, "ingest", str(tmp_path / f"{NAME}.gz"), "--feed", "shadowserver")
    again = run_json(capsys, tmp_path, "ingest", str(tmp_path / NAME), "--feed", "shadowserver")
    assert (first["file"], first["delivery"]) == (f"{NAME}.gz", again["delivery"])
    assert (again["accepted"], again["duplicates"]) == (0, first["accepted"] + first["duplicates"])


@pytest.mark.parametrize("pack", [gzip.compress, _zip])
def test_nothing_of_an_archive_that_was_cut_off_is_taken(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report, pack: Callable[[bytes], bytes]
) -> None:
    whole = pack(report.content)
    (tmp_path / f"{NAME}.gz").write_bytes(whole[: len(whole) // 2])
    told = run_json(capsys, tmp_path, "ingest", str(tmp_path / f"{NAME}.gz"), "--feed", "shadowserver", code=1)
    assert "damaged or cut off" in told["error"]
    assert not (tmp_path / "data" / "lake" / "deliveries").exists()


@pytest.mark.parametrize(
    ("language", "equation"),
    [("vi", "2.000 bản ghi = 2.000 nhận + 0 trùng + 0 tách riêng"), ("en", "2,000 records = 2,000 accepted + 0 dup")],
)
def test_people_read_the_sum_in_their_language(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, language: str, equation: str
) -> None:
    (tmp_path / NAME).write_bytes(make_report(2000, 1).content)
    out = run(capsys, tmp_path, "ingest", str(tmp_path / NAME), "--feed", "shadowserver", "--lang", language)
    assert equation in out


def test_health_tells_gaps_and_the_share_set_aside(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    rows = [f"2020-06-{day} 00:00:00,14.160.0.1,mirai" for day in (16, 19)]
    file.write_text("\n".join(["timestamp,address,malware", *rows, "x,y,z", "x,y,z"]))
    run(capsys, tmp_path, "ingest", str(file), "--feed", "plain", "--report", "honeypot-hn")
    [state] = run_json(capsys, tmp_path, "feeds", "health")
    assert (state["feed"], state["report"], state["newest_day"]) == ("plain", "honeypot-hn", "2020-06-19")
    assert state["days_without_data"] == ["2020-06-17", "2020-06-18"]
    assert state["quarantined_share"] == 0.5
    assert "50,00%" in run(capsys, tmp_path, "feeds", "health", "--lang", "vi")
    assert "50.00%" in run(capsys, tmp_path, "feeds", "health", "--lang", "en")


def test_an_empty_lake_is_told_in_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    make_folder(tmp_path / "data" / "lake")
    assert "Chưa nhận dữ liệu" in run(capsys, tmp_path, "feeds", "health")
    assert "Nothing was set aside" in run(capsys, tmp_path, "feeds", "quarantine", "list", "--lang", "en")


def test_all_reports_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    listed = run_json(capsys, tmp_path, "feeds", "list")
    assert {"event4_sinkhole", "event4_sinkhole_http"} <= {entry["report"] for entry in listed}
    assert "plain" in run(capsys, tmp_path, "feeds", "list")


@pytest.mark.parametrize(
    "words",
    [
        ("lake", "compact"),
        ("lake", "rebuild"),
        ("lake", "expire"),
        ("lake", "access"),
        ("lake", "verify"),
        ("feeds", "health"),
        ("feeds", "quarantine", "list"),
    ],
)
def test_a_folder_that_is_no_centre_is_refused_and_no_lake_is_made(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "data").mkdir()
    assert main(["center", *words, "--data", str(tmp_path / "data"), "--lang", "en"]) == 1
    assert "does not hold the data of a centre" in capsys.readouterr().err
    assert list((tmp_path / "data").iterdir()) == []


def _standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_folder_is_taken_in_and_what_is_passed_over_is_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    below = tmp_path / "feeds" / "b"
    below.mkdir(parents=True)
    (below / NAME).write_bytes(report.content)
    (tmp_path / "feeds" / f"c-{NAME}.gz").write_bytes(gzip.compress(report.content))
    left = [tmp_path / "feeds" / name for name in (".secret", "new.csv.part", "old.csv.TMP", "b/.x.csv")]
    for path in left[1:]:
        path.write_bytes(report.content)
    left[0].mkdir()
    (left[0] / NAME).write_bytes(report.content)
    (tmp_path / "feeds" / "loop").symlink_to(tmp_path / "feeds")
    words = ["ingest", str(tmp_path / "feeds"), "--feed", "shadowserver", "--json", "--lang", "en"]
    assert main(["center", *words, "--data", str(tmp_path / "data")]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert [one["file"] for one in result["files"]] == [f"c-{NAME}.gz", NAME]
    passed_over = {one["file"]: one["why"] for one in result["passed_over"]}
    assert passed_over.pop(str(tmp_path / "feeds" / "loop")) == "is a link to a folder"
    assert passed_over.keys() == {str(path) for path in left}
    assert all(str(path) in err for path in left)
    assert result["records"] == 2 * report.records
    assert result["accepted"] + result["duplicates"] + result["quarantined"] == result["records"]


def test_a_pattern_that_no_shell_looked_at_is_followed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    (tmp_path / "2020-06-17-event4_sinkhole-vn.csv").write_bytes(report.content)
    result = run_json(capsys, tmp_path, "ingest", str(tmp_path / "*.csv"), "--feed", "shadowserver")
    assert [one["file"] for one in result["files"]] == [NAME, "2020-06-17-event4_sinkhole-vn.csv"]
    told = run_json(capsys, tmp_path, "ingest", str(tmp_path / "*.tsv"), "--feed", "shadowserver", code=1)
    assert told["file"].endswith("*.tsv")


def test_a_folder_without_files_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run(capsys, tmp_path, "ingest", str(tmp_path / "empty"), "--feed", "plain", code=1)


def test_standard_input_is_a_delivery_and_leaves_nothing_behind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    _standard_input(monkeypatch, report.content)
    first = run_json(capsys, tmp_path, "ingest", "-", "--feed", "shadowserver", "--name", NAME)
    assert (first["file"], first["report"], first["records"]) == (NAME, "event4_sinkhole", report.records)
    _standard_input(monkeypatch, gzip.compress(report.content))
    again = run_json(capsys, tmp_path, "ingest", "-", "--feed", "shadowserver", "--report", "event4_sinkhole")
    assert (again["file"], again["delivery"], again["accepted"]) == ("stdin", first["delivery"], 0)
    assert not [path for path in (tmp_path / "data").iterdir() if path.name.startswith("tmp")]


def test_standard_input_that_gives_nothing_or_too_much_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    _standard_input(monkeypatch, b"")
    told = run_json(capsys, tmp_path, "ingest", "-", "--feed", "shadowserver", code=1)
    assert "nothing came in" in told["error"]
    monkeypatch.setattr(deliveries, "MAX_SPOOLED_BYTES", len(report.content) - 1)
    _standard_input(monkeypatch, report.content)
    told = run_json(capsys, tmp_path, "ingest", "-", "--feed", "shadowserver", code=1)
    assert "came in" in told["error"]
    assert not (tmp_path / "data" / "lake" / "deliveries").exists()


def test_a_name_without_standard_input_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report
) -> None:
    run(capsys, tmp_path, "ingest", str(tmp_path / NAME), "--feed", "shadowserver", "--name", "a.csv", code=1)


def test_the_files_of_a_mail_are_deliveries(capsys: pytest.CaptureFixture[str], tmp_path: Path, report: Report) -> None:
    mail = EmailMessage(policy.SMTP)
    mail["From"] = "feed@example.test"
    mail.set_content("Báo cáo hôm nay.")
    mail.add_attachment(report.content, "text", "csv", filename=NAME, cte="base64")
    mail.add_attachment(_zip(report.content), "application", "zip", filename="day.zip")
    (tmp_path / "mail.eml").write_bytes(bytes(mail))
    result = run_json(capsys, tmp_path, "ingest", str(tmp_path / "mail.eml"), "--feed", "shadowserver")
    assert [one["file"] for one in result["files"]] == [f"mail.eml/{NAME}", f"mail.eml/day.zip/{NAME}"]
    first, second = result["files"]
    assert first["delivery"] == second["delivery"]
    assert (second["accepted"], second["duplicates"]) == (0, first["accepted"] + first["duplicates"])
