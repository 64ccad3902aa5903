"""What waits for a person: returns to write and returns to decide on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from quetsach.campaign.authority import Act, scope
from quetsach.campaign.returns.period import Deadline, day_of
from quetsach.campaign.returns.state import Standing
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import Assignment, Period
from quetsach.web.office.returns.selectors.tally import Place, Tally, tally_of

_MOST_PERIODS = 12
"""Older periods are found by way of their assignment."""


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
    """Return what waits for a person, of the periods that have begun."""
    day = today(now)
    held = Duty.objects.on(day).filter(person=person).values_list("unit_id", flat=True)
    own, duties = set(held), duties_of(person, day=day)
    deciding = scope(duties, Act.APPROVE_RETURN)
    may_write = bool(scope(duties, Act.ENTER_RETURN))
    begun = Period.objects.filter(first__lte=day_of(now)).select_related("assignment__form", "assignment__campaign")
    to_write: list[Waiting] = []
    to_decide: list[Waiting] = []
    for period in begun.order_by("-last")[:_MOST_PERIODS]:
        tally = tally_of(period, now=now)
        if may_write:
            to_write += _of(tally, own)
        to_decide += [w for w in _ready(tally) if any(_is_inside(w.place.path, top) for top in deciding)]
    current = [(a, current_period(a, now)) for a in Assignment.objects.select_related("campaign", "form")]
    return Desk(
        tuple(sorted(to_write, key=lambda w: (w.deadline.due, w.place.path))),
        tuple(sorted(to_decide, key=lambda w: (w.deadline.due, w.place.path))[:50]),
        tuple(current),
    )


def current_period(assignment: Assignment, now: datetime) -> Period | None:
    """Return the last period that has begun; the first one while none has."""
    periods = list(assignment.periods.all())
    begun = [period for period in periods if period.first <= day_of(now)]
    return begun[-1] if begun else periods[0] if periods else None


def _of(tally: Tally, units: set[int]) -> Iterator[Waiting]:
    pressing = {Standing.EXPECTED, Standing.OVERDUE, Standing.SENT_BACK}
    for path, place in tally.places.items():
        if place.pk in units and tally.survey.standings[path] in pressing:
            yield _waiting(tally, path)


def _ready(tally: Tally) -> Iterator[Waiting]:
    for path, standing in tally.survey.standings.items():
        if standing is Standing.READY:
            yield _waiting(tally, path)


def _waiting(tally: Tally, path: str) -> Waiting:
    return Waiting(tally.period, tally.places[path], tally.survey.standings[path], tally.survey.expected[path].deadline)


def _is_inside(path: str, top: str) -> bool:
    """Whether the unit above lies in a subtree; only the top of the country decides on its own return."""
    return path.startswith(top) and (path != top or top.count("/") == 2)
