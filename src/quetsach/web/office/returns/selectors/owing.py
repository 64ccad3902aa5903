"""Who owes a return for which period, by the tree of the period's last day, and what units still owe."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Value

from quetsach.campaign.authority import PERMISSIONS, Permission
from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import NOT_FILED, RECEIVED, Filed, ReturnStatus, Scope, State, standing
from quetsach.web.office.people.access import duties_of, today, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import AssignedUnits, Extension, Period, Return, SignOff
from quetsach.web.office.tree.models import Position, Succession, Unit
from quetsach.web.office.units.selectors import held_places, seen_keys

# Who owes a return for which period: the units that an assignment names, in the tree of the period's last day.
#
# Everything is read for many periods at once: how many queries that takes does not depend on how many they are.

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


# What units still owe: for the pages behind links, for the desk and for the list of returns.
#
# However many periods and campaigns there are, this takes the same few queries: everybody's first page asks for it.

_NOT_PRESSING = frozenset({ReturnStatus.COVERED, ReturnStatus.SIGNED_OFF})


@dataclass(frozen=True, slots=True)
class Owed:
    """A return that a unit still may write, and where it stands."""

    period: Period
    unit: Unit
    path: str
    deadline: Deadline
    standing: ReturnStatus


def owed_by(unit: Unit, *, campaign: str | None, now: datetime) -> list[Period]:
    """Return the periods (of a campaign) for which a unit still may write: begun, not closed, not approved."""
    places = Position.objects.filter(unit=unit).select_related("unit").order_by("path")
    owed = _owed(tuple(places), frozenset({State.APPROVED}), campaign=campaign, now=now)
    return [one.period for one in owed]


def next_of(unit: Unit, *, campaign: str | None, now: datetime) -> Period | None:
    """Return the next period (of a campaign) that has not begun and for which a unit will write, if there is one."""
    later = Period.objects.in_force().filter(first__gt=today(now)).order_by("first", "pk")
    later = later.filter(assignment__campaign__key=campaign) if campaign is not None else later
    periods = list(later.select_related("assignment__form"))
    owing, places = owing_of(periods), list(Position.objects.filter(unit=unit))
    for period in periods:
        for place in places:
            if _stands(place, period.last) and owing[period.pk].has(unit.pk, unit.kind, place.path):
                return period
    return None


def owed_of(person: Person, *, now: datetime) -> list[Owed]:
    """Return what a person's own units have not submitted and nobody stands for, the most pressing first.

    Own are the units of the person's duties, what they have become, and what they came from: whoever looks after a
    merged province looks after its parts of the days before.
    """
    places = _own(person, Permission.ENTER_RETURN, day=today(now))
    owed = _owed(places, RECEIVED, campaign=None, now=now) if places else ()
    pressing = (one for one in owed if one.standing not in _NOT_PRESSING)
    return sorted(pressing, key=lambda one: (one.deadline.due, one.path))


def _own(person: Person, act: Permission, *, day: date) -> tuple[Position, ...]:
    tops = frozenset(duty.path for duty in duties_of(person, day=day) if act in PERMISSIONS[duty.role])
    return held_places(tops, day) if tops else ()


def _owed(
    places: Sequence[Position], done: Collection[State], *, campaign: str | None, now: datetime
) -> Iterator[Owed]:
    """Yield, in order of time, the returns that units owe and that are in none of the states that are done.

    ``places`` are all that the units ever had, with the units.
    """
    found = Period.objects.in_force().filter(first__lte=today(now)).order_by("first", "pk")
    found = found.filter(assignment__campaign__key=campaign) if campaign is not None else found
    periods = list(found.select_related("assignment__form", "assignment__campaign"))
    owing, given = owing_of(periods), extensions_of(periods)
    filed, excused = _filed(places), _excused({place.unit_id for place in places})
    for period in periods:
        for place in places:
            unit = place.unit
            one = filed.get((period.pk, unit.key), NOT_FILED)
            deadline = period.deadline.extended(given.get(period.pk, {}).get(unit.pk))
            is_open = one.state is State.RETURNED or not deadline.is_locked(now)
            if one.state in done or not is_open or not _stands(place, period.last):
                continue
            if owing[period.pk].has(unit.pk, unit.kind, place.path):
                stands = standing(
                    one,
                    deadline,
                    now=now,
                    is_covered=any(_is_whole(filed.get((period.pk, key))) for key in _keys(place)[:-1]),
                    is_signed_off=(period.pk, unit.pk) in excused,
                )
                yield Owed(period, unit, place.path, deadline, stands)


def _filed(places: Sequence[Position]) -> dict[tuple[int, str], Filed]:
    """Return what is stored of the returns of units and of those that stand above them, by period and unit's key."""
    keys = {key for place in places for key in _keys(place)}
    rows = Return.objects.filter(unit__key__in=keys).values_list(
        "period", "unit__key", "state", "scope", "submitted_at"
    )
    return {(period, key): Filed(State(state), Scope(scope), at) for period, key, state, scope, at in rows}


def _keys(place: Position) -> list[str]:
    """Return the keys of the units above a place, the centre's first, and of the one that stands there."""
    return place.path.strip("/").split("/")


def _is_whole(above: Filed | None) -> bool:
    """Whether a return of a unit above was received and counts everything below it."""
    return above is not None and above.is_received and above.scope is Scope.SUBTREE


def _excused(units: Collection[int]) -> set[tuple[int, int]]:
    """Return the periods for which the unit above stands for a unit."""
    return set(SignOff.objects.filter(missing__in=units).values_list("period", "missing"))


def _stands(place: Position, day: date) -> bool:
    return place.first <= day and (place.until is None or day < place.until)


def submitted_below(person: Person, *, day: date) -> int:
    """Return how many submitted returns lie in the subtrees in which a person approves, those that wait included.

    Those of a unit that is no more and that nobody succeeded count where its returns are decided on today.
    """
    own = {place.unit_id for place in _own(person, Permission.APPROVE_RETURN, day=day)}
    asked = Period.objects.in_force().values("pk")
    submitted = Return.objects.filter(state=State.SUBMITTED, period__in=asked).exclude(unit__in=own)
    standing = Position.objects.on(day).values("unit")
    heirs = Succession.objects.filter(old=OuterRef("unit"), on__lte=day)
    mine = submitted.filter(within(person, Permission.APPROVE_RETURN, day=day)).values(of=Value(""))
    fallen = submitted.filter(~Q(unit__in=standing), ~Exists(heirs)).values(of=F("unit__key"))
    counted = Count("pk", distinct=True)
    numbers: dict[str, int] = dict(
        mine.annotate(number=counted).union(fallen.annotate(number=counted)).values_list("of", "number")
    )
    below = numbers.pop("", 0)
    seen = seen_keys(person, Permission.APPROVE_RETURN, day=day) if numbers else frozenset()
    return below + sum(number for key, number in numbers.items() if key in seen)
