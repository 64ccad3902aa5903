"""Pages of the feeds. All of them only look: taking in and placing are acts of the command."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from quetsach.campaign.authority import Permission
from quetsach.feeds.layout import LAYOUTS
from quetsach.web.office.feeds import selectors
from quetsach.web.office.figures.selectors import published_figures
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """Show how each feed is, and what is published of it."""
    visitor = _entered(request)
    context: dict[str, object] = {
        "tab": "feeds",
        "published": published_figures(),
        "needs_two": settings.CENTER.publication == "two-people",
    }
    with FlashErrors(request):  # a lake that is damaged is told, not a broken page
        context["states"] = selectors.feeds_here(now=visitor.now)
    return render(request, "office/feeds/feeds.html", context)


@require_safe
def layouts(request: HttpRequest) -> HttpResponse:
    """Show which feeds and reports can be read."""
    _entered(request)
    return render(request, "office/feeds/layouts.html", {"tab": "layouts", "layouts": LAYOUTS})


@require_safe
def quarantine(request: HttpRequest) -> HttpResponse:
    """Show of which deliveries records were set aside, and for which reasons."""
    visitor = _entered(request)
    context: dict[str, object] = {"tab": "quarantine", "may_look": _may_look(visitor)}
    with FlashErrors(request):
        context["found"] = selectors.quarantine_here(feed=request.GET.get("nguon", ""))
    return render(request, "office/feeds/quarantine.html", context)


@require_safe
def set_aside(request: HttpRequest, delivery: str) -> HttpResponse:
    """Show the first records that were set aside of one delivery; that they were read is logged."""
    visitor = _entered(request)
    require(visitor.person, Permission.PUBLISH_PACKS, root_unit(), day=visitor.day)
    context: dict[str, object] = {"tab": "quarantine"}
    with FlashErrors(request):
        context["found"] = selectors.rows_set_aside(delivery, by=visitor.person, now=visitor.now)
    return render(request, "office/feeds/set_aside.html", context)


@require_safe
def names(request: HttpRequest) -> HttpResponse:
    """Show the names of malware that no analyst has placed among the families yet."""
    visitor = _entered(request)
    context: dict[str, object] = {"tab": "names"}
    with FlashErrors(request):
        context["found"] = selectors.unplaced_here(now=visitor.now)
    return render(request, "office/feeds/names.html", context)


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_NUMBERS, root_unit(), day=visitor.day)
    return visitor


def _may_look(visitor: CurrentUser) -> bool:
    """Whether somebody works with the records themselves, as analysts do."""
    return may_do(visitor.person, Permission.PUBLISH_PACKS, root_unit(), day=visitor.day)
