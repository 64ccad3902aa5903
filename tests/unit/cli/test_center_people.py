"""``center people`` and ``center audit`` refuse what they cannot do; the real centre is in the integration tests."""

from pathlib import Path

import pytest

from quetsach.cli.main import main


@pytest.mark.parametrize(
    "words",
    [
        ["people", "invite", "a@b.example", "--role", "operator"],
        ["people", "renew", "a@b.example"],
        ["people", "list"],
        ["people", "remove", "a@b.example"],
        ["audit", "verify"],
        ["audit", "export"],
    ],
    ids=" ".join,
)
def test_a_folder_that_holds_no_centre_is_refused_and_left_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["center", *words, "--data", str(tmp_path)]) == 1
    assert capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["people", "invite", "a@b.example"],
        ["people", "invite", "a@b.example", "--role", "king"],
        ["audit", "verify", "--head", "12"],
        ["audit", "verify", "--head", "x:" + "0" * 64],
    ],
    ids=" ".join,
)
def test_what_is_not_understood_is_refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["center", *words]) == 1
    assert "cách dùng" in capsys.readouterr().err
