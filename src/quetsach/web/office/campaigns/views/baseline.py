"""The page on which a campaign's baseline is looked at and asked to be frozen."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from quetsach.campaign.authority import Act
from quetsach.web.office.campaigns.forms import BaselineForm
from quetsach.web.office.campaigns.selectors.baseline import baseline_standing
from quetsach.web.office.campaigns.services.baseline import baseline_ask, baseline_carry_out
from quetsach.web.office.campaigns.views.pages import opened, page
from quetsach.web.office.people.access import require
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def baseline(request: HttpRequest, key: str) -> HttpResponse:
    """Show the baseline, its history and which feed has which days; ask that it be frozen."""
    desk, campaign = opened(request, key)
    standing = baseline_standing(campaign)
    if request.method == "POST":
        require(desk.person, Act.RUN_CAMPAIGN, root_unit(), day=desk.day)
    if request.method == "POST" and request.POST.get("act") == "retry" and standing.not_frozen:
        with Telling(request, _("The baseline is frozen.")):
            baseline_carry_out(standing.not_frozen.approval, desk.now)
        return redirect("office:campaigns:baseline", key)
    named = campaign.plan.feeds or (standing.in_force.basis.feeds if standing.in_force else ())
    form = BaselineForm(request.POST or None, initial={"feeds": "\n".join(named)})
    if form.is_valid():
        with Telling(request, _("Asked. The baseline is frozen as soon as a second person agrees."), form=form):
            baseline_ask(
                campaign=campaign,
                expected=form.named(),
                accepts_gaps=form.cleaned_data["accepts_gaps"],
                reason=form.cleaned_data["reason"],
                by=desk.person,
                now=desk.now,
            )
            return redirect("office:campaigns:baseline", key)
    return page(request, "baseline", desk, {"form": form, "standing": standing}, campaign)
