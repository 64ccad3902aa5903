"""Pages of figures: what is published, what waits, and one candidate beside what is out."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.web.office.figures import selectors, services
from quetsach.web.office.figures.selectors import campaign_countings, country_countings
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.people.sign_in_views import require_again
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def figures(request: HttpRequest) -> HttpResponse:
    """Show what is published and what waits; publish what was agreed to and did not get out."""
    visitor = _entered(request)
    if request.method == "POST":
        require_again(request)
        with FlashErrors(request):
            released = services.figures_release_agreed(data=services.data_folder(), now=visitor.now)
            if released:
                messages.success(request, _("The figures are published."))
            else:
                messages.info(request, _("Nothing was left to publish: these figures or newer ones are out already."))
        return redirect("office:figures:figures")
    context = {
        "published": selectors.published_figures(),
        "waiting": selectors.waiting_figures(),
        "counting": selectors.counting_here(),
        "not_out": selectors.figures_not_out(),
        "needs_two": settings.CENTER.publication == "two-people",
    }
    return render(request, "office/figures/figures.html", context)


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Have the figures counted anew, behind the pages."""
    visitor = _entered(request)
    with FlashErrors(request, _("Asked. The figures are counted anew; what has not changed stays as it is.")):
        services.figures_count_anew(by=visitor.person, now=visitor.now)
    return redirect("office:figures:figures")


@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest, digest: str) -> HttpResponse:
    """Show one candidate beside what is published; ask for its publication."""
    visitor = _entered(request)
    waiting = next((one for one in selectors.waiting_figures() if one.digest == digest), None)
    if request.method == "POST":
        with FlashErrors(
            request, _("Asked. The figures are published as soon as another person with the same right agrees.")
        ):
            services.figures_ask(digest=digest, by=visitor.person, now=visitor.now)
            return redirect("office:figures:candidate", digest)
        return redirect("office:figures:figures")
    if waiting is None:
        messages.info(request, _("These figures do not wait any more: they were published, or newer ones were."))
        return redirect("office:figures:figures")
    context = {"waiting": waiting, "published": selectors.published_figures(), "sections": selectors.changes_of(digest)}
    return render(request, "office/figures/candidate.html", context)


@require_safe
def countings(request: HttpRequest) -> HttpResponse:
    """Show what was counted and estimated, from what and when."""
    visitor = _entered(request)
    context: dict[str, object] = {
        "may_run": may_do(visitor.person, Permission.RUN_CAMPAIGN, root_unit(), day=visitor.day),
        "country": country_countings(),
        "campaigns": campaign_countings(),
    }
    return render(request, "office/figures/countings.html", context)


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_NUMBERS, root_unit(), day=visitor.day)
    return visitor
