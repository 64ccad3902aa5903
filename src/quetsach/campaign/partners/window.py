"""The window that a row counts over: a day, an ISO week or a month, as its first column writes it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum

from quetsach.core.period import Period

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Window(StrEnum):
    """Windows of one kind never overlap each other; windows of two kinds do."""

    DAY = "day"  # 2020-10-06
    WEEK = "week"  # 2020-W41, Monday to Sunday
    MONTH = "month"  # 2020-10


def window_of(text: str) -> tuple[Window, Period] | None:
    """Return kind and days of a window; ``None`` for what is none."""
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return Window.DAY, Period(day, day)
        if found := _WEEK.fullmatch(text):
            return Window.WEEK, week_from(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        if found := _MONTH.fullmatch(text):
            return Window.MONTH, month_from(date(int(found[1]), int(found[2]), 1))
    except (ValueError, OverflowError):
        return None
    return None


def week_from(monday: date) -> Period:
    """Return the week that begins on a day."""
    return Period(monday, monday + timedelta(days=6))


def month_from(first: date) -> Period:
    """Return the month that begins on a day."""
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


_FROM: Mapping[Window, Callable[[date], Period]] = {
    Window.DAY: lambda day: Period(day, day),
    Window.WEEK: week_from,
    Window.MONTH: month_from,
}


def days_of(window: Window, first: date) -> Period:
    """Return the days of the window of a kind that begins on ``first``."""
    return _FROM[window](first)
