"""Pages of the catalogue of other makers' tools: looking, asking for a change, writing what was agreed to."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.web.office.other_tools import selectors, services
from quetsach.web.office.other_tools.forms import ReasonForm, ToolForm
from quetsach.web.office.people.access import CurrentUser, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit


@require_safe
def tools(request: HttpRequest) -> HttpResponse:
    """Show the catalogue as the public pages show it, and what waits."""
    _entered(request)
    context: dict[str, object] = {}
    with FlashErrors(request):  # a list that is damaged is told, not a broken page
        context["tools"] = selectors.tools_here()
    return render(request, "office/other_tools/tools.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Ask for a new entry."""
    visitor, is_sent = _entered(request), request.method == "POST"
    form = ToolForm(request.POST if is_sent else None)
    if is_sent and form.is_valid():
        key = form.cleaned_data["id"]
        with FlashErrors(request, _asked(), form=form):
            _ask(form, visitor, key, before="")
            return redirect("office:other_tools:tool", key)
    return render(request, "office/other_tools/add.html", {"form": form}, status=422 if is_sent else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def tool(request: HttpRequest, key: str) -> HttpResponse:
    """Show one entry and what is asked about it; on POST ask for a change."""
    visitor, is_sent = _entered(request), request.method == "POST"
    one = _found(key)
    context: dict[str, Any] = {"one": one}
    if one.shown:
        form = context["form"] = ToolForm(request.POST if is_sent else None, tool=one.shown.tool)
        context["withdrawal"] = ReasonForm(initial={"before": one.shown.tool.edition}, auto_id="withdraw_%s")
        if is_sent and form.is_valid():
            with FlashErrors(request, _asked(), form=form):
                _ask(form, visitor, key, before=form.cleaned_data["before"])
                return redirect("office:other_tools:tool", key)
    return render(request, "office/other_tools/tool.html", context, status=422 if is_sent else 200)


@require_POST
def withdraw(request: HttpRequest, key: str) -> HttpResponse:
    """Ask that an entry is shown no more."""
    visitor, one = _entered(request), _found(key)
    form = ReasonForm(request.POST, auto_id="withdraw_%s")
    if one.shown and form.is_valid():
        with FlashErrors(request, _asked()):
            services.tool_ask(
                key=key,
                tool=None,
                before=form.cleaned_data["before"],
                reason=form.cleaned_data["reason"],
                by=visitor.person,
                now=visitor.now,
            )
        return redirect("office:other_tools:tool", key)
    if one.shown is None:
        raise Http404
    context = {"one": one, "form": ToolForm(tool=one.shown.tool), "withdrawal": form}
    return render(request, "office/other_tools/tool.html", context, status=422)


@require_POST
def carry_out(request: HttpRequest, key: str) -> HttpResponse:
    """Write what was agreed to and did not get out."""
    visitor, one = _entered(request), _found(key)
    if not one.is_not_out or one.approval is None:
        raise Http404
    with FlashErrors(request, _("Done. The public pages show it.")):
        services.change_carry_out(one.approval, visitor.now)
    return redirect("office:other_tools:tools")


def _ask(form: ToolForm, visitor: CurrentUser, key: str, *, before: str) -> None:
    services.tool_ask(
        key=key,
        tool=form.tool(key),
        before=before,
        reason=form.cleaned_data["reason"],
        by=visitor.person,
        now=visitor.now,
    )


def _asked() -> str:
    return _("Asked. Another person with the same right must now agree.")


def _entered(request: HttpRequest) -> CurrentUser:
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.PUBLISH_PACKS, root_unit(), day=visitor.day)
    return visitor


def _found(key: str) -> selectors.ToolHere:
    one = selectors.tool_here(key)
    if one is None:
        raise Http404
    return one
