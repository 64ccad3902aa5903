"""What machines ask a site for: whether it is well (``/healthz``, ``/metrics``), what robots may read, whom to tell."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from quetsach.web import identity
from quetsach.web.client_address import client_address
from quetsach.web.configuration import Configuration
from quetsach.web.health import health
from quetsach.web.metrics import REGISTRY, CentreState
from quetsach.web.server.answer import BARE_HEADERS

REGISTRY.register(CentreState())
_SECURITY_HOLDS = timedelta(days=90)
"""How long a copy of the contact may be relied on."""


class Monitoring:
    """Middleware, the outermost: what watches the centre calls it by its number, so no name of a host is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer for the centre's state, or let the request pass."""
        view = {"/healthz": healthz, "/metrics": metrics}.get(request.path)
        if view is None:
            return self._get_response(request)
        answer = view(request)
        for name, value in BARE_HEADERS:
            answer[name] = value
        return answer


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say what works; 503 when something does not that somebody has to look after."""
    found = health(settings.CENTER, now=datetime.now(UTC))
    return JsonResponse(
        {"status": "ok" if found.is_well else "failing", "checks": found.checks},
        status=200 if found.is_well else 503,
        headers={"Cache-Control": "no-store"},
    )


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return counters and gauges in Prometheus' text format, to the networks that may read them."""
    if not _may_read_metrics(request):
        return HttpResponse(status=403)
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Let search engines read pages and open data; not what takes reports, nor what would count a visit."""
    closed = ("/api/v1/reports", "/api/v1/partners/", "/repository/", "/metrics", "/healthz", "/t/", "/en/t/")
    rules = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed)
    return _plain(f"{rules}\nSitemap: {identity.site()}{reverse('sitemap')}\n")


@require_safe
def security(_request: HttpRequest) -> HttpResponse:
    """Say whom to tell of a weakness of this centre (RFC 9116): those who answer its requests for help."""
    site, now = identity.site(), datetime.now(UTC)
    until = (now + _SECURITY_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    fields = {
        "Contact": f"{site}{reverse('help')}",
        "Expires": until.isoformat(),
        "Preferred-Languages": "vi, en",
        "Canonical": f"{site}{reverse('security')}",
    }
    return _plain("".join(f"{name}: {value}\n" for name, value in fields.items()))


def _plain(text: str) -> HttpResponse:
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "public, max-age=3600"}
    )


def _may_read_metrics(request: HttpRequest) -> bool:
    """Whether the caller, and who it calls for if it is a proxy, are in the networks that may."""
    center: Configuration = settings.CENTER
    callers = [client_address(request.META, proxy_hops=0)]
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        callers.append(client_address(request.META, proxy_hops=center.proxy_hops or 1))
    return all(
        caller is not None and any(caller.standard in network for network in center.metrics_from) for caller in callers
    )
