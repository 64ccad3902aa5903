"""``center plan`` on the screen and for machines."""

import json

import pytest

from quetsach.cli.main import main


def test_a_plan_is_said_in_both_languages_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["center", "plan", "--sightings", "1000000000", "--days", "28", "--reports", "4"]
    assert main([*words, "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert "60.5 GiB" in english
    assert english.count("no, a straight line beyond it") == 7
    assert main([*words, "--lang", "vi"]) == 0
    assert "60,5 GiB" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["estimates"]) == 8
