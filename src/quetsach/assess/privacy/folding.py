"""Small cells over time: folded into longer windows, so that a series gives nobody away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from quetsach.assess.not_estimable import NotEstimable, NotEstimableReason
from quetsach.core.number import SMALLEST_CELL
from quetsach.core.period import Period

# What was shown of one table over windows of days: a small row must have cover, whatever else is printed.
#
# A window's figure of a row is the sum of what its days have, and the days of windows that overlap are the same days.
# So a row that is kept back in one window and printed in those around it may come back by adding and subtracting.


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


# Rows that are too small to stand alone are put together in one: chosen once for a table and window, then kept.
#
# Whoever reads holds everything that was ever published of a window side by side, and knows which figures were
# corrected in between. So the choice is not made anew by each page: what was kept back of a window once stays kept
# back, and what is kept back later must conceal itself among figures that nobody has seen (ADR 0127).

FEWEST_ROWS = 2
"""How many rows are put together at least."""


def folded_rows(values: Mapping[str, float], *, window: Period, earlier: Sequence[Shown] = ()) -> Shown | NotEstimable:
    """Choose the rows of a table to put together: the small, and more while that is one alone or few together.

    Args:
        values: the figure of each row by its identifier. The country's total is taken to be known.
        window: what was counted over.
        earlier: what was shown of this table before: of this window at most once, the newest; of windows that
            overlap it, and those that overlap these, the latest window last.

    Returns:
        The table as it may be published; it keeps back what was kept back of the window before. A refusal where a row
        cannot be hidden any more beside what is known.
    """
    before = next((shown for shown in earlier if shown.window == window), None)
    others = [shown for shown in earlier if shown.window != window]
    small = frozenset(row for row, value in values.items() if value < SMALLEST_CELL)
    folded = _folded(values, small, before)
    if folded is None:
        return _told(1, values)
    small |= before.small if before else frozenset()
    bare: frozenset[tuple[Period, str]] = frozenset()
    # What was put together in the windows around conceals best: it was seen in none of them.
    for near in (0, 1, len(others)):
        around = frozenset(row for shown in others[len(others) - near :] for row in shown.kept_back)
        chosen = Shown(window, values, folded | around | {row for _, row in bare}, small)
        bare = bare_rows([*others, chosen])
        if bare:  # what was told before, by figures that are older than the record, is told whatever is done now
            bare -= bare_rows(others)
        if not bare:
            return chosen
    return _told(len(bare), values)


def folded_beside(windows: Sequence[Mapping[str, float]], kept_back: Iterable[str]) -> frozenset[str]:
    """Return the rows to put together where windows stand side by side: what any keeps back or lacks, and never few.

    Nothing is told by this that each window alone does not tell: what is added to its rows is printed there.

    Args:
        windows: the figures of each window by row.
        kept_back: the rows that were chosen for one of them.
    """
    rows = {row for window in windows for row in window}
    least = {row: min(window.get(row, 0.0) for window in windows) for row in rows}
    folded = {row for row in rows if row in set(kept_back) or least[row] < SMALLEST_CELL}
    for row in sorted(rows - folded, key=lambda row: (least[row], row)):
        if not folded or all(not _is_few(folded, window) for window in windows):
            break
        folded.add(row)
    return frozenset(folded)


def _folded(values: Mapping[str, float], small: frozenset[str], before: Shown | None) -> frozenset[str] | None:
    """Return the rows to put together beside an earlier publication; ``None`` where too few figures are new."""
    seen = before.printed if before else {}
    kept = before.kept_back if before else frozenset[str]()
    if kept:  # a row that was in no line may have been among them, for all that a reader knows
        kept |= small - seen.keys()
    if small & seen.keys():
        return None  # it was read when it was larger, and what was corrected since is known
    free = [row for row in sorted(values, key=lambda row: (values[row], row)) if seen.get(row) != values[row]]
    folded = _enough(kept | small, values, free)
    # What joins those that were kept back before is known to whoever subtracts: it has to be enough by itself.
    joined = _enough(folded - kept, values, [row for row in free if row not in kept])
    if seen and any(part & values.keys() and _is_few(part, values) for part in (folded | joined, joined)):
        return None
    return folded | joined


def _enough(rows: frozenset[str], values: Mapping[str, float], free: Sequence[str]) -> frozenset[str]:
    """Return the rows with the next larger ones that are free, until they are neither one alone nor few together."""
    made = set(rows)
    for row in free:
        if not made or not _is_few(made, values):
            break
        made.add(row)
    return frozenset(made)


def _is_few(rows: Iterable[str], values: Mapping[str, float]) -> bool:
    figures = [values[row] for row in rows if row in values]
    return len(figures) < FEWEST_ROWS or sum(figures) < SMALLEST_CELL


def _told(rows: int, values: Mapping[str, float]) -> NotEstimable:
    return NotEstimable(NotEstimableReason.CELLS_RECOVERED, {"recovered": float(rows), "protected": float(len(values))})
