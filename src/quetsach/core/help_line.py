"""Whom people call: telephone, Zalo and hours of the help desk, one record and one way to say it everywhere."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Text

_PHONE = re.compile(r"\+?[0-9](?: ?[0-9]){2,14}", re.ASCII)
_MOST_PHONES = 4
_ZALO_HOST = "https://zalo.me/"
_ZALO = re.compile(r"https://zalo\.me/[A-Za-z0-9._\-]{1,60}/?", re.ASCII)
_ZALO_PHONE = re.compile(r"0[0-9](?: ?[0-9]){7,10}", re.ASCII)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OPEN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?((?: [0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}){1,3})", re.ASCII)
_MIDNIGHT = "24:00"
_PLACE = re.compile(r"([0-9A-Za-z]{1,12}): *(\S.*)", re.ASCII)
_MOST_PLACES = 100
_DESK = re.compile(r"https?://[A-Za-z0-9._~:\[\]/\-]{1,300}", re.ASCII)

WEEKDAYS = (
    Text("Monday"),
    Text("Tuesday"),
    Text("Wednesday"),
    Text("Thursday"),
    Text("Friday"),
    Text("Saturday"),
    Text("Sunday"),
)
"""Days of the week, as ``date.weekday`` numbers them."""
_EVERY_DAY = Text("every day")
_DAYS_BETWEEN = Text("{first} to {last}")
_ALL_DAY = Text("day and night")
_BY_PHONE, _BY_ZALO, _WHEN, _ON_THE_WEB = (
    Text("Telephone"),
    Text("Zalo"),
    Text("Answered", context="help line"),
    Text("On the web", context="help line"),
)


@dataclass(frozen=True, slots=True)
class Hours:
    """When the help desk answers on some days of the week: from ``first`` to ``last`` (Monday is 0), in these spans.

    A span is two times of day as ``08:00``; the later one may be ``24:00``.
    """

    first: int
    last: int
    spans: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        days = _DAYS[self.first] if self.first == self.last else f"{_DAYS[self.first]}-{_DAYS[self.last]}"
        return " ".join((days, *(f"{begin}-{end}" for begin, end in self.spans)))

    def in_language(self, language: str) -> str:
        """Return "Monday to Friday 8:00–11:30, 13:30–17:00" in a language."""
        spans = ", ".join(f"{_clock(begin)}–{_clock(end)}" for begin, end in self.spans)
        if self.spans == (("00:00", _MIDNIGHT),):
            spans = _ALL_DAY.in_language(language)
        return f"{self._days().in_language(language)} {spans}"

    def _days(self) -> LocalText:
        if (self.first, self.last) == (0, 6):
            return _EVERY_DAY
        if self.first == self.last:
            return WEEKDAYS[self.first]
        return _DAYS_BETWEEN.with_values(first=WEEKDAYS[self.first], last=WEEKDAYS[self.last])


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach the help desk: what it is, how it is written, and its address; empty where it has none."""

    label: str
    shown: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class HelpLine:
    """How people who need help reach somebody.

    Attributes:
        phones: telephone numbers, as people write them.
        zalo: the address of an official account, or the number of one.
        hours: when somebody answers, in the time of the country.
        places: telephone numbers of places by their code, for people there.
        desk: the address of the page on which they can write; empty where that page is at hand anyway.
    """

    phones: tuple[str, ...] = ()
    zalo: str = ""
    hours: tuple[Hours, ...] = ()
    places: tuple[tuple[str, tuple[str, ...]], ...] = ()
    desk: str = ""

    @property
    def is_given(self) -> bool:
        """Whether somebody can be called or written to without a form."""
        return bool(self.phones or self.zalo)

    def ways(self, language: str) -> tuple[Way, ...]:
        """Return what stands in the block, in order; nothing where nobody can be reached."""
        return tuple(self._ways(language))

    def lines(self, language: str) -> tuple[str, ...]:
        """Return the block as lines of plain text."""
        return tuple(f"{way.label}: {way.shown}" for way in self.ways(language))

    def sentence(self, language: str, *, most: int = 0) -> str:
        """Return the block as one line; beyond ``most`` characters, ways before the last are left out."""
        lines = list(self.lines(language))
        while most and len(lines) > 2 and len(" · ".join(lines)) > most:
            del lines[-2]
        return " · ".join(lines)

    def as_texts(self) -> Mapping[str, str]:
        """Return what :func:`read_help_line` reads, by name."""
        return {
            "phone": ", ".join(self.phones),
            "zalo": self.zalo,
            "hours": "; ".join(map(str, self.hours)),
            "places": "; ".join(f"{code}: {', '.join(phones)}" for code, phones in self.places),
            "desk": self.desk,
        }

    def _ways(self, language: str) -> Iterator[Way]:
        for phone in self.phones:
            yield phone_way(phone, language)
        if self.zalo:
            is_address = self.zalo.startswith(_ZALO_HOST)
            shown = self.zalo.removeprefix("https://").rstrip("/") if is_address else self.zalo
            url = self.zalo if is_address else _ZALO_HOST + self.zalo.replace(" ", "")
            yield Way(_BY_ZALO.in_language(language), shown, url)
        if self.hours and self.is_given:
            yield Way(_WHEN.in_language(language), "; ".join(one.in_language(language) for one in self.hours))
        if self.desk:
            yield Way(_ON_THE_WEB.in_language(language), self.desk.partition("://")[2].rstrip("/"), self.desk)


NO_HELP_LINE = HelpLine()
"""Where nobody said whom people call."""


def phone_way(phone: str, language: str) -> Way:
    """Return a telephone number as a way to reach somebody."""
    return Way(_BY_PHONE.in_language(language), phone, "tel:" + phone.replace(" ", ""))


def is_phone(text: str) -> bool:
    """Whether a text is one telephone number, written with single spaces."""
    return _PHONE.fullmatch(text) is not None


def read_help_line(*, phone: str = "", zalo: str = "", hours: str = "", places: str = "", desk: str = "") -> HelpLine:
    """Read a help line from its texts; each may be empty.

    Raises:
        InputError: one is not of its form; ``where`` is its name.
    """
    desk = desk.strip()
    if desk and not _DESK.fullmatch(desk):
        raise InputError(Text("not an address: {text}", text=repr(desk[:80])), where="desk")
    return HelpLine(_phones(phone, "phone") if phone.strip() else (), _zalo(zalo), _hours(hours), _places(places), desk)


def _phones(text: str, where: str) -> tuple[str, ...]:
    phones = tuple(" ".join(part.split()) for part in text.split(","))
    for phone in phones:
        if not _PHONE.fullmatch(phone):
            raise InputError(
                Text("not a telephone number: {text}", text=repr(phone[:40])),
                where=where,
                hint=Text("write digits, spaces and a + in front, several numbers with commas, as in 024 0000 0000"),
            )
    if len(phones) > _MOST_PHONES:
        raise InputError(Text("more than {most} telephone numbers", most=_MOST_PHONES), where=where)
    return phones


def _zalo(text: str) -> str:
    zalo = " ".join(text.split())
    if zalo and not _ZALO.fullmatch(zalo) and not _ZALO_PHONE.fullmatch(zalo):
        raise InputError(
            Text("not an account of Zalo: {text}", text=repr(zalo[:80])),
            where="zalo",
            hint=Text("write its address, as in https://zalo.me/1234567890, or its telephone number"),
        )
    return zalo


def _hours(text: str) -> tuple[Hours, ...]:
    return tuple(_in_order([_read_hours(part, text) for part in text.split(";")], text)) if text.strip() else ()


def _read_hours(part: str, text: str) -> Hours:
    match = _OPEN.fullmatch(" ".join(part.replace(",", " ").split()).lower())
    if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
        raise _no_hours(text)
    spans = tuple((begin, end) for begin, _, end in (span.partition("-") for span in match[3].split()))
    times = [time for span in spans for time in span]
    is_clock = all(time == _MIDNIGHT or (time < _MIDNIGHT and time[3:] < "60") for time in times)
    if not is_clock or any(early >= late for early, late in pairwise(times)):
        raise _no_hours(text)
    return Hours(_DAYS.index(match[1]), _DAYS.index(match[2] or match[1]), spans)


def _in_order(hours: list[Hours], text: str) -> list[Hours]:
    """Return the days as they are, if none comes twice or before another."""
    days = [day for one in hours for day in ((one.first, one.last) if one.first != one.last else (one.first,))]
    if any(early >= late for early, late in pairwise(days)):
        raise _no_hours(text)
    return hours


def _no_hours(text: str) -> InputError:
    return InputError(
        Text("not hours of a week: {text}", text=repr(text[:80])),
        where="hours",
        hint=Text("write days and times in order, as in mon-fri 08:00-11:30 13:30-17:00; sat 08:00-11:30"),
    )


def _places(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not text.strip():
        return ()
    matches = [_PLACE.fullmatch(part.strip()) for part in text.split(";")]
    places = tuple((match[1], _phones(match[2], "places")) for match in matches if match)
    if len(places) != len(matches) or len(places) > _MOST_PLACES or len(dict(places)) != len(places):
        raise InputError(
            Text("not telephone numbers of provinces: {text}", text=repr(text[:80])),
            where="places",
            hint=Text("write codes of provinces, each once, as in 01: 024 0000 0000; 79: 028 0000 0000"),
        )
    return places


def _clock(time: str) -> str:
    return time.removeprefix("0")
