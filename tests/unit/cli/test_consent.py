import io

import pytest

from quetsach.cli.confirmation import agrees


@pytest.mark.parametrize("typed", ["có\n", "CÓ \n", "co\u0301\n", "yes\n", "co\n"])
def test_a_clear_yes_agrees(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert agrees("? ")


@pytest.mark.parametrize("typed", ["", "\n", "không\n", "yes, but\n"])
def test_anything_else_is_a_no(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert not agrees("? ")
