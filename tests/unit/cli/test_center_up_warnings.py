"""What the start of a centre says where people would be left without anybody to call."""

from pathlib import Path

import pytest

from quetsach.cli.center.up import _warn_unreachable
from quetsach.web.data_folder import Stamp
from quetsach.web.stored_settings import write_stored


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("QUETSACH_HELP_PHONE", raising=False)
    Stamp(is_demonstration=False).write(tmp_path)
    write_stored(tmp_path, {})
    return tmp_path


def test_a_real_centre_without_a_number_is_told_how_to_set_one(real: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _warn_unreachable(real, "vi")
    assert "quetsach center settings set help-phone" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["help-phone", "help-zalo"])
def test_a_number_or_an_account_is_enough(real: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    write_stored(real, {name: "0900 000 000"})
    _warn_unreachable(real, "vi")
    assert capsys.readouterr().err == ""


def test_hours_alone_are_not_enough(real: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stored(real, {"help-hours": "mon-fri 08:00-17:00"})
    _warn_unreachable(real, "en")
    assert "whom people call" in capsys.readouterr().err


def test_a_demonstration_is_not_told(real: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Stamp(is_demonstration=True).write(real)
    _warn_unreachable(real, "vi")
    assert capsys.readouterr().err == ""
