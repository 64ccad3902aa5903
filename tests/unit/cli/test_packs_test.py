"""``quetsach packs test`` says what goes wrong with a specimen, on each platform, and on honest systems."""

import json
from pathlib import Path
from typing import Any

import pytest

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.endpoint.act.undo import UndoResult

SHELF = Path(__file__).parents[3] / "packs"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small pack for Linux."""
    assert main(["packs", "new", "mine", "--platform", "linux", "--out", str(tmp_path)]) == 0
    return tmp_path / "mine"


def _change(pack: Path, name: str, old: str, new: str) -> None:
    text = (pack / name).read_text()
    assert old in text
    (pack / name).write_text(text.replace(old, new))


def _tried(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["packs", "test", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def _problems(pack: Path, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code, told = _tried(capsys, str(pack), *(words or ["--no-goodware"]))
    (one,) = told["packs"]
    assert code == (ExitCode.PACKS_INVALID if one["problems"] else ExitCode.NOTHING_FOUND)
    return "\n".join(one["problems"])


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("specimen.py", 'Planted("systemd-unit", UNIT),', "", "found and not planted: systemd-unit"),
        ("specimen.py", "first sign\\0", "", "planted and not found: file"),
        ("specimen.py", "def build(", "def build_windows(", "there is no specimen for linux"),
        ("specimen.py", '    start = f"@', '    start = 1 / 0 * f"@', "specimen.py:23: the specimen breaks off"),
        ("specimen.py", "SIGNS = ", "SIGNS = (", "the specimen breaks off: SyntaxError"),
        ("specimen.py", "return [", "return [1, ", "something else than Planted"),
        ("pack.toml", '"linux"', '"windows"', "the specimen for windows is a disk of linux"),
        ("recipe.toml", '"remove-unit"', '"report"', "names what is gone"),
        ("recipe.toml", "only_with", "refers_to", "planted and not found: setting-line"),
        ("rules.yar", "condition:", "kondition:", "the rules do not compile"),
    ],
)
def test_what_goes_wrong_is_said(
    pack: Path, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, told: str
) -> None:
    _change(pack, name, old, new)
    assert told in _problems(pack, capsys)


def test_an_error_names_its_place_once_and_the_remedy_below_it(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _change(pack, "specimen.py", "def build(", "def bild(")
    capsys.readouterr()
    assert main(["packs", "test", str(pack), "--no-goodware"]) == ExitCode.PACKS_INVALID
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == f"✗ problem  {pack}/specimen.py: there is no specimen for linux"
    assert second == "  hint: write build_linux(root) or build(root)"


def test_what_cannot_be_told_from_an_honest_drive_is_said(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = pack / "recipe.toml"
    recipe.write_text(
        recipe.read_text() + '[[trait]]\nid = "any"\nkind = "cron-entry"\nmatch.command = "run-parts"\n'
        'action = "report"\nwhy.vi = "vì"\nwhy.en = "why"\n'
    )
    problems = _problems(pack, capsys)
    assert "found on an innocent drive of linux by trait any: cron-entry /etc/crontab" in problems


def test_what_is_found_in_honest_files_is_said(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    honest = tmp_path / "honest"
    honest.mkdir()
    signs = b"specimen of mine: first sign specimen of mine: second sign"
    (honest / "a").write_bytes(b"\x7fELF" + signs)
    (honest / "b").write_bytes(b"text " + signs)
    problems = _problems(pack, capsys, "--goodware", str(honest))
    assert problems == f"found in an honest file by trait program: file {honest}/a"


def test_a_folder_without_files_is_no_goodware(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["packs", "test", str(pack), "--goodware", str(tmp_path / "empty")]) == ExitCode.PACKS_INVALID
    assert "there are no files to look at" in capsys.readouterr().err


def test_each_platform_and_what_runs_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    code, told = _tried(capsys, str(SHELF / "eicar"), str(SHELF / "xmrig-miner"), "--no-goodware", "--jobs", "2")
    assert code == ExitCode.NOTHING_FOUND
    eicar, miner = told["packs"]
    assert [one["platform"] for one in eicar["specimens"]] == ["linux", "macos", "windows"]
    assert all(one["planted"] == one["removed"] == 2 for one in eicar["specimens"])
    on_linux = next(one for one in miner["specimens"] if one["platform"] == "linux")
    assert on_linux["ended"] == 2
    assert told["honest"]["innocent"]["files"] > 30
    assert "goodware" not in told["honest"]


def test_processes_that_the_pack_does_not_know_are_said(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = """

import contextlib
import subprocess


@contextlib.contextmanager
def processes(root):
    script = root / "run.sh"
    script.write_text("sleep 60")
    with subprocess.Popen(["/bin/sh", str(script)]) as process:
        try:
            yield
        finally:
            process.kill()
"""
    (pack / "specimen.py").write_text((pack / "specimen.py").read_text() + runs)
    assert _problems(pack, capsys) == "its processes run and none is found"


def test_what_undo_does_not_put_back_is_said(
    pack: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.cli.trial.specimen.undo", lambda *_, **__: UndoResult("", ()))
    problems = _problems(pack, capsys)
    assert "not put back as it was: usr/local/lib/mine/mined" in problems
    assert "not put back as it was: etc/hosts" in problems
    assert "after undo: planted and not found: systemd-unit /etc/systemd/system/mine.service" in problems


def test_guidance_alone_has_nothing_to_plant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", "routers", "--out", str(tmp_path)]) == 0
    folder = tmp_path / "routers"
    _change(folder, "pack.toml", '"windows"', '"router"')
    for name in ("rules.yar", "recipe.toml", "specimen.py"):
        (folder / name).unlink()
    capsys.readouterr()
    assert main(["packs", "test", str(folder)]) == ExitCode.NOTHING_FOUND
    assert f"✓ good     {folder}: guidance only" in capsys.readouterr().out


def test_a_specimen_that_ends_its_process_is_said(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _change(
        pack, "specimen.py", "    _write(root, PROGRAM", "    import os\n\n    os._exit(1)\n    _write(root, PROGRAM"
    )
    code, told = _tried(capsys, str(pack), str(SHELF / "eicar"), "--no-goodware", "--jobs", "2")
    assert code == ExitCode.PACKS_INVALID
    assert "the trial was ended from outside: run it again, alone" in told["packs"][0]["problems"]
