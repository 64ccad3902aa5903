"""The page of packs that wait."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from quetsach.campaign.authority import Permission
from quetsach.web.office.packs import selectors, services
from quetsach.web.office.people.access import CurrentUser, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit


@require_http_methods(["GET", "HEAD", "POST"])
def packs(request: HttpRequest) -> HttpResponse:
    """Show what would change for everybody, and what everybody gets; on POST ask a second person."""
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_PACKS, root_unit(), day=visitor.day)
    if request.method == "POST":
        return _ask(request, visitor)
    context: dict[str, object] = {"needs_two": settings.CENTER.publication == "two-people"}
    with FlashErrors(request):  # a file that is damaged is told, not a broken page
        context |= {"published": selectors.published_packs(), "waiting": selectors.waiting_packs()}
    return render(request, "office/packs/packs.html", context)


def _ask(request: HttpRequest, visitor: CurrentUser) -> HttpResponse:
    with FlashErrors(request, _("Asked. Another person with the same right must now agree.")):
        services.packs_ask(digest=request.POST.get("digest", ""), by=visitor.person, now=visitor.now)
    return redirect("office:packs:packs")
