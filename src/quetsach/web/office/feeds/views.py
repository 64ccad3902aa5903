"""Pages of the feeds: how they are, and files that are uploaded. Placing names is an act of the command."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.campaign.authority import Permission
from quetsach.web.office.feeds import selectors, services
from quetsach.web.office.feeds.forms import FeedFileForm
from quetsach.web.office.figures.selectors import published_figures
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

_FILES_A_PAGE = 30


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


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """Show the files that were uploaded and what became of them; receive one more."""
    visitor = _entered(request)
    is_sent = request.method == "POST"
    if is_sent:
        require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
    form = FeedFileForm(request.POST, request.FILES) if is_sent else FeedFileForm()
    if is_sent and form.is_valid():
        file = form.cleaned_data["file"]
        told = {name: form.cleaned_data[name] for name in ("feed", "report")}
        with FlashErrors(request, form=form, field="file"):
            received, is_new = services.file_receive(
                **told, name=file.name, chunks=file.chunks(), by=visitor.person, now=visitor.now
            )
            if not is_new:
                messages.info(request, _("This very file waits already; it is taken in once."))
            return redirect("office:feeds:file", received.pk)
    context = {
        "tab": "files",
        "form": form if _may_look(visitor) else None,
        "page": Paginator(selectors.files_uploaded(), _FILES_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "office/feeds/files.html", context, status=422 if is_sent else 200)


@require_safe
def file(request: HttpRequest, number: int) -> HttpResponse:
    """Show where one file is, and what it came to."""
    visitor = _entered(request)
    found = get_object_or_404(selectors.files_uploaded(), pk=number)
    context: dict[str, object] = {"file": found, "may_look": _may_look(visitor)}
    with FlashErrors(request):
        context["reasons"] = selectors.reasons_of(found)
    return render(request, "office/feeds/file.html", context)


@require_safe
def layouts(request: HttpRequest) -> HttpResponse:
    """Show which feeds and reports can be read."""
    _entered(request)
    return render(request, "office/feeds/layouts.html", {"tab": "layouts", "layouts": selectors.layouts_here()})


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
    require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
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
    return may_do(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
