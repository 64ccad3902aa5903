"""Small cells of a published table are hidden so that the totals beside them do not give them back.

Whole-country totals are exact (ADR 0025), and rows have sums of their own (cleaned + reinstalled + unresolved =
infected). Hiding only what is small would leave it to a subtraction; so cells are hidden until the equations that a
reader has determine no hidden cell, and until the hidden ones of an equation together are not small either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quetsach.core.small_cell import SMALLEST_CELL

type Cell = tuple[str, str]
"""Row (a unit's key) and column (an element)."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Cells that add up to something the reader knows or can see. ``total`` is one of the table, if any."""

    parts: tuple[Cell, ...]
    total: Cell | None = None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells of the equation."""
        return (*self.parts, self.total) if self.total else self.parts


def hidden_cells(values: Mapping[Cell, int], relations: Iterable[Relation]) -> frozenset[Cell]:
    """Return the cells that must not be printed.

    Args:
        values: every figure of the table.
        relations: the equations that hold between them; parts without a ``total`` add up to a number that is printed.
    """
    equations = [r for r in relations if all(cell in values for cell in r.cells)]
    hidden = {cell for cell, value in values.items() if value < SMALLEST_CELL}
    while weak := _given_away(values, equations, hidden):
        more = {cell for relation in weak if (cell := _next(values, relation, hidden))}
        if not more:
            break  # every cell of these equations is hidden already: the printed total is all there is
        hidden |= more
    return frozenset(hidden)


def _given_away(values: Mapping[Cell, int], equations: Sequence[Relation], hidden: set[Cell]) -> list[Relation]:
    """Return the equations that tell a hidden cell, or that its hidden parts together are few."""
    touched = [(r, concealed) for r in equations if (concealed := [c for c in r.cells if c in hidden])]
    weak = [
        r
        for r, concealed in touched
        if len(concealed) == 1 or (r.total not in hidden and sum(values[c] for c in concealed) < SMALLEST_CELL)
    ]
    return [r for r in weak if _next(values, r, hidden)] or _solved(touched, sorted(hidden))


def _solved(touched: Sequence[tuple[Relation, Sequence[Cell]]], cells: Sequence[Cell]) -> list[Relation]:
    """Return equations of a hidden cell that all equations together determine."""
    if not touched:
        return []
    place = {cell: n for n, cell in enumerate(cells)}
    matrix = np.zeros((len(touched), len(cells)))
    for row, (relation, concealed) in enumerate(touched):
        for cell in concealed:
            matrix[row, place[cell]] = -1.0 if cell == relation.total else 1.0
    _, strengths, rows = np.linalg.svd(matrix, full_matrices=True)
    rank = int((strengths > 1e-9).sum())
    free = rows[rank:]  # a cell that no solution of the homogeneous equations moves is determined
    determined = {cell for cell in cells if not len(free) or np.abs(free[:, place[cell]]).max() < 1e-9}
    return [r for r, concealed in touched if determined.intersection(concealed)]


def _next(values: Mapping[Cell, int], relation: Relation, hidden: set[Cell]) -> Cell | None:
    """Return the cell of an equation to hide next: the smallest that is still printed, its total last."""
    printed = [cell for cell in relation.cells if cell not in hidden]
    return min(printed, key=lambda cell: (cell == relation.total, values[cell], cell), default=None)
