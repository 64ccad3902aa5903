"""The page of figures that wait."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quetsach.campaign.authority import Act
from quetsach.web.office.figures import selectors, services
from quetsach.web.office.people.access import require
from quetsach.web.office.refusal import Telling
from quetsach.web.office.units.selectors import root_unit
from quetsach.web.office.visitor import Visitor


@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest) -> HttpResponse:
    """Show what waits beside what is published; ask, or publish."""
    visitor = Visitor.of(request)
    require(visitor.person, Act.PUBLISH_NUMBERS, root_unit(), day=visitor.day)
    waiting = selectors.waiting_candidate()
    if request.method == "POST" and waiting is not None:
        return _act(request, waiting, visitor)
    context = {
        "published": selectors.published_figures(),
        "waiting": waiting,
        "needs_two": settings.CENTER.publication == "two-people",
    }
    return render(request, "office/figures/candidate.html", context)


def _act(request: HttpRequest, waiting: selectors.Candidate, visitor: Visitor) -> HttpResponse:
    digest = request.POST.get("digest", "")
    if request.POST.get("act") == "release":
        with Telling(request, _("The figures are published.")):
            services.figures_release(candidate=waiting, digest=digest, by=visitor.person, now=visitor.now)
    else:
        with Telling(request, _("Asked. Another person with the same right must now agree.")):
            services.figures_ask(candidate=waiting, digest=digest, by=visitor.person, now=visitor.now)
    return redirect("office:figures:candidate")
