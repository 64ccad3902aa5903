"""``quetsach gui`` as a person runs it where there is nothing to show a window on."""

import sys

import pytest

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.main import main


@pytest.fixture(autouse=True)
def _without_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "there is no screen to show a window on"), ("vi", "không có màn hình để hiện cửa sổ")]
)
def test_where_there_is_no_screen_the_terminal_is_named(
    language: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gui", "--lang", language]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert told in said
    assert "quetsach scan" in said


def test_where_tkinter_is_missing_its_package_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    monkeypatch.delitem(sys.modules, "quetsach.endpoint.window.tk", raising=False)
    assert main(["gui"]) == ExitCode.USAGE
    assert "apt install python3-tk" in capsys.readouterr().err
