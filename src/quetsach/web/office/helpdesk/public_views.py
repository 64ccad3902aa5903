"""Pages for people who need help: the form, and the case with its answers. No account, no cookie, no script."""

import math
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from quetsach.campaign.codes import read_case_code
from quetsach.campaign.errors import CaseError
from quetsach.campaign.helpdesk import RETENTION_DAYS
from quetsach.web.client_address import client_address
from quetsach.web.design.words import page_language
from quetsach.web.limits import RateLimit, SourceLimit, Width
from quetsach.web.office.helpdesk.forms import CaseForm, CodeForm, KeyForm, TextForm, form_mark
from quetsach.web.office.helpdesk.models import Author, Case
from quetsach.web.office.helpdesk.selectors import is_open
from quetsach.web.office.helpdesk.services import case_erase, case_open, case_opened_by, case_write
from quetsach.web.office.helpdesk.wording import REFUSALS
from quetsach.web.office.refusal import refusal_text

OPEN_LIMIT = SourceLimit(
    (
        Width(ipv4=32, ipv6=64, burst=5, per_minute=0.5),
        Width(ipv4=24, ipv6=48, burst=20, per_minute=2),
        Width(ipv4=16, ipv6=32, burst=150, per_minute=30),
    )
)
"""Cases and messages from one source. A household asks once; an office behind one address still gets through. The wide
ones are for senders with whole networks, of which one may be all lines of a provider: none gets more than half.
"""
FIRST_LIMIT = RateLimit(burst=1, per_minute=1 / (24 * 60))
"""The first message of a source on a day: it waits for what its own networks send and for ``DISK_LIMIT``, not for what
others send. It may not pass its networks by: one of 65,536 addresses would use up everybody's day.
"""
SITE_LIMIT = RateLimit(burst=300, per_minute=60)
"""All further messages of all sources: people cannot answer more than that."""
DISK_LIMIT = RateLimit(burst=10_000, per_minute=10_000 / (24 * 60))
"""Everything together: 20,000 messages a day, half of them at once, so that senders with ever so many addresses do not
fill the disk.
"""
KEY_LIMIT = RateLimit(burst=20, per_minute=4)
"""Tries of keys from one source. There are 2^44 keys, so this only keeps the noise down."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form; take it, and give code and key. A post from the check page brings its answer along."""
    if not is_open():
        # The page that says so is there; what somebody wrote elsewhere and sends here is not taken.
        return render(request, "helpdesk/shut.html", status=503 if request.method == "POST" else 200)
    if request.method != "POST" or "mark" not in request.POST:
        form = CaseForm(initial={"mark": form_mark(), "slip": request.POST.get("slip", ""), "kind": _kind(request)})
        return _form(request, form)
    return _taken(request, CaseForm(request.POST), datetime.now(UTC))


def _taken(request: HttpRequest, form: CaseForm, now: datetime) -> HttpResponse:
    if not form.is_valid():
        if "mark" in form.errors:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["mark"] = form_mark()  # type: ignore[index]
        return _form(request, form, status=422)
    if form.is_of_a_program:  # it is told what a person would be told, and nothing is kept
        return render(request, "helpdesk/thanks.html")
    if seconds := _wait(request, now):
        return _form(request, form, seconds=seconds, status=429)
    data = form.cleaned_data
    try:
        case, key = case_open(
            form=data["mark"],
            kind=data["kind"],
            text=data["text"],
            contact=data["contact"],
            province=data["province"],
            slip=form.carried if data["attach"] else None,
            language=page_language(),
            now=now,
        )
    except CaseError as error:
        form.add_error("text", refusal_text(error, REFUSALS))
        return _form(request, form, status=422)
    return render(request, "helpdesk/opened.html", {"case": case, "key": key, "retention": RETENTION_DAYS})


def _kind(request: HttpRequest) -> str:
    return "listed" if request.POST.get("slip") else ""


def _form(request: HttpRequest, form: CaseForm, *, seconds: float = 0, status: int = 200) -> HttpResponse:
    context = {"form": form, "code_form": CodeForm(), "carried": form.carried, "minutes": math.ceil(seconds / 60)}
    return render(request, "helpdesk/ask.html", context, status=status)


def _wait(request: HttpRequest, now: datetime) -> float:
    """Return the seconds until this source may write again, or anybody who wrote today."""
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if seconds := OPEN_LIMIT.take(address, now=now):
        return seconds
    if FIRST_LIMIT.take(address, now=now) and (seconds := SITE_LIMIT.take(None, now=now)):
        return seconds
    return DISK_LIMIT.take(None, now=now)


@require_http_methods(["POST"])
@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Lead to the page of a code that was typed."""
    try:
        return redirect("help-case", read_case_code(request.POST.get("code", "")))
    except CaseError as error:
        form = CaseForm(initial={"mark": form_mark()})
        context = {"form": form, "code_form": CodeForm(request.POST), "code_fault": refusal_text(error, REFUSALS)}
        return render(request, "helpdesk/ask.html", context, status=404)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the key; with it show the case, take a message, or erase it. Without it, do not say that it exists."""
    context: dict[str, Any] = {"code": code, "form": KeyForm(), "retention": RETENTION_DAYS}
    if request.method != "POST":
        return render(request, "helpdesk/key.html", context)
    now = datetime.now(UTC)
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if seconds := KEY_LIMIT.take(address, now=now):
        return render(request, "helpdesk/key.html", context | {"minutes": math.ceil(seconds / 60)}, status=429)
    try:
        found = case_opened_by(code=code, key=request.POST.get("key", ""))
    except CaseError as error:
        return render(request, "helpdesk/key.html", context | {"fault": refusal_text(error, REFUSALS)}, status=404)
    if found is None:
        fault = _("This code and this key do not belong together, or the case was erased.")
        return render(request, "helpdesk/key.html", context | {"fault": fault}, status=404)
    context |= {"case": found, "key": request.POST["key"], "text_form": TextForm()}
    return _changed(request, found, context, now) if "do" in request.POST else _shown(request, found, context)


def _changed(request: HttpRequest, found: Case, context: dict[str, Any], now: datetime) -> HttpResponse:
    if request.POST["do"] == "erase":
        if "sure" not in request.POST:
            return _shown(request, found, context | {"erase_fault": True}, status=422)
        case_erase(case=found, now=now, reason="asked")
        return render(request, "helpdesk/erased.html", context)
    form = TextForm(request.POST)
    context["text_form"] = form
    if not form.is_valid():
        return _shown(request, found, context, status=422)
    if seconds := _wait(request, now):
        return _shown(request, found, context | {"minutes": math.ceil(seconds / 60)}, status=429)
    try:
        case_write(case=found, text=form.cleaned_data["text"], now=now)
    except CaseError as error:
        form.add_error("text", refusal_text(error, REFUSALS))
        return _shown(request, found, context, status=422)
    found.refresh_from_db()
    return _shown(request, found, context | {"text_form": TextForm(), "is_written": True})


def _shown(request: HttpRequest, found: Case, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    messages = found.messages.exclude(author=Author.NOTE)
    return render(request, "helpdesk/case.html", {**context, "thread": messages}, status=status)
