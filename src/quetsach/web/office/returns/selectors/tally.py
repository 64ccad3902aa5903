"""One period looked at as a whole: every unit that owes a return, where it stands, and who has answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Q, QuerySet
from django.utils.translation import get_language

from quetsach.campaign.returns.completeness import Completeness, Expected, Survey, in_order, survey
from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import NOT_FILED, Filed, Scope, Standing, State
from quetsach.campaign.returns.tree import ancestors
from quetsach.web.office.returns.models import Assignment, Extension, Period, Return, SignOff
from quetsach.web.office.units.models import Position, Unit
from quetsach.web.office.units.selectors import position_of


@dataclass(frozen=True, slots=True)
class Place:
    """A unit in the tree of the period's last day."""

    pk: int
    key: str
    code: str
    name_vi: str
    name_en: str
    kind: str
    path: str

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi

    @property
    def level(self) -> int:
        """How far below the top it stands; the centre is 0."""
        return self.path.count("/") - 2


@dataclass(frozen=True, slots=True)
class Tally:
    """The expected returns of a period: places by path, and the rules' survey of them."""

    period: Period
    places: Mapping[str, Place]
    survey: Survey

    def path_of(self, unit: Unit) -> str | None:
        """Return the path of a unit that owes a return."""
        return next((path for path, place in self.places.items() if place.pk == unit.pk), None)

    def by_kind(self, within: str = "/", *, but_top: bool = False) -> dict[str, Completeness]:
        """Return completeness by kind of unit, within a subtree; ``but_top`` leaves its own top aside."""
        groups = {
            path: place.kind
            for path, place in self.places.items()
            if path.startswith(within) and not (but_top and path == within)
        }
        return in_order(self.survey.completeness_by(groups))

    def by_level(self, level: int) -> dict[str, Completeness]:
        """Return completeness by the path of the ancestor of that level; units above it stand for themselves."""
        return self.survey.completeness_by({path: ancestor(path, level) for path in self.places})

    def conflicts(self) -> tuple[tuple[Place, Place], ...]:
        """Return pairs of received returns that count machines twice: after the tree was corrected, for example."""
        doubled = [
            (above, below)
            for below, above in sorted(self.survey.covered_by.items())
            if self.survey.expected[below].filed.is_received
        ]
        return tuple((self.places[above], self.places[below]) for above, below in doubled)


def ancestor(path: str, level: int) -> str:
    """Return the path of the ancestor of a level, or the path itself where it does not stand below that level."""
    return "/".join(path.split("/", level + 2)[: level + 2]) + "/" if path.count("/") - 2 > level else path


def expected_positions(period: Period) -> QuerySet[Position]:
    """Return the positions, on the period's last day, of the units that owe a return for it."""
    assignment: Assignment = period.assignment
    owed = Q(pk__in=[])
    for target in assignment.targets.select_related("top"):
        if not target.kind:
            owed |= Q(unit=target.top)
        for top in Position.objects.on(period.last).filter(unit=target.top) if target.kind else ():
            owed |= Q(path__startswith=top.path, unit__kind=target.kind)
    return Position.objects.on(period.last).filter(owed)


def places_of(positions: QuerySet[Position]) -> Iterable[Place]:
    """Yield the places of positions, one query for all."""
    columns = ("unit_id", "unit__key", "unit__code", "unit__name_vi", "unit__name_en", "unit__kind", "path")
    return (Place(*row) for row in positions.values_list(*columns).order_by("path"))


def tally_of(period: Period, *, now: datetime, around: str = "") -> Tally:
    """Look at a period: who owes a return, what came, what is late, who waits for whom.

    Args:
        period: the period.
        now: the moment of asking (UTC).
        around: the path of a unit: look only at its subtree and at the units above it, which is right for that unit
            and those below, and quick. Of those above only the state is right.
    """
    positions, returns = expected_positions(period), Return.objects.filter(period=period)
    if around.count("/") > 2:
        near = Q(path__startswith=around) | Q(path__in=list(ancestors(around)))
        positions = positions.filter(near)
        returns = returns.filter(unit__in=positions.values("unit"))
    places = {place.path: place for place in places_of(positions)}
    filed = {
        unit: Filed(State(state), Scope(scope), submitted_at)
        for unit, state, scope, submitted_at in returns.values_list("unit_id", "state", "scope", "submitted_at")
    }
    given = extensions_of(period)
    deadline = period.deadline
    expected = (
        Expected(path, place.kind, deadline.extended(given.get(place.pk)), filed.get(place.pk, NOT_FILED))
        for path, place in places.items()
    )
    return Tally(period, places, survey(expected, now=now, signed_off=_signed_off(period, places)))


def path_on(unit: Unit, period: Period) -> str:
    """Return where a unit stands on the period's last day; empty if it is not in that tree."""
    position = position_of(unit, period.last)
    return position.path if position else ""


def extensions_of(period: Period) -> Mapping[int, date]:
    """Return the last day that was given to each unit with an extension."""
    rows = Extension.objects.filter(period=period).values_list("unit_id").annotate(until=Max("until"))
    return dict(rows)


def deadline_of(period: Period, unit: Unit) -> Deadline:
    """Return the deadline of one unit, its extensions included."""
    return period.deadline.extended(
        Extension.objects.filter(period=period, unit=unit).aggregate(until=Max("until"))["until"]
    )


def _signed_off(period: Period, places: Mapping[str, Place]) -> Mapping[str, frozenset[str]]:
    """Return by the path of the unit that signed the paths it named."""
    paths = {place.pk: path for path, place in places.items()}
    named: dict[str, frozenset[str]] = {}
    rows = SignOff.objects.filter(period=period).values_list("unit_id", "missing")
    for unit, missing in rows:
        if unit in paths and missing in paths:
            named[paths[unit]] = named.get(paths[unit], frozenset()) | {paths[missing]}
    return named


@dataclass(frozen=True, slots=True)
class Overdue:
    """A return that should be there and is not."""

    period: Period
    place: Place
    standing: Standing
    deadline: Deadline
    days_late: int


def overdue(now: datetime, *, assignment: Assignment | None = None) -> list[Overdue]:
    """Return every return that is past its due day, the longest waiting first; those given up (locked) included.

    Args:
        now: the moment of asking (UTC).
        assignment: look at this one; all of them where it is left out.
    """
    periods = Period.objects.select_related("assignment", "assignment__campaign", "assignment__form")
    if assignment is not None:
        periods = periods.filter(assignment=assignment)
    found = [
        late
        for period in periods
        if period.deadline.is_overdue(now)
        for late in late_in(tally_of(period, now=now), now)
    ]
    return sorted(found, key=lambda late: (late.deadline.due, late.place.path))


def late_in(tally: Tally, now: datetime) -> list[Overdue]:
    """Return what is overdue in one period."""
    found = []
    for path, standing in tally.survey.standings.items():
        deadline = tally.survey.expected[path].deadline
        is_open = standing in {Standing.OVERDUE, Standing.LOCKED, Standing.SENT_BACK}
        if is_open and deadline.is_overdue(now):
            found.append(Overdue(tally.period, tally.places[path], standing, deadline, deadline.days_late(now)))
    return sorted(found, key=lambda late: late.place.path)
