"""What the centre counts about itself: one log line and a few counters a request, and never an address.

Pages are named by their route, so that neither what a visitor typed nor who the visitor is can enter a log.
"""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram

_logger = logging.getLogger("quetsach.web.request")

REGISTRY = CollectorRegistry()
REQUESTS = Counter("quetsach_requests", "Requests answered.", ["page", "status"], registry=REGISTRY)
DURATION = Histogram(
    "quetsach_request_seconds",
    "Time to answer a request.",
    ["page"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    registry=REGISTRY,
)
CHECKS = Counter("quetsach_checks", "Looks at one's own address, by outcome.", ["outcome"], registry=REGISTRY)
REPORTS = Counter("quetsach_reports", "Tool reports received, by answer.", ["answer"], registry=REGISTRY)
TURNED_AWAY = Counter(
    "quetsach_turned_away", "Requests answered before a page saw them.", ["reason"], registry=REGISTRY
)

_QUIET = frozenset({"static"})


class RequestMeasurement:
    """Middleware: the outermost, so that it sees what every other one answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and write down page, status and time."""
        started = time.monotonic()
        response = self._get_response(request)
        seconds = time.monotonic() - started
        match = request.resolver_match
        is_static = request.path.startswith(settings.STATIC_URL)
        page = "static" if is_static else (match.view_name or "unnamed") if match else "unrouted"
        REQUESTS.labels(page, str(response.status_code)).inc()
        DURATION.labels(page).observe(seconds)
        if page not in _QUIET:
            fields = {"page": page, "status": response.status_code, "milliseconds": round(seconds * 1000, 1)}
            _logger.info("%s %s", request.method, page, extra=fields)
        return response
