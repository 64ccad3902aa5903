"""``quetsach gui`` as a person runs it where there is nothing to show a window on."""

import os
import sys

import pytest

from quetsach.cli.gui import tell_failure
from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text


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


@pytest.mark.parametrize(
    ("error", "language", "cause"),
    [
        (QuetsachError("the packs cannot be read", where="C:\\x", hint="wait for it"), "en", "C:\\x: the packs cannot"),
        (
            QuetsachError(Text("not a regular file"), hint=Text("wait until it has ended")),
            "vi",
            "đây không phải tệp thông thường\ngợi ý: hãy chờ lần đó xong",
        ),
        (ModuleNotFoundError("No module named 'x'"), "vi", "ModuleNotFoundError: No module named 'x'"),
    ],
)
def test_a_window_that_fails_is_told_with_what_to_do(
    error: Exception, language: str, cause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUETSACH_UNTOLD", "1")
    shown: list[tuple[str, str]] = []
    tell_failure(error, language, lambda title, text: shown.append((title, text)))
    ((title, text),) = shown
    assert (title, cause in text, "quetsach scan" in text) == ("Quét Sạch", True, True)
    assert "QUETSACH_UNTOLD" not in os.environ  # so that the program of the window does not say it again


def test_what_could_not_be_shown_stays_untold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUETSACH_UNTOLD", "1")

    def fail(_title: str, _text: str) -> None:
        raise OSError("no screen")

    with pytest.raises(OSError, match="no screen"):
        tell_failure(QuetsachError("no"), "vi", fail)
    assert os.environ["QUETSACH_UNTOLD"] == "1"
