"""Pages of campaigns that only show."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from quetsach.campaign.schedule.comparison import compare
from quetsach.campaign.schedule.condition import Condition, Finding, Need
from quetsach.web.office.campaigns.archive import archive_zip
from quetsach.web.office.campaigns.forms import (
    CompareForm,
)
from quetsach.web.office.campaigns.selectors.boards import boards_of
from quetsach.web.office.campaigns.selectors.evidence import standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_of, outcome_read
from quetsach.web.office.campaigns.selectors.rankings import own_rankings
from quetsach.web.office.campaigns.views.pages import attachment, enter, opened, page
from quetsach.web.office.plans.models import CLOSE
from quetsach.web.office.plans.selectors import (
    asked_for,
    campaign_of,
    campaigns,
    decisions_of,
    steps_asked,
    steps_taken,
)
from quetsach.web.office.returns.selectors.plan import assignments_off_plan


@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """All campaigns, the newest first."""
    desk = enter(request)
    shown = [
        {"campaign": c, "plan": c.plan, "standing": standing_of(c, day=desk.day), "taken": steps_taken(c)}
        for c in campaigns()
    ]
    return page(request, "list", desk, {"shown": shown})


@require_safe
def overview(request: HttpRequest, key: str) -> HttpResponse:
    """Where a campaign stands today."""
    desk, campaign = opened(request, key)
    context = {
        "standing": standing_of(campaign, day=desk.day),
        "taken": steps_taken(campaign),
        "asked": steps_asked(campaign),
        "boards": boards_of(campaign),
        "outcome": outcome_of(campaign, now=desk.now),
        "decisions": decisions_of(campaign),
        "off_plan": assignments_off_plan(campaign),
    }
    return page(request, "overview", desk, context, campaign)


@require_safe
def boards(request: HttpRequest, key: str) -> HttpResponse:
    """The four work items of the middle phase."""
    desk, campaign = opened(request, key)
    context = {"boards": boards_of(campaign), "rankings": own_rankings(campaign.plan)}
    return page(request, "boards", desk, context, campaign)


@require_safe
def asked(request: HttpRequest, asked: str) -> HttpResponse:
    """What exactly was asked to be agreed to: the sealed facts of a step."""
    desk = enter(request)
    found = asked_for(asked)
    if found is None:
        raise Http404
    campaign, passage = found
    is_close = passage.step == CLOSE
    findings = [] if is_close else [_finding(stored) for stored in passage.facts["findings"]]
    context = {
        "passage": passage,
        "phase": next((p for p in campaign.plan.phases if p.id == passage.step), None),
        "outcome": outcome_read(passage.facts) if is_close else None,
        "findings": findings,
        "is_plan_in_force": is_close or passage.facts["plan"] == campaign.revision.sha256,
    }
    return page(request, "asked", desk, context, campaign)


def _finding(stored: dict[str, Any]) -> Finding:
    condition = Condition(Need(stored["needs"]), stored["least"], stored.get("subject", ""))
    return Finding(condition, stored["count"])


@require_safe
def plan_file(request: HttpRequest, key: str) -> HttpResponse:
    """The plan as its file."""
    _desk, campaign = opened(request, key)
    return attachment(campaign.revision.document.encode(), "application/toml", f"{campaign.key}.toml")


@require_safe
def archive(request: HttpRequest, key: str) -> HttpResponse:
    """The campaign as a folder of pages that opens from a disk."""
    desk, campaign = opened(request, key)
    return attachment(archive_zip(campaign, now=desk.now), "application/zip", f"{campaign.key}.zip")


@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Two campaigns side by side."""
    desk = enter(request)
    form = CompareForm(request.GET if "right" in request.GET else None, initial=request.GET, campaigns=campaigns())
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        left, right = (campaign_of(form.cleaned_data[side]) for side in ("left", "right"))
        if left and right:
            context["comparison"] = compare(outcome_of(left, now=desk.now), outcome_of(right, now=desk.now))
    return page(request, "compare", desk, context)
