"""Lists of others that say which names are of one family of malware: read into entries, never believed as they are.

``certtools``: rows of CSV without a header, a regular expression and the name that it is given, then remarks.
``misp-galaxy``: a JSON document of clusters, each with its ``value`` and the synonyms in its ``meta``.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from quetsach.core.errors import InputError
from quetsach.core.family import name_key
from quetsach.core.spelling_pattern import read_pattern
from quetsach.core.text import LocalText, Number, Text

MOST_BYTES = 32 << 20
MOST_ENTRIES = 20_000
MOST_KEYS = 500_000
"""Spellings of a whole list that are held at once."""
_MOST_SYNONYMS = 1000
_MOST_CHARACTERS = 200
_WORDS = re.compile(r"[\W_]+")
_LEAST_CHARACTERS = 4
"""A shorter beginning or end of a name says nothing about what it is of."""


@dataclass(frozen=True, slots=True)
class ListedFamily:
    """One entry: a name of the list's and the folded spellings (``name_key``) that it gives to it.

    ``where`` is the row or cluster. ``form`` is ``whole``, ``prefix`` or ``suffix``.
    """

    name: str
    where: str
    keys: frozenset[str]
    form: str = "whole"


@dataclass(frozen=True, slots=True)
class FamilyList:
    """The entries that are understood, and of each other one where it stands and why it is left out."""

    entries: tuple[ListedFamily, ...]
    refused: tuple[tuple[str, LocalText], ...]


type _Read = Iterator[tuple[str, Callable[[], ListedFamily]]]
"""Where each entry stands, and how to read it: it may be refused without the next one."""


def read_family_list(content: bytes, *, form: str) -> FamilyList:
    """Read a list of others.

    Args:
        content: the file as it came.
        form: one of ``FORMS``.

    Raises:
        InputError: too large, damaged, or not of this form.
    """
    if len(content) > MOST_BYTES:
        raise InputError(Text("the list is larger than {size} bytes", size=Number(MOST_BYTES)))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Text("not UTF-8 at byte {number}", number=error.start)) from error
    entries: list[ListedFamily] = []
    refused: list[tuple[str, LocalText]] = []
    held = 0
    for where, read in FORMS[form](text):
        if len(entries) + len(refused) >= MOST_ENTRIES:
            raise InputError(Text("the list has more than {most} entries", most=Number(MOST_ENTRIES)), where=where)
        try:
            entries.append(read())
        except InputError as error:
            refused.append((where, error.text or Text("not understood")))
        else:
            held += len(entries[-1].keys)
        if held > MOST_KEYS:
            raise InputError(Text("the list has more than {most} spellings", most=Number(MOST_KEYS)), where=where)
    return FamilyList(tuple(entries), tuple(refused))


def _certtools(text: str) -> _Read:
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in rows:
            where = f"line {rows.line_num}"
            if cells and not cells[0].startswith("#"):
                yield where, partial(_row, cells, where)
    except csv.Error as error:
        raise InputError(Text("not a CSV row: {reason}", reason=error), where=f"line {rows.line_num}") from error


def _row(cells: list[str], where: str) -> ListedFamily:
    expression, name, *_remarks = [*cells, ""]
    pattern = read_pattern(expression.strip())
    keys = _keys(pattern.texts)
    if pattern.form != "whole" and any(len(key) < _LEAST_CHARACTERS for key in keys):
        raise InputError(Text("a beginning or end of a name that is too short to tell families apart"))
    return ListedFamily(_name(name), where, keys, pattern.form)


def _clusters(text: str) -> _Read:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(Text("not a JSON document")) from error
    values = document.get("values") if isinstance(document, dict) else None
    if not isinstance(values, list):
        raise InputError(Text("not a galaxy cluster of MISP: a list of values is missing"))
    for number, value in enumerate(values, start=1):
        where = f"values[{number}]"
        yield where, partial(_cluster, value, where)


def _cluster(value: object, where: str) -> ListedFamily:
    meta = value.get("meta", {}) if isinstance(value, dict) else None
    name = value.get("value") if isinstance(value, dict) else None
    synonyms = meta.get("synonyms", []) if isinstance(meta, dict) else None
    if not isinstance(name, str) or not isinstance(synonyms, list) or len(synonyms) > _MOST_SYNONYMS:
        raise InputError(Text("a cluster without a name, or with synonyms that are no list of texts"))
    if not all(isinstance(synonym, str) and len(synonym) <= _MOST_CHARACTERS for synonym in synonyms):
        raise InputError(Text("a cluster without a name, or with synonyms that are no list of texts"))
    return ListedFamily(_name(name), where, _keys((name, *synonyms)))


def _name(name: str) -> str:
    name = name.strip()
    if not name_key(name) or len(name) > _MOST_CHARACTERS or not name.isprintable():
        raise InputError(Text("this is no name of malware"))
    return name


def _keys(spellings: Iterable[str]) -> frozenset[str]:
    keys = frozenset(key for spelling in spellings if (key := name_key(spelling)))
    if not keys:
        raise InputError(Text("this is no name of malware"))
    return keys


FORMS: Mapping[str, Callable[[str], _Read]] = MappingProxyType({"certtools": _certtools, "misp-galaxy": _clusters})
"""How lists are written, by name."""


@dataclass(frozen=True, slots=True)
class VendorWords:
    """Words that vendors and sinkholes put before or behind a family's name (``Win32/``, ``.gen``), folded."""

    before: frozenset[str]
    behind: frozenset[str]

    def bare(self, spelling: str) -> str:
        """Return a spelling without such words, folded; empty where nothing else is left."""
        words = [key for word in _WORDS.split(spelling) if (key := name_key(word))]
        while words and words[0] in self.before:
            words.pop(0)
        while words and words[-1] in self.behind:
            words.pop()
        return "".join(words)


class ListIndex:
    """Finds the entries of a list that a folded spelling is of, without looking through all whole ones."""

    def __init__(self, entries: Iterable[ListedFamily]) -> None:
        self._whole: dict[str, list[ListedFamily]] = {}
        self._ends: dict[tuple[str, int], dict[str, list[ListedFamily]]] = {}
        for entry in entries:
            for key in entry.keys:
                into = self._whole if entry.form == "whole" else self._ends.setdefault((entry.form, len(key)), {})
                into.setdefault(key, []).append(entry)

    def of(self, key: str) -> tuple[ListedFamily, ...]:
        """Return every entry that gives a spelling to its name; what stands whole goes before beginnings and ends."""
        if key in self._whole:
            return tuple(self._whole[key])
        found = []
        for (form, length), ends in self._ends.items():
            if length <= len(key):
                found += ends.get(key[:length] if form == "prefix" else key[len(key) - length :], [])
        return tuple(found)
