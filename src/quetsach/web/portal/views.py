"""Pages: each reads its request, calls one service or selector, and renders."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from quetsach.assess import NO_VERDICT
from quetsach.endpoint.report.guidance import render as render_guidance
from quetsach.web.api.tally import report_tally
from quetsach.web.client_address import client_address
from quetsach.web.measurement import CHECKS
from quetsach.web.portal import selectors, services
from quetsach.web.portal.family import groups_of, page_of
from quetsach.web.portal.pages import RANKING_TITLES, STEPS, chart_of, step_links
from quetsach.web.repository import send_file

_public = cache_control(public=True, max_age=60)


def _language() -> str:
    return "en" if get_language() == "en" else "vi"


def _prose(name: str) -> str:
    return f"portal/prose/{_language()}/{name}.html"


@require_safe
@cache_control(public=True, max_age=0, s_maxage=30)
def home(request: HttpRequest) -> HttpResponse:
    """The start page: the one thing to do now, and the country in figures."""
    snapshot = selectors.published_snapshot()
    context: dict[str, Any] = {"snapshot": snapshot, "tally": report_tally()}
    if snapshot:
        first, *others = snapshot.campaigns or (None,)
        context |= {"campaign": first, "others": others, "chart": chart_of(first, _language())}
        context |= {"no_verdict": NO_VERDICT, "titles": RANKING_TITLES}
    return render(request, "portal/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: HttpRequest) -> HttpResponse:
    """Explain on GET; on POST look up the address that the request comes from, and no other."""
    if request.method != "POST":
        return render(request, "portal/check.html")
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    answer = services.address_check(
        address=address,
        listed=selectors.address_list(),
        today=selectors.day_of_data(datetime.now(UTC)),
        describe=selectors.describe_listing,
    )
    CHECKS.labels(answer.outcome.value).inc()
    return render(request, "portal/check.html", {"answer": answer})


def step(number: int) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of one of the pages in ``STEPS``."""
    page = STEPS[number]

    @require_safe
    @_public
    def view(request: HttpRequest) -> HttpResponse:
        back, following = step_links(number)
        context = {"number": number, "title": page.title, "prose": _prose(page.name), "back": back}
        return render(request, "portal/steps.html", {**context, "following": following if number else None})

    return view


@require_safe
@_public
def download(request: HttpRequest) -> HttpResponse:
    """The tool, how to verify and how to install it."""
    context = {"tool": selectors.offered_tool(), "root": selectors.root_of_trust(), "prose": _prose("download")}
    return render(request, "portal/download.html", context)


@require_safe
@_public
def tool_manifest(_request: HttpRequest) -> JsonResponse:
    """The same facts for programs."""
    tool = selectors.offered_tool()
    if tool is None:
        return JsonResponse({"format": selectors.MANIFEST_FORMAT, "files": []})
    return JsonResponse({"format": selectors.MANIFEST_FORMAT, "files": [tool.as_json()]})


@require_safe
def tool_file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """The wheel itself."""
    tool = selectors.offered_tool()
    if tool is None or tool.file_name != name:
        raise Http404
    response = send_file(tool.path, content_type="application/octet-stream", is_immutable=False)
    response["ETag"] = f'"{tool.sha256}"'
    response["Content-Disposition"] = f'attachment; filename="{tool.file_name}"'
    return response


@require_safe
@_public
def definitions(request: HttpRequest) -> HttpResponse:
    """How every figure is counted."""
    return render(request, "portal/definitions.html", {"definitions": selectors.definitions()})


@require_safe
@_public
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice."""
    return render(request, "portal/prose.html", {"title": _("Privacy"), "prose": _prose("privacy")})


@require_safe
@_public
def families(request: HttpRequest) -> HttpResponse:
    """The families for which there is a pack."""
    return render(request, "portal/families.html", {"groups": groups_of(selectors.shelf())})


@require_safe
@_public
def family(request: HttpRequest, name: str) -> HttpResponse:
    """What one family does and what to do about it."""
    packs = selectors.shelf()
    pack = next((pack for pack in packs if pack.family == name), None)
    if pack is None:
        raise Http404
    # The renderer escapes all that is not one of its few forms.
    text = mark_safe(render_guidance(pack.guidance.in_language(_language()), top=2))  # noqa: S308
    return render(request, "portal/family.html", {"family": page_of(pack, packs), "guidance": text})


def error(status: int) -> Callable[..., HttpResponse]:
    """Return the view that explains one kind of failure."""

    def view(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
        return render(request, "portal/error.html", {"status": status}, status=status)

    return view
