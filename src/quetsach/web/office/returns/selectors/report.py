"""Totals of a period as plain values: for commands, for others who count on."""

from datetime import datetime
from typing import Any

from quetsach.campaign.returns.completeness import Completeness, completeness_text
from quetsach.core.pack import LocalText
from quetsach.web.office.returns.models import Period
from quetsach.web.office.returns.selectors.tally import places_of, tally_of
from quetsach.web.office.returns.selectors.totals import totals_by_level, whole
from quetsach.web.office.tree.models import Position


def totals_report(period: Period, *, now: datetime, by: str, is_approved_only: bool) -> dict[str, Any]:
    """Return what the returns of a period add up to, by the units of a kind, with completeness and definitions.

    Args:
        period: figures of a period are added from the first one up to it, figures to date are of its returns.
        now: the moment of asking (UTC).
        by: ``country``, or the kind of unit that a row is: ``province``, ``district`` or ``commune``.
        is_approved_only: leave out what is not approved.
    """
    assignment, on_day = period.assignment, Position.objects.on(period.last)
    form = assignment.form.form
    deepest = on_day.filter(unit__kind=by).order_by("-level").values_list("level", flat=True).first()
    level = 0 if by == "country" else 1 if deepest is None else deepest
    elements = form.figure_elements()
    periods = list(assignment.periods.filter(last__lte=period.last))
    sums = totals_by_level(assignment, periods, elements, level=level, is_approved_only=is_approved_only)
    tally, country = tally_of(period, now=now), whole(sums)
    by_place, by_kind = tally.by_level(level), tally.by_kind()
    told = [completeness_text(kind, by_kind[kind], is_approved_only=is_approved_only) for kind in by_kind]
    return {
        "campaign": assignment.campaign.key,
        "form": form.code,
        "period": period.key,
        "since": periods[0].first.isoformat(),
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "is_approved_only": is_approved_only,
        "completeness": {kind: counted.as_json() for kind, counted in by_kind.items()},
        "completeness_told": [_both(text) for text in told],
        "conflicts": [[above.key, below.key] for above, below in tally.conflicts()],
        "figures": [
            {
                "id": element.id,
                "label": _both(element.label),
                "definition": _both(element.definition),
                "counts": str(element.counts),
                "span": str(element.span),
                "value": country[element.id].value,
                "given": country[element.id].given,
            }
            for element in elements
            if element.id in country
        ],
        "rows": [
            {
                "unit": place.key,
                "name": {"vi": place.name_vi, "en": place.name_en or place.name_vi},
                "expected": own.expected,
                "accounted": own.accounted_approved if is_approved_only else own.accounted,
                "completeness": own.as_json(),
                "values": {name: total.value for name, total in sorted(sums.get(place.path, {}).items())},
            }
            for place in places_of(on_day.filter(level__lte=level))
            if place.path in sums or place.path in by_place
            for own in (by_place.get(place.path, Completeness()),)
        ],
    }


def _both(text: LocalText) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
