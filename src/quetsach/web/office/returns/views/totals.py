"""Totals of a period with their completeness: provisional for the office, approved for the public."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.completeness import Completeness, completeness_text
from quetsach.campaign.returns.form import Element, Kind, Span
from quetsach.campaign.returns.period import span_text
from quetsach.core.csv_text import csv_text
from quetsach.core.pack import LocalText
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.current_user import current_person
from quetsach.web.office.refusal import Telling
from quetsach.web.office.returns.selectors.publication import (
    live_differences,
    publication_approval,
    publication_request,
    publications_of,
    published_totals,
    return_facts,
    totals_read,
)
from quetsach.web.office.returns.selectors.tally import over_periods, places_of, tallies_of
from quetsach.web.office.returns.selectors.totals import Total, totals_by_level, whole
from quetsach.web.office.returns.services.publication import totals_publish_ask
from quetsach.web.office.returns.views.finding import Asked, asked, find_period
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.tree.selectors import places_within, position_of, root_unit


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
        "may_publish": at.unit.kind == UnitKind.CENTRE and at.may(Act.PUBLISH_NUMBERS),
        "waiting": publication_request(at.period),
        "published": published_totals(at.period.assignment.campaign),
    }
    return render(request, "office/returns/totals.html", context)


@require_safe
def publication(request: HttpRequest, assignment: int, period: str, digest: str) -> HttpResponse:
    """The frozen totals that wait for a second person, or that one decided on: exactly what the public gets."""
    person, now = current_person(request), datetime.now(UTC)
    require(person, Act.SEE, root_unit(), day=today(now))
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
    with Telling(request, _("A second person must let these totals out; it stands among the approvals.")):
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
    rows = [
        (place, counted.get(place.path, Completeness()), [sums.get(place.path, {}).get(e.id) for e in given])
        for place in places_of(below)
        if place.path in sums or place.path in counted
    ]
    by_kind = tally.by_kind(path)
    return {
        "elements": given,
        "to_date": [(element, all_of_it[element.id]) for element in given if element.span is Span.TO_DATE],
        "of_periods": [(element, all_of_it[element.id]) for element in given if element.span is Span.PERIOD],
        "over_periods": over_periods(tallies, path),
        "period_count": len(periods),
        "rows": rows,
        "details": [(element, lines) for element in details if (lines := _detail_rows(element, all_of_it))],
        "span": LocalText(*(span_text(periods[0].first, at.period.last, language) for language in ("vi", "en"))),
        "conflicts": [pair for pair in tally.conflicts() if pair[0].path.startswith(path)],
        "sentences": [completeness_text(kind, by_kind[kind], is_approved_only=is_approved_only) for kind in by_kind],
    }


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
