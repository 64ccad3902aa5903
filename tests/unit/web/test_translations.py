"""Vietnamese is complete, English is complete, and what is compiled is what was written."""

import io
import re
import unicodedata
from gettext import GNUTranslations
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django import forms
from django.utils.translation import gettext, override
from tests import catalogues

from quetsach.web import catalogue, portal
from quetsach.web.limits import office_path

WEB = Path(catalogue.__file__).parent
SOURCES = [path for path in catalogue.sources() if path.name == "django.po"]
PROSE = Path(portal.__file__).parent / "templates" / "portal" / "prose"
DJANGO_WORDS = WEB / "django_words"
_PLACE = re.compile(r"%\(\w+\)s|<\w+:\w+>")
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


def _by_name(path: Path) -> str:
    return f"{path.parts[-5]}-{path.parts[-3]}"


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


def test_every_call_for_a_translation_is_one_that_the_search_for_texts_sees() -> None:
    """Of other quotes, as within an f-string, or another name, a text would be neither asked for nor missed."""
    call = re.compile(r"""\b_\(\s*'|\bn?p?gettext(_lazy)?\(\s*["']""")
    hidden = [path.name for path in WEB.rglob("*.py") if call.search(path.read_text("utf-8"))]
    assert hidden == []


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
    ours = [path for path in SOURCES if DJANGO_WORDS not in path.parents]
    assert catalogues.said_in_two_ways(ours) == {}
    found: dict[str, set[str]] = {}
    for message in MESSAGES:
        found.setdefault(message.id, set()).add(message.string)
    assert {text: ways for text, ways in found.items() if len(ways) > 1} == {}


@pytest.mark.parametrize("source", SOURCES, ids=_by_name)
def test_no_language_says_what_vietnamese_does_not(source: Path) -> None:
    own = source.parents[2] / "vi" / "LC_MESSAGES" / source.name
    assert catalogues.entries(source).keys() - catalogues.entries(own).keys() == set()


@pytest.mark.parametrize("source", [path for path in SOURCES if DJANGO_WORDS not in path.parents], ids=_by_name)
def test_no_translation_is_empty_uncertain_or_has_other_places(source: Path) -> None:
    assert list(catalogues.faults(source, _PLACE)) == []


@pytest.mark.parametrize("source", SOURCES, ids=_by_name)
def test_the_compiled_catalogue_is_the_written_one(source: Path) -> None:
    assert source.with_suffix(".mo").read_bytes() == catalogue.compiled(source)


@pytest.mark.parametrize("source", SOURCES, ids=_by_name)
def test_a_translation_can_be_filled_in(source: Path) -> None:
    """A bare per cent sign beside a placeholder cannot, and Django then shows the English text without a word."""
    said = [text for m in catalogues.entries(source).values() for text in catalogues.told(m) if "%(" in text]
    filled = {name: 1 for text in said for name in re.findall(r"%\((\w+)\)[sd]", text)}
    assert [text for text in said if "%(" in text % filled] == []


def test_long_texts_are_composed() -> None:
    found = [path for path in PROSE.rglob("*.html") if not unicodedata.is_normalized("NFC", path.read_text("utf-8"))]
    assert found == []


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


def _vietnamese(folder: Path) -> Path:
    source = folder / "vi" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text(VIETNAMESE, "utf-8")
    return source


def test_a_language_is_begun_with_every_text_and_nothing_said(tmp_path: Path) -> None:
    source = _vietnamese(tmp_path)
    made = read_po(io.BytesIO(catalogue.begun(source, "fr")), locale="fr")
    assert {(m.context, m.id): m.string for m in made if m.id} == {
        (None, "Back"): "",
        ("noun", ("{count} scan", "{count} scans")): ("", ""),
    }


def test_what_a_language_says_stays_when_it_is_brought_up_to_the_vietnamese(tmp_path: Path) -> None:
    source = _vietnamese(tmp_path)
    begun = catalogue.begun(source, "fr").decode()
    said = begun.replace('msgstr[0] ""', 'msgstr[0] "{count} analyse"')
    source.write_text(VIETNAMESE.replace('"Back"', '"Next"'), "utf-8")
    made = read_po(io.BytesIO(catalogue.begun(source, "fr", said.encode())), locale="fr")
    assert {m.id: m.string for m in made if m.id} == {
        "Next": "",
        ("{count} scan", "{count} scans"): ("{count} analyse", ""),
    }


def test_what_another_file_of_the_language_says_is_carried_over(tmp_path: Path) -> None:
    source = _vietnamese(tmp_path)
    elsewhere = {(None, "Back"): "Retour", ("verb", "Back"): "Reculer"}
    for written in (b"", catalogue.begun(source, "fr")):  # begun with it, and brought up to it
        made = read_po(io.BytesIO(catalogue.begun(source, "fr", written, elsewhere)), locale="fr")
        assert {m.id: m.string for m in made if m.id} == {
            "Back": "Retour",
            ("{count} scan", "{count} scans"): ("", ""),
        }


def test_what_is_not_said_whole_is_not_compiled_and_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it falls back, both forms of it, to what a reader gets where a language has no such text."""
    (source := tmp_path / "core" / "locale" / "fr" / "LC_MESSAGES" / "messages.po").parent.mkdir(parents=True)
    half = 'msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "{count} jour"\nmsgstr[1] ""\n'
    source.write_text(f'msgid "Back"\nmsgstr "Retour"\n\nmsgid "Next"\nmsgstr ""\n\n{half}', "utf-8")
    read = GNUTranslations(io.BytesIO(catalogue.compiled(source)))
    assert [read.gettext("Back"), read.gettext("Next")] == ["Retour", "Next"]
    assert read.ngettext("{count} day", "{count} days", 1) == "{count} day"
    monkeypatch.setattr(catalogue, "PACKAGES", tmp_path)
    assert list(catalogue.counted()) == ["core/locale/fr/LC_MESSAGES/messages.po: 1 of 3 said", "fr: 1 of 3 said"]


@pytest.mark.parametrize(
    ("spoken", "first", "path"),
    [("en", "vi", "/en/office/"), ("xx", "vi", "/xx/van-phong/"), ("xx", "en", "/xx/office/")],
)
def test_the_office_is_where_django_has_it_when_a_language_says_no_address(spoken: str, first: str, path: str) -> None:
    """Cookies and bounds of bodies go by it: Django takes the word of the first language."""
    assert office_path(spoken, first) == path


@pytest.mark.parametrize("said", ["--help", "../x", "xx", ""])
def test_nothing_is_written_for_what_no_language_is_called(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "begin", pytest.fail)
    monkeypatch.setattr(catalogue.storage, "write", pytest.fail)
    with pytest.raises(SystemExit):
        catalogue.main([said])
