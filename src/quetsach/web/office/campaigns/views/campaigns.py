"""Pages of campaigns: who may enter and which campaign, what they show, and what is done on them."""

from datetime import UTC, datetime
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.assess import NO_VERDICT
from quetsach.campaign.authority import Permission
from quetsach.campaign.schedule.comparison import compare
from quetsach.campaign.schedule.plan import Condition, Finding, Need
from quetsach.web.design.words import page_language
from quetsach.web.office.campaigns.archive import archive_zip
from quetsach.web.office.campaigns.forms import (
    CloneForm,
    CloseForm,
    CompareForm,
    next_first_day,
)
from quetsach.web.office.campaigns.selectors.boards import boards_of, standing_of
from quetsach.web.office.campaigns.selectors.botnets import own_rankings
from quetsach.web.office.campaigns.selectors.outcome import outcome_now, outcome_of, outcome_read, public_campaigns
from quetsach.web.office.campaigns.services.plans import campaign_clone
from quetsach.web.office.campaigns.services.steps import close_ask, gate_ask
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.plans.models import CLOSE, Campaign
from quetsach.web.office.plans.selectors import (
    asked_for,
    campaign_of,
    campaigns,
    decisions_of,
    steps_asked,
    steps_taken,
)
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.returns.selectors.asking import assignments_off_plan
from quetsach.web.office.tree.selectors import root_unit
from quetsach.web.portal.pages import chart_of
from quetsach.web.published.selectors import published_snapshot

# What every page of campaigns does: who may enter, and which campaign.


def enter(request: HttpRequest, act: Permission = Permission.SEE) -> CurrentUser:
    """Let in those who work for the whole country; units find the campaign on the public page.

    Raises:
        AccessError: the person may not do this.
    """
    visitor = CurrentUser.of(request)
    require(visitor.person, act, root_unit(), day=visitor.day)
    return visitor


def opened(request: HttpRequest, key: str, act: Permission = Permission.SEE) -> tuple[CurrentUser, Campaign]:
    """Return who works, and the campaign of a page.

    Raises:
        AccessError: the person may not do this.
        Http404: there is no such campaign.
    """
    desk = enter(request, act)
    campaign = campaign_of(key)
    if campaign is None:
        raise Http404
    return desk, campaign


def page(
    request: HttpRequest, name: str, desk: CurrentUser, context: dict[str, Any], campaign: Campaign | None = None
) -> HttpResponse:
    """Render a page; a form that was refused answers 422."""
    is_runner = may_do(desk.person, Permission.RUN_CAMPAIGN, root_unit(), day=desk.day)
    context |= {"is_runner": is_runner, "here": name, "campaign": campaign}
    if campaign:
        plan, closed = campaign.plan, steps_taken(campaign).get(CLOSE)
        is_over = closed is not None or desk.day > plan.days.last
        context |= {"plan": plan, "closed": closed, "is_over": is_over}
    form = context.get("form")
    is_refused = context.get("refusal") or (isinstance(form, Form) and form.is_bound and bool(form.errors))
    status = 422 if is_refused and request.method == "POST" else 200
    return render(request, f"office/campaigns/{name}.html", context, status=status)


def attachment(content: bytes, kind: str, name: str) -> HttpResponse:
    """Return a file to be kept."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# Pages of campaigns that only show.


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


# Pages of campaigns on which something is done: each calls one service, and says in its form what was refused.


@require_POST
def open_gate(request: HttpRequest, key: str, phase: str) -> HttpResponse:
    """Ask that a phase may begin."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    with FlashErrors(request, _("Asked. The phase is open once a second person has agreed.")):
        gate_ask(campaign=campaign, phase=phase, by=desk.person, now=desk.now)
    return redirect("office:campaigns:overview", campaign.key)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is open, and ask that the campaign be closed."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    form = CloseForm(request.POST or None)
    if form.is_valid():
        with FlashErrors(request, _("Asked. The campaign is closed once a second person has agreed."), form=form):
            close_ask(campaign=campaign, reason=form.cleaned_data["reason"], by=desk.person, now=desk.now)
            return redirect("office:campaigns:overview", campaign.key)
    context = {
        "form": form,
        "outcome": outcome_now(campaign, day=desk.day),
        "asked": steps_asked(campaign).get(CLOSE),
    }
    return page(request, "close", desk, context, campaign)


@require_http_methods(["GET", "POST"])
def clone(request: HttpRequest, key: str) -> HttpResponse:
    """Begin the next campaign on this one's plan."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    form = CloneForm(request.POST or None, initial={"first": next_first_day(campaign.plan)})
    if form.is_valid():
        chosen = form.cleaned_data
        with FlashErrors(request, form=form):
            made = campaign_clone(
                pattern=campaign,
                key=chosen["key"],
                name=form.name(),
                first=chosen["first"],
                by=desk.person,
                now=desk.now,
            )
            return redirect("office:campaigns:overview", made.key)
    return page(request, "clone", desk, {"form": form}, campaign)


# Pages about campaigns that everybody may open.


@require_safe
@cache_control(public=True, max_age=0, s_maxage=30)
def campaign(request: HttpRequest, key: str = "") -> HttpResponse:
    """Show one campaign, the newest if none is named: its phase, its days, what to do, what units returned."""
    known = public_campaigns(datetime.now(UTC))
    shown = next((c for c in known if c.key == key), None) if key else next(iter(known), None)
    snapshot = published_snapshot()
    figures = snapshot.campaign_of(shown.key if shown else key) if snapshot else None
    if key and shown is None and figures is None:
        raise Http404
    context = {
        "shown": shown,
        "is_named": bool(key),
        "others": [c for c in known if c is not shown],
        "campaign": figures,
        "chart": chart_of(figures, page_language()),
        "scale": snapshot.scale if snapshot else 1,
        "figures_as_of": snapshot.as_of if snapshot else None,
        "no_verdict": NO_VERDICT,
    }
    return render(request, "campaigns/public.html", context)
