"""Pages of sources: where feeds are fetched from and when, and pausing, asking, changing and removing one."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.source import Kind
from quetsach.web.office.people.access import CurrentUser, may_do, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.sources import selectors, services
from quetsach.web.office.sources.forms import SourceForm
from quetsach.web.office.sources.words import KINDS
from quetsach.web.office.tree.selectors import root_unit


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """Show all sources and how each stands."""
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_NUMBERS, root_unit(), day=visitor.day)
    context: dict[str, object] = {"tab": "sources", "kinds": KINDS, "may_change": _may_change(visitor)}
    with FlashErrors(request):
        context["sources"], context["faults"] = selectors.sources_here(now=visitor.now)
    return render(request, "office/sources/sources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """Describe a new source of one kind."""
    visitor = _entered(request)
    if kind not in set(Kind) or settings.CENTER.data is None:
        raise Http404
    chosen, is_sent = Kind(kind), request.method == "POST"
    form = SourceForm(chosen, selectors.centre_here(), {}, request.POST if is_sent else None)
    if is_sent and form.is_valid():
        with FlashErrors(request, _("The source was added. It is asked when it is due."), form=form):
            services.source_add(kind=chosen, values=form.values(), by=visitor.person, now=visitor.now)
            return redirect("office:sources:sources")
    context = {"tab": "sources", "form": form, "kind": KINDS[chosen]}
    return render(request, "office/sources/add.html", context, status=422 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, file: str) -> HttpResponse:
    """Show one source with the form that changes it."""
    visitor = _entered(request)
    kept, one = _found(file, visitor)
    is_sent = request.method == "POST"
    context: dict[str, Any] = {"tab": "sources", "kept": kept, "one": one}
    if kept.source is not None:
        context["kind"] = KINDS[kept.source.kind]
        form = context["form"] = SourceForm(
            kept.source.kind,
            selectors.centre_here(),
            kept.values,
            request.POST if is_sent else None,
            initial={"edition": kept.edition},
        )
        if is_sent and form.is_valid():
            with FlashErrors(request, _("The source was changed."), form=form):
                edition, values = form.cleaned_data["edition"], form.values()
                services.source_change(kept=kept, edition=edition, values=values, by=visitor.person, now=visitor.now)
                return redirect("office:sources:source", file)
    return render(request, "office/sources/source.html", context, status=422 if is_sent else 200)


@require_POST
def pause(request: HttpRequest, file: str) -> HttpResponse:
    """Have a source asked no more, or again."""
    visitor = _entered(request)
    kept, _one = _found(file, visitor)
    is_paused = request.POST.get("to") == "paused"
    said = _("The source is paused.") if is_paused else _("The source is asked again when it is due.")
    with FlashErrors(request, said):
        services.source_pause(kept=kept, is_paused=is_paused, by=visitor.person, now=visitor.now)
    return redirect("office:sources:source", file)


@require_POST
def pull_now(request: HttpRequest, file: str) -> HttpResponse:
    """Have a source asked at once."""
    visitor = _entered(request)
    kept, _one = _found(file, visitor)
    with FlashErrors(request, _("The source is asked within a minute, as long as the centre is running.")):
        services.source_pull(kept=kept, by=visitor.person, now=visitor.now)
    return redirect("office:sources:source", file)


@require_POST
def remove(request: HttpRequest, file: str) -> HttpResponse:
    """Remove a source, once that was confirmed."""
    visitor = _entered(request)
    kept, _one = _found(file, visitor)
    if not request.POST.get("sure"):
        with FlashErrors(request):
            raise services.not_confirmed(kept.file)
        return redirect("office:sources:source", file)
    with FlashErrors(request, _("The source was removed. What was taken in stays.")):
        services.source_remove(kept=kept, edition=request.POST.get("edition", ""), by=visitor.person, now=visitor.now)
        return redirect("office:sources:sources")
    return redirect("office:sources:source", file)


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)
    return visitor


def _may_change(visitor: CurrentUser) -> bool:
    return may_do(visitor.person, Permission.HANDLE_FEEDS, root_unit(), day=visitor.day)


def _found(file: str, visitor: CurrentUser) -> tuple[selectors.SourceFile, selectors.SourceHere | None]:
    try:
        return selectors.source_here(file, now=visitor.now)
    except SourceError as error:
        raise Http404 from error
