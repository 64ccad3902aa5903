"""What waits for a person: returns to write and returns to decide on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from quetsach.campaign.authority import ACTS, Act, Role
from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import Standing, State
from quetsach.web.office.people.access import duties_of, paths_of, today
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import Assignment, Period, Return
from quetsach.web.office.returns.selectors.tally import Place, Tally, expected_positions, tally_of
from quetsach.web.office.units.models import Position, Unit
from quetsach.web.office.units.reach import answering

_PRESSING = {Standing.EXPECTED, Standing.OVERDUE, Standing.SENT_BACK}
_MOST_PERIODS = 6
"""Older periods are found by way of their assignment."""
_ENOUGH = 50
"""With so many to decide on, older periods wait."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that a person has to write, or to decide on."""

    period: Period
    place: Place
    standing: Standing
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for one person, the most pressing first."""

    to_write: tuple[Waiting, ...]
    to_decide: tuple[Waiting, ...]
    current: tuple[tuple[Assignment, Period | None], ...]


def desk_of(person: Person, *, now: datetime) -> Desk:
    """Return what waits for a person, of the periods that have begun: own returns, and those directly below."""
    day = today(now)
    held = list(Duty.objects.on(day).filter(person=person).values_list("role", "unit_id"))
    writing, deciding = (
        {unit for role, unit in held if act in ACTS[Role(role)]} for act in (Act.ENTER_RETURN, Act.APPROVE_RETURN)
    )
    tops = frozenset(duty.path for duty in duties_of(person, day=day) if Act.APPROVE_RETURN in ACTS[duty.role])
    begun = Period.objects.filter(first__lte=today(now)).select_related("assignment__form", "assignment__campaign")
    to_write: list[Waiting] = []
    to_decide: list[Waiting] = []
    for period in begun.order_by("-last")[:_MOST_PERIODS]:
        owing = expected_positions(period)
        deciding_now = deciding | _fallen_to(tops, period, day)
        for top in Position.objects.on(period.last).filter(unit__in={*writing, *deciding_now}):
            is_own = top.unit_id in writing and owing.filter(unit=top.unit_id).exists()
            below = Position.objects.on(period.last).filter(parent=top.unit_id).values("unit")
            asked = Return.objects.filter(period=period, state=State.SUBMITTED, unit__in=below)
            units = (
                set(asked.values_list("unit_id", flat=True))
                if top.unit_id in deciding_now and len(to_decide) < _ENOUGH
                else set()
            )
            if is_own or units:
                tally = tally_of(period, now=now, around=top.path)
                to_write += _of(tally, {top.unit_id} if is_own else set(), _PRESSING)
                to_decide += _of(tally, units, {Standing.READY, Standing.WAITING})
    current = [(a, current_period(a, now)) for a in Assignment.objects.select_related("campaign", "form")]
    return Desk(
        tuple(sorted(to_write, key=lambda w: (w.deadline.due, w.place.path))),
        tuple(sorted(to_decide, key=lambda w: (w.standing is not Standing.READY, w.deadline.due, w.place.path))),
        tuple(current),
    )


def current_period(assignment: Assignment, now: datetime) -> Period | None:
    """Return the last period that has begun; the first one while none has."""
    periods = list(assignment.periods.all())
    begun = [period for period in periods if period.first <= today(now)]
    return begun[-1] if begun else periods[0] if periods else None


def _fallen_to(tops: frozenset[str], period: Period, day: date) -> set[int]:
    """Return the units of a period's tree that are no more and whose decisions are now made at one of ``tops``."""
    asked = Return.objects.filter(period=period, state=State.SUBMITTED).values("unit")
    above = Position.objects.on(period.last).filter(unit__in=asked, parent__isnull=False).values("parent")
    gone = Unit.objects.filter(pk__in=above).exclude(pk__in=Position.objects.on(day).values("unit"))
    return {unit.pk for unit in gone if tops.intersection(paths_of(answering(unit, day=day), day=day))}


def _of(tally: Tally, units: set[int], standings: set[Standing]) -> Iterator[Waiting]:
    for path, place in tally.places.items():
        standing = tally.survey.standings[path]
        if place.pk in units and standing in standings:
            yield Waiting(tally.period, place, standing, tally.survey.expected[path].deadline)
