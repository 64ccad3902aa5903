"""How a day is written for people."""

import re
from datetime import date

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_TYPED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def day_text(day: date, language: str) -> str:
    """Return a day as people write it: 16/06/2020 in Vietnamese, 16 June 2020 in English."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if language == "en" else f"{day:%d/%m/%Y}"


def read_day(text: str) -> date:
    """Return a day that somebody wrote: 2026-11-23, or 23/11/2026 as people in Viet Nam write it; never month first.

    Raises:
        ValueError: it is neither, or there is no such day.
    """
    if typed := _TYPED.fullmatch(text.strip()):
        return date(int(typed[3]), int(typed[2]), int(typed[1]))
    return date.fromisoformat(text.strip())
