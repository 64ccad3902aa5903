"""The page that tells how old the visitor's own browser and system are, from what the request says by itself."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods

from quetsach.web.published.browser_age import age_of


@require_http_methods(["GET", "HEAD", "POST"])
def browser(request: HttpRequest) -> HttpResponse:
    """Explain on GET, the same to everybody; on POST tell who asks."""
    return _told(request) if request.method == "POST" else _explained(request)


@cache_control(public=True, max_age=60)
def _explained(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/browser.html")


@never_cache
def _told(request: HttpRequest) -> HttpResponse:
    today = datetime.now(UTC).astimezone(settings.COUNTRY.zone).date()
    age = age_of(request.headers.get("User-Agent", ""), today=today)
    return render(request, "portal/browser_answer.html", {"age": age})
