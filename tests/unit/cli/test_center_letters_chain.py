"""``center letters chain``: the published letters of 2020, or of a file, with the days on each level."""

import json
from pathlib import Path

import pytest

from quetsach.cli.main import main

LETTERS = """
[[letters]]
key = "centre"
level = 0
issuer = { vi = "Cục", en = "Authority" }
day = 2026-11-01
source = "a test"

[[letters]]
key = "province"
above = "centre"
level = 1
issuer = { vi = "Sở", en = "Department" }
document = "7/STTTT"
day = 2026-11-04
source = "a test"
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["center", "letters", "chain", *arguments]) == 0
    return capsys.readouterr().out


def test_the_letters_of_2020_are_told_with_the_published_lags(capsys: pytest.CaptureFixture[str]) -> None:
    of_2020, of_2022 = json.loads(run(capsys, "--json"))
    lags = {letter["key"]: (letter["days_after_above"], letter["days_after_first"]) for letter in of_2020["letters"]}
    assert lags == {
        "ais-2020": (None, None),
        "thai-nguyen": (6, 6),
        "thanh-hoa": (7, 7),
        "transport": (9, 9),
        "hai-phong": (14, 14),
        "nghi-son": (6, 13),
        "hai-phong-portal": (3, 17),
    }
    assert [(level["level"], level["slowest_days"]) for level in of_2020["levels"]] == [(1, 14), (2, 6)]
    assert [letter["days_after_first"] for letter in of_2022["letters"]] == [None, 29, 65]


def test_the_table_is_for_people_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Công văn số 826/CATTT-NCSC ngày 22/09/2020" in run(capsys)
    assert "Letter 826/CATTT-NCSC of 22/09/2020" in run(capsys, "--lang", "en")


def test_the_letters_of_a_file_are_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "letters.toml"
    file.write_text(LETTERS, "utf-8")
    (chain,) = json.loads(run(capsys, str(file), "--json"))
    assert [letter["days_after_first"] for letter in chain["letters"]] == [None, 3]
    assert "Letter centre of 01/11/2026 by Authority" in run(capsys, str(file), "--lang", "en")


def test_a_file_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "letters", "chain", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err
