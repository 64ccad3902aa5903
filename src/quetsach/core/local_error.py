"""Errors that people see who may not read English."""

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText


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
