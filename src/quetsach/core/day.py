"""How a day is written for people."""

from datetime import date

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_text(day: date, language: str) -> str:
    """Return a day as people write it: 16/06/2020 in Vietnamese, 16 June 2020 in English."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if language == "en" else f"{day:%d/%m/%Y}"
