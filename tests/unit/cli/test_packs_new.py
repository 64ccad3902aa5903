"""A family is added by a folder: written from the template, checked, tried, packed, looked for, without other code."""

import json
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import specimens_of


@pytest.mark.parametrize("platform", ["linux", "windows"])
@pytest.mark.parametrize("family", ["new-family", "7-days-a-very-long-name-of-a-family"])
def test_a_family_is_added_by_a_folder_alone(
    tmp_path: Path, platform: str, family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf, folder = tmp_path / "shelf", tmp_path / "shelf" / family
    assert main(["packs", "new", family, "--platform", platform, "--out", str(shelf)]) == ExitCode.NOTHING_FOUND
    assert main(["packs", "check", str(folder)]) == ExitCode.NOTHING_FOUND
    assert main(["packs", "test", str(folder), "--no-goodware"]) == ExitCode.NOTHING_FOUND
    assert main(["packs", "build", str(folder), "--out", str(tmp_path)]) == ExitCode.NOTHING_FOUND
    capsys.readouterr()
    (packed,) = tmp_path.glob("*.qsp")
    drive = tmp_path / "drive"
    drive.mkdir()
    (specimen,) = specimens_of(folder, [platform])
    if platform == "linux":
        (drive / "etc").mkdir()
    planted = specimen.build(drive)
    command = ["scan", "--root", str(drive), "--pack", str(packed), "--state", str(tmp_path / "state"), "--json"]
    assert main(command) == ExitCode.FOUND
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {finding["family"] for finding in findings} == {family}
    assert len(findings) == len(planted)


def test_the_new_pack_says_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", "new-family", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["path"] == str(tmp_path / "new-family")
    assert set(told["files"]) == {path.name for path in (tmp_path / "new-family").iterdir()}
    pack = load_pack(tmp_path / "new-family")
    assert (pack.family, pack.platforms, pack.name.en) == ("new-family", {"windows"}, "New Family malware")
    assert "{{" not in "".join(path.read_text() for path in (tmp_path / "new-family").iterdir() if path.is_file())


@pytest.mark.parametrize("family", ["New", "../x", "a_b", "", "x" * 80])
def test_a_name_that_does_not_fit_is_refused(tmp_path: Path, family: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", family, "--out", str(tmp_path)]) == ExitCode.PACKS_INVALID
    assert "no name of a family" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_pack_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["packs", "new", "mine", "--out", str(tmp_path)]) == 0
    (tmp_path / "mine/rules.yar").write_text("my work")
    assert main(["packs", "new", "mine", "--out", str(tmp_path)]) == ExitCode.PACKS_INVALID
    assert "there is a pack already" in capsys.readouterr().err
    assert (tmp_path / "mine/rules.yar").read_text() == "my work"
