"""Reads a TOML description field by field, and says what is wrong with it to people who do not know TOML."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from quetsach.campaign.errors import CampaignError
from quetsach.core.period import Period
from quetsach.core.text import Joined, LocalText, Number, Text

# Says in words what is wrong with the file of a plan, and at which line, to people who do not know TOML.

_AT = re.compile(r"at line (\d+), column \d+")
_LIKE_A_DAY = re.compile(r"=\s*[\"']?(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})")
_TABLE = re.compile(r"\s*\[\[?\s*([\w-]+(?:\.[\w-]+)*)\s*\]")
_KEY = re.compile(r"\s*([\w-]+(?:\.[\w-]+)*)\s*=")
_STEP = re.compile(r"([\w-]+)(?:\[(\d+)\])?")

_NAMES: Final = {
    "id": Text("identifier"),
    "name": Text("name"),
    "text": Text("text"),
    "summary": Text("summary"),
    "first": Text("first day"),
    "last": Text("last day"),
    "on": Text("day"),
    "stage": Text("stage"),
    "phases": Text("phase"),
    "parts": Text("part"),
    "milestones": Text("milestone"),
    "conditions": Text("condition"),
    "needs": Text("what is needed"),
    "least": Text("least number"),
    "subject": Text("subject"),
    "targets": Text("target"),
    "measure": Text("measure"),
    "change_percent": Text("change"),
    "windows": Text("window"),
    "published": Text("published figure"),
    "baseline": Text("baseline"),
    "previous_year": Text("previous year"),
    "feeds": Text("feeds"),
    "vi": Text("Vietnamese"),
    "en": Text("English"),
}


def unreadable(content: bytes, why: str) -> LocalText:
    """Return what is wrong with a file that is no TOML: its line, and the day in it that is none."""
    found = _AT.search(why)
    lines = content.decode("utf-8", "replace").splitlines()
    if found is None or int(found[1]) > len(lines):
        return Text("the file cannot be read: it must be TOML in UTF-8")
    number, line = int(found[1]), lines[int(found[1]) - 1]
    if wrong := _LIKE_A_DAY.search(line):
        return Text(
            "line {number}: {day} is no day; write year-month-day, such as 2026-11-23", number=number, day=wrong[1]
        )
    shown = line.strip()[:80]
    return Text(
        "line {number} cannot be read: “{shown}”; texts stand in quotes, one field a line", number=number, shown=shown
    )


def format_at(error: CampaignError, content: bytes) -> LocalText:
    """Return an error with its line and place in words instead of the path of a field."""
    if not error.field:
        return error.text
    number = line_of(content, error.field)
    place: LocalText = _place(error.field)
    if number:
        place = Text("line {number}, {place}", number=number, place=place)
    return Text("{place}: {text}", place=place, text=error.text)


def line_of(content: bytes, field: str) -> int | None:
    """Return the number of the line that a field stands on, else that of the table it would stand in."""
    wanted = _split(field)
    best, line = 0, None
    for number, at in _places(content.decode("utf-8", "replace")):
        same = 0
        while same < min(len(at), len(wanted)) and at[same] == wanted[same]:
            same += 1
        is_along = same == len(at) or same == len(wanted)
        if is_along and same > best:
            best, line = same, number
    return line


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each line that opens a table or gives a field, with its path; lists are counted from 1."""
    counts: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    is_inside = False  # of a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        was_inside = is_inside
        is_inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if was_inside:
            continue
        if opened := _TABLE.match(line):
            table = ()
            names = opened[1].split(".")
            for depth, name in enumerate(names, 1):
                key = (*table, name)
                if depth == len(names) and line.lstrip().startswith("[["):
                    counts[key] = counts.get(key, 0) + 1
                table = (*key, str(counts[key])) if key in counts else key
            yield number, table
        elif given := _KEY.match(line):
            yield number, (*table, *given[1].split("."))


def _split(field: str) -> tuple[str, ...]:
    steps = (_STEP.match(step) for step in field.split("."))
    return tuple(part for step in steps if step for part in (step[1], step[2]) if part)


def _place(field: str) -> Joined:
    """Write ``phases[2].last`` as “giai đoạn thứ 2, ngày cuối”."""
    words = []
    for step in field.split("."):
        found = _STEP.match(step)
        name, at = (found[1], found[2]) if found else (step, None)
        word = _NAMES.get(name) or Text("“{name}”", name=name[:60])
        words.append(Text("{word} {at}", context="one of several", word=word, at=at) if at else word)
    return Joined(words)


# Reads a TOML description field by field; what is missing, of another kind or unknown is said with its field.
#
# Scenarios (``quetsach.simulate``) are read the same way.

MAX_BYTES = 1 << 20
MAX_ITEMS = 1000
MAX_TEXT_LENGTH = 2000
MAX_IDENTIFIER_LENGTH = 60
_KINDS: Final[Mapping[type | tuple[type, ...], Text]] = {
    str: Text('a text in quotes, as in "VNPT"'),
    int: Text("a whole number without quotes"),
    (int, float): Text("a number without quotes"),
    bool: Text("true or false, without quotes"),
    date: Text("a day, year-month-day without quotes, as in 2026-11-23"),
    dict: Text("a table"),
}
_TEXTS = Text('a list of texts, as in ["one", "two"]')
_IDENTIFIER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(slots=True)
class Section:
    """One table of a TOML file. Every field that is read is ticked off; ``finish`` refuses what nobody read."""

    values: Mapping[str, Any]
    file: str
    path: str = ""
    _read: set[str] = field(default_factory=set)

    @classmethod
    def parse(cls, content: bytes, *, file: str) -> "Section":
        """Read a whole file.

        Raises:
            CampaignError: too large, or not TOML in UTF-8.
        """
        if len(content) > MAX_BYTES:
            raise CampaignError(Text("larger than {most} bytes", most=Number(MAX_BYTES)), where=file)
        try:
            return cls(tomllib.loads(content.decode("utf-8")), file)
        except (ValueError, RecursionError) as error:
            why = str(error)[:200]
            raise CampaignError(
                unreadable(content, why), where=file, hint=Text("not TOML in UTF-8: {error}", error=why)
            ) from error

    def text(self, name: str) -> str:
        """Return a text that is not empty."""
        value = self._value(name, str)
        if not value.strip() or len(value) > MAX_TEXT_LENGTH:
            raise self.error(name, Text("empty or longer than {most} characters", most=MAX_TEXT_LENGTH))
        return str(value)

    def integer(self, name: str, *, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``."""
        value = self._value(name, int)
        if not least <= value <= most:
            raise self.error(name, Text("must be from {least} to {most}", least=least, most=most))
        return int(value)

    def number(self, name: str, *, least: float, most: float) -> float:
        """Return a number from ``least`` to ``most``."""
        value = self._value(name, (int, float))
        if not least <= value <= most:  # NaN is in no range
            raise self.error(name, Text("must be from {least} to {most}", least=f"{least:g}", most=f"{most:g}"))
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, at least one, none empty."""
        values = self._value(name, list, _TEXTS)
        if not 0 < len(values) <= MAX_ITEMS:
            raise self.error(name, Text("must be 1 to {most} texts", most=MAX_ITEMS))
        return tuple(Section({name: value}, self.file, self.path).text(name) for value in values)

    def flag(self, name: str) -> bool:
        """Return ``true`` or ``false``; a flag that is not there is false."""
        return self.has(name) and bool(self._value(name, bool))

    def day(self, name: str) -> date:
        """Return a day, written without quotes: ``2020-06-16``."""
        value = self._value(name, date)
        if isinstance(value, datetime):
            raise self.error(name, Text("must be a day without a time"))
        return value  # type: ignore[no-any-return]

    def period(self) -> Period:
        """Return the days from this section's ``first`` to its ``last``."""
        first, last = self.day("first"), self.day("last")
        if last < first:
            raise self.error("last", Text("is before first"))
        return Period(first, last)

    def local_text(self, name: str) -> LocalText:
        """Return a text in both languages: ``name.vi`` and ``name.en``."""
        both = self.section(name)
        text = LocalText(both.text("vi"), both.text("en"))
        both.finish()
        return text

    def identifier(self, name: str = "id") -> str:
        """Return an identifier: lower-case letters, digits and single hyphens, at most 60."""
        text = self.text(name)
        if len(text) > MAX_IDENTIFIER_LENGTH or not _IDENTIFIER.fullmatch(text):
            told = Text("must be lower-case letters, digits and hyphens, at most {most}", most=MAX_IDENTIFIER_LENGTH)
            raise self.error(name, told)
        return text

    def one_of[E: StrEnum](self, name: str, kind: type[E]) -> E:
        """Return one of the words of an enumeration."""
        text = self.text(name)
        try:
            return kind(text)
        except ValueError as error:
            raise self.error(name, Text("must be one of {known}", known=", ".join(kind))) from error

    def refuse_twins(self, name: str, identifiers: Iterable[str]) -> None:
        """Refuse an identifier that is there twice.

        Raises:
            CampaignError: there is one.
        """
        seen: set[str] = set()
        for identifier in identifiers:
            if identifier in seen:
                raise self.error(name, Text("{identifier} is there twice", identifier=identifier))
            seen.add(identifier)

    def section(self, name: str) -> "Section":
        """Return a table inside this one."""
        value = self._value(name, dict)
        return Section(value, self.file, self._at(name))

    def sections(self, name: str) -> list["Section"]:
        """Return a list of tables, at least one: ``[[name]]``."""
        value = self._value(name, list, Text("tables under [[{name}]]", name=name))
        if not value or len(value) > MAX_ITEMS or not all(isinstance(item, dict) for item in value):
            raise self.error(name, Text("must be 1 to {most} tables under [[{name}]]", most=MAX_ITEMS, name=name))
        return [Section(item, self.file, f"{self._at(name)}[{n}]") for n, item in enumerate(value, 1)]

    def optional_sections(self, name: str) -> list["Section"]:
        """Return a list of tables that may be left out."""
        return self.sections(name) if self.has(name) else []

    def has(self, name: str) -> bool:
        """Whether the optional field is there."""
        return name in self.values

    def finish(self) -> None:
        """Refuse fields that nobody asked for: they are mistakes of spelling.

        Raises:
            CampaignError: there is one.
        """
        if unknown := sorted(set(self.values) - self._read):
            known = ", ".join(sorted(self._read))
            told = Text("is not a field of this file; fields: {known}", known=known)
            raise CampaignError(told, where=self._where(unknown[0]))

    def error(self, name: str, what: LocalText) -> CampaignError:
        """Return the error that says what is wrong with a field."""
        return CampaignError(what, where=self._where(name))

    def _value(self, name: str, kind: type | tuple[type, ...], form: Text | None = None) -> Any:
        self._read.add(name)
        wanted = form or _KINDS[kind]
        if name not in self.values:
            raise CampaignError(Text("is missing"), where=self._where(name), hint=Text("add {what}", what=wanted))
        value = self.values[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            is_plain = isinstance(value, str | int | float | date)
            shown = Text("“{name}”", name=str(value)) if is_plain else Text("this value")
            wrong = Text("{shown} is of the wrong kind: it must be {wanted}", shown=shown, wanted=wanted)
            raise CampaignError(wrong, where=self._where(name))
        return value

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _where(self, name: str) -> str:
        return f"{self.file}: {self._at(name)[:200]}"
