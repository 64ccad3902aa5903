"""Pages of the feeds: how they are, files that are uploaded, and names that are placed among the families."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.centre.placing import MOST_CHARACTERS
from quetsach.core.family_list import MOST_BYTES
from quetsach.web.office.feeds import selectors, services
from quetsach.web.office.feeds.forms import FamilyListForm, FeedFileForm, PlacingForm, UndoForm
from quetsach.web.office.figures.selectors import published_figures
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit

_FILES_A_PAGE = 30
_DECISIONS_A_PAGE = 50


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
    """Show the names of malware that no analyst has placed yet, what lists propose, and what was decided."""
    return _names(request, _entered(request), FamilyListForm())


@require_POST
def family_list(request: HttpRequest) -> HttpResponse:
    """Take a list of others, which proposes families for the names that wait."""
    visitor = _entered(request)
    require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
    form = FamilyListForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        with FlashErrors(request, _("The list was taken. What it proposes stands beside the names."), form=form):
            services.family_list_keep(
                form=form.cleaned_data["form"],
                name=file.name,
                content=file.read(MOST_BYTES + 1),
                by=visitor.person,
                now=visitor.now,
            )
            return redirect("office:feeds:names")
    return _names(request, visitor, form, status=422)


def _names(request: HttpRequest, visitor: CurrentUser, form: FamilyListForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, object] = {"tab": "names", "may_place": _may_look(visitor), "form": form}
    with FlashErrors(request):
        found = selectors.unplaced_here(now=visitor.now)
        context["found"] = found
        proposed = selectors.proposed_here(found.rows)
        context["rows"] = [(row, proposed.get(row["kept"])) for row in found.rows]
    with FlashErrors(request):
        decisions = Paginator(selectors.decisions_here(), _DECISIONS_A_PAGE)
        context["decisions"] = decisions.get_page(request.GET.get("page"))
    return render(request, "office/feeds/names.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Show one name, and place it in a family."""
    visitor, one = _named(request)
    is_sent = request.method == "POST"
    form = PlacingForm(one, request.POST if is_sent else None)
    if is_sent and form.is_valid():
        with FlashErrors(request, _("The name was placed. What is in the lake already counts with it."), form=form):
            services.name_place(decided=form.decided(one.spelling), by=visitor.person, now=visitor.now)
            return redirect("office:feeds:names")
    context = {"tab": "names", "one": one, "form": form, "undo": UndoForm(prefix="undo")}
    return render(request, "office/feeds/name.html", context, status=422 if is_sent else 200)


@require_POST
def name_undo(request: HttpRequest) -> HttpResponse:
    """Take back what was decided about a name."""
    visitor, one = _named(request)
    undo = UndoForm(request.POST, prefix="undo")
    if undo.is_valid():
        reason = undo.cleaned_data["reason"]
        with FlashErrors(request, _("Taken back: the centre's table alone decides again."), form=undo):
            services.name_take_back(spelling=one.spelling, reason=reason, by=visitor.person, now=visitor.now)
            return redirect("office:feeds:names")
    context = {"tab": "names", "one": one, "form": PlacingForm(one), "undo": undo}
    return render(request, "office/feeds/name.html", context, status=422)


def _named(request: HttpRequest) -> tuple[CurrentUser, selectors.NameHere]:
    visitor = _entered(request)
    require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
    one = selectors.name_here(request.GET.get("ten", "")[:MOST_CHARACTERS], now=visitor.now)
    if one is None:
        raise Http404
    return visitor, one


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_NUMBERS, root_unit(), day=visitor.day)
    return visitor


def _may_look(visitor: CurrentUser) -> bool:
    """Whether somebody works with the records themselves, as analysts do."""
    return may_do(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
