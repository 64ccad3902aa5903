"""All languages say the same things."""

import string
import unicodedata
from importlib import resources

import pytest

from quetsach.endpoint.messages import LANGUAGES, messages
from quetsach.endpoint.scan_issue import Reason

PARTS = sorted(
    {p.name.split(".")[0] for p in resources.files("quetsach.endpoint.messages").iterdir() if p.name.endswith(".toml")}
    - {"errors", "help"}  # their keys are the English
)


def _places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("part", PARTS)
def test_every_text_stands_in_each_language_with_the_same_places(part: str, language: str) -> None:
    told, en = messages(part, language), messages(part, "en")
    assert told.keys() == en.keys()
    assert {key: _places(text) for key, text in told.items()} == {key: _places(text) for key, text in en.items()}


@pytest.mark.parametrize("part", [*PARTS, "errors"])
def test_vietnamese_is_in_composed_form(part: str) -> None:
    assert all(unicodedata.is_normalized("NFC", text) for text in messages(part, "vi").values())


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_text(reason: Reason) -> None:
    assert messages("scan", "vi")[f"reason-{reason}"]
