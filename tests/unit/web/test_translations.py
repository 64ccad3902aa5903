"""Vietnamese is complete, English is complete, and what is compiled is what was written."""

import io
import re
import unicodedata
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django import forms
from django.utils.translation import gettext, override

from quetsach.web import catalogue, portal

WEB = Path(catalogue.__file__).parent
SOURCES = [path for path in catalogue.sources() if path.name == "django.po"]
PROSE = Path(portal.__file__).parent / "templates" / "portal" / "prose"
DJANGO_WORDS = WEB / "django_words"
DJANGO_FILE = Path("locale", "en", "LC_MESSAGES", "django.po")


def messages_of(path: Path) -> list[Message]:
    """Read a catalogue; Vietnamese has one form for one and for many, so a plural is two texts said in one way."""
    found = [m for m in read_po(io.BytesIO(path.read_bytes()), locale="vi") if m.id]
    return [
        Message(text, string=m.string[0] if m.pluralizable else m.string, flags=m.flags)
        for m in found
        for text in (m.id if m.pluralizable else (m.id,))
    ]


CATALOGUES = {
    path.parents[3]: messages_of(path)
    for path in SOURCES
    if path.parts[-3] == "vi" and DJANGO_WORDS not in path.parents
}
"""Folder -> its messages. A catalogue speaks for its folder, less the folders below that have their own."""
MESSAGES = [message for messages in CATALOGUES.values() for message in messages]


def owner(path: Path) -> Path:
    return next(folder for folder in path.parents if folder in CATALOGUES)


def used_texts() -> dict[Path, set[str]]:
    """Read from templates and code every text that is to be translated, by the folder that must translate it."""
    found: dict[Path, set[str]] = {folder: set() for folder in CATALOGUES}
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py"), *WEB.rglob("*.txt")]:
        text, texts = path.read_text("utf-8"), found[owner(path)]
        texts |= {m[1] for m in re.finditer(r'{%\s*translate "([^"]+)"', text)}
        for block in re.finditer(r"{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate", text, re.DOTALL):
            for part in re.split(r"{%\s*plural\s*%}", block[1]):
                texts.add(re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", part))
        if path.suffix == ".py":
            for call in re.finditer(r'\b_\(\s*((?:"[^"]*"\s*)+)\)', text):
                texts.add("".join(re.findall(r'"([^"]*)"', call[1])))
    return found


def test_no_untranslated_string() -> None:
    missing = {
        folder.name: texts - {m.id for f, messages in CATALOGUES.items() if f in (folder, WEB) for m in messages}
        for folder, texts in used_texts().items()
    }
    assert {name: texts for name, texts in missing.items() if texts} == {}


def test_no_translation_is_left_over() -> None:
    used = used_texts()
    everywhere = set().union(*used.values())
    left = {
        folder.name: {m.id for m in messages} - (everywhere if folder == WEB else used[folder])
        for folder, messages in CATALOGUES.items()
    }
    assert {name: texts for name, texts in left.items() if texts} == {}


def test_a_text_is_translated_alike_everywhere() -> None:
    """Django merges the catalogues: of two translations of one text, only one would ever be seen."""
    found: dict[str, set[str]] = {}
    for message in MESSAGES:
        found.setdefault(message.id, set()).add(message.string)
    assert {text: ways for text, ways in found.items() if len(ways) > 1} == {}


def test_no_translation_is_uncertain_or_empty() -> None:
    assert [m.id for m in MESSAGES if m.fuzzy or not m.string] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parts[-5]}-{path.parts[-3]}")
def test_each_language_says_all_that_vietnamese_says(source: Path) -> None:
    own = source.parents[2] / "vi" / "LC_MESSAGES" / source.name
    said = {(m.context, m.id): m for m in read_po(io.BytesIO(source.read_bytes()), locale=source.parts[-3]) if m.id}
    assert said.keys() == {(m.context, m.id) for m in read_po(io.BytesIO(own.read_bytes()), locale="vi") if m.id}
    assert [m.id for m in said.values() if m.fuzzy or not all(m.string if m.pluralizable else [m.string])] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parts[-5]}-{path.parts[-3]}")
def test_the_compiled_catalogue_is_the_written_one(source: Path) -> None:
    assert source.with_suffix(".mo").read_bytes() == catalogue.compiled(source)


def test_placeholders_survive_translation() -> None:
    def placeholders(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s|<\w+:\w+>", text))

    assert [m.id for m in MESSAGES if placeholders(m.id) != placeholders(m.string)] == []


def test_a_translation_can_be_filled_in() -> None:
    """A bare per cent sign beside a placeholder cannot, and Django then shows the English text without a word."""
    filled = {name: "1" for m in MESSAGES for name in re.findall(r"%\((\w+)\)s", m.id)}
    assert [m.id for m in MESSAGES if "%(" in m.id and "%(" in m.string % filled] == []


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


def test_what_we_say_in_the_place_of_django_is_what_django_says_there() -> None:
    """A new release of Django may word a text anew: then ours would be left over and the rough one come back."""
    folder = Path(django.__file__).parent
    theirs = {m.id for part in ("conf", "contrib/auth") for m in messages_of(folder / part / DJANGO_FILE)}
    ours = messages_of(DJANGO_WORDS / "locale" / "vi" / "LC_MESSAGES" / "django.po")
    assert len(ours) > 30
    assert {m.id for m in ours} - theirs == set()
    wild = re.compile(r"%\(\w+\)\w|%d")
    for message in ours:
        known = set(wild.findall(" ".join([message.id] if isinstance(message.id, str) else message.id)))
        said = message.string if isinstance(message.string, str) else message.string[0]
        assert set(wild.findall(said)) <= known
        assert unicodedata.is_normalized("NFC", said)


def test_a_form_speaks_our_vietnamese() -> None:
    class Asked(forms.Form):
        address = forms.EmailField(max_length=8)
        code = forms.CharField()

    with override("vi"):
        errors = Asked({"address": "quá dài để là một địa chỉ"}).errors
        assert errors["code"] == ["Mục này chưa được điền."]
        assert errors["address"] == ["Địa chỉ thư điện tử không hợp lệ.", "Tối đa 8 ký tự (hiện có 25)."]


VIETNAMESE = """msgid ""
msgstr ""
"Language: vi\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgid "Back"
msgstr "Quay lại"

msgctxt "noun"
msgid "{count} scan"
msgid_plural "{count} scans"
msgstr[0] "{count} lượt quét"
"""


def test_a_language_is_begun_with_every_text_and_nothing_said(tmp_path: Path) -> None:
    (source := tmp_path / "messages.po").write_text(VIETNAMESE, "utf-8")
    made = read_po(io.BytesIO(catalogue.begun(source, "fr")), locale="fr")
    assert {(m.context, m.id): m.string for m in made if m.id} == {
        (None, "Back"): "",
        ("noun", ("{count} scan", "{count} scans")): ("", ""),
    }


def test_what_a_language_says_stays_when_it_is_brought_up_to_the_vietnamese(tmp_path: Path) -> None:
    (source := tmp_path / "messages.po").write_text(VIETNAMESE, "utf-8")
    begun = catalogue.begun(source, "fr").decode()
    said = begun.replace('msgstr[0] ""', 'msgstr[0] "{count} analyse"')
    source.write_text(VIETNAMESE.replace('"Back"', '"Next"'), "utf-8")
    made = read_po(io.BytesIO(catalogue.begun(source, "fr", said.encode())), locale="fr")
    assert {m.id: m.string for m in made if m.id} == {
        "Next": "",
        ("{count} scan", "{count} scans"): ("{count} analyse", ""),
    }
