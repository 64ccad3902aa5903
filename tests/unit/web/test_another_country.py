"""An invented country of two levels, with its own letters, clocks and laws: nothing of Viet Nam shows."""

import json
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.another_country import COUNTRY

ROOT = Path(__file__).parents[3]
OURS = ("Quét Sạch",)
"""The name of the product is the same in every country."""
VIETNAMESE = re.compile("[\u1ea0-\u1ef9\u0110\u0111\u01a0\u01a1\u01af\u01b0]")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = tmp_path_factory.mktemp("zubrovka")
    shutil.copytree(COUNTRY, data / "country")
    (data / "secret.key").write_text("k" * 64)
    words = [sys.executable, "-m", "tests.another_country.driver", str(data)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_pages_are_in_its_language_and_tell_of_no_other_country(seen: dict[str, Any]) -> None:
    assert len(seen["pages"]) > 5
    for page, html in (*seen["pages"].items(), ("evaluation", seen["evaluation"])):
        text = unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL))
        for name in OURS:
            text = text.replace(name, "")
        assert '<html lang="en"' in html, page
        assert not VIETNAMESE.findall(text), page
        assert not re.findall(r"Viet\s?nam|Hanoi|Decree", text, re.IGNORECASE), page
    assert "the law of Zubrovka" in seen["pages"]["privacy/"]
    assert "Times are in Loutz time." in seen["pages"]["office/sign-in/"]


def test_letters_are_signed_as_its_offices_sign(seen: dict[str, Any]) -> None:
    top, region, town = seen["letters"]
    assert (top["agency"], top["place"]) == ("Campaign Centre", "Loutz")
    assert (region["agency"], region["place"], region["signer_title"]) == ("Council of North Region", "North", "Mayor")
    assert (town["agency"], town["place"], town["signer_powers"]) == (
        "Council of Loutz Town",
        "Loutz",
        "For the Council",
    )
    assert {letter["head"] for letter in seen["letters"]} == {"REPUBLIC OF ZUBROVKA Order and Courtesy"}


def test_letters_are_laid_out_as_the_country_lays_them_out(seen: dict[str, Any]) -> None:
    for letter in seen["letters"]:
        first, second, *_ = [line.strip() for line in letter["paper"].splitlines() if line.strip()]
        assert first == "REPUBLIC OF ZUBROVKA. Order and Courtesy."
        assert second.startswith(letter["agency"].upper())
        assert "Please do." in letter["paper"]


def test_units_are_written_as_the_country_writes_them(seen: dict[str, Any]) -> None:
    """Read by the rules of another country, whose provinces have two digits, none of these rows would be a unit."""
    assert [letter["code"] for letter in seen["letters"]] == ["TW", "1", "0011"]


def test_what_names_the_country_names_this_one(seen: dict[str, Any]) -> None:
    for text in seen["said"]:
        assert "Zubrovka" in text
        assert "Viet" not in text


def test_what_is_counted_is_of_the_country_and_by_its_own_tables(seen: dict[str, Any]) -> None:
    counts = seen["counts"]
    assert counts["addresses"] == 3, "two of its network, one that the feed says is of it; not that of another country"
    assert [row["id"] for row in json.loads(counts["isps"])["rows"]] == ["zubnet", "unknown"]


def test_its_clocks_change(seen: dict[str, Any]) -> None:
    times = seen["times"]
    assert times["winter"].startswith("14:00")
    assert times["summer"].startswith("15:00")
    assert times["summer"].endswith("(Loutz)")
    assert times["over"] == "2026-03-29 21:00:00+00:00"
