"""Pages for owners of accounts: a question, whose answer goes to the address alone, and the erasure that they may ask.

The page says the same to everybody: nobody learns from it whether an address is known. No account, cookie or script.
"""

import math
from datetime import UTC, datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from quetsach.web.client_address import client_address
from quetsach.web.design.words import page_language
from quetsach.web.limits import RateLimit, SourceLimit, Width
from quetsach.web.office.accounts.forms import AskForm
from quetsach.web.office.accounts.sealing import read_owner_token
from quetsach.web.office.accounts.selectors import is_open
from quetsach.web.office.accounts.services.answers import entries_erase, question_ask

ASK_LIMIT = SourceLimit(
    (
        Width(ipv4=32, ipv6=64, burst=20, per_minute=2),
        Width(ipv4=24, ipv6=48, burst=60, per_minute=6),
        Width(ipv4=16, ipv6=32, burst=300, per_minute=60),
    )
)
"""Questions from one source. Whole quarters of a city share an address of a mobile network; and asking for others
brings nothing but one mail a day to whoever is known.
"""
SITE_LIMIT = RateLimit(burst=1200, per_minute=240)
"""Questions of all sources: as many as mail could go out if every one were known."""
ERASE_LIMIT = RateLimit(burst=20, per_minute=4)
"""Tries of links of erasure from one source."""
_CACHE_SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the form; take a question, and say the same whatever is asked."""
    if not settings.CENTER.answers_owners:
        raise Http404
    now = datetime.now(UTC)
    response = _asked(request, now) if request.method == "POST" else _form(request, AskForm(), now)
    if request.method == "POST":
        add_never_cache_headers(response)
    else:
        patch_cache_control(response, public=True, max_age=_CACHE_SECONDS)
    return response


def _asked(request: HttpRequest, now: datetime) -> HttpResponse:
    form = AskForm(request.POST)
    if not form.is_valid():
        return _form(request, form, now, status=422)
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if seconds := ASK_LIMIT.take(address, now=now) or SITE_LIMIT.take(None, now=now):
        return _form(request, form, now, seconds=seconds, status=429)
    if not is_open(now):
        return _form(request, form, now, status=503)
    question_ask(address=form.cleaned_data["address"], language=page_language(), now=now)
    return render(request, "accounts/asked.html")


def _form(request: HttpRequest, form: AskForm, now: datetime, *, seconds: float = 0, status: int = 200) -> HttpResponse:
    context = {"form": form, "minutes": math.ceil(seconds / 60), "is_open": is_open(now)}
    return render(request, "accounts/ask.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to erase what lists say of the address to which this link went; erase it."""
    now = datetime.now(UTC)
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if seconds := ERASE_LIMIT.take(address, now=now):
        return render(request, "accounts/erase.html", {"minutes": math.ceil(seconds / 60)}, status=429)
    if read_owner_token(token) is None:
        raise Http404
    is_erased = request.method == "POST" and entries_erase(token=token, now=now)
    return render(request, "accounts/erase.html", {"is_erased": is_erased})
