"""Whether the centre is well: for load balancers (``/healthz``), Prometheus (``/metrics``) and robots."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from quetsach.web.client_address import client_address
from quetsach.web.configuration import Configuration
from quetsach.web.gauges import CentreState
from quetsach.web.health import health
from quetsach.web.measurement import REGISTRY

REGISTRY.register(CentreState())


class Monitoring:
    """Middleware, the outermost: what watches the centre calls it by its number, so no name of a host is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer for the centre's state, or let the request pass."""
        view = {"/healthz": healthz, "/metrics": metrics}.get(request.path)
        return view(request) if view else self._get_response(request)


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
    """Let search engines read everything but what is for programs."""
    closed = ("/api/", "/repository/", "/metrics", "/healthz", "/t/", "/en/t/")
    rules = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed)
    return HttpResponse(rules, content_type="text/plain; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> bool:
    """Whether the caller, and who it calls for if it is a proxy, are in the networks that may."""
    center: Configuration = settings.CENTER
    callers = [client_address(request.META, proxy_hops=0)]
    if "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META:
        callers.append(client_address(request.META, proxy_hops=center.proxy_hops or 1))
    return all(
        caller is not None and any(caller.standard in network for network in center.metrics_from) for caller in callers
    )
