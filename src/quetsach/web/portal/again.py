"""Pages for who looks at the own address again: at once, or later and from anywhere by a code. Nothing is kept."""

import math
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_POST

from quetsach.web.client_address import client_address
from quetsach.web.limits import RateLimit
from quetsach.web.metrics import CHECKS
from quetsach.web.published import selectors
from quetsach.web.published.again import LIFETIME_DAYS, QUIET_DAYS, Household, look_again
from quetsach.web.published.answer import Outcome

_MOST_TYPED = 100
CODE_LIMIT = RateLimit(burst=30, per_minute=6)
"""Tries of codes from one source. Nobody forges one, so this only keeps the noise down."""


@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Explain on GET, the same to everybody; on POST say what has become of the address that a code holds."""
    return _looked_up(request) if request.method == "POST" else _explained(request)


@cache_control(public=True, max_age=60)
def _explained(request: HttpRequest) -> HttpResponse:
    return _page(request)


@never_cache
def _looked_up(request: HttpRequest) -> HttpResponse:
    now, typed = datetime.now(UTC), request.POST.get("code", "")[:_MOST_TYPED]
    if seconds := CODE_LIMIT.take(client_address(request.META, proxy_hops=settings.CENTER.proxy_hops), now=now):
        return _page(request, typed=typed, minutes=math.ceil(seconds / 60), status=429)
    household = Household.read(typed, secret=settings.SECRET_KEY)
    if household is None:
        fault = _("This is not one of our codes: a letter is wrong or missing. It looks like KT-7K3M-9F2D and so on.")
        return _page(request, typed=typed, fault=fault, status=422)
    answer = look_again(
        household,
        listed=selectors.address_list(),
        today=selectors.day_of_data(now),
        describe=selectors.describe_listing,
    )
    CHECKS.labels(f"again-{answer.course}").inc()
    return render(request, "portal/again_answer.html", {"answer": answer, "quiet": QUIET_DAYS})


def _page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    shown = {"lifetime": LIFETIME_DAYS, "quiet": QUIET_DAYS, **context}
    return render(request, "portal/again.html", shown, status=status)


@require_POST
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Give a code to who comes from an address at which malware was reported, for that address and no other."""
    now = datetime.now(UTC)
    look = selectors.look_up(client_address(request.META, proxy_hops=settings.CENTER.proxy_hops), now)
    if look.outcome is not Outcome.SEEN or look.address is None:
        return render(request, "portal/again_none.html", status=409)
    household = Household(look.address, selectors.day_of_data(now))
    context = {"code": household.code(secret=settings.SECRET_KEY), "day": household.day}
    return render(request, "portal/again_code.html", context | {"lifetime": LIFETIME_DAYS, "quiet": QUIET_DAYS})
