"""Pages of campaigns on which something is done: each calls one service, and says in its form what was refused."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.campaign.authority import Act
from quetsach.web.office.campaigns.forms import (
    CloneForm,
    CloseForm,
    next_first_day,
)
from quetsach.web.office.campaigns.selectors.outcome import outcome_now
from quetsach.web.office.campaigns.services.passages import close_ask, gate_ask
from quetsach.web.office.campaigns.services.plans import campaign_clone
from quetsach.web.office.campaigns.views.pages import opened, page
from quetsach.web.office.plans.models import CLOSE
from quetsach.web.office.plans.selectors import steps_asked
from quetsach.web.office.refusal import Telling


@require_POST
def open_gate(request: HttpRequest, key: str, phase: str) -> HttpResponse:
    """Ask that a phase may begin."""
    desk, campaign = opened(request, key, Act.RUN_CAMPAIGN)
    with Telling(request, _("Asked. The phase is open once a second person has agreed.")):
        gate_ask(campaign=campaign, phase=phase, by=desk.person, now=desk.now)
    return redirect("office:campaigns:overview", campaign.key)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, key: str) -> HttpResponse:
    """Say what is open, and ask that the campaign be closed."""
    desk, campaign = opened(request, key, Act.RUN_CAMPAIGN)
    form = CloseForm(request.POST or None)
    if form.is_valid():
        with Telling(request, _("Asked. The campaign is closed once a second person has agreed."), form=form):
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
    desk, campaign = opened(request, key, Act.RUN_CAMPAIGN)
    form = CloneForm(request.POST or None, initial={"first": next_first_day(campaign.plan)})
    if form.is_valid():
        chosen = form.cleaned_data
        with Telling(request, form=form):
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
