"""A year of publications of one table, attacked together by a reader who forgets nothing and knows what was corrected.

Portal, open data and evaluation print a table of 5 to 63 rows over windows that slide by half their length, grow, are
corrected and stand side by side, provinces that were merged among them. The figures of half a window are the unknowns;
what was corrected in between is another unknown, and everything else is known to be the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

import numpy as np
from bench.validation.table import Row
from scipy.sparse import csr_array
from scipy.sparse.linalg import lsmr

from quetsach.assess.estimate import SMALLEST_CELL, NotEstimable
from quetsach.assess.privacy import Known, Shown, Sum, folded_beside, folded_rows, recovered
from quetsach.core.period import Period

MONTHS = 12
HALF_DAYS = 15
FIRST = date(2026, 1, 1)
BOUNDS_EVERY = 50
"""One table in so many is attacked by linear programming, too, which knows that nothing is negative."""
_DRAWS = 3

type Window = tuple[int, ...]
type Unknown = tuple[str, int, int]
"""A row, half of a window, and how often that was corrected."""
type Choice = Callable[[Mapping[str, float], Window], frozenset[str] | NotEstimable]


@dataclass
class Table:
    """A table's true figures, in fifths of a mean daily address by row and half, and what of it was printed."""

    figures: dict[tuple[str, int], int]
    rows: list[str]
    heirs: dict[str, str]
    corrected: dict[tuple[str, int], int] = field(default_factory=dict)
    printed: list[tuple[tuple[Unknown, ...], int]] = field(default_factory=list)
    hidden: dict[tuple[Unknown, ...], int] = field(default_factory=dict)
    refused: int = 0
    asked: int = 0
    shown: dict[Period, Shown] = field(default_factory=dict)

    def values(self, window: Window) -> dict[str, float]:
        """Return the mean daily figures of a window; who has none is in no line."""
        sums = {row: sum(self.figures[row, half] for half in window) for row in self.rows}
        return {row: round(n / 5 / len(window), 1) for row, n in sums.items() if n}

    def unknowns(self, row: str, window: Window) -> tuple[Unknown, ...]:
        """Return what a figure is the sum of."""
        return tuple((row, half, self.corrected.get((row, half), 0)) for half in window)

    def tell(self, rows: Sequence[str], window: Window) -> None:
        """Print the sum of some rows."""
        parts = tuple(part for row in rows for part in self.unknowns(row, window))
        self.printed.append((parts, sum(self.figures[row, half] for row in rows for half in window)))


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the rows of the table: each page choosing anew as a contrast, then one choice that is kept."""
    count = 60 if short else 10_000
    contrast = _year(count=min(count, 500), seed=seed, is_kept=False)
    kept = _year(count=count, seed=seed, is_kept=True)
    lost, anew = (
        _year(count=min(count, 1_000), seed=seed, is_kept=True, lost=how) for how in (Lost.RESTORED, Lost.GONE)
    )
    return [
        Row(
            f"a year of {contrast.tables} tables, each page choosing anew",
            "contrast",
            f"{contrast.told} of {contrast.hidden} small cells come back, in {contrast.open} tables",
            passed=True,
        ),
        Row(
            f"a year of {kept.tables} tables, portal and evaluation, corrected, attacked together",
            "0",
            f"{kept.told} of {kept.hidden} small cells; {100 * kept.refused / kept.asked:.1f} % not published",
            kept.told == 0,
        ),
        Row(
            f"the same with bounds, one table in {BOUNDS_EVERY}",
            "0",
            f"{kept.told_by_bounds} of {kept.bounded} small cells",
            kept.told_by_bounds == 0,
        ),
        Row(
            f"a year of {lost.tables} tables, the record lost once and taken over from what is published",
            "<= 1 in 50,000",
            f"{lost.told} of {lost.hidden} small cells, in {lost.open} tables",
            lost.told <= lost.hidden / 50_000,
        ),
        Row(
            "the same, chosen anew instead",
            "contrast",
            f"{anew.told} of {anew.hidden} small cells, in {anew.open} tables",
            passed=True,
        ),
    ]


@dataclass
class Attacked:
    """What the attack of many tables found."""

    tables: int = 0
    open: int = 0
    told: int = 0
    hidden: int = 0
    told_by_bounds: int = 0
    bounded: int = 0
    refused: int = 0
    asked: int = 0


class Lost(Enum):
    """What becomes of the record in the middle of the year."""

    NEVER = 0
    RESTORED = 1
    """It is gone; what is published at the end of each month is taken over."""
    GONE = 2


def _year(*, count: int, seed: int, is_kept: bool, lost: Lost = Lost.NEVER) -> Attacked:
    found = Attacked(tables=count)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        table = _table(rng)
        publish(table, rng, is_kept=is_kept, lost=lost)
        told = came_back(table, rng)
        found.told += told
        found.open += told > 0
        found.hidden += len(table.hidden)
        found.refused += table.refused
        found.asked += table.asked
        if number % BOUNDS_EVERY == 0:
            found.told_by_bounds += came_back_by_bounds(table)
            found.bounded += len(table.hidden)
    return found


def _table(rng: np.random.Generator) -> Table:
    """Return a table with few large rows and many small ones; every other one has provinces that were merged."""
    names = [f"r{n:02d}" for n in range(int(rng.integers(5, 64)))]
    rates = np.exp(rng.normal(rng.uniform(1.5, 4.5), rng.uniform(0.5, 2.0), len(names)))
    figures = {}
    for name, rate in zip(names, rates, strict=True):
        course = rate * np.exp(np.cumsum(rng.normal(0, 0.15, 2 * MONTHS)))
        for half, mean in enumerate(course):
            figures[name, half] = int(rng.poisson(5 * min(mean, 1e6)))
    heirs = {name: names[n - n % 2] for n, name in enumerate(names)} if rng.random() < 0.5 else {n: n for n in names}
    return Table(figures, names, heirs)


def publish(table: Table, rng: np.random.Generator, *, is_kept: bool, lost: Lost = Lost.NEVER) -> None:
    """Publish a year of the table, half a window after the other."""
    choose = _kept(table) if is_kept else _anew
    base = (0, 1)
    for half in range(2 * MONTHS - 1):
        if half == MONTHS and lost is not Lost.NEVER:
            _lose(table, is_restored=lost is Lost.RESTORED)
        window = (half, half + 1)
        if rng.random() < 0.3:  # a window that grows
            _portal(table, (half,), choose)
        _portal(table, window, choose)
        if rng.random() < 0.3:
            _correct(table, rng, window)
            _portal(table, window, choose)
        if half > 1 and rng.random() < 0.3:
            _evaluation(table, base, window, choose, is_kept=is_kept)


def _anew(values: Mapping[str, float], window: Window) -> frozenset[str] | NotEstimable:
    chosen = folded_rows(values, window=_period(window))
    return chosen if isinstance(chosen, NotEstimable) else chosen.kept_back


def _kept(table: Table) -> Choice:
    """Return what chooses beside all that was shown, as the centre's record does."""
    shown = table.shown

    def choose(values: Mapping[str, float], window: Window) -> frozenset[str] | NotEstimable:
        period = _period(window)
        near = [p for p in shown if _overlap(p, period)]
        beside = sorted(p for p in shown if _overlap(p, period) or any(_overlap(p, one) for one in near))
        if (last := shown.get(period)) and last.values == values:
            return last.kept_back
        table.asked += 1
        chosen = folded_rows(values, window=period, earlier=[shown[p] for p in beside])
        if isinstance(chosen, NotEstimable):
            table.refused += 1
            return chosen
        shown[period] = chosen
        return chosen.kept_back

    return choose


def _lose(table: Table, *, is_restored: bool) -> None:
    """Lose the record; of the last window and those that end with a month, what everybody has is taken over."""
    last = max(table.shown, default=None, key=lambda window: window.last)
    months = {last, *(_period((half, half + 1)) for half in range(0, 2 * MONTHS, 2))} if is_restored else set()
    for window, shown in list(table.shown.items()):
        del table.shown[window]
        if window in months:
            hidden = frozenset(table.rows) - shown.printed.keys() if shown.together else frozenset[str]()
            values = dict(shown.printed) | {row: shown.together / len(hidden) for row in hidden}
            table.shown[window] = Shown(window, values, hidden, hidden)


def _period(window: Window) -> Period:
    first = FIRST + timedelta(days=HALF_DAYS * window[0])
    return Period(first, first + timedelta(days=HALF_DAYS * len(window) - 1))


def _overlap(one: Period, other: Period) -> bool:
    return one.first <= other.last and other.first <= one.last


def _portal(table: Table, window: Window, choose: Choice) -> None:
    values = table.values(window)
    small = choose(values, window)
    if not isinstance(small, NotEstimable):
        _tell(table, window, values, small)


def _evaluation(table: Table, base: Window, last: Window, choose: Choice, *, is_kept: bool) -> None:
    windows = (base, last)
    values = [table.values(window) for window in windows]
    chosen = [choose(v, w) for v, w in zip(values, windows, strict=True)] if is_kept else [frozenset[str]()] * 2
    if any(isinstance(small, NotEstimable) for small in chosen):
        return
    merged = [_merged(table, v) for v in values]
    kept_back = {table.heirs[row] for small in chosen if not isinstance(small, NotEstimable) for row in small}
    small = folded_beside(merged, kept_back)
    for window, value in zip(windows, values, strict=True):
        heirs = {row for row in value if table.heirs[row] in small}
        _tell(table, window, value, frozenset(heirs), heirs=table.heirs)


def _merged(table: Table, values: Mapping[str, float]) -> dict[str, float]:
    made: dict[str, float] = {}
    for row, value in values.items():
        made[table.heirs[row]] = made.get(table.heirs[row], 0.0) + value
    return made


def _tell(
    table: Table,
    window: Window,
    values: Mapping[str, float],
    small: frozenset[str],
    heirs: Mapping[str, str] | None = None,
) -> None:
    """Print a table: the rows that stand alone (those of an heir as one), and what all others are together."""
    lines: dict[str, list[str]] = {}
    for row in values:
        if row not in small:
            lines.setdefault(heirs[row] if heirs else row, []).append(row)
    for line in lines.values():
        table.tell(line, window)
    rest = [row for row in table.rows if row not in values or row in small]
    table.tell(rest, window)
    for row in rest:
        # What is small as a whole is told by the country's total, whatever is put together.
        if 0 < values.get(row, 0.0) < SMALLEST_CELL and sum(values.get(r, 0.0) for r in rest) >= SMALLEST_CELL:
            table.hidden[table.unknowns(row, window)] = sum(table.figures[row, half] for half in window)


def _correct(table: Table, rng: np.random.Generator, window: Window) -> None:
    for row in rng.choice(table.rows, size=min(len(table.rows), int(rng.integers(1, 8))), replace=False):
        cell = (str(row), window[-1])
        table.figures[cell] = int(rng.poisson(table.figures[cell] * rng.uniform(0.3, 2.0)))
        table.corrected[cell] = table.corrected.get(cell, 0) + 1


def came_back(table: Table, rng: np.random.Generator) -> int:
    """Return how many small cells linear algebra computes.

    A figure is told if and only if it stays the same whatever is added to the unknowns that nothing printed shows. One
    draw of these leaves about one in a million free figures as they are by chance, so what is found is drawn again.
    """
    place = {part: n for n, part in enumerate(sorted({part for parts, _ in table.printed for part in parts}))}
    rows = [n for n, (parts, _) in enumerate(table.printed) for _ in parts]
    columns = [place[part] for parts, _ in table.printed for part in parts]
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(table.printed), len(place)))
    told = list(table.hidden)
    for _ in range(_DRAWS):
        if told:
            drawn = rng.normal(size=len(place))
            free = drawn - lsmr(matrix, matrix @ drawn, atol=1e-13, btol=1e-13, conlim=0, maxiter=20_000)[0]
            told = [parts for parts in told if abs(sum(free[place[part]] for part in parts)) < 1e-6]
    return len(told)


def came_back_by_bounds(table: Table) -> int:
    """Return how many small cells linear programming computes, to a fifth of a daily address."""
    shown: dict[tuple[str, str], Known] = {}
    sums = []
    for parts, total in table.printed:
        shown |= {_cell(part): Known(0) for part in parts}
        sums.append(Sum(tuple(_cell(part) for part in parts), Known.exactly(total)))
    wanted = []
    for parts in table.hidden:
        cell = ("hidden", str(parts))
        shown[cell] = Known(0)
        sums.append(Sum(tuple(_cell(part) for part in parts), cell))
        wanted.append(cell)
    return len(recovered(shown, sums, wanted=wanted)) if wanted else 0


def _cell(part: Unknown) -> tuple[str, str]:
    return (part[0], f"{part[1]}/{part[2]}")
