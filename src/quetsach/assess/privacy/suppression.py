"""Small cells of a table: suppressed so that margins do not give them back, rounded, perturbed, or folded over time."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from quetsach.assess.estimate import SMALLEST_CELL, NotEstimable, NotEstimableReason
from quetsach.assess.privacy.attack import Cell, Known, Sum, recovered
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import Text, number_text

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
        return Text("under {least}", least=SMALLEST_CELL).in_language(language)


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
        raise InputError(Text("the key of cell noise has fewer than {number} bytes", number=_SHORTEST_KEY_BYTES))
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
