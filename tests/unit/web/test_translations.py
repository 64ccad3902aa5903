"""Vietnamese is complete, English is complete, and what is compiled is what was written."""

import io
import re
import unicodedata
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils.translation import gettext, override

from quetsach.web import catalogue, portal

WEB = Path(catalogue.__file__).parent
PROSE = Path(portal.__file__).parent / "templates" / "portal" / "prose"
VIETNAMESE = read_po(io.BytesIO((WEB / "locale/vi/LC_MESSAGES/django.po").read_bytes()), locale="vi")
MESSAGES = [message for message in VIETNAMESE if message.id]


def used_texts() -> set[str]:
    """Read from templates and code every text that is to be translated."""
    found: set[str] = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        text = path.read_text("utf-8")
        found |= {m[1] for m in re.finditer(r'{%\s*translate "([^"]+)"', text)}
        for block in re.finditer(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate", text, re.DOTALL):
            found.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", block[1]))
        if path.suffix == ".py":
            for call in re.finditer(r'\b_\(\s*((?:"[^"]*"\s*)+)\)', text):
                found.add("".join(re.findall(r'"([^"]*)"', call[1])))
    return found


def test_no_untranslated_string() -> None:
    known = {message.id for message in MESSAGES if message.string and not message.fuzzy}
    assert used_texts() - known == set()


def test_no_translation_is_left_over() -> None:
    assert {message.id for message in MESSAGES} - used_texts() == set()


def test_no_translation_is_uncertain_or_empty() -> None:
    assert [m.id for m in MESSAGES if m.fuzzy or not m.string] == []


@pytest.mark.parametrize("source", list(catalogue.sources()), ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_the_written_one(source: Path) -> None:
    assert source.with_suffix(".mo").read_bytes() == catalogue.compiled(source)


def test_placeholders_survive_translation() -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s|<\w+:\w+>", text))

    assert [m.id for m in MESSAGES if placeholders(m.id) != placeholders(m.string)] == []


def test_vietnamese_texts_are_composed() -> None:
    texts = [m.string for m in MESSAGES] + [p.read_text("utf-8") for p in PROSE.rglob("*.html")]
    assert [t[:40] for t in texts if not unicodedata.is_normalized("NFC", t)] == []


def test_vietnamese_is_the_default_and_differs_from_english() -> None:
    with override("vi"):
        assert gettext("Check my address") == "Kiểm tra địa chỉ của tôi"
    with override("en"):
        assert gettext("Check my address") == "Check my address"


@pytest.mark.parametrize("name", sorted(p.name for p in (PROSE / "vi").iterdir()))
def test_long_texts_have_the_same_parts_in_both_languages(name: str) -> None:
    def parts(language: str) -> list[str]:
        text = (PROSE / language / name).read_text("utf-8")
        return re.findall(r"<(?:h[1-6]|ul|ol|li|pre|p|strong)\b|{% (?:if|url|include) [^%]*%}|<code>[^<]*", text)

    assert parts("vi") == parts("en")


def test_both_languages_have_the_same_long_texts() -> None:
    assert {p.name for p in (PROSE / "vi").iterdir()} == {p.name for p in (PROSE / "en").iterdir()}
