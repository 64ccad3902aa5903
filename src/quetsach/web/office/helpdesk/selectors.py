"""Reads of the help desk: the queue, one case, and what is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from quetsach.campaign.authority import PERMISSIONS, Permission
from quetsach.campaign.helpdesk import CaseState
from quetsach.core.period import midnight_after
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.people.access import may_do, visible
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.tree.models import Position, Succession, Unit
from quetsach.web.office.tree.selectors import position_of

TO_DO = (CaseState.NEW, CaseState.OPEN)
"""What somebody of the office has to do something about."""


def is_open() -> bool:
    """Whether there is a centre that cases go to: the tree of units was loaded."""
    return Unit.objects.filter(kind="centre").exists()


def provinces_today(day: date) -> QuerySet[Unit]:
    """Return the provinces and cities that there are on a day, by name."""
    there = Q(closed=None) | Q(closed__gt=day)
    return Unit.objects.filter(there, kind="province", opened__lte=day).order_by("name_vi")


def cases() -> QuerySet[Case]:
    """Return all cases with what their pages show of them; whoever shows one looks first whose it is."""
    return Case.objects.select_related("unit", "province", "assignee", "asker")


def cases_of(person: Person, *, day: date) -> QuerySet[Case]:
    """Return the cases that a person may answer; those of a unit that is no more belong to its successors."""
    here = Position.objects.filter(visible(person, Permission.ANSWER_CASES, day=day)).values("unit")
    standing, heirs = Position.objects.on(day).values("unit"), Succession.objects.filter(on__lte=day)
    ended = Q(unit__in=heirs.filter(new__in=here).values("old")) & ~Q(unit__in=standing)
    twice = Unit.objects.filter(cases__isnull=False, successors__on__lte=day, closed__lte=day).distinct()
    twice = twice.exclude(pk__in=heirs.filter(new__in=standing).values("old"))  # the successors are no more either
    inherited = [unit.pk for unit in twice if may_do(person, Permission.ANSWER_CASES, unit, day=day)]
    found = Case.objects.filter(Q(unit__in=here) | ended | Q(unit__in=inherited))
    return found.select_related("unit", "province", "assignee")


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of the queue is looked at; empty is everything."""

    state: str = "to-do"
    kind: str = ""
    is_mine: bool = False


def queue(person: Person, filters: Filters, *, day: date) -> QuerySet[Case]:
    """Return a part of the queue: what has waited longest for the office first."""
    cases = cases_of(person, day=day)
    if filters.state == "to-do":
        cases = cases.filter(state__in=TO_DO)
    elif filters.state:
        cases = cases.filter(state=filters.state)
    if filters.kind:
        cases = cases.filter(kind=filters.kind)
    if filters.is_mine:
        cases = cases.filter(assignee=person)
    return cases.order_by("changed_at" if filters.state == "to-do" else "-changed_at", "pk")


def colleagues(unit: Unit, *, day: date) -> QuerySet[Person]:
    """Return who may answer the cases of a unit: those with such a duty over it or over a unit above it."""
    position = position_of(unit, day)
    keys = position.path.strip("/").split("/") if position else [unit.key]
    roles = [role.value for role, acts in PERMISSIONS.items() if Permission.ANSWER_CASES in acts]
    held = Duty.objects.filter(Q(until=None) | Q(until__gt=day), role__in=roles, unit__key__in=keys, first__lte=day)
    return Person.objects.filter(is_active=True, pk__in=held.values("person")).order_by("name", "pk")


def state_counts(person: Person, *, day: date) -> dict[str, int]:
    """Return how many cases are in each state, and under ``to-do`` what waits for the office."""
    rows = dict(cases_of(person, day=day).values_list("state").annotate(number=Count("pk")).order_by())
    return {state.value: rows.get(state.value, 0) for state in CaseState} | {
        "to-do": sum(rows.get(state, 0) for state in TO_DO)
    }


def all_state_counts() -> dict[str, int]:
    """Return how many cases of the whole country are in each state; for the command line of the machine itself."""
    rows = dict(Case.objects.values_list("state").annotate(number=Count("pk")).order_by())
    return {state.value: rows.get(state.value, 0) for state in CaseState}


@dataclass(frozen=True, slots=True)
class CountedCases:
    """Cases of one day, kind or province: how many arrived, how many of them were answered."""

    name: object
    arrived: int
    answered: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is counted over the days from ``first`` to ``last``; times in hours."""

    first: date
    last: date
    arrived: int
    answered: int
    median_hours: float | None
    slow_hours: float | None
    by_day: tuple[CountedCases, ...]
    by_kind: tuple[CountedCases, ...]
    by_province: tuple[CountedCases, ...]
    by_unit: tuple[CountedCases, ...]


def numbers(person: Person, *, first: date, last: date, day: date) -> Numbers:
    """Return what is counted about the cases that arrived in days of Viet Nam; erased ones count as well.

    ``slow_hours`` is the time within which nine of ten answered cases had their first answer.
    """
    begin = midnight_after(first - timedelta(days=1), timezone.get_default_timezone())
    end = midnight_after(last, timezone.get_default_timezone())
    cases = cases_of(person, day=day).filter(arrived_at__gte=begin, arrived_at__lt=end)
    times = sorted(
        (answered - arrived).total_seconds() / 3600
        for arrived, answered in cases.values_list("arrived_at", "first_answer_at")
        if answered
    )
    provinces = {unit.pk: unit for unit in Unit.objects.filter(pk__in=cases.values("province"))}
    units = {unit.pk: unit for unit in Unit.objects.filter(pk__in=cases.values("unit"))}
    return Numbers(
        first=first,
        last=last,
        arrived=cases.count(),
        answered=len(times),
        median_hours=median(times) if times else None,
        slow_hours=nine_of_ten(times),
        by_day=tuple(_counted(cases.annotate(day=TruncDate("arrived_at")), "day", newest_first=True)),
        by_kind=tuple(_counted(cases, "kind")),
        by_province=tuple(
            CountedCases(provinces.get(row.name), row.arrived, row.answered)  # type: ignore[call-overload]
            for row in _counted(cases, "province")
        ),
        by_unit=tuple(
            CountedCases(units[row.name], row.arrived, row.answered)  # type: ignore[index]
            for row in _counted(cases, "unit")
        ),
    )


def nine_of_ten(times: Sequence[float]) -> float | None:
    """Return the smallest of the sorted times that nine of ten do not exceed; ``None`` if there are none."""
    return times[-(-9 * len(times) // 10) - 1] if times else None


def _counted(cases: QuerySet[Case], name: str, *, newest_first: bool = False) -> list[CountedCases]:
    rows = (
        cases.values_list(name)
        .annotate(arrived=Count("pk"), answered=Count("first_answer_at"))
        .order_by("-" + name if newest_first else "-arrived", name)
    )
    return [CountedCases(value, arrived, answered) for value, arrived, answered in rows]
