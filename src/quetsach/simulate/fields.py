"""Fields of a scenario that may be left out, and words that go into feed files."""

import re
from datetime import date

from quetsach.campaign import Section
from quetsach.core.period import Period

SPELLING = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/'-]*")
"""Of families and provinces, as feeds write them: nothing that a CSV cell would have to escape."""

FILE_WORD = re.compile(r"[a-z0-9_]+")


def number_or(section: Section, name: str, otherwise: float, *, least: float, most: float) -> float:
    """Return a number from ``least`` to ``most``, or ``otherwise`` where the field is not there."""
    return section.number(name, least=least, most=most) if section.has(name) else otherwise


def period_or(section: Section, name: str) -> Period | None:
    """Return the days of a table with ``first`` and ``last``, or ``None`` where it is not there."""
    if not section.has(name):
        return None
    days = section.section(name)
    period = days.period()
    days.finish()
    return period


def day_from(section: Section, name: str, first: date) -> date:
    """Return a day of the country, whose first is ``first``; that one where the field is not there."""
    day = section.day(name) if section.has(name) else first
    if day < first:
        raise section.error(name, f"is before the first day, {first}")
    return day


def word(section: Section, name: str, form: re.Pattern[str]) -> str:
    """Return a text of one form and at most 60 characters."""
    text = section.text(name)
    if len(text) > 60 or not form.fullmatch(text):
        raise section.error(name, "has characters that do not belong there, or more than 60")
    return text
