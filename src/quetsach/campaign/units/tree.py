"""The dated tree: where each unit stands on each day, sums on the tree of a period, and days a tree is true for."""

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from itertools import pairwise

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.unit import Edge, Unit, UnitKind, earlier, has_part
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Number, Text

# The dated tree: where each unit stands on each day, worked out from who reports to whom.


def is_top(path: str) -> bool:
    """Whether a path is that of the centre, below which the whole tree is."""
    return path.count("/") == 2


_CLOSES_EARLY = (
    Text("closes before it opens"),
    Text("put a later day, or leave the cell empty"),
)
_CENTRE_REPORTS = (
    Text("the centre reports to nobody"),
    Text("leave the cell empty"),
)
_NO_PARENT = (
    Text("reports to nobody"),
    Text("put the key of the unit above it; at the top of the tree stands one unit of the kind centre"),
)
_TWO_CENTRES = (
    Text("a tree has one centre"),
    Text("give all units but the one at the top another kind than centre"),
)
_TWO_PARENTS = (
    Text("two parents on one day, or none"),
    Text("put each move on a later day"),
)
_MOVES_LATE = (
    Text("moves after it has closed"),
    Text("take the last move away"),
)
_RING = (
    Text("stands below itself"),
    Text("follow its parents up: one of them must report to another unit"),
)
_EXISTING = Text("put the key of a unit that exists")
_OTHER_DAYS = Text("change the days, or add a move to another parent")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a unit stands in a span of days: ``/tw/31-2025/11500-2025/`` is level 2. A subtree is a prefix of paths."""

    unit: str
    parent: str | None
    path: str
    level: int
    first: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the unit stands there on a day."""
        return self.first <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class TreeFault:
    """What keeps a unit from having its place: ``column`` is the cell of the units' table to mend."""

    unit: str
    column: str
    what: LocalText
    hint: LocalText


def tree_faults(units: Iterable[Unit]) -> list[TreeFault]:
    """Return everything that is wrong with a tree, by unit; empty if each unit has one place on each of its days."""
    return _examined(units)[0]


def positions(units: Iterable[Unit]) -> list[Position]:
    """Return the place of every unit in every span of days in which neither it nor anything above it moved.

    Raises:
        UnitsError: the tree has a fault: the first one is told.
    """
    faults, found = _examined(units)
    if faults:
        raise UnitsError(faults[0].what, where=faults[0].unit, advice=faults[0].hint)
    return sorted(found, key=lambda place: (place.path, place.first))


def _examined(units: Iterable[Unit]) -> tuple[list[TreeFault], list[Position]]:
    by_key = {unit.key: unit for unit in units}
    faults = [fault for unit in by_key.values() for fault in _own_faults(unit, by_key)]
    more = [unit.key for unit in by_key.values() if unit.kind == UnitKind.CENTRE][1:]
    faults += [TreeFault(key, "kind", *_TWO_CENTRES) for key in more]
    if faults:  # what stands below a fault would be told again for every unit
        return faults, []
    found = _laid_out(by_key)
    return _lost(by_key, found), found


def _own_faults(unit: Unit, by_key: Mapping[str, Unit]) -> Iterable[TreeFault]:
    """Yield what is wrong with a unit's own days and with its parents."""
    starts = [first for first, _ in unit.parents]
    if unit.closed is not None and unit.closed <= unit.opened:
        yield TreeFault(unit.key, "closed", *_CLOSES_EARLY)
    elif unit.kind == UnitKind.CENTRE:
        if unit.parents:
            yield TreeFault(unit.key, "parent", *_CENTRE_REPORTS)
    elif not unit.parents:
        yield TreeFault(unit.key, "parent", *_NO_PARENT)
    elif starts[0] != unit.opened or any(a >= b for a, b in pairwise(starts)):
        yield TreeFault(unit.key, "parent", *_TWO_PARENTS)
    elif unit.closed is not None and starts[-1] >= unit.closed:
        yield TreeFault(unit.key, "parent", *_MOVES_LATE)
    else:
        yield from _parent_faults(unit, by_key)


def _parent_faults(unit: Unit, by_key: Mapping[str, Unit]) -> Iterable[TreeFault]:
    for edge in unit.edges():
        parent = by_key.get(edge.parent)
        if parent is None:
            yield TreeFault(unit.key, "parent", Text("there is no unit {parent}", parent=edge.parent), _EXISTING)
        elif not has_part(edge.first, edge.until, of_first=parent.opened, of_until=parent.closed):
            since, until = parent.opened, parent.closed
            what = Text(
                "reports to {parent} on days on which that does not exist ({since} to {until})",
                parent=parent.key,
                since=since.isoformat(),
                until=until.isoformat() if until else Text("now"),
            )
            yield TreeFault(unit.key, "parent", what, _OTHER_DAYS)


def _laid_out(by_key: Mapping[str, Unit]) -> list[Position]:
    """Walk down from the top; a span of days gets narrower on its way, so that a ring of units is never entered."""
    below: dict[str, list[Edge]] = defaultdict(list)
    for unit in by_key.values():
        for edge in unit.edges():
            below[edge.parent].append(edge)
    waiting = [
        Position(unit.key, None, f"/{unit.key}/", 0, unit.opened, unit.closed)
        for unit in by_key.values()
        if unit.kind == UnitKind.CENTRE
    ]
    found: list[Position] = []
    while waiting:
        above = waiting.pop()
        found.append(above)
        for edge in below[above.unit]:
            first, until = max(above.first, edge.first), earlier(above.until, edge.until)
            if until is None or first < until:
                path = f"{above.path}{edge.unit}/"
                waiting.append(Position(edge.unit, above.unit, path, above.level + 1, first, until))
    return found


def _lost(by_key: Mapping[str, Unit], found: Iterable[Position]) -> list[TreeFault]:
    """Return the units that the top is not reached from on some day: they report to each other in a ring."""
    days: dict[str, int] = defaultdict(int)
    for place in found:
        days[place.unit] += ((place.until or date.max) - place.first).days
    return [
        TreeFault(key, "parent", *_RING)
        for key, unit in by_key.items()
        if days[key] != ((unit.closed or date.max) - unit.opened).days
    ]


# Sums and completeness by any unit above, on the tree of the period that the figures are of.


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


# The true date of a tree that stands for a span of days: shown beside it wherever a day of that span is.


@dataclass(frozen=True, slots=True)
class TreeSnapshot:
    """That the tree from ``first`` until ``until`` (exclusive) is the one of ``as_of``, with so many units.

    ``known_on`` is a day of the span of which a list is known: how many units there truly were.
    """

    first: date
    until: date
    as_of: date
    districts: int
    communes: int
    known_on: date
    known_districts: int
    known_communes: int

    def covers(self, day: date) -> bool:
        """Whether a day is one for which the tree of another day stands."""
        return self.first <= day < self.until and day != self.as_of

    def is_of(self, *, districts: int, communes: int) -> bool:
        """Whether a tree of so many units is still this one, and no other was imported in its place."""
        return (districts, communes) == (self.districts, self.communes)

    @property
    def note(self) -> LocalText:
        """What a reader of the tree must know."""
        return Text(
            "This tree is that of {day}, used for every day since {first}; units that merged in between are "
            "not in it. On {known} there were {known_districts} districts and {known_communes} communes; the "
            "tree has {districts} and {communes}.",
            day=self.as_of,
            first=self.first,
            known=self.known_on,
            known_districts=Number(self.known_districts),
            known_communes=Number(self.known_communes),
            districts=Number(self.districts),
            communes=Number(self.communes),
        )


def read_snapshot(content: bytes, *, where: str) -> TreeSnapshot:
    """Read ``snapshot.toml``.

    Raises:
        InputError: not TOML, or a value is missing, of another type or one too many.
    """
    try:
        values = tomllib.loads(content.decode())
    except ValueError as error:
        raise InputError(Text("not TOML in UTF-8: {error}", error=error), where=where) from error
    wanted = {field.name: field.type for field in fields(TreeSnapshot)}
    if values.keys() != wanted.keys() or any(type(values[name]) is not kind for name, kind in wanted.items()):
        raise InputError(Text("the values must be {names}", names=", ".join(wanted)), where=where)
    return TreeSnapshot(**values)
