"""Small cells of a published table are hidden so that the totals beside them do not give them back.

Whole-country totals are exact (ADR 0025), and rows have sums of their own (cleaned + reinstalled + unresolved =
infected). Hiding only what is small would leave it to a subtraction; so cells are hidden until the attack recovers no
hidden cell, and until the hidden ones of an equation together are not small either.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quetsach.assess.privacy.attack import Cell, Known, Sum, recovered
from quetsach.core.number import SMALLEST_CELL


@dataclass(frozen=True, slots=True)
class Relation:
    """Cells that add up to something the reader knows or can see. ``total`` is one of the table, if any.

    ``is_at_most``: they add up to no more than their total.
    """

    parts: tuple[Cell, ...]
    total: Cell | None = None
    is_at_most: bool = False

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells of the equation."""
        return (*self.parts, self.total) if self.total else self.parts

    def holds(self, values: Mapping[Cell, int]) -> bool:
        """Whether the figures are as the equation says: some sums may differ with an excuse."""
        if self.total is None:
            return True
        added = sum(values[cell] for cell in self.parts)
        return added <= values[self.total] if self.is_at_most else added == values[self.total]


def hidden_cells(
    values: Mapping[Cell, int], relations: Iterable[Relation], *, least: int = 0, before: Iterable[Cell] = ()
) -> frozenset[Cell]:
    """Return the cells that must not be printed.

    Args:
        values: every figure of the table.
        relations: the equations that hold between them; parts without a ``total`` add up to a number that is printed.
        least: what a reader knows every hidden figure to be at least: 1 where zeros are printed.
        before: cells that an earlier publication of the same table hid. They stay hidden: to print one now would give
            back what it stood beside then.
    """
    equations = [r for r in relations if all(cell in values for cell in r.cells)]
    hidden = {cell for cell, value in values.items() if value < SMALLEST_CELL} | (values.keys() & set(before))
    while weak := _weak(values, equations, hidden, least):
        hidden |= {cell for relation in weak if (cell := _next(values, relation, hidden))}
    return frozenset(hidden)


def given_away(
    values: Mapping[Cell, int], relations: Iterable[Relation], hidden: Iterable[Cell], *, least: int = 0
) -> frozenset[Cell]:
    """Return the hidden cells that the attack recovers."""
    concealed = set(hidden)
    known = [r for r in relations if all(cell in values for cell in r.cells) and r.holds(values)]
    touched = [r for r in known if concealed.intersection(r.cells)]
    shown = {
        cell: Known(least) if cell in concealed else Known.exactly(values[cell]) for r in touched for cell in r.cells
    }
    sums = []
    for number, r in enumerate(touched):
        rest: Cell = ("", str(number))  # what is missing up to the total
        if r.is_at_most:
            shown[rest] = Known(0)
        parts = (*r.parts, rest) if r.is_at_most else r.parts
        sums.append(Sum(parts, r.total or Known.exactly(sum(values[cell] for cell in r.parts))))
    return frozenset(recovered(shown, sums)) & concealed


def _weak(values: Mapping[Cell, int], equations: Sequence[Relation], hidden: set[Cell], least: int) -> list[Relation]:
    """Return equations that have something left to hide, and tell a hidden cell or that its hidden parts are few.

    Where everything is hidden already, the printed total is all there is.
    """
    touched = [(r, concealed) for r in equations if (concealed := [c for c in r.cells if c in hidden])]
    open_ = [(r, concealed) for r, concealed in touched if _next(values, r, hidden)]
    plain = [
        r
        for r, concealed in open_
        if not r.is_at_most
        and (len(concealed) == 1 or (r.total not in hidden and sum(values[c] for c in concealed) < SMALLEST_CELL))
    ]
    if plain or not open_:
        return plain
    told = given_away(values, equations, hidden, least=least)
    return [r for r, concealed in open_ if told.intersection(concealed)]


def _next(values: Mapping[Cell, int], relation: Relation, hidden: set[Cell]) -> Cell | None:
    """Return the cell of an equation to hide next: the smallest that is still printed, its total last."""
    printed = [cell for cell in relation.cells if cell not in hidden]
    return min(printed, key=lambda cell: (cell == relation.total, values[cell], cell), default=None)
