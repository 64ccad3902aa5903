"""Small cells of a table: suppressed so that margins do not give them back, rounded, perturbed, too dominated."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quetsach.assess.privacy.attack import Cell, Known, Sum, recovered
from quetsach.core.errors import InputError
from quetsach.core.number import SMALLEST_CELL, number_text

# Small cells of a published table are hidden so that the totals beside them do not give them back.
#
# Whole-country totals are exact (ADR 0025), and rows have sums of their own (cleaned + reinstalled + unresolved =
# infected). Hiding only what is small would leave it to a subtraction; so cells are hidden until the attack recovers no
# hidden cell, and until the hidden ones of an equation together are not small either.


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


# Rounding to tens: each figure by itself, totals from what was counted and not from what was rounded.


@dataclass(frozen=True, slots=True)
class Rounded:
    """A count as it is printed: a multiple of ten, or ``None`` for the class "under 10", none included."""

    value: int | None

    @classmethod
    def of(cls, count: int) -> "Rounded":
        """Round a count, halves upward."""
        step = SMALLEST_CELL
        return cls((count + step // 2) // step * step if count >= step else None)

    @property
    def known(self) -> Known:
        """What a reader knows of the count."""
        if self.value is None:
            return Known(0, SMALLEST_CELL - 1)
        half = SMALLEST_CELL // 2
        return Known(max(self.value - half, SMALLEST_CELL), self.value + half - 1)

    def text(self, language: str) -> str:
        """Return what is printed."""
        if self.value is not None:
            return number_text(self.value, language)
        return f"dưới {SMALLEST_CELL}" if language == "vi" else f"under {SMALLEST_CELL}"


def rounded_cells(counts: Mapping[Cell, int]) -> Mapping[Cell, Rounded]:
    """Return a table whose cells and totals are each rounded by themselves: printed ones need not add up."""
    return {cell: Rounded.of(count) for cell, count in counts.items()}


# Cell-key noise: each inner cell is moved by what a secret key makes of it, and totals are sums of what is printed.
#
# The same cell with the same count is moved by the same amount for ever, so that asking again, or asking another way,
# tells nothing; a count that changes is moved anew. Zero stays zero. Margins add up, and their error grows with the
# square root of the number of cells.

LARGEST_NOISE: Final = 5
"""No cell is moved by more."""
_SHORTEST_KEY_BYTES: Final = 32


def perturbed_cells(counts: Mapping[Cell, int], *, key: bytes, table: str) -> Mapping[Cell, int]:
    """Return the inner cells of a table as they may be printed.

    Args:
        counts: inner cells, no totals.
        key: secret of the centre, at least 32 bytes, kept for as long as tables are compared.
        table: what the table counts, without its window: the same words for every publication of it, so that windows
            that overlap and count the same are moved alike, and are no second draw.

    Raises:
        InputError: the key is too short.
    """
    if len(key) < _SHORTEST_KEY_BYTES:
        raise InputError(f"the key of cell noise has fewer than {_SHORTEST_KEY_BYTES} bytes")
    return {cell: max(0, count + _noise(count, cell, key, table)) if count else 0 for cell, count in counts.items()}


def known_of(printed: int) -> Known:
    """Return what a reader knows of the count behind a perturbed cell."""
    return Known(max(0, printed - LARGEST_NOISE), printed + LARGEST_NOISE)


def _noise(count: int, cell: Cell, key: bytes, table: str) -> int:
    """Return a whole number from -5 to 5, near ones more often: the sum of two even draws from -2 to 3 and -3 to 2."""
    text = json.dumps([table, *cell, count], ensure_ascii=False)
    digest = hmac.digest(key, text.encode(), hashlib.sha256)
    first, second = int.from_bytes(digest[:8]), int.from_bytes(digest[8:16])
    return first % 6 - 2 + second % 6 - 3


# Cells about organisations: a large count may still be about one.

FEWEST_ORGANISATIONS: Final = 3
LARGEST_SHARE: Final = 0.5
"""Of a cell that one organisation may have."""


def tells_of_one(contributions: Sequence[int]) -> bool:
    """Whether a cell must not be published, by what each organisation in it contributes.

    It takes ``SMALLEST_CELL`` hosts, ``FEWEST_ORGANISATIONS`` with any, and none with more than ``LARGEST_SHARE``.
    """
    total = sum(contributions)
    organisations = sum(count > 0 for count in contributions)
    too_few = total < SMALLEST_CELL or organisations < FEWEST_ORGANISATIONS
    return too_few or max(contributions) > LARGEST_SHARE * total
