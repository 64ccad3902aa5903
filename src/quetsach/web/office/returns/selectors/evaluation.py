"""The returns of a campaign as records: for its evaluation, for others to count again, and for the annex of data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from quetsach.campaign.returns.answers import read_answers
from quetsach.campaign.returns.state import Standing
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.selectors.tally import tally_of


def returns_for_evaluation(campaign: Campaign | str, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield a record for every return that is expected in a campaign, by period and place in the tree.

    A missing return has a record, too, with its standing. Figures are of received returns, with the state that says
    whether they are approved; texts and contacts are left out, and so are reasons: they are for the units above.
    """
    key = campaign if isinstance(campaign, str) else campaign.key
    periods = (
        Period.objects.in_force()
        .filter(assignment__campaign__key=key)
        .select_related("assignment__form", "assignment__campaign")
    )
    for period in periods.order_by("assignment", "first"):
        yield from _records(period, now)


def _records(period: Period, now: datetime) -> Iterator[dict[str, Any]]:
    tally, form = tally_of(period, now=now), period.assignment.form.form
    filed = {one.unit_id: one for one in Return.objects.filter(period=period)}
    figures: dict[int, dict[str, int]] = {}
    for pk, name, value in (
        Return.objects.filter(period=period, figures__isnull=False)
        .order_by("figures__name__code")
        .values_list("pk", "figures__name__code", "figures__value")
    ):
        figures.setdefault(pk, {})[name] = value
    for path, standing in tally.survey.standings.items():
        place, one, counted = tally.places[path], filed.get(tally.places[path].pk), tally.survey.of(path)
        is_received = one is not None and bool(counted.received)
        yield {
            "campaign": period.assignment.campaign.key,
            "form": period.assignment.form.code,
            "period": period.key,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "unit": place.key,
            "code": place.code,
            "kind": place.kind,
            "path": path,
            "standing": str(standing),
            "scope": one.scope if one and is_received else None,
            "due": tally.survey.expected[path].deadline.due.isoformat(),
            "submitted_at": one.submitted_at.isoformat() if one and one.submitted_at else None,
            "is_on_time": bool(counted.on_time) if is_received or standing is Standing.COVERED else None,
            "is_approved": bool(counted.approved),
            "figures": figures.get(one.pk, {}) if one and is_received else {},
            "not_known": sorted(read_answers(form, one.cells).missing) if one and is_received else [],
        }
