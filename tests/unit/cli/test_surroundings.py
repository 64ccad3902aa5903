"""What lies around the window: the command that starts it again, drives, the licences of a download."""

import sys
from pathlib import Path

import pytest

from quetsach.cli import desktop, surroundings
from quetsach.endpoint.host.tree import Mount


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/usr/bin/python3.13", ["/usr/bin/python3.13", "-m", "quetsach.cli.main"]),
        ("/opt/QuetSach/QuetSach", ["/opt/QuetSach/QuetSach"]),
    ],
)
def test_the_tool_starts_again_as_it_was_started(
    program: str, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    assert surroundings.own_command() == command


def test_what_is_plugged_in_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [b"", b"/home", b"/media/an/ANH", b"/media/an/\x1b[2J", b"/mnt/gone"]
    monkeypatch.setattr(surroundings, "mounts_now", lambda: [Mount(b"8:1", b"", place) for place in places])
    there = "/media/an/ANH"

    def usage(place: str) -> object:
        if place != there:
            raise FileNotFoundError(place)
        return type("Usage", (), {"total": 16_000_000_000})

    monkeypatch.setattr(surroundings.shutil, "disk_usage", usage)
    assert [(one.place, one.about) for one in surroundings.drives("vi")] == [(there, "14,9 GiB")]


def test_a_page_is_opened_where_there_is_a_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(surroundings.subprocess, "Popen", lambda words, **_: started.append(words))
    monkeypatch.setattr(surroundings.shutil, "which", lambda name, path: f"/usr/bin/{name}")
    for is_root in (True, False):
        monkeypatch.setattr(surroundings, "is_elevated", lambda is_root=is_root: is_root)
        surroundings.open_page(tmp_path / "x.html")
    assert started == [["/usr/bin/xdg-open", str(tmp_path / "x.html")]]  # root opens no browser


def test_a_download_tells_the_licences_that_its_build_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "LICENSES.txt").write_text("Phần mềm này gồm…", "utf-8")
    monkeypatch.setattr(desktop, "bundled_licences", lambda: tmp_path / "LICENSES.txt")
    assert desktop.Desktop(tmp_path).licences() == "Phần mềm này gồm…"
