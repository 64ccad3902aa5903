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
    """Return one row for the tables of a year by themselves, and one for all twelve together."""
    count = 8 if short else 300
    hidden = alone = together = 0
    for number in range(count):
        told = _year(np.random.default_rng((seed, number)))
        hidden += sum(value is None for one in told for value in one.shown.values())
        alone += sum(_given_away([one]) for one in told)
        together += _given_away(told)
    return [
        Row(
            f"returns of {count} countries in {MONTHS} months, each table by itself",
            "0",
            f"{alone} of {hidden} hidden cells",
            alone == 0,
        ),
        Row(
            f"the same, the {MONTHS} tables of a country attacked together",
            "0",
            f"{together} of {hidden} hidden cells",
            together == 0,
        ),
    ]


def _year(rng: np.random.Generator) -> list[Told]:
    """Publish a year of totals of 5 to 63 provinces, with the cells hidden that each table by itself has to hide."""
    units = [f"u{n:02}" for n in range(int(rng.integers(5, 64)))]
    reports = rng.uniform(0.03, 0.7)
    means = {(unit, part): float(np.exp(rng.normal(1, 1.5))) for unit in units for part in PARTS}
    values = dict.fromkeys(((unit, name) for unit in units for name in FIGURES), 0)
    columns = [Relation(tuple((unit, name) for unit in units)) for name in FIGURES]
    sums = [Relation(tuple((unit, part) for part in PARTS), (unit, "infected")) for unit in units]
    told = []
    for month in range(MONTHS):
        for unit in units:
            if month == 0 or rng.random() < reports:
                for part in PARTS:
                    values[unit, part] += int(rng.poisson(means[unit, part]))
            values[unit, "infected"] = sum(values[unit, part] for part in PARTS)
        hidden = hidden_cells(values, [*columns, *sums])
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
