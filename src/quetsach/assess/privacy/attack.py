"""The attack: what linear programming computes from everything that a table shows. It is run before publication.

A reader knows an interval for each cell (printed exactly: one point; "under 10": 1 to 9; rounded: half a step around)
and which cells add up to which totals. A cell is recovered if no other whole number fits all of that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from quetsach.assess.errors import AssessError
from quetsach.assess.refusal import Refusal, RefusalReason

if TYPE_CHECKING:
    from scipy.sparse import csr_array

type Cell = tuple[str, str]
"""Row (a unit's key) and column (an element)."""
type Floats = npt.NDArray[np.float64]

_CLOSE = 1e-6
_SWEEPS = 12


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


def recovered(shown: Mapping[Cell, Known], sums: Iterable[Sum]) -> Mapping[Cell, int]:
    """Return the cells that were not printed exactly and yet can have one value only, with that value.

    Args:
        shown: what is printed of each cell.
        sums: the equations that hold between them, as far as a reader knows.

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
    low, high = system.reach()
    narrow = np.floor(high + _CLOSE) - np.ceil(low - _CLOSE) < 1
    return found | {cells[n]: round(np.ceil(low[n] - _CLOSE)) for n in np.flatnonzero(narrow)}


def release_refusal(shown: Mapping[Cell, Known], sums: Iterable[Sum]) -> Refusal | None:
    """Return why a table must not be published, or ``None``: no protected cell of it can be computed exactly.

    Raises:
        AssessError: the printed figures contradict each other.
    """
    found = recovered(shown, sums)
    protected = sum(not known.is_exact for known in shown.values())
    if not found:
        return None
    return Refusal(RefusalReason.CELLS_RECOVERED, {"recovered": float(len(found)), "protected": float(protected)})


@dataclass(frozen=True, slots=True)
class _System:
    """Bounds of the unknown cells, and ``matrix @ cells`` between ``least`` and ``most``."""

    bounds: Floats
    matrix: "csr_array"
    least: Floats
    most: Floats

    @classmethod
    def of(cls, shown: Mapping[Cell, Known], sums: Sequence[Sum], cells: Sequence[Cell]) -> "_System":
        from scipy.sparse import csr_array  # noqa: PLC0415 - a second of the web's start

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
        matrix = csr_array((signs, (rows, columns)), shape=(len(sums), len(cells)))
        bounds = np.array([(shown[cell].low, shown[cell].high) for cell in cells])
        return cls(bounds, matrix, least, most)

    def reach(self) -> tuple[Floats, Floats]:
        """Return values that each cell can take, low and high: its extremes, or two that differ by enough.

        A few programmes that push many cells at once show most of them to be open; each that is left gets its own two.
        """
        low, high = np.full(len(self.bounds), np.inf), np.full(len(self.bounds), -np.inf)
        position = np.arange(len(self.bounds))
        for sweep in range(_SWEEPS):
            left = np.floor(high + _CLOSE) - np.ceil(low - _CLOSE) < 1
            if not left.any():
                return low, high
            sign = np.where((position >> (sweep // 2)) & 1 if sweep > 1 else 0, -1.0, 1.0) * (-1) ** sweep
            self._push(np.where(left, sign, 0.0), low, high)
        for cell in np.flatnonzero(np.floor(high + _CLOSE) - np.ceil(low - _CLOSE) < 1):
            for sign in (1.0, -1.0):
                self._push(np.where(position == cell, sign, 0.0), low, high)
        return low, high

    def _push(self, objective: Floats, low: Floats, high: Floats) -> None:
        from scipy.optimize import linprog  # noqa: PLC0415
        from scipy.sparse import vstack  # noqa: PLC0415

        equal = self.least == self.most
        upper = ~equal & np.isfinite(self.most)
        lower = ~equal & np.isfinite(self.least)
        bounded = np.minimum(self.bounds[:, 1], self._largest())
        answer = linprog(
            objective,
            A_ub=vstack([self.matrix[upper], -self.matrix[lower]]),
            b_ub=np.concatenate([self.most[upper], -self.least[lower]]),
            A_eq=self.matrix[equal],
            b_eq=self.least[equal],
            bounds=np.column_stack([self.bounds[:, 0], bounded]),
            method="highs",
        )
        if answer.x is None:
            raise AssessError("the figures of the table contradict each other", hint="count them anew")
        np.minimum(low, answer.x, out=low)
        np.maximum(high, answer.x, out=high)

    def _largest(self) -> float:
        """Return more than any cell needs, so that no programme is unbounded."""
        figures = np.concatenate([self.bounds.ravel(), self.least, self.most])
        return float(2 * np.abs(figures[np.isfinite(figures)]).sum() + 100)
