"""What rows add up to: a figure where that is known, and bounds where the same machine may be counted twice.

Turns are events and add up. Machines add up over the places of one window of one product, because a partner counts a
machine in one place; over windows, versions, and products that overlap, the same machine may stand in both. Then the
true number lies between the largest part and the sum, and both are said.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.campaign.partners.declaration import CountedAs, Declaration, Overlap

MEASURES = ("turns", "machines", "infected", "cleaned", "count")


@dataclass(frozen=True, slots=True)
class Part:
    """The sums over all places of one product, version and window.

    ``sums`` and ``given`` have one number for each of ``MEASURES``: the sum, and in how many of the ``rows`` a value
    was given.
    """

    declaration: int
    product: str
    version: str
    first: date
    rows: int
    sums: tuple[int, ...]
    given: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A total. The true number is at least ``least`` and at most ``most``; ``given`` of ``rows`` rows had a value."""

    measure: str
    counted_as: CountedAs
    least: int
    most: int
    rows: int
    given: int

    @property
    def is_exact(self) -> bool:
        """Whether nothing can have been counted twice."""
        return self.least == self.most


def totals(parts: Iterable[Part], declarations: Mapping[int, Declaration]) -> tuple[Figure, ...]:
    """Return the totals of one partner: one figure for each measure and what it counts, in the order of ``MEASURES``.

    Args:
        parts: sums by declaration, product, version and window.
        declarations: the partner's, by version.
    """
    found: dict[tuple[int, CountedAs], list[tuple[Part, Declaration]]] = defaultdict(list)
    for part in parts:
        declaration = declarations[part.declaration]
        for place, measure in enumerate(MEASURES):
            if part.given[place]:
                found[place, _counted_as(measure, declaration)].append((part, declaration))
    return tuple(_figure(place, kind, found[place, kind]) for place, kind in sorted(found))


def across(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """Return bounds over partners. How far their machines overlap nobody knows: the largest, and the sum."""
    found: dict[tuple[int, CountedAs], list[Figure]] = defaultdict(list)
    for figure in figures:
        found[MEASURES.index(figure.measure), figure.counted_as].append(figure)
    return tuple(
        Figure(
            MEASURES[place],
            kind,
            max(f.least for f in found[place, kind]),
            sum(f.most for f in found[place, kind]),
            sum(f.rows for f in found[place, kind]),
            sum(f.given for f in found[place, kind]),
        )
        for place, kind in sorted(found)
    )


def _counted_as(measure: str, declaration: Declaration) -> CountedAs:
    if measure == "turns":
        return CountedAs.TURNS
    return CountedAs.MACHINES if measure == "machines" else declaration.outcomes


def _figure(place: int, kind: CountedAs, parts: list[tuple[Part, Declaration]]) -> Figure:
    most = sum(part.sums[place] for part, _ in parts)
    return Figure(
        MEASURES[place],
        kind,
        most if kind is CountedAs.TURNS else _least(place, parts),
        most,
        sum(part.rows for part, _ in parts),
        sum(part.given[place] for part, _ in parts),
    )


def _least(place: int, parts: list[tuple[Part, Declaration]]) -> int:
    """The most machines that cannot be the same ones: those of the fullest window."""
    windows: dict[tuple[int, date], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    overlap: dict[int, Overlap] = {}
    for part, declaration in parts:
        products = windows[part.declaration, part.first]
        products[part.product] = max(products[part.product], part.sums[place])
        overlap[part.declaration] = declaration.products
    return max(
        sum(products.values()) if overlap[declaration] is Overlap.NONE else max(products.values())
        for (declaration, _), products in windows.items()
    )
