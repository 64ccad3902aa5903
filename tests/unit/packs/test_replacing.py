"""Each kind of download is replaced in its own way, and what is in use afterwards is looked at, not believed."""

from pathlib import Path

import pytest
from tests.unit.packs.test_side_by_side import PROGRAM

from quetsach.packs.downloads import Download
from quetsach.packs.upgrade import PORTABLE_FILE, Build, UpgradeError, put_in_place

SETUP = '#!/bin/sh\n[ "$1" = /S ] || exit 9\n{act}\n'
STARTS_ONLY = b'#!/bin/sh\n[ "$1" = --version ]\n'
WORKS = PROGRAM.format(version="1.1").encode()


def _found(name: str, kind: str) -> Download:
    return Download(name, "windows", kind, "x64", "1.1", 4, "a" * 64)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    folder = tmp_path / "QuetSach"
    (folder / "1.0-1").mkdir(parents=True)
    (folder / "current").write_text("1.0-1")
    return folder


def _run_setup(installed: Path, act: str) -> Path:
    build = Build("windows", "setup", "x64", "1.0", installed)
    content = SETUP.format(act=act).encode()
    return put_in_place(content, _found("setup.exe", "setup"), build, installed.parent / "state")


def test_the_setup_installs_in_silence(installed: Path) -> None:
    assert _run_setup(installed, f"printf 1.1-1 > {installed}/current") == installed / "1.1-1"


@pytest.mark.parametrize("code", [0, 2])
def test_a_setup_that_installed_nothing_is_not_believed(installed: Path, code: int) -> None:
    with pytest.raises(UpgradeError, match="did not install") as refused:
        _run_setup(installed, f"exit {code}")
    assert refused.value.hint == f"exit code {code}"


def test_a_setup_of_which_only_the_code_is_bad_has_installed(installed: Path) -> None:
    assert _run_setup(installed, f"printf 1.1-2 > {installed}/current; exit 3") == installed / "1.1-2"


def test_a_similar_number_is_another_version(installed: Path) -> None:
    with pytest.raises(UpgradeError, match="did not install"):
        _run_setup(installed, f"printf 1.10-1 > {installed}/current")


@pytest.mark.parametrize("act", ["exit 2", ":"])
def test_the_setup_is_not_left(installed: Path, act: str) -> None:
    with pytest.raises(UpgradeError):
        _run_setup(installed, act)
    assert [path for path in (installed.parent / "state").rglob("*") if path.is_file()] == []


PORTABLE = Build("windows", "portable", "x64", "1.0", None)


def test_a_portable_comes_beside_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "QuetSach-1.0.exe"
    old.write_bytes(b"old")
    monkeypatch.setenv(PORTABLE_FILE, str(old))
    new = put_in_place(WORKS, _found("QuetSach-1.1.exe", "portable"), PORTABLE, tmp_path / "state")
    assert new == tmp_path / "QuetSach-1.1.exe"
    assert new.read_bytes() == WORKS
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("content", [STARTS_ONLY, PROGRAM.format(version="1.2").encode(), b"no program"])
def test_a_portable_that_does_not_work_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    old = tmp_path / "QuetSach-1.0.exe"
    old.write_bytes(b"old")
    monkeypatch.setenv(PORTABLE_FILE, str(old))
    with pytest.raises(UpgradeError, match="the new version"):
        put_in_place(content, _found("QuetSach-1.1.exe", "portable"), PORTABLE, tmp_path / "state")
    assert [path.name for path in tmp_path.iterdir()] == ["QuetSach-1.0.exe"]


def test_a_file_of_that_name_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "QuetSach.exe"
    old.write_bytes(b"old")
    monkeypatch.setenv(PORTABLE_FILE, str(old))
    with pytest.raises(UpgradeError, match="there already"):
        put_in_place(WORKS, _found("QuetSach.exe", "portable"), PORTABLE, tmp_path / "state")
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize("named", ["", "gone.exe"])
def test_a_portable_that_does_not_know_where_it_lies_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv(PORTABLE_FILE, str(tmp_path / named) if named else "")
    with pytest.raises(UpgradeError, match="not known where"):
        put_in_place(WORKS, _found("QuetSach-1.1.exe", "portable"), PORTABLE, tmp_path / "state")
