"""Sentences of the code: each stands in the catalogue of its package, in every language, and nowhere in two of them."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from tests import catalogues, pseudo_language
from tests.unit.cli.test_help import help_texts, places

import quetsach
from quetsach.assess.baseline import feed_set_differs
from quetsach.assess.definitions import Basis
from quetsach.assess.hosts.doubts import small_families
from quetsach.cli.main import build_parser
from quetsach.core import language
from quetsach.core.language import CATALOGUES
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.web import catalogue

SOURCE = Path(quetsach.__file__).parent
FILES = [path for path in catalogue.sources() if path.name == "messages.po"]
_PLACE = re.compile(r"\{(\w*)\}")

Id = tuple[str, str, str]
"""Context, sentence, and the sentence for many; the first and last are mostly empty."""


_LANGUAGE, _TEXT = SOURCE / "core" / "language.py", SOURCE / "core" / "text.py"
_PRINTING = {"print", "say", "_say", "tell", "coloured", "input", "write", "advance", "stand_still", "Progress"}
_PRINTED_WORD = re.compile(r"\s[^\W\d_]{2,}|[^\W\d_]{2,}\s")
_NOT_WORDS = re.compile(r"quetsach: |--[a-z-]+")
"""How every error begins, and options."""
_SAYING = {"quetsach.core.text", "quetsach.core.language"}


@cache
def _calls(name: str) -> tuple[tuple[Path, ast.Call], ...]:
    trees = ((path, ast.parse(path.read_text("utf-8"))) for path in sorted(SOURCE.rglob("*.py")))
    return tuple(
        (path, node)
        for path, tree in trees
        if any(isinstance(n, ast.ImportFrom) and n.module in _SAYING for n in ast.walk(tree)) or path == _LANGUAGE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    )


@cache
def _texts() -> tuple[tuple[Path, ast.Call], ...]:
    """Return where sentences are said; ``text.py`` makes some of what it is given."""
    return (*((path, call) for path, call in _calls("Text") if path != _TEXT), *_calls("LocalForm"))


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _id(call: ast.Call) -> Id:
    named = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}
    return named.get("context") or "", _literal(call.args[0]) or "", named.get("many") or ""


def _written(source: Path) -> set[Id]:
    return {(context, *((id_, "") if isinstance(id_, str) else id_)) for context, id_ in catalogues.entries(source)}


def _package(path: Path) -> str:
    """Return whose catalogue a file is or writes for: ``core`` has what the few modules above the packages say."""
    first = path.relative_to(SOURCE).parts[0]
    return "core" if first.endswith(".py") else first


def _by_name(path: Path) -> str:
    return f"{_package(path)}-{path.parts[-3]}"


def test_every_package_that_says_something_is_read() -> None:
    assert set(CATALOGUES) == {_package(path) for path in FILES} == {_package(path) for path, _ in _calls("Text")}


def test_a_sentence_is_written_out_where_it_is_said() -> None:
    """What is put together by the program cannot be found by who translates."""
    wanted = [(call.args[0], *(k.value for k in call.keywords if k.arg in {"many", "context"})) for _, call in _texts()]
    assert [ast.unparse(part) for parts in wanted for part in parts if not _literal(part)] == []


def test_the_values_of_a_sentence_are_those_it_has_places_for() -> None:
    """Without values braces are just braces: such a text is filled in later, by whoever sends it."""
    wrong = []
    for path, call in _texts():
        _, sentence, many = _id(call)
        values = {k.arg for k in call.keywords} - {"many", "context"}
        places = set(_PLACE.findall(sentence + many))
        if values and values != places:
            wrong.append((path.name, sentence))
    assert wrong == []


def test_what_is_counted_is_said_of_one_too() -> None:
    """A number by the name of ``count`` before a word of several things has the sentence for one beside it."""
    wrong = [
        (path.name, sentence)
        for path, call in _texts()
        for _, sentence, many in [_id(call)]
        if not many and re.search(r"(?<!the )\{count\} (\w+ )?\w+s\b", sentence)
    ]
    assert wrong == []


@pytest.mark.parametrize("source", FILES, ids=_by_name)
def test_a_catalogue_has_the_sentences_of_its_package_and_no_others(source: Path) -> None:
    said = {_id(call) for path, call in _texts() if _package(path) == _package(source)}
    written = _written(source)
    if source.parts[-3] == catalogues.WHOLE:
        assert said - written == set(), "not translated"
    shown = (*help_texts(build_parser()), *places(build_parser())) if _package(source) == "cli" else ()
    helped = {("", text, "") for text in shown}
    assert written - said - helped == set(), "nobody says it any more"


@pytest.mark.parametrize("source", FILES, ids=_by_name)
def test_no_sentence_is_empty_uncertain_or_said_with_other_values(source: Path) -> None:
    assert list(catalogues.faults(source, _PLACE)) == []


FRENCH = """msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "{day} is late"\nmsgstr ""',
        'msgid "{day} is late"\nmsgstr "{day} est en retard"',
        'msgid "a week"\nmsgid_plural "{count} weeks"\nmsgstr[0] "une semaine"\nmsgstr[1] "{count} semaines"',
        'msgid "a week"\nmsgid_plural "{count} weeks"\nmsgstr[0] "{count} semaine"\nmsgstr[1] "{count} semaines"',
        'msgid "a week"\nmsgid_plural "{count} weeks"\nmsgstr[0] ""\nmsgstr[1] ""',
    ],
)
def test_another_language_says_what_it_can(tmp_path: Path, entry: str) -> None:
    assert list(catalogues.faults(_french(tmp_path, entry), _PLACE)) == []


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "{day} is late"\nmsgstr "{jour} est en retard"',
        'msgid "{day} is late"\nmsgstr "en retard"',
        '#, fuzzy\nmsgid "late"\nmsgstr "en retard"',
        'msgid "late"\nmsgstr "arrive\u0301"',
        'msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "un jour"\nmsgstr[1] "{count} jours"',
        'msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "{count} jour"\nmsgstr[1] "des jours"',
        'msgid "{count} day"\nmsgid_plural "{count} days"\nmsgstr[0] "{count} jour"\nmsgstr[1] ""',
        'msgid "malware/<slug:family>/"\nmsgstr "malware/<slug:nom>/"',
        'msgid "check/"\nmsgstr "vérifier/"',
    ],
)
def test_what_another_language_says_wrong_is_found(tmp_path: Path, entry: str) -> None:
    assert list(catalogues.faults(_french(tmp_path, entry), re.compile(r"\{\w*\}|<\w+:\w+>"))) != []


def _french(folder: Path, entry: str) -> Path:
    source = folder / "fr" / "LC_MESSAGES" / "messages.po"
    source.parent.mkdir(parents=True)
    source.write_text(FRENCH + entry + "\n", "utf-8")
    return source


@pytest.mark.parametrize("source", FILES, ids=_by_name)
def test_the_compiled_catalogue_is_the_written_one(source: Path) -> None:
    assert source.with_suffix(".mo").read_bytes() == catalogue.compiled(source)


def test_a_sentence_is_said_alike_in_all_packages() -> None:
    """Where two say a sentence differently, a context tells them apart."""
    assert catalogues.said_in_two_ways(FILES) == {}


def _spelled_out(call: ast.Call) -> Iterator[str]:
    for part in (*call.args, *(keyword.value for keyword in call.keywords)):
        if _literal(part) is not None or isinstance(part, ast.JoinedStr):
            yield ast.unparse(part)


def test_no_code_spells_a_text_out_in_two_languages() -> None:
    """``LocalText`` holds what data says; a sentence of the code is a ``Text``."""
    found = [(str(path.relative_to(SOURCE)), part) for path, call in _calls("LocalText") for part in _spelled_out(call)]
    assert [(place, part) for place, part in found if place != "core/text.py"] == []


def _asks_for_the_language(node: ast.AST) -> bool:
    """Return whether code compares a language with one, or has a table with what each language says."""
    if isinstance(node, ast.Compare):
        return bool({_literal(side) for side in (node.left, *node.comparators)} & {"vi", "en"})
    return isinstance(node, ast.Dict) and {"vi", "en"} <= {_literal(key) for key in node.keys}


def test_no_command_of_the_centre_knows_what_languages_there_are() -> None:
    """What it says is a ``Text``, told in whatever language was chosen."""
    files = sorted((SOURCE / "cli" / "center").rglob("*.py"))
    assert len(files) > 30
    found = [
        (path.name, ast.unparse(node))
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if _asks_for_the_language(node)
    ]
    assert found == []


def _printed(node: ast.AST) -> Iterator[str]:
    """Return the letters of a call that are printed as they stand; what a ``Text`` says is said in every language."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text":
        return
    if (literal := _literal(node) if isinstance(node, ast.expr) else None) is not None:
        yield literal
    for part in ast.iter_child_nodes(node):
        yield from _printed(part)


def _words_printed(source: str) -> list[str]:
    """Return the words that a command prints in one language, whichever it is read in."""
    return [
        text
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) in _PRINTING
        for argument in (*node.args, *(k.value for k in node.keywords))
        for text in _printed(argument)
        if _PRINTED_WORD.search(_NOT_WORDS.sub(" ", text))
    ]


def test_no_command_prints_words_of_its_own() -> None:
    files = sorted((SOURCE / "cli").rglob("*.py"))
    assert [(path.name, text) for path in files for text in _words_printed(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "printing",
    [
        'print("quetsach: stopped")',
        'print(f"{name} holds no root", file=sys.stderr)',
        'self._say("packs wait" if held else "")',
        'Progress("Đang công bố / publishing", 11)',
    ],
)
def test_words_that_a_command_prints_are_found(printing: str) -> None:
    assert _words_printed(printing)


def test_no_code_and_no_page_asks_which_language_it_is_in() -> None:
    """What differs from one language to another is in its catalogue, or in a folder by its name."""
    asked = [
        (str(path.relative_to(SOURCE)), node.lineno)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Compare) and {_literal(side) for side in (node.left, *node.comparators)} & {"vi", "en"}
    ]
    shown = [
        str(path.relative_to(SOURCE))
        for pattern in ("*.html", "*.txt", "*.js", "*.typ")
        for path in sorted(SOURCE.rglob(pattern))
        if re.search(r"[!=]=+ *[\"'](vi|en)[\"']", path.read_text("utf-8"))
    ]
    assert asked + shown == []


def _texts_of(value: object, seen: set[int]) -> Iterator[Text]:
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Text):
        yield value
    elif isinstance(value, Mapping):
        for part in (*value.keys(), *value.values()):
            yield from _texts_of(part, seen)
    elif isinstance(value, tuple | list | frozenset):
        for part in value:
            yield from _texts_of(part, seen)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _texts_of(getattr(value, field.name), seen)


def test_a_third_language_is_a_folder_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever assessment and campaigns have to say is said in a language that nobody wrote a rule for."""
    made = pseudo_language.sentences()
    read = language.get_data
    monkeypatch.setattr(language, "get_data", lambda package, name: made.get(name) or read(package, name))
    language.catalogue.cache_clear()
    try:
        seen: set[int] = set()
        said = [
            one
            for package in ("assess", "campaign", "core", "centre")
            for module in walk_packages([str(SOURCE / package)], f"quetsach.{package}.")
            for value in vars(import_module(module.name)).values()
            for one in _texts_of(value, seen)
        ]
        assert len(said) > 250
        assert [one.en for one in said if not one.in_language("xx").startswith("[[")] == []
        told = feed_set_differs(_basis("one"), _basis("two")).text
        assert re.fullmatch(r"\[\[.*one against two.*·\]\]", told.in_language("xx"))
        families = small_families(2).in_language("xx")
        assert re.fullmatch(r"\[\[2 small .*·\]\]", families)
    finally:
        language.catalogue.cache_clear()


def _basis(feed: str) -> Basis:
    return Basis(Period(date(2020, 6, 1), date(2020, 6, 30)), (feed,), 30, None)
