"""Sums and completeness by any unit above, on the tree of the period that the figures are of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.campaign.units.tree import Position


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of one day: path by unit."""

    day: date
    paths: Mapping[str, str]

    @classmethod
    def on(cls, places: Iterable[Position], day: date) -> "Tree":
        """Keep of all positions those of a day."""
        return cls(day, {place.unit: place.path for place in places if place.holds_on(day)})

    def level(self, unit: str) -> int:
        """Return how far below the top a unit stands: the centre is 0."""
        return self.paths[unit].count("/") - 2

    def above(self, unit: str) -> list[str]:
        """Return the unit itself and all above it, the top first; empty if it is not in this tree."""
        return self.paths.get(unit, "").strip("/").split("/") if unit in self.paths else []

    def below(self, unit: str) -> list[str]:
        """Return the unit itself and all below it."""
        top = self.paths.get(unit)
        return [] if top is None else [key for key, path in self.paths.items() if path.startswith(top)]


@dataclass(frozen=True, slots=True)
class Total:
    """The figures of a unit and everything below it, and how complete they are."""

    figures: Mapping[str, int]
    reported: int
    expected: int


def roll_up(
    rows: Mapping[str, Mapping[str, int]], tree: Tree, *, expected: Collection[str], level: int
) -> dict[str, Total]:
    """Return totals by the units of one level; a unit that stands higher counts nowhere, as it belongs to none of them.

    Args:
        rows: figures by name, by unit: at most one row a unit.
        tree: the tree of the period that the rows are of.
        expected: the units that owe a row.
        level: 0 for the whole country, 1 for provinces and ministries, and so on.
    """
    figures: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    reported: dict[str, int] = defaultdict(int)
    owed: dict[str, int] = defaultdict(int)
    for unit in {*rows, *expected}:
        line = tree.above(unit)
        if len(line) <= level:
            continue
        top = line[level]
        owed[top] += unit in expected
        reported[top] += unit in rows and unit in expected
        for name, figure in rows.get(unit, {}).items():
            figures[top][name] += figure
    tops = {*figures, *owed}
    return {top: Total(dict(figures[top]), reported[top], owed[top]) for top in sorted(tops)}
