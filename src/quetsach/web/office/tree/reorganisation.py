"""Figures of one time on the tree of another: the same sum, by units that exist on the day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.campaign.units.rollup import Tree, roll_up
from quetsach.campaign.units.succession import recast
from quetsach.campaign.units.tree import positions
from quetsach.campaign.units.unit import Unit as UnitRecord
from quetsach.web.office.tree.records import succession_records, unit_records


@dataclass(frozen=True, slots=True)
class RecastFigure:
    """What a unit of the day has of the figures."""

    unit: UnitRecord
    figure: int


def figures_recast(figures: Mapping[str, int], *, day: date, level: int | None = None) -> list[RecastFigure]:
    """Return figures on the tree of a day, by code.

    Args:
        figures: whole numbers by the key of a unit of any time up to ``day``.
        day: the day of the tree.
        level: add them up to this level of the tree, 1 for provinces and ministries; what stands higher stays.

    Raises:
        UnitsError: an unknown unit, or one that begins after ``day``.
    """
    units = unit_records()
    found = recast(figures, units, succession_records().values(), day=day)
    if level is not None:
        tree = Tree.on(positions(units.values()), day)
        below = {key: {"": figure} for key, figure in found.items() if tree.level(key) > level}
        above = {key: figure for key, figure in found.items() if key not in below}
        totals = roll_up(below, tree, expected=(), level=level)
        found = {
            key: above.get(key, 0) + (totals[key].figures[""] if key in totals else 0) for key in {*above, *totals}
        }
    return [RecastFigure(units[key], found[key]) for key in sorted(found, key=lambda key: (units[key].code, key))]
