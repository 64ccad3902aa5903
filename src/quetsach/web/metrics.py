"""What the centre counts about itself, and what ``/metrics`` tells of its state: never an address.

Pages are named by their route, so that neither what a visitor typed nor who the visitor is can enter a log.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from quetsach import __version__
from quetsach.centre.publication.snapshot import read_snapshot
from quetsach.core.errors import QuetsachError
from quetsach.web.configuration import Configuration
from quetsach.web.health import Heartbeats, expiries

# What the centre counts about itself: one log line and a few counters a request, and never an address.
#
# Pages are named by their route, so that neither what a visitor typed nor who the visitor is can enter a log.

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

UNCOUNTED = "quetsach.uncounted"
"""In the environment of a request that the centre makes itself; nothing that is sent can have this name."""
_QUIET = frozenset({"static"})


def count_written(page: str, status: int) -> None:
    """Count an answer from a page that lies written: it takes no time that is worth a line of the log."""
    REQUESTS.labels(page, str(status)).inc()


class RequestMeasurement:
    """Middleware: the outermost, so that it sees what every other one answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and write down page, status and time."""
        if UNCOUNTED in request.META:
            return self._get_response(request)
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


# What ``/metrics`` tells about the state of the centre, looked up at each scrape.

type Values = Iterable[tuple[tuple[str, ...], float]]


class CentreState(Collector):
    """Gauges of one centre; what cannot be read is left out rather than told wrongly."""

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: the registry would collect for it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Return the gauges as they are now."""
        center: Configuration = settings.CENTER
        now = datetime.now(UTC)
        gauges: tuple[tuple[str, str, tuple[str, ...], Callable[[Configuration, datetime], Values]], ...] = (
            ("build_info", "The version that runs.", ("version",), lambda _c, _n: [((__version__,), 1.0)]),
            ("signature_seconds_left", "Seconds until the metadata of a role expires.", ("role",), _signatures),
            ("figures_age_seconds", "Seconds since the published figures were counted.", (), _figures),
            ("figures_last_day_age_days", "Days since the last day in the figures.", (), _last_day),
            ("disk_free_bytes", "Free space where the data lie.", (), _disk),
            ("work_alive", "Whether a kind of work behind the pages runs.", ("work",), _alive),
            ("work_silent_seconds", "Seconds since its last sign of life.", ("work",), _silent),
            ("work_broke_off", "How often it broke off since the start.", ("work",), _broke_off),
            ("queue_length", "What waits to be done.", ("queue",), _queues),
        )
        for name, text, labels, look in gauges:
            family = GaugeMetricFamily(f"quetsach_{name}", text, labels=labels)
            try:
                for values, value in look(center, now):
                    family.add_metric(values, value)
            except (QuetsachError, DatabaseError, OSError, ValueError):
                continue
            yield family


def _signatures(center: Configuration, now: datetime) -> Values:
    return [((role,), (expiry - now).total_seconds()) for role, expiry in expiries(center.data).items()]


def _figures(center: Configuration, now: datetime) -> Values:
    snapshot = read_snapshot(center.data)
    return [((), (now - snapshot.counted_at).total_seconds())] if snapshot else []


def _last_day(center: Configuration, now: datetime) -> Values:
    snapshot = read_snapshot(center.data)
    return [((), float((now.date() - snapshot.as_of).days))] if snapshot else []


def _disk(center: Configuration, _now: datetime) -> Values:
    return [((), float(shutil.disk_usage(center.data).free))] if center.data else []


def _heartbeats(center: Configuration) -> Heartbeats | None:
    return Heartbeats.read(center.data) if center.data and center.served_at else None


def _alive(center: Configuration, now: datetime) -> Values:
    found = _heartbeats(center)
    return [((name,), float(not work.trouble(now))) for name, work in found.works.items()] if found else []


def _silent(center: Configuration, now: datetime) -> Values:
    found = _heartbeats(center)
    return [((name,), (now - work.beat_at).total_seconds()) for name, work in found.works.items()] if found else []


def _broke_off(center: Configuration, _now: datetime) -> Values:
    found = _heartbeats(center)
    return [((name,), float(work.broke_off)) for name, work in found.works.items()] if found else []


def _queues(_center: Configuration, _now: datetime) -> Values:
    mail = import_module("quetsach.web.office.mail.models")  # by name: models come after settings
    partners = import_module("quetsach.web.office.partners.models")
    feeds = import_module("quetsach.web.office.feeds.models")
    yield ("letters",), float(mail.Message.objects.filter(state=mail.MessageState.QUEUED).count())
    yield ("partners' reports",), float(partners.Delivery.objects.filter(state=partners.DeliveryState.WAITING).count())
    yield ("feed files",), float(feeds.FeedFile.objects.filter(ended_at=None).count())
