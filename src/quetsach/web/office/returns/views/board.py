"""Boards: what waits for whom, and how complete a period is, level by level."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from quetsach.campaign.authority import Act, scope
from quetsach.campaign.returns.completeness import KINDS, Completeness, completeness_text
from quetsach.campaign.returns.period import Deadline
from quetsach.core.pack import LocalText
from quetsach.web.office.people.access import duties_of, may_do, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.returns.models import Period
from quetsach.web.office.returns.selectors.asking import campaign_name
from quetsach.web.office.returns.selectors.desk import desk_of
from quetsach.web.office.returns.selectors.plan import off_plan_of, plans_of
from quetsach.web.office.returns.selectors.tally import LATE, Place, Tally, ancestor, late_in, places_of, tally_of
from quetsach.web.office.returns.views.finding import asked, find_period
from quetsach.web.office.returns.wording import STANDINGS
from quetsach.web.office.tree.selectors import places_at, places_within, position_of, root_unit, tree_note, unit_known

_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Branch:
    """A unit directly below that of the board, with units of its own: how complete all that is."""

    place: Place
    standing: tuple[Any, str] | None
    counted: Completeness


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A unit directly below that of the board and with none of its own: where its return stands."""

    place: Place
    standing: tuple[Any, str]
    deadline: Deadline
    days_late: int | None


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """The room's first page: what waits for the person who asks."""
    person, now = current_person(request), datetime.now(UTC)
    desk = desk_of(person, now=now)
    may_assign = may_do(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    plans = plans_of([assignment for assignment, _period in desk.current])
    in_force = [assignment for assignment, _period in desk.current if assignment.is_in_force]
    away = off_plan_of(in_force, plans) if may_assign else {}
    context = {
        "to_write": [(one, STANDINGS[one.standing]) for one in desk.to_write],
        "to_decide": [(one, STANDINGS[one.standing]) for one in desk.to_decide],
        "to_decide_count": desk.to_decide_count,
        "current": [(one, plans[one.pk].name, period, away.get(one.pk)) for one, period in desk.current],
        "may_assign": may_assign,
    }
    return render(request, "office/returns/list.html", context)


@require_safe
def own_board(request: HttpRequest, assignment: int, period: str) -> HttpResponse:
    """Lead to the board of the unit that the person looks after."""
    found = find_period(assignment, period)
    now = datetime.now(UTC)
    tops = scope(duties_of(current_person(request), day=today(now)), Act.SEE)
    key = tops[0].strip("/").split("/")[-1] if tops else root_unit().key
    unit = unit_known(key)
    if unit is not None and position_of(unit, found.last) is None:  # a unit of another time: one that stood before it
        former = unit.predecessors.filter(old__positions__first__lte=found.last).select_related("old").first()
        key = former.old.key if former else key
    return redirect("office:returns:board", assignment, period, key)


@require_safe
def board(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """The board of a unit: its own return, what is below it by kind, and each unit directly below."""
    at = asked(request, assignment, period, unit)
    tally = tally_of(at.period, now=at.now)
    position = position_of(at.unit, at.period.last)
    path = position.path if position else "/none/"
    own = tally.survey.standings.get(path)
    branches, leaves = _directly_below(tally, path, at.now) if position else ((), ())
    listed = {path, *(row.place.path for row in (*branches, *leaves))}
    late = [one for one in late_in(tally, at.now) if one.place.path.startswith(path) and one.place.path not in listed]
    above = _above(path, at.period) if position else ()
    shown = Paginator(late, _A_PAGE).get_page(request.GET.get("page"))
    context = {
        "period": at.period,
        "unit": at.unit,
        "campaign": campaign_name(at.period.assignment.campaign),
        "above": above,
        "own": STANDINGS[own] if own else None,
        "lines": _lines(tally, path),
        "branches": branches,
        "leaves": leaves,
        "pages": shown,
        "tree_note": tree_note(at.period.last),
        "is_locked": at.period.deadline.is_locked(at.now),
        "late": [(one, STANDINGS[one.standing], _through(one.place, branches)) for one in shown],
        "periods": at.period.assignment.periods.select_related("assignment"),
    }
    return render(request, "office/returns/board.html", context)


def _lines(tally: Tally, path: str) -> list[tuple[LocalText, Completeness, LocalText]]:
    counted = tally.by_kind(path, but_top=True)
    return [(KINDS[kind], counted[kind], completeness_text(kind, counted[kind])) for kind in counted]


def _directly_below(tally: Tally, path: str, now: datetime) -> tuple[list[_Branch], list[_Leaf]]:
    level = path.count("/") - 1
    below = places_within(path, tally.period.last).filter(level=level)
    counted = tally.survey.completeness_by({p: ancestor(p, level) for p in tally.places if p.startswith(path)})
    deeper = {ancestor(p, level) for p in tally.places if p.count("/") - 2 > level}
    branches, leaves = [], []
    for place in sorted(places_of(below), key=lambda place: place.code):
        standing = tally.survey.standings.get(place.path)
        if place.path in deeper:
            branches.append(_Branch(place, STANDINGS[standing] if standing else None, counted[place.path]))
        elif standing:
            deadline = tally.survey.expected[place.path].deadline
            days_late = deadline.days_late(now) if standing in LATE else None
            leaves.append(_Leaf(place, STANDINGS[standing], deadline, days_late or None))
    return branches, leaves


def _through(place: Place, branches: Iterable[_Branch]) -> Place | None:
    """Return the unit directly below that of the board to which a deeper one belongs; ``None`` if that is itself."""
    found = (branch.place for branch in branches if place.path.startswith(branch.place.path))
    return next((above for above in found if above.path != place.path), None)


def _above(path: str, period: Period) -> list[Place]:
    parts = path.strip("/").split("/")
    paths = [f"/{'/'.join(parts[:depth])}/" for depth in range(1, len(parts))]
    return list(places_of(places_at(paths, period.last)))
