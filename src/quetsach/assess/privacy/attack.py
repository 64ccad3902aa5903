"""The attack: what linear programming computes from everything that a table shows. It is run before publication.

A reader knows an interval for each cell (printed exactly: one point; "under 10": 1 to 9; rounded: half a step around)
and which cells add up to which totals. A cell is recovered if no other whole number fits all of that.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import scipy

from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason
from quetsach.core.text import Text

type Cell = tuple[str, str]
"""Row (a unit's key) and column (an element)."""
type Flags = npt.NDArray[np.bool_]
type Floats = npt.NDArray[np.float64]
type Integers = npt.NDArray[np.int64]

_CLOSE = 1e-6
_NONE: Integers = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader knows of a count: it lies from ``low`` to ``high``."""

    low: float
    high: float = np.inf

    @classmethod
    def exactly(cls, value: float) -> "Known":
        """Return what is known of a printed figure."""
        return cls(value, value)

    @property
    def is_exact(self) -> bool:
        """Whether no interval is left."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Sum:
    """Cells that add up to another cell, or to a figure outside the table of which something is known."""

    parts: tuple[Cell, ...]
    total: Cell | Known


def recovered(
    shown: Mapping[Cell, Known], sums: Iterable[Sum], *, wanted: Collection[Cell] | None = None
) -> Mapping[Cell, int]:
    """Return the cells that were not printed exactly and yet can have one value only, with that value.

    Args:
        shown: what is printed of each cell.
        sums: the equations that hold between them, as far as a reader knows.
        wanted: the cells to look for; all, if not said.

    Raises:
        AssessError: nothing fits; then the table is wrong.
    """
    sums = tuple(sums)
    involved = {cell for s in sums for cell in (*s.parts, *(() if isinstance(s.total, Known) else (s.total,)))}
    cells = sorted(cell for cell in involved if not shown[cell].is_exact)
    found = {
        cell: round(np.ceil(known.low))
        for cell, known in shown.items()
        if cell not in involved and not known.is_exact and np.ceil(known.low) == np.floor(known.high)
    }
    if not cells:
        return found
    system = _System.of(shown, sums, cells)
    low, high = system.reach(None if wanted is None else np.array([cell not in wanted for cell in cells]))
    return found | {cells[n]: round(np.ceil(low[n] - _CLOSE)) for n in np.flatnonzero(_is_narrow(low, high))}


def release_refusal(shown: Mapping[Cell, Known], sums: Iterable[Sum]) -> NotEstimable | None:
    """Return why a table must not be published, or ``None``: no protected cell of it can be computed exactly.

    Raises:
        AssessError: the printed figures contradict each other.
    """
    found = recovered(shown, sums)
    protected = sum(not known.is_exact for known in shown.values())
    if not found:
        return None
    return NotEstimable(
        NotEstimableReason.CELLS_RECOVERED, {"recovered": float(len(found)), "protected": float(protected)}
    )


@dataclass(frozen=True, slots=True)
class _System:
    """Bounds of the unknown cells, and ``matrix @ cells`` between ``least`` and ``most``."""

    bounds: Floats
    matrix: "scipy.sparse.csr_array"
    least: Floats
    most: Floats

    @classmethod
    def of(cls, shown: Mapping[Cell, Known], sums: Sequence[Sum], cells: Sequence[Cell]) -> "_System":
        place = {cell: n for n, cell in enumerate(cells)}
        entries: list[tuple[int, int, float]] = []
        least, most = np.zeros(len(sums)), np.zeros(len(sums))
        for row, equation in enumerate(sums):
            signed = [(cell, 1.0) for cell in equation.parts]
            if isinstance(equation.total, Known):
                least[row], most[row] = equation.total.low, equation.total.high
            else:
                signed.append((equation.total, -1.0))
            for cell, sign in signed:
                if cell in place:
                    entries.append((row, place[cell], sign))
                else:
                    least[row] -= sign * shown[cell].low
                    most[row] -= sign * shown[cell].low
        rows, columns, signs = (np.array(column) for column in zip(*entries, strict=True))
        matrix = scipy.sparse.csr_array((signs, (rows, columns)), shape=(len(sums), len(cells)))
        bounds = np.array([(shown[cell].low, shown[cell].high) for cell in cells])
        return cls(bounds, matrix, least, most)

    def reach(self, unwanted: Flags | None = None) -> tuple[Floats, Floats]:
        """Return values that each cell can take, low and high: its extremes, or two that differ by enough.

        One programme lifts as many cells as it can by one from their lower bounds, one pushes them all down; what both
        move apart is open. Each that is left when that shows no more gets two programmes of its own. ``unwanted`` are
        taken to be open.
        """
        seen = (np.full(len(self.bounds), np.inf), np.full(len(self.bounds), -np.inf))
        if unwanted is not None:
            seen[0][unwanted], seen[1][unwanted] = -1.0, 1.0
        left = -1
        while (narrow := np.flatnonzero(_is_narrow(*seen))).size not in (0, left):
            left = narrow.size
            self._solve(*seen, lifted=narrow)
            self._solve(*seen, pushed=np.flatnonzero(_is_narrow(*seen)))
        for cell in np.flatnonzero(_is_narrow(*seen)):
            for sign in (1.0, -1.0):
                self._solve(*seen, pushed=np.array([cell]), sign=sign)
        return seen

    def _solve(
        self, low: Floats, high: Floats, *, lifted: Integers = _NONE, pushed: Integers = _NONE, sign: float = 1.0
    ) -> None:
        """Solve one programme and widen what was seen.

        The sum of ``pushed`` is made small (large, for a negative sign). Each of ``lifted`` has a step of at most one
        and at most its distance from its lower bound; the sum of the steps is made large.
        """
        count, size = len(lifted), len(self.bounds)
        equal = self.least == self.most
        upper, lower = ~equal & np.isfinite(self.most), ~equal & np.isfinite(self.least)
        limits = scipy.sparse.vstack([self.matrix[upper], -self.matrix[lower]])
        away = scipy.sparse.coo_array((np.full(count, -1.0), (np.arange(count), lifted)), shape=(count, size))
        steps = scipy.sparse.hstack(
            [
                scipy.sparse.vstack([limits, away]),
                scipy.sparse.vstack([scipy.sparse.csr_array((limits.shape[0], count)), scipy.sparse.eye_array(count)]),
            ]
        )
        objective = np.concatenate([np.zeros(size), np.full(count, -1.0)])
        objective[pushed] = sign
        answer = scipy.optimize.linprog(
            objective,
            A_ub=steps,
            b_ub=np.concatenate([self.most[upper], -self.least[lower], -self.bounds[lifted, 0]]),
            A_eq=scipy.sparse.hstack([self.matrix[equal], scipy.sparse.csr_array((int(equal.sum()), count))]),
            b_eq=self.least[equal],
            bounds=np.vstack([self._bounded(), np.tile([0.0, 1.0], (count, 1))]),
            method="highs",
        )
        if answer.x is None:
            raise AssessError(Text("the figures of the table contradict each other"), hint=Text("count them anew"))
        np.minimum(low, answer.x[:size], out=low)
        np.maximum(high, answer.x[:size], out=high)

    def _bounded(self) -> Floats:
        """Return the bounds of the cells, with more than any of them needs for those that are open upward."""
        figures = np.concatenate([self.bounds.ravel(), self.least, self.most])
        largest = 2 * np.abs(figures[np.isfinite(figures)]).sum() + 100
        return np.column_stack([self.bounds[:, 0], np.minimum(self.bounds[:, 1], largest)])


def _is_narrow(low: Floats, high: Floats) -> Flags:
    """Tell the cells of which not two whole numbers lie between what was seen."""
    return np.asarray(np.floor(high + _CLOSE) - np.ceil(low - _CLOSE) < 1, dtype=np.bool_)


# Two publications of overlapping days, attacked together: what one conceals the other may give away.
#
# What is printed of a window that slides by some days tells of the days that enter and leave it; a table that is
# published again corrected shows what it hid before. Both become one table that ``attack`` knows.


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
