"""Pages of a campaign's evaluation: what it stands on, asking for it, and what was made."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Act
from quetsach.web.office.campaigns.selectors.evaluations import (
    evaluation_of,
    evaluation_paper,
    evaluation_zip,
    evaluations_of,
    needs_of,
)
from quetsach.web.office.campaigns.services.evaluation import MOST_KEPT, evaluation_ask
from quetsach.web.office.campaigns.views.pages import attachment, opened, page
from quetsach.web.office.people.access import may_do
from quetsach.web.office.refusal import Telling
from quetsach.web.office.tree.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def evaluation(request: HttpRequest, key: str) -> HttpResponse:
    """Show what was made and what it would stand on now; ask for a new one."""
    desk, campaign = opened(request, key)
    if request.method == "POST":
        with Telling(request, _("Asked. It is made in some minutes, behind the pages: look here again.")):
            evaluation_ask(campaign=campaign, by=desk.person, now=desk.now)
        return redirect("office:campaigns:evaluation", key)
    runs = evaluations_of(campaign)
    context = {
        "runs": runs,
        "under_way": next((one.run for one in runs if one.run.is_under_way), None),
        "needs": needs_of(campaign, day=desk.day),
        "may_ask": may_do(desk.person, Act.PUBLISH_NUMBERS, root_unit(), day=desk.day),
        "most_kept": MOST_KEPT,
    }
    return page(request, "evaluation", desk, context, campaign)


@require_safe
def evaluation_files(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """All files of one evaluation."""
    _desk, campaign = opened(request, key)
    run = evaluation_of(campaign, number)
    content = evaluation_zip(run) if run else None
    if content is None:
        raise Http404
    return attachment(content, "application/zip", f"{campaign.key}-{number}.zip")


@require_safe
def evaluation_pdf(request: HttpRequest, key: str, number: int, language: str) -> HttpResponse:
    """The paper of one evaluation in a language."""
    _desk, campaign = opened(request, key)
    run = evaluation_of(campaign, number)
    content = evaluation_paper(run, f"evaluation.{language}.pdf") if run else None
    if content is None:
        raise Http404
    return attachment(content, "application/pdf", f"{campaign.key}-{number}.{language}.pdf")
