"""Whether the centre is well: for load balancers (``/healthz``), Prometheus (``/metrics``) and robots."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from quetsach.web.measurement import REGISTRY
from quetsach.web.portal.snapshot import PublicationError, read_snapshot

_METADATA_LIMIT_BYTES = 65_536


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """Say what works; 503 when something that visitors need does not."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "figures": _figures,
        "repository": _repository,
    }
    found = {name: check() for name, check in checks.items()}
    is_well = all(state in ("ok", "empty") for state in found.values())
    return JsonResponse({"status": "ok" if is_well else "failing", "checks": found}, status=200 if is_well else 503)


@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    """Return the counters in Prometheus' text format."""
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Let search engines read everything but what is for programs."""
    closed = ("/api/", "/repository/", "/metrics", "/healthz", "/t/", "/en/t/")
    rules = "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed)
    return HttpResponse(rules, content_type="text/plain; charset=utf-8")


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"cannot be read: {type(error).__name__}"
    return "ok"


def _figures() -> str:
    """The published figures, and the lake they come from, can be read."""
    data: Path | None = settings.CENTER.data
    if data is None:
        return "empty"
    try:
        snapshot = read_snapshot(data)
        next((data / "lake").iterdir(), None) if (data / "lake").exists() else None
    except (PublicationError, OSError) as error:
        return f"cannot be read: {type(error).__name__}"
    return "ok" if snapshot else "empty"


def _repository() -> str:
    """The signed repository has not expired: an expired one makes every tool refuse its update."""
    data: Path | None = settings.CENTER.data
    timestamp = data / "repository" / "metadata" / "timestamp.json" if data else None
    if timestamp is None or not timestamp.exists():
        return "empty"
    try:
        with timestamp.open("rb") as file:
            expires = json.loads(file.read(_METADATA_LIMIT_BYTES))["signed"]["expires"]
        is_fresh = datetime.fromisoformat(expires) > datetime.now(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return "cannot be read"
    return "ok" if is_fresh else f"expired {expires}"
