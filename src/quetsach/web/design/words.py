"""How figures, days and texts in two languages are written on a page."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from quetsach.centre.tables import load_calendar
from quetsach.core.help_line import WEEKDAYS
from quetsach.core.language import DATA_LANGUAGES, LocalForm, language_name
from quetsach.core.period import SHORT_DAY, Period, day_in, day_text
from quetsach.core.text import LocalText, Text, number_text, percent_text

register = template.Library()


def page_language() -> str:
    """Return the language of the page; the country's first where none is served."""
    return get_language() or str(settings.LANGUAGE_CODE)


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None else number_text(value, page_language(), decimals=decimals)


@register.filter
def in_full(value: int, scale: int) -> str:
    """Write a number of a demonstration as of the whole country: no headline is a hundredth of what it is about."""
    return f"≈ {figure(value * scale)}" if scale > 1 else figure(value)


@register.filter
def figure(value: float | None) -> str:
    """Write a count or a mean with the language's separators; means are rounded to whole numbers."""
    return _number(value, 0)


@register.filter
def decimal(value: float | None) -> str:
    """Write a rate with one decimal."""
    return _number(value, 1)


@register.filter
def rate(value: float | None) -> str:
    """Write a small rate with two decimals."""
    return _number(value, 2)


@register.filter
def percent(value: float | None) -> str:
    """Write a percentage with one decimal; Vietnamese sets the sign close."""
    return "–" if value is None else percent_text(_number(value, 1), page_language())


@register.filter
def change(value: float | None) -> str:
    """Write a relative change with its sign."""
    return "–" if value is None else ("+" if value > 0 else "") + percent(value)


@register.filter
def size(value: int) -> str:
    """Write a size in bytes for people (1 MB is a million bytes)."""
    for unit, factor in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if value >= factor:
            return f"{decimal(value / factor)}\u00a0{unit}"
    return f"{figure(value)}\u00a0B"


@register.filter("plain_day")
def day(value: date | datetime | str | None) -> str:
    """Write a day: 16/06/2020 in Vietnamese, 16 June 2020 in English. Times are brought to the country first."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        value = timezone.localdate(value)
    if value is None:
        return "–"
    return day_text(value, page_language()).replace(" ", "\u00a0")


def short_day(value: date) -> str:
    """Write a day where there is little room: 16 Jun 2020 in English."""
    return day_in(SHORT_DAY, value, page_language())


_HOLIDAY = Text("with holidays")


def window_name(name: str, window: Period) -> str:
    """Return what a window of a chart is called, with a word about its holidays if it has any."""
    return f"{name} ({here(_HOLIDAY)})" if load_calendar(settings.CENTER.data).has_holiday(window) else name


_MOMENT = LocalForm("{at}, {day} ({zone})", context="form: a time of a day")


@register.filter("plain_moment")
def moment(value: datetime) -> str:
    """Write a time of Viet Nam to the minute."""
    return _moment(value, "%H:%M")


def _moment(value: datetime, clock: str) -> str:
    at = f"{timezone.localtime(value):{clock}}"
    return _MOMENT.in_language(page_language()).format(at=at, day=day(value), zone=_country_time())


# On a page a day or a time is also readable by programs. Mails, titles and attributes take the plain ones.
@register.filter("day")
def marked_day(value: date | datetime | str | None) -> str | SafeString:
    """Write a day as an element ``time``."""
    return day(value) if value is None else _time(_iso_day(value), day(value))


@register.filter("short_day")
def marked_short_day(value: date) -> SafeString:
    """Write a day where there is little room as an element ``time``."""
    return _time(_iso_day(value), short_day(value))


@register.filter("moment")
def marked_moment(value: datetime) -> SafeString:
    """Write a time of Viet Nam to the minute as an element ``time``."""
    return _time(_iso(value), moment(value))


@register.filter
def exact_moment(value: datetime) -> SafeString:
    """Write a time of Viet Nam to the second as an element ``time``."""
    return _time(_iso(value), _moment(value, "%H:%M:%S"))


def _country_time() -> str:
    return str(settings.COUNTRY.short_time_name).replace(" ", "\u00a0")


def _iso(value: datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")


def _iso_day(value: date | datetime | str) -> str:
    if isinstance(value, str):
        return value
    return (timezone.localdate(value) if isinstance(value, datetime) else value).isoformat()


def _time(iso: str, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', iso, text)


@register.filter
def clock(value: datetime) -> SafeString:
    """Write the hour and minute of a time of the country as an element ``time``."""
    return _time(_iso(value), f"{timezone.localtime(value):%H:%M}")


_LETTERS = {"vi": re.compile("[\u1ea0-\u1ef9đĐăĂơƠưƯ]")}
"""Letters by which a language is known among others."""


@register.filter
def as_written(text: str) -> str | SafeString:
    """Write what people typed: on a page of another language Vietnamese says that it is, to be read out as such."""
    language = foreign_language(text)
    return format_html('<span lang="{}">{}</span>', language, text) if language else text


@register.filter
def foreign_language(text: str) -> str:
    """Return the language that a text is known to be in, where the page is in another; empty otherwise."""
    return next((one for one, letters in _LETTERS.items() if one != get_language() and letters.search(str(text))), "")


@register.filter
def day_off(value: date | datetime | None) -> str:
    """Write behind a day by which something is due that offices are closed on it; nothing on a working day."""
    if value is None:
        return ""
    day = timezone.localdate(value) if isinstance(value, datetime) else value
    if (holiday := load_calendar(settings.CENTER.data).holiday_on(day)) is not None:
        return _closed_for(holiday)
    return f" ({here(WEEKDAYS[day.weekday()])})" if day.weekday() in settings.COUNTRY.rest_days else ""


def days_off() -> dict[str, Any]:
    """Return for a script what ``day_off`` writes, with the holidays (``FIRST/LAST`` …) and days of the week of each.

    Sunday is day 0, as in the script's language.
    """
    spans: dict[str, list[str]] = {}
    for holiday in load_calendar(settings.CENTER.data).holidays:
        spans.setdefault(_closed_for(holiday.name), []).append(f"{holiday.period.first}/{holiday.period.last}")
    return {
        "holidays": {text: " ".join(found) for text, found in spans.items()},
        "weekend": {(day + 1) % 7: f" ({here(WEEKDAYS[day])})" for day in sorted(settings.COUNTRY.rest_days)},
    }


def _closed_for(holiday: LocalText) -> str:
    return f" ({here(Text('holiday: {name}', name=holiday))})"


@register.filter
def here(value: LocalText | Mapping[str, Any] | str | None) -> Any:
    """Take the text of the page's language; where data says it in two others, the first of them."""
    language = page_language()
    if isinstance(value, LocalText):
        return value.in_language(language)
    if isinstance(value, Mapping):
        return value.get(language, value.get(DATA_LANGUAGES[0], ""))
    return value or ""


@register.filter
def in_language(text: LocalText, language: str) -> str:
    """Take the text of a language."""
    return text.in_language(language)


@register.filter
def language_title(language: str) -> str:
    """Return what a language calls itself."""
    return language_name(language)


@register.filter
def linked_data(value: Mapping[str, Any]) -> SafeString:
    """Write linked data for search engines (JSON-LD): a block of data, which browsers do not run."""
    text = json.dumps(value, ensure_ascii=False).translate({ord(c): f"\\u{ord(c):04x}" for c in "<>&"})
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  (no tag can be in it)


@register.simple_tag
def bar(value: float, largest: float) -> SafeString:
    """Draw a share as a bar beside its figure: attributes only, since the policy allows no inline style.

    What is little stays visible; nothing is nothing.
    """
    width = 0 if min(value, largest) <= 0 else max(0.5, min(100.0, 100 * value / largest))
    return mark_safe(  # noqa: S308  (one formatted number)
        '<svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{width:.1f}" height="6"/></svg>'
    )
