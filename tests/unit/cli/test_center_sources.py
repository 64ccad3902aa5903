"""Sources are pulled and listed by commands: from a landing folder, and from a server that is not there."""

import json
from pathlib import Path

import pytest

from quetsach.cli.main import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUETSACH_LANG", "en")
    folder = tmp_path / "centre"
    (folder / "sources").mkdir(parents=True)
    folder.chmod(0o700)
    return folder


def describe(data: Path, name: str, more: str) -> None:
    (data / "sources" / f"{name}.toml").write_text(
        f'name = "{name}"\nfeed = "plain"\nreport = "bots"\n{more}\n'
        "[schedule]\nevery_minutes = 60\n[bounds]\nkeep_free_mb = 0\n"
    )


def test_what_fails_is_told_and_listed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    describe(data, "gone", 'kind = "http"\nurl = "http://127.0.0.1:9/f.csv"')
    assert main(["center", "feeds", "pull", "--data", str(data)]) == 1
    assert "gone: http://127.0.0.1:9/f.csv: the server cannot be reached" in capsys.readouterr().err
    assert main(["center", "feeds", "pull", "--data", str(data)]) == 0
    assert capsys.readouterr().out == "No source is due.\n"
    assert main(["center", "feeds", "sources", "--data", str(data)]) == 0
    assert "cannot be reached" in capsys.readouterr().out
    assert main(["center", "feeds", "sources", "--data", str(data), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["failures"], one["succeeded_at"]) == (1, None)


def test_a_file_that_may_be_growing_is_left_in_its_landing_folder(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    landing = data.parent / "landing"
    landing.mkdir()
    (landing / "today.csv").write_text("timestamp,address,malware\n2026-11-01T07:30:00Z,14.160.0.1,conficker\n")
    describe(data, "landing", f'kind = "folder"\nfolder = "{landing}"\nsettle_seconds = 3600')
    assert main(["center", "feeds", "pull", "landing", "--data", str(data), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [], "it may be growing"
    assert (landing / "today.csv").exists()


def test_a_source_that_is_not_there_is_an_error(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "feeds", "pull", "nobody", "--data", str(data)]) == 1
    assert "there is no source nobody" in capsys.readouterr().err


def test_a_file_that_is_no_source_stops_itself_alone(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    landing = data.parent / "landing"
    landing.mkdir()
    (landing / "old.csv").write_text("timestamp,address,malware\n2026-11-01T07:30:00Z,14.160.0.1,conficker\n")
    describe(data, "landing", f'kind = "folder"\nfolder = "{landing}"\nsettle_seconds = 1')
    for name in ("twin", "twin-of-it"):
        describe(data, name, 'kind = "http"\nurl = "https://feeds.example/f"')
    twin = data / "sources" / "twin-of-it.toml"
    twin.write_text(twin.read_text().replace('"twin-of-it"', '"twin"'))
    (data / "sources" / "cut.toml").write_text('name = "cut"\nfeed = "pl')
    (data / "sources" / "folder.toml").mkdir()
    (data / "sources" / ".hidden.toml").write_text("what an editor left")
    (data / "pulled" / "landing").mkdir(parents=True)
    assert main(["center", "feeds", "sources", "--data", str(data), "--json"]) == 1
    found = capsys.readouterr()
    good, *faults = json.loads(found.out)
    assert good["source"] == "landing"
    assert [one["file"] for one in faults] == ["cut.toml", "folder.toml", "twin-of-it.toml", "twin.toml"]
    assert "two sources are called twin" in faults[-1]["error"]["en"]
    assert "sources/cut.toml:2" in found.err
    assert main(["center", "feeds", "pull", "--data", str(data), "--dry-run"]) == 1
    assert "cut.toml" in capsys.readouterr().err
    assert main(["center", "feeds", "pull", "landing", "--data", str(data), "--dry-run"]) == 0
    assert main(["center", "feeds", "pull", "cut", "--data", str(data)]) == 1
    assert "cut.toml" in capsys.readouterr().err
    (data / "pulled" / "landing" / "state.json").write_text("{")
    assert main(["center", "feeds", "sources", "--data", str(data)]) == 1
    assert "what is remembered of the source is damaged" in capsys.readouterr().out
