"""What every page of campaigns does: who may enter, and which campaign."""

from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from quetsach.campaign.authority import Act
from quetsach.web.office.people.access import may_do, require
from quetsach.web.office.people.current_user import CurrentUser
from quetsach.web.office.plans.models import CLOSE, Campaign
from quetsach.web.office.plans.selectors import campaign_of, steps_taken
from quetsach.web.office.tree.selectors import root_unit


def enter(request: HttpRequest, act: Act = Act.SEE) -> CurrentUser:
    """Let in those who work for the whole country; units find the campaign on the public page.

    Raises:
        AccessError: the person may not do this.
    """
    visitor = CurrentUser.of(request)
    require(visitor.person, act, root_unit(), day=visitor.day)
    return visitor


def opened(request: HttpRequest, key: str, act: Act = Act.SEE) -> tuple[CurrentUser, Campaign]:
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
    is_runner = may_do(desk.person, Act.RUN_CAMPAIGN, root_unit(), day=desk.day)
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
