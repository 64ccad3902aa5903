"""``quetsach update`` asks once before it puts a newer version of the tool in place."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, pack_of, release_of
from tests.unit.packs.test_side_by_side import bundle

from quetsach.cli.main import main
from quetsach.packs import upgrade
from quetsach.packs.upgrade import Build, in_use

type Capture = pytest.CaptureFixture[str]
type Update = Callable[..., int]


@pytest.fixture
def update(centre: Centre, tmp_path: Path, top: Path) -> Update:
    """The command at a centre that offers version 1.1."""
    centre.offer(packs=pack_of("2026.01.01"), tools=release_of(tmp_path, "1.1", bundle("1.1")))
    root = centre.folder / "metadata" / "1.root.json"

    def run(*words: str) -> int:
        trust = ("--repository", centre.url, "--trust-root", str(root))
        return main(["update", "--state", str(tmp_path / "state"), *trust, *words])

    return run


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_it_says_what_there_is_and_changes_nothing(
    update: Update, top: Path, capsys: Capture
) -> None:
    assert update("--lang", "en") == 0
    assert "newer version of the tool: 1.1" in capsys.readouterr().out
    assert in_use(top) == "1.0"


@pytest.mark.parametrize(("answer", "used"), [("có\n", "1.1"), ("yes\n", "1.1"), ("không\n", "1.0"), ("", "1.0")])
def test_on_a_terminal_it_asks(
    update: Update, top: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, answer: str, used: str
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    assert update() == 0
    assert in_use(top) == used
    told = capsys.readouterr()
    assert "Thay ngay bây giờ?" in told.err
    assert ("được giữ bên cạnh" in told.out) is (used == "1.1")


def test_yes_answers_the_question(update: Update, top: Path, capsys: Capture) -> None:
    assert update("--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)["tool"]
    assert told == {"version": "1.0", "newer": "1.1", "installed": True, "place": str(top / "1.1")}
    assert in_use(top) == "1.1"


def test_packs_only_does_not_look(update: Update, centre: Centre, top: Path) -> None:
    assert update("--packs-only") == 0
    assert not [path for path in centre.asked if "release.json" in path or path.endswith(".tar.xz")]
    assert in_use(top) == "1.0"


def test_nothing_newer_is_said(update: Update, monkeypatch: pytest.MonkeyPatch, top: Path, capsys: Capture) -> None:
    monkeypatch.setattr(upgrade, "own_build", lambda: Build("linux", "bundle", "x64", "1.1", top))
    assert update("--yes", "--lang", "en") == 0
    assert "up to date (version 1.1)" in capsys.readouterr().out


def test_an_altered_file_is_refused_after_the_packs_were_brought_up_to_date(
    update: Update, centre: Centre, top: Path, tmp_path: Path, capsys: Capture
) -> None:
    file = next((centre.folder / "targets" / "tools").glob("*.tar.xz"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert update("--yes", "--lang", "en") == 3
    assert "differs from what was signed" in capsys.readouterr().err
    assert in_use(top) == "1.0"
    assert list((tmp_path / "state" / "packs").rglob("*.qsp"))


def test_a_version_that_does_not_start_leaves_the_old_one(
    update: Update, centre: Centre, top: Path, tmp_path: Path, capsys: Capture
) -> None:
    centre.offer(tools=release_of(tmp_path, "1.2", bundle("1.2", program="#!/bin/sh\necho no room >&2\nexit 1\n")))
    assert update("--yes") == 1
    told = capsys.readouterr().err
    assert "phiên bản mới không chạy được trên máy này" in told
    assert "no room" in told
    assert in_use(top) == "1.0"


def test_a_wheel_is_left_to_whoever_installed_it(
    update: Update, monkeypatch: pytest.MonkeyPatch, top: Path, capsys: Capture
) -> None:
    monkeypatch.setattr(upgrade, "own_build", lambda: None)
    assert update("--yes", "--json") == 0
    assert "tool" not in json.loads(capsys.readouterr().out)
    assert update("--yes", "--lang", "en") == 0
    assert "update it the way it was installed" in capsys.readouterr().out


def test_packs_that_this_version_cannot_use_do_not_hide_the_version_that_can(
    update: Update, centre: Centre, top: Path, capsys: Capture
) -> None:
    centre.offer(packs=dict.fromkeys(pack_of("2027.01.01"), b"of another age"))
    assert update("--yes", "--lang", "en") == 3
    told = capsys.readouterr()
    assert "cannot be used by this version of the tool" in told.err
    assert in_use(top) == "1.1"
