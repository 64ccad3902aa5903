"""Pages on which a plan is made and changed: by its form, or by a file."""

from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Permission
from quetsach.campaign.schedule.document import campaign_document
from quetsach.web.office.campaigns.forms import PlanFileForm, ReplaceForm
from quetsach.web.office.campaigns.plan_sheet import PlanSheet, draft_sent
from quetsach.web.office.campaigns.services.plans import campaign_begin, plan_replace
from quetsach.web.office.campaigns.views.campaigns import attachment, enter, opened, page
from quetsach.web.office.people.access import CurrentUser
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import campaigns
from quetsach.web.office.refusal import FlashErrors

CHANGED = _("The plan was changed; the reason stands in the log of decisions.")
_EXAMPLE = Path(__file__).parents[1] / "samples" / "campaign.toml"


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a campaign by the form of its plan."""
    desk = enter(request, Permission.RUN_CAMPAIGN)
    sheet = _sheet(request)
    if sheet.is_sent and sheet.is_valid():
        with FlashErrors(request, form=sheet.head):
            made = campaign_begin(document=campaign_document(sheet.plan), by=desk.person, now=desk.now)
            return redirect("office:campaigns:overview", made.key)
    return _sheet_page(request, "begin", desk, sheet)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Change a plan by its form, with a reason."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    sheet = _sheet(request, campaign)
    if sheet.is_sent and sheet.is_valid():
        with FlashErrors(request, CHANGED, form=sheet.head):
            plan_replace(
                campaign=campaign,
                document=campaign_document(sheet.plan),
                reason=sheet.head.cleaned_data["reason"],
                seen=sheet.head.cleaned_data["revision"],
                by=desk.person,
                now=desk.now,
            )
            return redirect("office:campaigns:overview", campaign.key)
        sheet.stand_on(campaign.plan, campaign.revision.number)
    return _sheet_page(request, "change", desk, sheet, campaign)


@require_http_methods(["GET", "HEAD", "POST"])
def begin_from_file(request: HttpRequest) -> HttpResponse:
    """Begin a campaign from a file."""
    desk = enter(request, Permission.RUN_CAMPAIGN)
    form = PlanFileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with FlashErrors(request, form=form):
            made = campaign_begin(document=form.document(), by=desk.person, now=desk.now)
            return redirect("office:campaigns:overview", made.key)
    return page(request, "begin_from_file", desk, {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: HttpRequest, key: str) -> HttpResponse:
    """Put another file in the place of the plan."""
    desk, campaign = opened(request, key, Permission.RUN_CAMPAIGN)
    form = ReplaceForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with FlashErrors(request, CHANGED, form=form):
            plan_replace(campaign=campaign, document=form.document(), reason=reason, by=desk.person, now=desk.now)
            return redirect("office:campaigns:overview", campaign.key)
    return page(request, "replace", desk, {"form": form}, campaign)


@require_safe
def example(request: HttpRequest) -> HttpResponse:
    """A plan as a file with every field, to be filled in elsewhere."""
    enter(request)
    return attachment(_example(), "application/toml", "campaign.toml")


@cache
def _example() -> bytes:
    return _EXAMPLE.read_bytes()


def _sheet(request: HttpRequest, campaign: Campaign | None = None) -> PlanSheet:
    """Return the form as it was sent; as it was typed and not judged where a row was added or taken out."""
    before, revision = (campaign.plan, campaign.revision.number) if campaign else (None, 0)
    if request.method != "POST":
        return PlanSheet(before=before, revision=revision)
    if "add" in request.POST or "remove" in request.POST:
        return PlanSheet(draft=draft_sent(request.POST, is_new=campaign is None), before=before)
    return PlanSheet(request.POST, before=before)


def _sheet_page(
    request: HttpRequest, name: str, desk: CurrentUser, sheet: PlanSheet, campaign: Campaign | None = None
) -> HttpResponse:
    context = {"sheet": sheet, "form": sheet.head, "refusal": bool(sheet.errors)}
    if campaign:
        context["revisions"] = campaign.revisions.order_by("-number").select_related("made_by")
    else:
        context["campaigns"] = campaigns()
    return page(request, name, desk, context, campaign)
