"""Looking at the tree: where one begins, a unit's page, the tree of another day."""

from datetime import UTC, date, datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from quetsach.campaign.authority import Act, scope
from quetsach.campaign.units.tree import ROOT
from quetsach.core.day import read_day
from quetsach.web.office.people.access import duties_of, may_do, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Succession, Unit
from quetsach.web.office.tree.selectors import (
    branches_of,
    has_groups,
    line_of,
    places_at,
    position_of,
    root_unit,
    tree_note,
    units_ended,
    units_found,
)
from quetsach.web.office.units.selectors.reach import answering, places_in_sight, require_sight


@require_safe
def units(request: HttpRequest) -> HttpResponse:
    """Where somebody begins: the tops of what he sees, and a search below them."""
    now = today(datetime.now(UTC))
    day, text = _day(request) or now, request.GET.get("q", "").strip()[:100]
    tops = scope(duties_of(current_person(request), day=now), Act.SEE)
    starts = [position.unit for position in places_at(tops, now)]
    if len(starts) == 1 and not text:
        return redirect("office:units:unit", starts[0].key)
    sight = places_in_sight(current_person(request), tops, day, now)
    found = units_found(text, sight) if text else []
    ended = units_ended(text, day, None if f"/{ROOT}/" in tops else sight) if text else []
    context = {"starts": starts, "found": found, "ended": ended, "text": text, "day": day, "today": now}
    context["tree_note"] = tree_note(day)
    return render(request, "office/units/units.html", context)


@require_safe
def unit(request: HttpRequest, key: str) -> HttpResponse:
    """Return one unit on one day: facts, what stands below it, contacts, groups, its past."""
    now = today(datetime.now(UTC))
    found = get_object_or_404(Unit, key=key)
    require_sight(current_person(request), found, day=now)
    day = _day(request) or _day_of(found, now)
    position = position_of(found, day)
    branches = branches_of(position, day) if position else []
    person: Person = current_person(request)
    context = {
        "unit": found,
        "day": day,
        "today": now,
        "tree_note": tree_note(day),
        "position": position,
        "line": [above for above in line_of(position) if _sees(person, above, now)] if position else [],
        "branches": branches,
        "unreached": sum(branch.unreached for branch in branches),
        "all_below": sum(branch.below + 1 for branch in branches) if any(branch.below for branch in branches) else 0,
        "contacts": found.contacts.order_by("-is_primary", "name"),
        "memberships": found.memberships.on(day).select_related("group__group_set").order_by("group__group_set__code"),
        "parents": found.edges.select_related("parent").order_by("first"),
        "successors": _seen(person, found.successors.select_related("new"), "new", now),
        "predecessors": _seen(person, found.predecessors.select_related("old"), "old", now),
        "has_groups": has_groups(),
        "may_edit": may_do(person, Act.EDIT_UNITS, root_unit(), day=now),
        "may_edit_contacts": may_do(person, Act.EDIT_CONTACTS, found, day=now),
    }
    return render(request, "office/units/unit.html", context)


def _day(request: HttpRequest) -> date | None:
    """Return the day that was asked for; one that is none is as if none was."""
    try:
        return read_day(request.GET.get("day", ""))
    except ValueError:
        return None


def _day_of(unit: Unit, now: date) -> date:
    """Return today, or the nearest day on which the unit existed."""
    if unit.closed is not None and unit.closed <= now:
        return unit.closed - timedelta(days=1)
    return max(unit.opened, now)


def _sees(person: Person, unit: Unit, now: date) -> bool:
    return may_do(person, Act.SEE, answering(unit, day=now), day=now)


def _seen(person: Person, rows: QuerySet[Succession], side: str, now: date) -> list[tuple[Succession, Unit, bool]]:
    """Return successions with the unit of the other side, and whether its page is open to the person."""
    return [(row, other, _sees(person, other, now)) for row in rows if (other := getattr(row, side))]
