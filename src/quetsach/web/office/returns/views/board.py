"""Boards: what waits for whom, and how complete a period is, level by level."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from quetsach.campaign.authority import Act, scope
from quetsach.campaign.returns.completeness import KINDS, Completeness, completeness_text
from quetsach.core.pack import LocalText
from quetsach.web.office.people.access import duties_of, may_do, today
from quetsach.web.office.people.here import person_here
from quetsach.web.office.returns.models import Period
from quetsach.web.office.returns.selectors.desk import desk_of
from quetsach.web.office.returns.selectors.plan import off_plan
from quetsach.web.office.returns.selectors.tally import Place, Tally, ancestor, late_in, places_of, tally_of
from quetsach.web.office.returns.views.finding import asked, find_period
from quetsach.web.office.returns.wording import STANDINGS
from quetsach.web.office.units.models import Position, Unit
from quetsach.web.office.units.selectors import position_of, root_unit, tree_note

LONGEST_LIST = 500


@dataclass(frozen=True, slots=True)
class _Row:
    """A unit directly below that of the board."""

    place: Place
    standing: tuple[Any, str] | None
    counted: Completeness
    has_board: bool


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """The room's first page: what waits for the person who asks."""
    person, now = person_here(request), datetime.now(UTC)
    desk = desk_of(person, now=now)
    groups = (desk.to_write, desk.to_decide)
    to_write, to_decide = ([(one, STANDINGS[one.standing]) for one in group] for group in groups)
    may_assign = may_do(person, Act.RUN_CAMPAIGN, root_unit(), day=today(now))
    current = [(assignment, period, may_assign and off_plan(assignment)) for assignment, period in desk.current]
    context = {"to_write": to_write, "to_decide": to_decide, "current": current, "may_assign": may_assign}
    return render(request, "office/returns/list.html", context)


@require_safe
def own_board(request: HttpRequest, assignment: int, period: str) -> HttpResponse:
    """Lead to the board of the unit that the person looks after."""
    found = find_period(assignment, period)
    now = datetime.now(UTC)
    tops = scope(duties_of(person_here(request), day=today(now)), Act.SEE)
    key = tops[0].strip("/").split("/")[-1] if tops else root_unit().key
    unit = Unit.objects.filter(key=key).first()
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
    late = [one for one in late_in(tally, at.now) if one.place.path.startswith(path)]
    context = {
        "period": at.period,
        "unit": at.unit,
        "above": _above(path, at.period) if position else (),
        "own": STANDINGS[own] if own else None,
        "lines": _lines(tally, path),
        "rows": _rows(tally, path, at.period) if position else (),
        "late": [(one, STANDINGS[one.standing]) for one in late[:LONGEST_LIST]],
        "late_count": len(late),
        "tree_note": tree_note(at.period.last),
        "periods": at.period.assignment.periods.all(),
        "may_publish": at.may(Act.PUBLISH_NUMBERS, root_unit()),
    }
    return render(request, "office/returns/board.html", context)


def _lines(tally: Tally, path: str) -> list[tuple[LocalText, Completeness, LocalText]]:
    counted = tally.by_kind(path, but_top=True)
    return [(KINDS[kind], counted[kind], completeness_text(kind, counted[kind])) for kind in counted]


def _rows(tally: Tally, path: str, period: Period) -> list[_Row]:
    level = path.count("/") - 1
    below = Position.objects.on(period.last).filter(path__startswith=path, level=level)
    counted = tally.survey.completeness_by({p: ancestor(p, level) for p in tally.places if p.startswith(path)})
    deeper = {ancestor(p, level) for p in tally.places if p.count("/") - 2 > level}
    rows = []
    for place in places_of(below):
        standing = tally.survey.standings.get(place.path)
        if place.path in counted:
            shown = STANDINGS[standing] if standing else None
            rows.append(_Row(place, shown, counted[place.path], place.path in deeper))
    return sorted(rows, key=lambda row: row.place.code)


def _above(path: str, period: Period) -> list[Place]:
    parts = path.strip("/").split("/")
    paths = [f"/{'/'.join(parts[:depth])}/" for depth in range(1, len(parts))]
    return list(places_of(Position.objects.on(period.last).filter(path__in=paths)))
