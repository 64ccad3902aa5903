import json
from pathlib import Path

import pytest

from quetsach.cli.main import build_parser
from quetsach.core.errors import InputError
from quetsach.simulate import SimulateError


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", "simulate", *(str(word) for word in words)])
    return int(arguments.run(arguments))


def test_files_and_rows_are_counted_and_the_note_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("viet-nam-2020", "--out", tmp_path / "new" / "out", "--scale", 10_000, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    files = sorted((tmp_path / "new" / "out").iterdir())
    assert result["files"] == len(files) == 288
    assert result["rows"] == sum(path.read_bytes().count(b"\n") - 1 for path in files)
    assert "illustrative" in result["note"]["en"]


def test_people_are_told_in_vietnamese_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("viet-nam-2020", "--out", tmp_path, "--scale", 10_000)
    assert "Dữ liệu mô phỏng" in capsys.readouterr().out


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        _run("atlantis", "--out", tmp_path)
    assert "viet-nam-2020" in refused.value.hint


def test_a_scale_that_leaves_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimulateError):
        _run("viet-nam-2020", "--out", tmp_path, "--scale", 10**8)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        _run("viet-nam-2020", "--out", tmp_path / "file" / "out")


def test_a_country_is_written_with_feeds_and_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("tiny", "--out", tmp_path, "--leases", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    files = list((tmp_path / "feeds").rglob("*.csv"))
    assert result["files"] == len(files)
    assert result["rows"] == sum(path.read_bytes().count(b"\n") - 1 for path in files)
    assert 0.2 < result["true_reduction"]["infected"] < 0.5
    assert "trials" in result["note"]["en"]
    assert {path.stem for path in (tmp_path / "truth").iterdir()} == {
        *("hours", "days", "infections", "leases", "feeds", "measures", "reduction"),
    }


def test_a_country_that_is_there_already_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _run("tiny", "--out", tmp_path, "--scale", 10, "--lang", "en")
    assert "already" not in capsys.readouterr().out
    _run("tiny", "--out", tmp_path, "--scale", 10, "--lang", "en")
    told = capsys.readouterr().out
    assert "already" in told
    assert "True reduction against no campaign" in told


def test_a_replay_has_no_leases(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="leases"):
        _run("viet-nam-2020", "--out", tmp_path, "--leases")


def test_a_country_in_a_folder_of_another_is_refused(tmp_path: Path) -> None:
    _run("tiny", "--out", tmp_path, "--scale", 10)
    with pytest.raises(SimulateError, match="another simulation"):
        _run("tiny", "--out", tmp_path, "--scale", 20)
