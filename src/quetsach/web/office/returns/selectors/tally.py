"""One period looked at as a whole: every unit that owes a return, where it stands, and who has answered."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Prefetch, Q, QuerySet

from quetsach.campaign.authority import PERMISSIONS, Permission
from quetsach.campaign.returns.completeness import Completeness, Expected, Survey, in_order, survey
from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import NOT_FILED, Filed, ReturnStatus, Scope, State, ancestors
from quetsach.core.text import LocalText
from quetsach.web.design.words import here
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Assignment, Period, Return, SignOff
from quetsach.web.office.returns.selectors.owing import Owed, Owing, extensions_of, owed_of, owing_of
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import position_of
from quetsach.web.office.units.selectors import answered_units, answering


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
        return str(here(LocalText(self.name_vi, self.name_en or self.name_vi)))

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


_PLACE = ("unit_id", "unit__key", "unit__code", "unit__name_vi", "unit__name_en", "unit__kind", "path")


def ancestor(path: str, level: int) -> str:
    """Return the path of the ancestor of a level, or the path itself where it does not stand below that level."""
    return "/".join(path.split("/", level + 2)[: level + 2]) + "/" if path.count("/") - 2 > level else path


def places_of(positions: QuerySet[Position]) -> Iterable[Place]:
    """Yield the places of positions, one query for all."""
    return (Place(*row) for row in positions.values_list(*_PLACE).order_by("path"))


def tally_of(period: Period, *, now: datetime, around: str = "") -> Tally:
    """Look at a period: who owes a return, what came, what is late, who waits for whom.

    Args:
        period: the period.
        now: the moment of asking (UTC).
        around: the path of a unit: look only at its subtree and at the units above it, which is right for that unit
            and those below, and quick. Of those above only the state is right.
    """
    return tallies_of([period], now=now, around=(around,) if around else ())[0]


def tallies_of(periods: Sequence[Period], *, now: datetime, around: Collection[str] = ()) -> list[Tally]:
    """Look at several periods with the same few queries, in their order; ``around`` as in :func:`tally_of`."""
    owing, given, named = owing_of(periods), extensions_of(periods), _signed_off(periods)
    days = sorted({period.last for period in periods})
    positions = owing_positions(owing.values(), days).filter(_near(around))
    held = [(Place(*row), first, until) for *row, first, until in positions.values_list(*_PLACE, "first", "until")]
    filed: dict[int, dict[int, Filed]] = defaultdict(dict)
    returns = Return.objects.filter(period__in=[period.pk for period in periods])
    if around:
        returns = returns.filter(unit__in={place.pk for place, _first, _until in held})
    for pk, unit, state, scope, at in returns.values_list("period", "unit", "state", "scope", "submitted_at"):
        filed[pk][unit] = Filed(State(state), Scope(scope), at)
    tallies = []
    for period in periods:
        owes, deadline, more = owing[period.pk], period.deadline, given.get(period.pk, {})
        places = {
            place.path: place
            for place, first, until in held
            if first <= period.last
            and (until is None or period.last < until)
            and owes.has(place.pk, place.kind, place.path)
        }
        expected = (
            Expected(path, p.kind, deadline.extended(more.get(p.pk)), filed[period.pk].get(p.pk, NOT_FILED))
            for path, p in places.items()
        )
        signed = _signed_paths(named[period.pk], places)
        tallies.append(Tally(period, places, survey(expected, now=now, signed_off=signed)))
    return tallies


def _signed_paths(named: Iterable[tuple[int, int]], places: Mapping[str, Place]) -> Mapping[str, frozenset[str]]:
    """Return by the path of the unit that signed the paths it named."""
    paths = {place.pk: path for path, place in places.items()}
    found: dict[str, frozenset[str]] = {}
    for unit, missing in named:
        if missing in paths:
            by = paths.get(unit, "")
            found[by] = found.get(by, frozenset()) | {paths[missing]}
    return found


def owing_positions(owing: Iterable[Owing], days: Sequence[date]) -> QuerySet[Position]:
    """Return the positions that owe on any of some days."""
    found = Q(pk__in=[])
    for query in {(one.units, one.below): one.query for one in owing}.values():
        found |= query
    if not days:
        return Position.objects.none()
    in_time = Position.objects.filter(Q(until=None) | Q(until__gt=days[0]), first__lte=days[-1])
    return in_time.filter(found).order_by("path", "first")


def _near(around: Collection[str]) -> Q:
    """Return the filter for the subtrees of some units and the units above them; the whole tree's top is no filter."""
    if not around or any(path.count("/") <= 2 for path in around):
        return Q()
    above = {up for path in around for up in ancestors(path)}
    found = Q(path__in=above)
    for path in around:
        found |= Q(path__startswith=path)
    return found


def path_on(unit: Unit, period: Period) -> str:
    """Return where a unit stands on the period's last day; empty if it is not in that tree."""
    position = position_of(unit, period.last)
    return position.path if position else ""


def decider_of(unit: Unit, period: Period, *, day: date) -> Unit:
    """Return the unit that decides on another's returns on a day: the one above it on the period's last day.

    Where that one is no more and nobody succeeded it, the one that was above it decides, at last the centre. The top
    decides on its own.
    """
    position = position_of(unit, period.last)
    return answering(position.parent if position and position.parent else unit, day=day)


def _signed_off(periods: Sequence[Period]) -> dict[int, list[tuple[int, int]]]:
    """Return by period which unit stands for which missing one."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = SignOff.objects.filter(period__in=[period.pk for period in periods], missing__isnull=False)
    for period, unit, missing in rows.values_list("period", "unit", "missing"):
        found[period].append((unit, missing))
    return found


LATE = frozenset({ReturnStatus.OVERDUE, ReturnStatus.LOCKED, ReturnStatus.SENT_BACK})
"""What is overdue once its due day is over; a return that a unit above stands for is not."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A return that should be there and is not."""

    period: Period
    place: Place
    standing: ReturnStatus
    deadline: Deadline
    days_late: int


def overdue(now: datetime, *, assignment: Assignment | None = None) -> list[Overdue]:
    """Return every return that is past its due day, the longest waiting first; those given up (locked) included.

    Args:
        now: the moment of asking (UTC).
        assignment: look at this one; all of them where it is left out.
    """
    periods = Period.objects.in_force().select_related("assignment", "assignment__campaign", "assignment__form")
    if assignment is not None:
        periods = periods.filter(assignment=assignment)
    past = [period for period in periods if period.deadline.is_overdue(now)]
    found = [late for tally in tallies_of(past, now=now) for late in late_in(tally, now)]
    return sorted(found, key=lambda late: (late.deadline.due, late.place.path))


def late_in(tally: Tally, now: datetime) -> list[Overdue]:
    """Return what is overdue in one period."""
    found = []
    for path, standing in tally.survey.standings.items():
        deadline = tally.survey.expected[path].deadline
        if standing in LATE and deadline.is_overdue(now):
            found.append(Overdue(tally.period, tally.places[path], standing, deadline, deadline.days_late(now)))
    return sorted(found, key=lambda late: late.place.path)


def over_periods(tallies: Iterable[Tally], within: str) -> Completeness:
    """Return how many returns of several periods are there, within a subtree: what sums over periods stand on."""
    counted = (tally.survey.of(path) for tally in tallies for path in tally.places if path.startswith(within))
    return sum(counted, Completeness())


def missing_units(period: Period, unit: Unit, keys: Collection[str] | None, *, now: datetime) -> list[Unit]:
    """Return the units directly below one that have not reported: those with some keys, or all without ``keys``."""
    if keys is not None:
        return list(Unit.objects.filter(key__in=keys))
    tally = tally_of(period, now=now, around=path_on(unit, period))
    path = tally.path_of(unit)
    silent = tally.survey.missing_below(path) if path else ()
    return list(Unit.objects.filter(pk__in=[tally.places[below].pk for below in silent]))


# What waits for a person: returns to write and returns to decide on. It takes as many queries for ten campaigns.

_ENOUGH = 50
"""So many to decide on are shown; of more, those that are due first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that a person has to decide on."""

    period: Period
    place: Place
    standing: ReturnStatus
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class ReturnsInbox:
    """What waits for one person, the most pressing first; ``to_decide_count`` counts those that are not shown, too."""

    to_write: tuple[Owed, ...]
    to_decide: tuple[Waiting, ...]
    to_decide_count: int
    current: tuple[tuple[Assignment, Period | None], ...]


def inbox_of(person: Person, *, now: datetime) -> ReturnsInbox:
    """Return what waits for a person, of the periods that have begun: own returns, and those directly below."""
    asked = _asked_of(person, now=now)
    assignments = Assignment.objects.select_related("campaign", "form").order_by("-pk")
    listed = assignments.prefetch_related(Prefetch("periods", Period.objects.select_related("assignment")))
    return ReturnsInbox(
        tuple(owed_of(person, now=now)),
        _to_decide(asked[:_ENOUGH], now=now),
        len(asked),
        tuple((one, current_period(one, now)) for one in listed),
    )


def current_period(assignment: Assignment, now: datetime) -> Period | None:
    """Return the last period that has begun; the first one while none has."""
    periods = list(assignment.periods.all())
    begun = [period for period in periods if period.first <= today(now)]
    return begun[-1] if begun else periods[0] if periods else None


def _asked_of(person: Person, *, now: datetime) -> list[tuple[int, str]]:
    """Return period and place of the submitted returns that a person decides on, by the due day.

    Those are of the units directly below the person's own, in the tree of the period's last day.
    """
    day = today(now)
    tops = {duty.path for duty in duties_of(person, day=day) if Permission.APPROVE_RETURN in PERMISSIONS[duty.role]}
    if not tops:
        return []
    place, last = "unit__positions__", F("period__last")
    stands = Q(**{f"{place}until": None}) | Q(**{f"{place}until__gt": last})
    above = {f"{place}first__lte": last, f"{place}parent__in": answered_units(tops, day=day)}
    submitted = Return.objects.filter(stands, state=State.SUBMITTED, period__in=Period.objects.in_force(), **above)
    return list(submitted.order_by("period__last", f"{place}path").values_list("period", f"{place}path"))


def _to_decide(asked: list[tuple[int, str]], *, now: datetime) -> tuple[Waiting, ...]:
    paths: dict[int, set[str]] = defaultdict(set)
    for period, path in asked:
        paths[period].add(path)
    periods = list(Period.objects.filter(pk__in=paths).select_related("assignment__form", "assignment__campaign"))
    tallies = tallies_of(periods, now=now, around={path for _period, path in asked}) if periods else ()
    found = [
        Waiting(tally.period, place, tally.survey.standings[path], tally.survey.expected[path].deadline)
        for tally in tallies
        for path, place in tally.places.items()
        if path in paths[tally.period.pk]
    ]
    return tuple(sorted(found, key=lambda w: (w.standing is not ReturnStatus.READY, w.deadline.due, w.place.path)))
