"""What was shown of one table over windows of days: a small row must have cover, whatever else is printed.

A window's figure of a row is the sum of what its days have, and the days of windows that overlap are the same days. So
a row that is kept back in one window and printed in those around it may come back by adding and subtracting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from quetsach.core.number import SMALLEST_CELL
from quetsach.core.period import Period


@dataclass(frozen=True, slots=True)
class Shown:
    """What was published of a table and window: mean daily figures, and the rows of which only the sum was told.

    ``small`` are those that had to be kept back, in this publication of the window or an earlier one; the others are
    there to conceal them.
    """

    window: Period
    values: Mapping[str, float]
    kept_back: frozenset[str]
    small: frozenset[str]

    @property
    def printed(self) -> Mapping[str, float]:
        """The rows that stood alone."""
        return {row: value for row, value in self.values.items() if row not in self.kept_back}

    @property
    def together(self) -> float:
        """What the rows that were kept back are together."""
        return sum(self.values.get(row, 0.0) for row in self.kept_back)


def bare_rows(shown: Sequence[Shown]) -> frozenset[tuple[Period, str]]:
    """Return the small rows, each with its window, that have no cover.

    A row has cover on days on which another one is concealed together with it in every window that has these days. Then
    some of one may be the other's, and nothing that is printed would differ: no sum and no difference of publications
    tells the row, not even to who knows which figures were corrected in between.

    Args:
        shown: what is published, each window once. Of a window that is small as a whole its total tells all there is.
    """
    parts = _parts(shown)
    told = {first: frozenset[str]().union(*(one.printed for one in shown if first in one.window)) for first in parts}
    bare = set()
    for one in shown:
        if one.together < SMALLEST_CELL:
            continue
        small, concealed = one.small & one.values.keys(), one.kept_back & one.values.keys()
        for first in parts:
            if small and first in one.window and len(covered := concealed - told[first]) > 1:
                small -= covered
        bare |= {(one.window, row) for row in small}
    return frozenset(bare)


def _parts(shown: Sequence[Shown]) -> list[date]:
    """Return the first days of the runs of days that no window divides."""
    ends = sorted({day for one in shown for day in (one.window.first, one.window.last + timedelta(days=1))})
    return [first for first, _ in pairwise(ends)]
