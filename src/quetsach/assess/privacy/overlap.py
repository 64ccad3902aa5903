"""Two publications of overlapping days, attacked together: what one conceals the other may give away.

What is printed of a window that slides by some days tells of the days that enter and leave it; a table that is
published again corrected shows what it hid before. Both become one table that ``attack`` knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quetsach.assess.privacy.attack import Cell, Known, Sum


class Shift(StrEnum):
    """How the second publication's count of a cell comes from the first one's."""

    SAME = "same"
    """The same days, counted again: equal where nothing was corrected."""
    GROWN = "grown"
    """The same beginning, a later end, and nothing is taken away: the first and what is new."""
    SLID = "slid"
    """As long a window, later: the first, with what is new and without what has left."""


@dataclass(frozen=True, slots=True)
class Published:
    """What one publication shows of each cell, and which of them add up to what."""

    shown: Mapping[Cell, Known]
    sums: Sequence[Sum]


def together(first: Published, second: Published, shift: Shift) -> Published:
    """Return two publications as one table.

    Rows are named ``1|…`` and ``2|…``; what both count of them ``=|…``, what has left ``-|…``, what is new ``+|…``.

    Args:
        first: the earlier one.
        second: the later one.
        shift: how cells of the same name belong together; those of one publication alone stay by themselves.
    """
    shown = {_named("1", cell): known for cell, known in first.shown.items()}
    shown |= {_named("2", cell): known for cell, known in second.shown.items()}
    sums = [_renamed("1", s) for s in first.sums] + [_renamed("2", s) for s in second.sums]
    nothing, some = Known.exactly(0), Known(0)
    for cell in first.shown.keys() & second.shown.keys():
        kept, left, new = (_named(sign, cell) for sign in "=-+")
        shown |= {kept: some, left: some if shift is Shift.SLID else nothing}
        shown[new] = nothing if shift is Shift.SAME else some
        sums += [Sum((kept, left), _named("1", cell)), Sum((kept, new), _named("2", cell))]
    return Published(shown, sums)


def _named(sign: str, cell: Cell) -> Cell:
    return (f"{sign}|{cell[0]}", cell[1])


def _renamed(sign: str, equation: Sum) -> Sum:
    total = equation.total if isinstance(equation.total, Known) else _named(sign, equation.total)
    return Sum(tuple(_named(sign, part) for part in equation.parts), total)
