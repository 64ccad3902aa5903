"""Who owes a return for which period: the units that an assignment names, in the tree of the period's last day.

Everything is read for many periods at once: how many queries that takes does not depend on how many they are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Q, QuerySet

from quetsach.campaign.returns.period import Deadline
from quetsach.web.office.returns.models import AssignedUnits, Extension, Period
from quetsach.web.office.tree.models import Position, Unit

type Target = tuple[int, str]
"""A unit, and the kind of the units at or below it that owe; without a kind it owes by itself."""
type _Stay = tuple[str, date, date | None]
"""A place in the tree: its path, the first day, and the day on which it ended."""
type _Places = Mapping[int, Collection[_Stay]]
_STAY_OF_TOP = ("top__positions__path", "top__positions__first", "top__positions__until")


@dataclass(frozen=True, slots=True)
class Owing:
    """Which positions of a day owe: units by themselves, and units of a kind at or below a place in the tree."""

    units: frozenset[int] = frozenset()
    below: tuple[tuple[str, str], ...] = ()

    def has(self, unit: int, kind: str, path: str) -> bool:
        """Whether a unit that stands there owes a return."""
        return unit in self.units or any(kind == wanted and path.startswith(top) for top, wanted in self.below)

    @property
    def query(self) -> Q:
        """The filter for positions of that day."""
        found = Q(unit__in=self.units)
        for top, kind in self.below:
            found |= Q(path__startswith=top, unit__kind=kind)
        return found


def owing_on(targets: Sequence[Target], days: Iterable[date]) -> dict[date, Owing]:
    """Return who owes on each of some days by these targets."""
    places = _places(targets)
    return {day: _owing(targets, day, places) for day in days}


def owing_of(periods: Sequence[Period]) -> dict[int, Owing]:
    """Return by primary key of each period who owes a return for it: nobody where nothing is asked for (any more)."""
    named: dict[int, dict[Target, None]] = defaultdict(dict)
    places: dict[int, dict[_Stay, None]] = defaultdict(dict)
    asking = {period.assignment_id for period in periods if period.assignment.is_in_force}
    rows = AssignedUnits.objects.filter(assignment__in=asking).values_list("assignment", "top", "kind", *_STAY_OF_TOP)
    for assignment, top, kind, path, first, until in rows:
        named[assignment][top, kind] = None
        if path is not None:
            places[top][path, first, until] = None
    return {period.pk: _owing(named.get(period.assignment_id, ()), period.last, places) for period in periods}


def expected_positions(period: Period) -> QuerySet[Position]:
    """Return the positions, on the period's last day, of the units that owe a return for it."""
    return Position.objects.on(period.last).filter(owing_of([period])[period.pk].query)


def extensions_of(periods: Sequence[Period]) -> dict[int, dict[int, date]]:
    """Return by period the last day that was given to each unit with an extension."""
    found: dict[int, dict[int, date]] = defaultdict(dict)
    rows = Extension.objects.filter(period__in=[period.pk for period in periods]).values_list("period", "unit")
    for period, unit, until in rows.annotate(last=Max("until")):
        found[period][unit] = until
    return found


def deadline_of(period: Period, unit: Unit) -> Deadline:
    """Return the deadline of one unit, its extensions included."""
    return period.deadline.extended(extensions_of([period]).get(period.pk, {}).get(unit.pk))


def _places(targets: Iterable[Target]) -> _Places:
    """Return where the tops of kinds stand, and when."""
    found: dict[int, list[_Stay]] = defaultdict(list)
    tops = {top for top, kind in targets if kind}
    for unit, path, first, until in Position.objects.filter(unit__in=tops).values_list(
        "unit", "path", "first", "until"
    ):
        found[unit].append((path, first, until))
    return found


def _owing(targets: Collection[Target], day: date, places: _Places) -> Owing:
    return Owing(
        frozenset(top for top, kind in targets if not kind),
        tuple(
            (path, kind)
            for top, kind in targets
            if kind
            for path, first, until in places.get(top, ())
            if first <= day and (until is None or day < until)
        ),
    )
