"""What waits for a person: returns to write and returns to decide on. It takes as many queries for ten campaigns."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch, Q

from quetsach.campaign.authority import ACTS, Act
from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import Standing, State
from quetsach.web.office.people.access import duties_of, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Assignment, Period, Return
from quetsach.web.office.returns.selectors.owed import Owed, owed_of
from quetsach.web.office.returns.selectors.tally import Place, tallies_of
from quetsach.web.office.units.selectors.reach import answered_units

_ENOUGH = 50
"""So many to decide on are shown; of more, those that are due first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that a person has to decide on."""

    period: Period
    place: Place
    standing: Standing
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for one person, the most pressing first; ``to_decide_count`` counts those that are not shown, too."""

    to_write: tuple[Owed, ...]
    to_decide: tuple[Waiting, ...]
    to_decide_count: int
    current: tuple[tuple[Assignment, Period | None], ...]


def desk_of(person: Person, *, now: datetime) -> Desk:
    """Return what waits for a person, of the periods that have begun: own returns, and those directly below."""
    asked = _asked_of(person, now=now)
    assignments = Assignment.objects.select_related("campaign", "form").order_by("-pk")
    listed = assignments.prefetch_related(Prefetch("periods", Period.objects.select_related("assignment")))
    return Desk(
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
    tops = {duty.path for duty in duties_of(person, day=day) if Act.APPROVE_RETURN in ACTS[duty.role]}
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
    return tuple(sorted(found, key=lambda w: (w.standing is not Standing.READY, w.deadline.due, w.place.path)))
