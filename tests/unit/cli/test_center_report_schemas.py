"""A centre keeps Shadowserver's schema: reports that the build does not read are read by it, and counted nowhere."""

import json
from pathlib import Path

import pytest
from tests.report_schema import as_bytes, made_schema

from quetsach.cli.main import main

OPEN = "timestamp,ip,port,protocol,tag\n2026-11-01 10:00:00,14.160.0.1,23,tcp,telnet\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUETSACH_LANG", "en")
    (tmp_path / "intelmq.json").write_bytes(as_bytes(made_schema()))
    (tmp_path / "2026-11-01-scan_service_3-vn.csv").write_text(OPEN)
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> object:
    assert main(["center", *words, "--data", "centre", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_report_of_the_schema_is_taken_in_and_is_no_infection(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["center", "ingest", "2026-11-01-scan_service_3-vn.csv", "--feed", "shadowserver", "--data", "centre"]
    assert main(words) != 0
    assert "no known report 'scan_service_3'" in capsys.readouterr().err
    found = answer(capsys, "feeds", "schema", "intelmq.json")
    assert isinstance(found, dict)
    assert (len(found["used"]), len(found["left_out"])) == (38, 1)
    assert [one["report"] for one in found["before"]] == ["event4_sinkhole"]
    assert (folder / "centre" / "layouts" / "shadowserver-schema.json").stat().st_mode & 0o777 == 0o600
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 1
    [state] = answer(capsys, "feeds", "health")  # type: ignore[misc]
    assert (state["report"], state["subject"]) == ("scan_service_3", "exposed")


def test_the_list_says_where_each_layout_comes_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "feeds", "schema", "intelmq.json")
    listed = answer(capsys, "feeds", "list")
    assert isinstance(listed, list)
    origins = {(one["feed"], one["report"]): one["origin"] for one in listed}
    assert origins["shadowserver", "event4_sinkhole"] == "build"
    assert origins["shadowserver", "scan_service_3"] == "schema"
    (folder / "centre" / "layouts" / "own.toml").write_text(
        'feed = "shadowserver"\ntitle = { vi = "x", en = "x" }\n[[report]]\nname = "scan_service_3"\n'
        'summary = { vi = "x", en = "x" }\nsubject = "exposed"\n'
        'columns = { observed_at = "timestamp", address = "ip" }\n'
    )
    listed = answer(capsys, "feeds", "list")
    assert isinstance(listed, list)
    assert [one["origin"] for one in listed if one["report"] == "scan_service_3"] == ["centre"]


def test_what_comes_of_a_schema_is_told_to_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = made_schema()
    made["key_9"]["optional_fields"].append(["extra.", "uptime", "convert_uptime"])  # type: ignore[attr-defined]
    (folder / "intelmq.json").write_bytes(as_bytes(made))
    assert main(["center", "feeds", "schema", "intelmq.json", "--data", "centre"]) == 0
    out = capsys.readouterr().out
    assert "Schema of 2026-10-02: 38 reports are read by it, 1 by other layouts, 1 are left out" in out
    assert "no column tells address" in out
    assert "convert_uptime" in out
    assert main(["center", "feeds", "schema", "--data", "centre"]) == 0
    assert capsys.readouterr().out == out


def test_a_file_that_is_no_schema_leaves_the_one_in_use(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "feeds", "schema", "--data", "centre"]) != 0
    assert "keeps no schema" in capsys.readouterr().err
    before = answer(capsys, "feeds", "schema", "intelmq.json")
    (folder / "bad.json").write_text('{"a": 1}')
    assert main(["center", "feeds", "schema", "bad.json", "--data", "centre"]) != 0
    assert "no report in it can be read" in capsys.readouterr().err
    assert answer(capsys, "feeds", "schema") == before
