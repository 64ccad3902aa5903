"""Pages: each reads its request, calls one service or selector, and renders."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template import Engine, Template, TemplateDoesNotExist
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import condition, require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from quetsach.assess import NO_VERDICT
from quetsach.core.language import DATA_LANGUAGES
from quetsach.endpoint.report.guidance import render as render_guidance
from quetsach.web.api.open_data.documents import dataset
from quetsach.web.api.open_data.tables import tables_by_columns
from quetsach.web.api.selectors import report_tally
from quetsach.web.client_address import client_address
from quetsach.web.design.words import here, page_language
from quetsach.web.metrics import CHECKS
from quetsach.web.portal.devices import FIRST_QUESTION, QUESTIONS, STEPS, device_links, step_links
from quetsach.web.portal.pages import RANKING_TITLES, chart_of
from quetsach.web.portal.pictures import shown_pictures
from quetsach.web.published import selectors
from quetsach.web.published.answer import ADDRESS_PLACE, LOOK, Look
from quetsach.web.published.devices import BY_KIND, remedy_of
from quetsach.web.published.family import groups_of, packs_on, page_of
from quetsach.web.published.offer import HEADERS, download_page, systems_of, visitor_of
from quetsach.web.published.other_tools import tools_page
from quetsach.web.repository import send_file

_public = cache_control(public=True, max_age=60)


def _prose(name: str) -> dict[str, Any]:
    """Return for a page its long text, and the language that it is in where that is not the page's.

    A long text is a file of each language, in the folder of that name (ADR 0156). Where the page's language has none,
    the country's others are taken in their order, then those that this build has them in.
    """
    own = page_language()
    languages = dict.fromkeys((own, *(code for code, _name in settings.LANGUAGES), *DATA_LANGUAGES))
    found = Engine.get_default().select_template([f"portal/prose/{language}/{name}.html" for language in languages])
    language = PurePath(found.name or "").parent.name
    return {"prose": found, "prose_language": "" if language == own else language}


def _happens_here(kind: str) -> Template | None:
    """Return what the country's folder tells of such devices there; none in a language in which it tells nothing."""
    try:
        return Engine.get_default().get_template(f"portal/prose/{page_language()}/device-{kind}-here.html")
    except TemplateDoesNotExist:
        return None


@require_safe
@cache_control(public=True, max_age=0, s_maxage=30)
def home(request: HttpRequest) -> HttpResponse:
    """The start page: the one thing to do now, and the country in figures."""
    snapshot = selectors.published_snapshot()
    context: dict[str, Any] = {"snapshot": snapshot, "tally": report_tally(), "devices": device_links()}
    if snapshot:
        first, *others = snapshot.campaigns or (None,)
        context |= {"campaign": first, "others": others, "chart": chart_of(first, page_language())}
        context |= {"no_verdict": NO_VERDICT, "titles": RANKING_TITLES, "sizes": shown_pictures(snapshot, ("map",))}
    return render(request, "portal/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Explain on GET, the same to everybody; on POST look up the address that the request comes from, and no other."""
    return _looked_up(request) if request.method == "POST" else _explained(request)


@_public
def _explained(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/check.html")


@never_cache
def _looked_up(request: HttpRequest) -> HttpResponse:
    """Answer a visitor, and nobody else who may come by the same cache.

    Where the server has looked already and asks for the page of such an answer, the address's place is left open.
    """
    look: Look | None = request.META.get(LOOK)
    if look is None:
        look = selectors.look_up(client_address(request.META, proxy_hops=settings.CENTER.proxy_hops), datetime.now(UTC))
        CHECKS.labels(look.outcome.value).inc()
        shown = str(look.address or "")
    else:
        shown = ADDRESS_PLACE if look.address else ""
    return render(request, "portal/check.html", {"answer": look.answer(selectors.describe_listing), "address": shown})


@require_safe
@_public
def devices(request: HttpRequest) -> HttpResponse:
    """The kinds of device, for whoever begins with what they have in their hands."""
    return render(request, "portal/devices.html", {"devices": device_links()})


@require_safe
@_public
def which_device(request: HttpRequest, name: str = "") -> HttpResponse:
    """One of the questions for who does not know which device it is."""
    question = QUESTIONS[name] if name else FIRST_QUESTION
    return render(request, "portal/question.html", {"question": question, "is_first": not name})


def device_step(number: int) -> Callable[..., HttpResponse]:
    """Return the view of one of the pages in ``STEPS``, of whatever device its address names."""
    step = STEPS[number]

    @require_safe
    @_public
    def view(request: HttpRequest, kind: str) -> HttpResponse:
        device, files = BY_KIND[kind], selectors.offered_files()
        back, following = step_links(device, number)
        context: dict[str, Any] = {"device": device, "number": number + 1, "back": back, "following": following}
        context |= {"title": step.title_for(device), "about": step.about_for(device)}
        context |= {"packs": packs_on(device.platforms, selectors.shelf()), "remedy": remedy_of(device, files)}
        context |= {"was_on_windows": selectors.was_seen_on_windows(), "happens_here": _happens_here(kind)}
        context |= _prose(f"device-{kind}-{step.part}")
        return render(request, "portal/device.html", context)

    return view


@require_safe
@_public
def moved_steps(_request: HttpRequest, rest: str = "") -> HttpResponse:  # noqa: ARG001
    """Where the three steps were: the devices took their place."""
    return HttpResponsePermanentRedirect(reverse("devices"))


@require_safe
@_public
@vary_on_headers(*HEADERS)
def download(request: HttpRequest) -> HttpResponse:
    """The tool for the visitor's own computer and for others, how to verify and how to install it."""
    page = download_page(selectors.offered_files(), visitor_of(request.headers))
    context = {"page": page, "root": selectors.root_of_trust(), "was_on_windows": selectors.was_seen_on_windows()}
    return render(request, "portal/download.html", context | _prose("download"))


@require_safe
@_public
def other_tools(request: HttpRequest) -> HttpResponse:
    """The tools of other makers, by what somebody needs."""
    return render(request, "portal/other_tools.html", {"page": tools_page(selectors.other_tools())})


@require_safe
@_public
def tool_manifest(_request: HttpRequest) -> JsonResponse:
    """The same facts for programs."""
    files = [file.as_json() for file in selectors.offered_files()]
    content = {"format": selectors.MANIFEST_FORMAT, "files": files}
    return JsonResponse(content, headers={"Access-Control-Allow-Origin": "*"})


def _file_tag(_request: HttpRequest, name: str) -> str | None:
    return f'"{file.sha256}"' if (file := selectors.offered_file(name)) else None


@require_safe
@condition(etag_func=_file_tag)
def tool_file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """One of the files itself."""
    file = selectors.offered_file(name)
    if file is None:
        raise Http404
    response = send_file(file.path, content_type="application/octet-stream", is_immutable=False)
    response["Content-Disposition"] = f'attachment; filename="{file.file_name}"'
    return response


@require_safe
@_public
def definitions(request: HttpRequest) -> HttpResponse:
    """How every figure is counted."""
    return render(request, "portal/definitions.html", {"definitions": selectors.definitions()})


@require_safe
@_public
def how_we_know(request: HttpRequest) -> HttpResponse:
    """Where the figures come from, how far to trust them, and who sees what; for a general reader."""
    about = _("Where the figures come from, how far to trust which, and who sees what.")
    return render(request, "portal/text.html", {"title": _("How we know"), "about": about, **_prose("how-we-know")})


@require_safe
@_public
def accessibility(request: HttpRequest) -> HttpResponse:
    """The statement of accessibility: what was tested, what was not, and whom to tell."""
    about = _("Who can use these pages, what was tested and what was not, and how to tell us of a barrier.")
    context = {"title": _("Pages for everybody"), "about": about}
    return render(request, "portal/text.html", context | _prose("accessibility"))


@require_safe
@_public
def open_data(request: HttpRequest) -> HttpResponse:
    """What is published as data: files, columns, units, rhythm, history, licence."""
    context: dict[str, Any] = {"groups": tables_by_columns(), "dataset": dataset(), **_prose("open-data")}
    context |= {"snapshot": selectors.published_snapshot()}
    return render(request, "portal/open_data.html", context)


@require_safe
@_public
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice."""
    about = _("What this centre keeps about people, for how long, and what you may ask of it.")
    return render(request, "portal/prose.html", {"title": _("Privacy"), "about": about, **_prose("privacy")})


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
    runs_in, tools = systems_of(selectors.offered_files()), selectors.other_tools()
    page = page_of(pack, packs, runs_in=runs_in, tools=tools)
    # The renderer escapes all that is not one of its few forms.
    text = mark_safe(render_guidance(here(pack.guidance), top=2, typed_on=page.typed_on))  # noqa: S308
    return render(request, "portal/family.html", {"family": page, "guidance": text})


def error(status: int) -> Callable[..., HttpResponse]:
    """Return the view that explains one kind of failure."""

    def view(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
        return render(request, "portal/error.html", {"status": status}, status=status)

    return view
