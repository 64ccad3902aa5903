"""Boards and totals: what waits for whom, how complete a period is, level by level, and what it adds up to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign.authority import Permission, scope
from quetsach.campaign.returns.completeness import KINDS, Completeness, completeness_text
from quetsach.campaign.returns.form import Element, Form, Kind, Span
from quetsach.campaign.returns.period import Deadline, span_text
from quetsach.campaign.schedule import outcome
from quetsach.core.table import csv_text
from quetsach.core.text import LocalText
from quetsach.web.design.charts.parts import Part, StackedBar, draw_parts
from quetsach.web.design.words import page_language
from quetsach.web.office.people.access import current_person, duties_of, may_do, require, today
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.returns.models import Period
from quetsach.web.office.returns.page import STANDINGS
from quetsach.web.office.returns.selectors.asking import campaign_name, off_plan_of, plans_of
from quetsach.web.office.returns.selectors.publication import (
    live_differences,
    publication_approval,
    publication_request,
    publications_of,
    published_totals,
    return_facts,
    totals_read,
)
from quetsach.web.office.returns.selectors.tally import (
    LATE,
    Place,
    Tally,
    ancestor,
    inbox_of,
    late_in,
    over_periods,
    places_of,
    tallies_of,
    tally_of,
)
from quetsach.web.office.returns.selectors.totals import Total, totals_by_level, whole
from quetsach.web.office.returns.services.decision import totals_publish_ask
from quetsach.web.office.returns.views.returns import Asked, asked, find_period
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.tree.selectors import places_at, places_within, position_of, root_unit, tree_note, unit_known

# Boards: what waits for whom, and how complete a period is, level by level.

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
    is_missing: bool


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """The room's first page: what waits for the person who asks."""
    person, now = current_person(request), datetime.now(UTC)
    desk = inbox_of(person, now=now)
    may_assign = may_do(person, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
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
    tops = scope(duties_of(current_person(request), day=today(now)), Permission.SEE)
    key = tops[0].strip("/").split("/")[-1] if tops else root_unit().key
    unit = unit_known(key)
    if unit is not None and position_of(unit, found.last) is None:  # a unit of another time: one that stood before it
        former = unit.predecessors.filter(old__positions__first__lte=found.last).select_related("old").first()
        key = former.old.key if former else key
    return redirect("office:returns:board", assignment, period, key)


@require_safe
def board(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """The board of a unit: its own return, what is below it by kind, and each unit directly below.

    ``?thieu`` leaves of the units directly below only those with a return that is not there.
    """
    at = asked(request, assignment, period, unit)
    tally = tally_of(at.period, now=at.now)
    position = position_of(at.unit, at.period.last)
    path = position.path if position else "/none/"
    own = tally.survey.standings.get(path)
    branches, leaves = _directly_below(tally, path, at.now) if position else ((), ())
    is_missing_only = "thieu" in request.GET
    listed = {path, *(row.place.path for row in (*branches, *leaves))}
    late = [one for one in late_in(tally, at.now) if one.place.path.startswith(path) and one.place.path not in listed]
    above = _above(path, at.period) if position else ()
    shown = Paginator(late, _A_PAGE).get_page(request.GET.get("page"))
    lines = _lines(tally, path)
    context = {
        "period": at.period,
        "unit": at.unit,
        "campaign": campaign_name(at.period.assignment.campaign),
        "above": above,
        "own": STANDINGS[own] if own else None,
        "lines": lines,
        "picture": _picture(sum((counted for _kind, counted, _told in lines), Completeness())),
        "is_missing_only": is_missing_only,
        "query": "thieu" if is_missing_only else "",
        "has_below": bool(branches or leaves),
        "branches": [row for row in branches if row.counted.missing or not is_missing_only],
        "leaves": [row for row in leaves if row.is_missing or not is_missing_only],
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


def _picture(counted: Completeness) -> str:
    """Draw what became of all returns that are owed; nothing where none is."""
    if not counted.expected:
        return ""
    parts = (
        Part(_("Approved"), counted.approved),
        Part(_("Received, not yet approved"), counted.received - counted.approved),
        Part(_("Counted above"), counted.covered),
        Part(_("Missing"), counted.missing),
    )
    return draw_parts(StackedBar(_("Returns that are owed"), parts))


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
            is_missing = bool(tally.survey.of(place.path).missing)
            leaves.append(_Leaf(place, STANDINGS[standing], deadline, days_late or None, is_missing))
    return branches, leaves


def _through(place: Place, branches: Iterable[_Branch]) -> Place | None:
    """Return the unit directly below that of the board to which a deeper one belongs; ``None`` if that is itself."""
    found = (branch.place for branch in branches if place.path.startswith(branch.place.path))
    return next((above for above in found if above.path != place.path), None)


def _above(path: str, period: Period) -> list[Place]:
    parts = path.strip("/").split("/")
    paths = [f"/{'/'.join(parts[:depth])}/" for depth in range(1, len(parts))]
    return list(places_of(places_at(paths, period.last)))


# Totals of a period with their completeness: provisional for the office, approved for the public.


@require_safe
def totals(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """What the returns of a unit's subtree add up to, by the units directly below it; ``?csv`` as a table."""
    at = asked(request, assignment, period, unit)
    is_approved_only = "duyet" in request.GET
    found = _totals(at, is_approved_only=is_approved_only)
    if "csv" in request.GET:
        return _csv(at, found)
    context = {
        **found,
        "period": at.period,
        "unit": at.unit,
        "is_approved_only": is_approved_only,
        "may_publish": at.unit.kind == UnitKind.CENTRE and at.may(Permission.PUBLISH_NUMBERS),
        "waiting": publication_request(at.period),
        "published": published_totals(at.period.assignment.campaign),
    }
    return render(request, "office/returns/totals.html", context)


@require_safe
def publication(request: HttpRequest, assignment: int, period: str, digest: str) -> HttpResponse:
    """The frozen totals that wait for a second person, or that one decided on: exactly what the public gets."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Permission.SEE, root_unit(), day=today(now))
    found = find_period(assignment, period)
    frozen = get_object_or_404(publications_of(found), sha256=digest)
    context = {
        "period": found,
        "unit": root_unit(),
        "frozen": frozen,
        "approval": publication_approval(frozen),
        "returns": return_facts(totals_read(frozen)),
        "differences": live_differences(frozen, now=now),
    }
    return render(request, "office/returns/publication.html", context)


@require_POST
def publish(request: HttpRequest, assignment: int, period: str, unit: str) -> HttpResponse:
    """Ask a second person to let the approved totals out."""
    at = asked(request, assignment, period, unit)
    with FlashErrors(request, _("A second person must let these totals out; it stands among the approvals.")):
        totals_publish_ask(period=at.period, by=at.person, now=at.now)
    return redirect("office:returns:totals", assignment, period, unit)


def _totals(at: Asked, *, is_approved_only: bool) -> dict[str, Any]:
    position = position_of(at.unit, at.period.last)
    path, level = (position.path, position.level) if position else ("/none/", 0)
    form = at.period.assignment.form.form
    elements = form.figure_elements()
    kept = at.period.assignment.periods.select_related("assignment")
    periods = [*kept.filter(last__lt=at.period.last), at.period]
    details = form.detail_elements()
    asked_for = [*elements, *details]
    sums = totals_by_level(
        at.period.assignment, periods, asked_for, level=level + 1, is_approved_only=is_approved_only, within=path
    )
    tallies, all_of_it = tallies_of(periods, now=at.now), whole(sums)
    tally = tallies[-1]
    below = places_within(path, at.period.last).filter(level__lte=level + 1)
    counted = {p: c for p, c in tally.by_level(level + 1).items() if p.startswith(path)}
    given = [element for element in elements if element.id in all_of_it]
    by_span = {span: [(e, all_of_it[e.id]) for e in given if e.span is span] for span in (Span.TO_DATE, Span.PERIOD)}
    rows = [
        (place, counted.get(place.path, Completeness()), [sums.get(place.path, {}).get(e.id) for e in given])
        for place in places_of(below)
        if place.path in sums or place.path in counted
    ]
    by_kind = tally.by_kind(path)
    return {
        "elements": given,
        "to_date": by_span[Span.TO_DATE],
        "to_date_divided": _divided(form, by_span[Span.TO_DATE]),
        "of_periods": by_span[Span.PERIOD],
        "of_periods_divided": _divided(form, by_span[Span.PERIOD]),
        "over_periods": over_periods(tallies, path),
        "period_count": len(periods),
        "rows": rows,
        "details": [(element, lines) for element in details if (lines := _detail_rows(element, all_of_it))],
        "span": span_text(periods[0].first, at.period.last, page_language()),
        "conflicts": [pair for pair in tally.conflicts() if pair[0].path.startswith(path)],
        "sentences": [completeness_text(kind, by_kind[kind], is_approved_only=is_approved_only) for kind in by_kind],
    }


def _divided(form: Form, figures: Iterable[tuple[Element, Total]]) -> tuple[outcome.Divided, ...]:
    """Return what figures of one span fell into."""
    return outcome.divide((outcome.Total(e.id, e.label, total.value) for e, total in figures), form.sums)


def _detail_rows(element: Element, parts: Mapping[str, Total]) -> list[tuple[LocalText, Total]]:
    """Return the rows of a table in the form's order, or families from the most to the fewest machines."""
    if element.kind is Kind.TABLE:
        named = [(option.label, f"{element.id}.{option.id}") for option in element.options]
        return [(label, parts[name]) for label, name in named if name in parts]
    begun = f"{element.id}."
    found = [(LocalText(*[n.removeprefix(begun)] * 2), total) for n, total in parts.items() if n.startswith(begun)]
    return sorted(found, key=lambda row: (-row[1].value, row[0].vi))


def _csv(at: Asked, found: dict[str, Any]) -> HttpResponse:
    columns = [element.id for element in found["elements"]]
    header = ["unit", "code", "name_vi", "expected", "received", "approved", "covered", "on_time", "missing", *columns]
    rows: Iterable[list[object]] = (
        [
            *(place.key, place.code, place.name_vi, c.expected, c.received, c.approved, c.covered, c.on_time),
            *(c.missing, *("" if total is None else total.value for total in values)),
        ]
        for place, c, values in found["rows"]
    )
    text = csv_text([header, *rows], line_end="\r\n")
    answer = HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="returns-{at.period.key}-{at.unit.key}.csv"'
    return answer
