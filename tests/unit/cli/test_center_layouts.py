"""A layout is proposed for a file, tried on it, and used once it lies in the centre's folder."""

import json
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.feeds.layout_files import read_layouts

CSV = """seen_at;ip;sport;bot;record
16/06/2026 07:30:00;14.160.0.1;40001;Downadup;1
16/06/2026 07:31:00;14.160.0.0/24;40001;Downadup;2
16/06/2026 07:31:00;10.0.0.1;40001;nobody-knows;2
16/06/2026 07:32:00;14.160.0.2;40001;nobody-knows;3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUETSACH_LANG", "en")
    (tmp_path / "today.csv").write_text(CSV)
    return tmp_path


def proposed(folder: Path, capsys: pytest.CaptureFixture[str], content: str | None = None) -> str:
    if content is not None:
        (folder / "today.csv").write_text(content)
    assert main(["center", "feeds", "map", "today.csv", "--feed", "watchpost", "--report", "bots"]) == 0
    return capsys.readouterr().out


def test_what_is_proposed_can_be_tried_and_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "w.toml").write_text(proposed(folder, capsys))
    data = folder / "centre"
    assert main(["center", "feeds", "check", "w.toml", "today.csv", "--json", "--data", str(data)]) == 0
    trial = json.loads(capsys.readouterr().out)
    assert (trial["records"], trial["accepted"], trial["unplaced"]) == (4, 2, ["nobodyknows"])
    assert {one["reason"]: one["first"]["line"] for one in trial["set_aside"]} == {"ip_range": 3, "reserved_ip": 4}
    assert trial["examples"][0]["address"] == "14.160.0.1"
    assert trial["families"] == {"conficker": 1, "nobodyknows": 1}
    assert not data.exists(), "nothing is kept"

    (data / "layouts").mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    (data / "layouts" / "watchpost.toml").write_bytes((folder / "w.toml").read_bytes())
    assert main(["center", "ingest", "today.csv", "--feed", "watchpost", "--data", str(data), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["accepted"], result["quarantined"]) == (2, 2)
    assert main(["center", "feeds", "list", "--data", str(data), "--json"]) == 0
    assert "watchpost" in {one["feed"] for one in json.loads(capsys.readouterr().out)}


def test_a_proposal_is_written_once_and_never_over_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = proposed(folder, capsys)
    words = ["center", "feeds", "map", "today.csv", "--feed", "watchpost", "--report", "bots", "--out", "w.toml"]
    assert main(words) == 0
    assert (folder / "w.toml").read_text() == text
    (folder / "w.toml").write_text("mended")
    assert main(words) != 0
    assert "w.toml" in capsys.readouterr().err
    assert (folder / "w.toml").read_text() == "mended"


def test_a_trial_is_told_to_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "w.toml").write_text(proposed(folder, capsys))
    assert main(["center", "feeds", "check", "w.toml", "today.csv"]) == 0
    out = capsys.readouterr().out
    assert "4 records = 2 that would be taken in + 2 that would be set aside" in out
    assert "address: 14.160.0.1" in out
    assert "1 name waits to be placed" in out
    assert main(["center", "feeds", "check", "w.toml"]) == 0
    assert capsys.readouterr().out == "watchpost: this layout can be used; reports: bots\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CSV, 'form = "%d/%m/%Y %H:%M:%S"'),
        (CSV, 'columns.malware = "bot"'),
        ("# made today\n# timestamp,src_ip,infection\n2026-06-16 07:30:00,1.1.1.1,x\n", "commented_header = true"),
        ("time\tip\n1793518200\t14.160.0.1\n", 'form = "epoch"'),
        ("time\tip\n1793518200\t14.160.0.1\n", '# constants.malware = "…"'),
        ("time,host,ip\n2026-06-16T07:30:00+07:00,pc1,14.160.0.1\n", 'columns.address = "ip"'),
        ("time,host,ip\n2026-06-16T07:30:00+07:00,pc1,14.160.0.1\n", 'zone = "written"'),
        ('{"when": 1, "src": {"ip": "14.160.0.1"}, "malware.name": "x"}\n', 'columns.address = "src.ip"'),
        ('{"when": 1, "src": {"ip": "14.160.0.1"}, "malware.name": "x"}\n', '# columns.observed_at = "…"'),
        ('[\n{"time": "2026-06-16 07:30:00", "ip": "14.160.0.1", "bot": "x"}]', 'syntax = "json"'),
    ],
)
def test_what_a_file_shows_is_proposed(
    folder: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    text = proposed(folder, capsys, content)
    assert said in text.splitlines()
    if "# columns" not in text and "# constants" not in text:
        assert read_layouts(text.encode(), where="x")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "map"),
        (b"\x1f\x8b\x08\0", "map"),
        (b"PK\x03\x04", "map"),
        (b"{}", "map"),
        (b"[7", "map"),
        (b"\xff\xfet\0", "map"),
        (b"feed = 7", "check"),
    ],
)
def test_what_cannot_be_proposed_or_read_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    (folder / "x").write_bytes(content)
    more = ["--feed", "w"] if words == "map" else []
    assert main(["center", "feeds", words, "x", *more]) == 1
    assert "hint:" in capsys.readouterr().err


def test_a_name_that_can_be_none_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "feeds", "map", "today.csv", "--feed", "../x"]) == 1
    assert "not a name of a report" in capsys.readouterr().err
