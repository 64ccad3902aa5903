"""Sentences for people: English in the code with values by name, every other language in the catalogue of a package.

Rules say what they found as ``Text("{count} addresses were counted.", count=Number(addresses))`` and know no language.
The English sentence is the id; ``<package>/locale/<language>/LC_MESSAGES/messages.po`` says it in another language, in
the form of GNU gettext (ADR 0145). Nothing is read before somebody reads a sentence in another language than English.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quetsach.core.errors import QuetsachError
from quetsach.core.language import DATA_LANGUAGES, OWN_LANGUAGE, LocalForm, catalogue
from quetsach.core.period import day_text

# Numbers as people write them: 1.234,5 in Vietnamese, 1,234.5 in English.

_GROUP = LocalForm(",", context="form: between thousands")
_POINT = LocalForm(".", context="form: before decimals")
_PERCENT = LocalForm("{number}\N{NO-BREAK SPACE}%", context="form: a percentage")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def separators(language: str) -> tuple[str, str]:
    """Return what a language writes between thousands and before decimals."""
    return _GROUP.in_language(language), _POINT.in_language(language)


def number_text(value: float, language: str, *, decimals: int = 0, signed: bool = False) -> str:
    """Return a number with the separators of a language, and a minus that is no hyphen."""
    text = f"{value:{'+' if signed else ''},.{decimals}f}".replace("-", "\u2212")
    group, point = separators(language)
    return text.translate({ord(","): group, ord("."): point})


def percent_text(number: str, language: str) -> str:
    """Return a number that is written already as a percentage, with the sign where a language has it."""
    return _PERCENT.in_language(language).replace("{number}", number)


def size_text(size_bytes: int, language: str) -> str:
    """Return a size in the largest binary unit that leaves at least 1, with one decimal from KiB on."""
    size, unit = float(size_bytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{number_text(size, language, decimals=min(unit, 1))} {_UNITS[unit]}"


# Sentences.


@dataclass(frozen=True, slots=True, eq=False)
class LocalText:
    """One text in both languages, Vietnamese being the first: what data says (a pack, a country, a plan).

    Two texts are equal when they say the same, whatever they were made of.
    """

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in a language; what is given in two is said in Vietnamese to whoever reads neither."""
        return self.en if language == OWN_LANGUAGE else self.vi

    def __str__(self) -> str:
        return self.in_language(OWN_LANGUAGE)

    def __eq__(self, other: object) -> bool:
        return (self.vi, self.en) == (other.vi, other.en) if isinstance(other, LocalText) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.en)


NO_TEXT = LocalText("", "")
"""Where a text may be and none is needed."""


class _Translated(LocalText):
    """A text that is made in the language in which it is read."""

    __slots__ = ()

    @property
    def vi(self) -> str:
        """The text in Vietnamese."""
        return self.in_language("vi")

    @property
    def en(self) -> str:
        """The text in English."""
        return self.in_language(OWN_LANGUAGE)


class Text(_Translated):
    """One sentence of the code, which the catalogues say in every other language.

    Args:
        sentence: it in English, with ``{name}`` for each value; without values braces are just braces.
        many: the sentence for any other ``count`` than one, where the two differ in English.
        context: tells two sentences apart that are one in English and two in another language.
        values: what stands in the braces. A text or number is said in the language of the sentence, a day as people
            write it there, anything else as ``str`` gives it.
    """

    __slots__ = ("context", "many", "sentence", "values")

    sentence: str
    many: str
    context: str
    values: Mapping[str, Any]

    def __init__(self, sentence: str, /, *, many: str = "", context: str = "", **values: Any) -> None:
        for name, value in (("sentence", sentence), ("many", many), ("context", context), ("values", values)):
            object.__setattr__(self, name, value)

    def filled(self, **values: Any) -> "Text":
        """Return the sentence with values for the places that it left open."""
        return remade(self.sentence, self.many, self.context, values)

    def in_language(self, language: str) -> str:
        """Return the sentence in a language, in English where its catalogues do not have it."""
        told = self._told(language)
        if not self.values:
            return told
        return told.format_map({name: _said(value, language) for name, value in self.values.items()})

    def with_values(self, **values: Any) -> "Text":
        """Return the sentence with its values: for one of a table, which is written before they are known."""
        return Text(self.sentence, many=self.many, context=self.context, **values)

    def _told(self, language: str) -> str:
        if language == OWN_LANGUAGE:
            return self.many if self.many and int(self.values["count"]) != 1 else self.sentence
        known = catalogue(language)
        if self.many:
            count = int(self.values["count"])
            if self.context:
                return known.npgettext(self.context, self.sentence, self.many, count)
            return known.ngettext(self.sentence, self.many, count)
        return known.pgettext(self.context, self.sentence) if self.context else known.gettext(self.sentence)

    def __reduce__(self) -> tuple[Any, ...]:
        return remade, (self.sentence, self.many, self.context, dict(self.values))


def all_in_language(texts: Iterable[LocalText], language: str) -> list[str]:
    """Return several texts in a language, such as the headings of a table."""
    return [text.in_language(language) for text in texts]


def both(text: LocalText) -> dict[str, str]:
    """Return a text in both languages, for machines."""
    return {language: text.in_language(language) for language in DATA_LANGUAGES}


class Joined(_Translated):
    """Texts, numbers or days one after the other, each said in the language in which the whole is read."""

    __slots__ = ("between", "parts")

    parts: tuple[Any, ...]
    between: str

    def __init__(self, parts: Iterable[Any], between: str = ", ") -> None:
        object.__setattr__(self, "parts", tuple(parts))
        object.__setattr__(self, "between", between)

    def in_language(self, language: str) -> str:
        """Return all parts in a language."""
        return self.between.join(_said(part, language) for part in self.parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return Joined, (self.parts, self.between)


class InSentence(_Translated):
    """A text inside of a sentence: in small letters."""

    __slots__ = ("text",)

    text: LocalText

    def __init__(self, text: LocalText) -> None:
        object.__setattr__(self, "text", text)

    def in_language(self, language: str) -> str:
        """Return the text in small letters."""
        return self.text.in_language(language).lower()

    def __reduce__(self) -> tuple[Any, ...]:
        return InSentence, (self.text,)


def told(sentence: str, language: str) -> str:
    """Return a sentence that a library shows by itself, so that it is no ``Text``, as the catalogues have it."""
    return catalogue(language).gettext(sentence) if sentence and language != OWN_LANGUAGE else sentence


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a sentence, with the separators of its language (1.234,5 in Vietnamese, 1,234.5 in English)."""

    value: float
    decimals: int = 0
    signed: bool = False

    def in_language(self, language: str) -> str:
        """Return the number as people write it in a language."""
        return number_text(self.value, language, decimals=self.decimals, signed=self.signed)

    def __int__(self) -> int:
        return int(self.value)


def remade(sentence: str, many: str, context: str, values: Mapping[str, Any]) -> Text:
    """Make a text again of what it was made of, after it was sent elsewhere."""
    return Text(sentence, many=many, context=context, **values)


def _said(value: Any, language: str) -> str:
    if in_language := getattr(value, "in_language", None):
        return str(in_language(language))
    return day_text(value, language) if isinstance(value, date) else str(value)


class LocalError(QuetsachError):
    """An error that is shown to people who work in the office, so it speaks both languages.

    Args:
        text: what happened.
        where: file and field or row, the key of a unit; empty if there is no one place.
        advice: what to do next.
    """

    text: LocalText

    def __init__(self, text: LocalText, *, where: str = "", advice: LocalText | None = None) -> None:
        super().__init__(text, where=where, hint=advice or "")


_NUMBERED = re.compile(
    r"\[(?P<kind>Errno|WinError) (?P<number>-?\d+)\] (?P<reason>.+?)(?:: (?P<path>'.*'))?", re.DOTALL
)
"""How an ``OSError`` writes itself."""
_OF_WINDOWS = {"10061": "Connection refused"}
"""Numbers of Windows, which answers in its own language."""


class SystemText(_Translated):
    """What a system, a library or an older record says in English, told as far as the catalogues know it."""

    __slots__ = ("said",)

    said: str

    def __init__(self, said: object) -> None:
        object.__setattr__(self, "said", str(said or "the system refused"))

    def in_language(self, language: str) -> str:
        """Return it in a language, without the number of an error that has one."""
        found = _NUMBERED.fullmatch(self.said)
        if language == OWN_LANGUAGE or not found:
            return told(self.said, language)
        reason = _OF_WINDOWS.get(found["number"], found["reason"]) if found["kind"] == "WinError" else found["reason"]
        return f"{found['path']}: {told(reason, language)}" if found["path"] else told(reason, language)

    def __reduce__(self) -> tuple[Any, ...]:
        return SystemText, (self.said,)
