"""What can be wrong with a tree of units."""

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText


class UnitsError(QuetsachError):
    """The tree cannot be so, a table cannot be read, a figure cannot be carried over.

    Args:
        told: what happened, in both languages of the office.
        where: the unit's key, or file and row.
        advice: what to do next.
    """

    def __init__(self, told: LocalText, *, where: str = "", advice: LocalText | None = None) -> None:
        super().__init__(told.en, where=where, hint=advice.en if advice else "")
        self.told = told
        self.advice = advice
