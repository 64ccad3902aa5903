"""A country with faults never becomes a centre, and a command tells all of them before."""

import json
import shutil
from pathlib import Path

import pytest
from tests.another_country import COUNTRY

from quetsach.cli.main import main


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    shutil.copytree(COUNTRY, data / "country")
    (data / "country" / "tables" / "isps" / "isps.csv").unlink()
    (data / "country" / "templates" / "portal" / "prose" / "en" / "privacy.html").unlink()
    data.chmod(0o700)
    return data


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "The folder of Zubrovka is whole: 4 units, 2 provinces and cities of all times.\n"),
        ("vi", "Thư mục của quốc gia Zubrovka đầy đủ và không có lỗi: 4 đơn vị, 2 tỉnh, thành phố qua các thời kỳ.\n"),
    ],
)
def test_a_whole_folder_is_told_with_what_it_holds(
    capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    assert main(["center", "country", "check", str(COUNTRY), "--lang", language]) == 0
    assert capsys.readouterr().out == said


def test_each_fault_is_told_with_its_place_and_what_to_do(capsys: pytest.CaptureFixture[str], faulty: Path) -> None:
    words = ["center", "country", "check", str(faulty / "country")]
    assert main([*words, "--lang", "en"]) == 1
    assert capsys.readouterr().out == (
        "tables/isps/isps.csv: is missing\n"
        "hint: the guide says what belongs there: docs/how-to/another-country.md\n"
        "templates/portal/prose/en/privacy.html: the page on the country's law about personal data is missing\n"
        "hint: the guide says what belongs there: docs/how-to/another-country.md\n"
    )
    assert main([*words, "--lang", "vi", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["faults"][0] == {
        "where": "tables/isps/isps.csv",
        "what": "còn thiếu",
        "hint": "xem hướng dẫn về nội dung của tệp này: docs/how-to/another-country.md",
    }


def test_a_centre_is_not_made_of_a_country_with_faults(capsys: pytest.CaptureFixture[str], faulty: Path) -> None:
    assert main(["center", "up", "--data", str(faulty), "--prepare-only", "--no-demonstration", "--lang", "en"]) == 1
    told = capsys.readouterr().err
    assert "tables/isps/isps.csv: is missing" in told
    assert "the folder of the country has 2 faults, nothing was made" in told
    assert f"look again: quetsach center country check {faulty}/country" in told
    assert {path.name for path in faulty.iterdir()} == {".lock", "country"}
