"""Totals of returns by province, published month after month, attacked together by a reader who forgets nothing.

Columns add up to the country, which is exact in each publication; infected machines are those cleaned, reinstalled and
unresolved; every figure is of all months so far, so it never falls. Many provinces report nothing new for months.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from bench.validation.table import Row

from quetsach.assess.privacy import Cell, Known, Relation, Sum, hidden_cells, recovered

MONTHS = 12
PARTS = ("cleaned", "reinstalled", "unresolved")
FIGURES = ("infected", *PARTS)


@dataclass(frozen=True, slots=True)
class Told:
    """One publication: a figure or ``None`` for each cell, and the exact total of each column."""

    shown: Mapping[Cell, int | None]
    totals: Mapping[str, int]


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return a row for tables that hide what each by itself has to, and one for those that hide what was hidden."""
    count, contrast = (4, 2) if short else (300, 30)
    given = {
        is_kept: (_attacked(contrast if not is_kept else count, seed, is_kept=is_kept)) for is_kept in (False, True)
    }
    return [
        Row(
            f"returns of {contrast} countries, {MONTHS} months, each hiding what it alone has to",
            "contrast",
            f"{given[False][0]} of {given[False][1]} hidden cells come back",
            passed=True,
        ),
        Row(
            f"returns of {count} countries, {MONTHS} months attacked together",
            "0",
            f"{given[True][0]} of {given[True][1]} hidden cells",
            given[True][0] == 0,
        ),
    ]


def _attacked(count: int, seed: int, *, is_kept: bool) -> tuple[int, int]:
    """Return how many hidden cells come back, and how many there are."""
    years = [_year(np.random.default_rng((seed, number)), is_kept=is_kept) for number in range(count)]
    hidden = sum(value is None for told in years for one in told for value in one.shown.values())
    return sum(_given_away(told) for told in years), hidden


def _year(rng: np.random.Generator, *, is_kept: bool) -> list[Told]:
    """Publish a year of totals of 5 to 63 provinces; what was hidden once stays hidden if ``is_kept``."""
    units = [f"u{n:02}" for n in range(int(rng.integers(5, 64)))]
    reports = rng.uniform(0.03, 0.7)
    means = {(unit, part): float(np.exp(rng.normal(1, 1.5))) for unit in units for part in PARTS}
    values = dict.fromkeys(((unit, name) for unit in units for name in FIGURES), 0)
    columns = [Relation(tuple((unit, name) for unit in units)) for name in FIGURES]
    sums = [Relation(tuple((unit, part) for part in PARTS), (unit, "infected")) for unit in units]
    told: list[Told] = []
    hidden: frozenset[Cell] = frozenset()
    for month in range(MONTHS):
        for unit in units:
            if month == 0 or rng.random() < reports:
                for part in PARTS:
                    values[unit, part] += int(rng.poisson(means[unit, part]))
            values[unit, "infected"] = sum(values[unit, part] for part in PARTS)
        hidden = hidden_cells(values, [*columns, *sums], before=hidden if is_kept else ())
        shown = {cell: None if cell in hidden else value for cell, value in values.items()}
        told.append(Told(shown, {name: sum(values[unit, name] for unit in units) for name in FIGURES}))
    return told


def _given_away(told: Sequence[Told]) -> int:
    """Return how many hidden cells linear programming computes from the publications, in order of time."""
    shown: dict[Cell, Known] = {}
    sums: list[Sum] = []
    for n, one in enumerate(told):
        for cell, value in one.shown.items():
            shown[_of(n, cell)] = Known(0) if value is None else Known.exactly(value)
        sums += _within(n, one)
        if n:
            sums += _grown(n, told[n - 1].shown, one.shown, shown)
    wanted = {_of(n, cell) for n, one in enumerate(told) for cell, value in one.shown.items() if value is None}
    return len(wanted & recovered(shown, sums, wanted=wanted).keys()) if wanted else 0


def _within(n: int, told: Told) -> Iterator[Sum]:
    units = sorted({unit for unit, _name in told.shown})
    for name, total in told.totals.items():
        yield Sum(tuple(_of(n, (unit, name)) for unit in units), Known.exactly(total))
    for unit in units:
        yield Sum(tuple(_of(n, (unit, part)) for part in PARTS), _of(n, (unit, "infected")))


def _grown(
    n: int, before: Mapping[Cell, int | None], now: Mapping[Cell, int | None], shown: dict[Cell, Known]
) -> Iterator[Sum]:
    for cell in before:
        if before[cell] is None or now[cell] is None:
            new: Cell = (f"{n}|new|{cell[0]}", cell[1])
            shown[new] = Known(0)
            yield Sum((_of(n - 1, cell), new), _of(n, cell))


def _of(n: int, cell: Cell) -> Cell:
    return (f"{n}|{cell[0]}", cell[1])
