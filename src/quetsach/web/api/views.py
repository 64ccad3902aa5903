"""The interface for programs. Its own description is at ``/api/v1/openapi.json``."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI, Schema

from quetsach.core.address import Address
from quetsach.core.csv_text import csv_text
from quetsach.web.api.errors import SubmissionError
from quetsach.web.api.services import report_submit, submission_schema
from quetsach.web.api.source import SOURCES, source_of
from quetsach.web.client_address import client_address
from quetsach.web.measurement import REPORTS
from quetsach.web.portal import selectors
from quetsach.web.portal.snapshot import RankedRow, Snapshot
from quetsach.web.server.bounds import SMALL_BODY_BYTES
from quetsach.web.source_limit import SourceLimit, Width

api = NinjaAPI(
    title="Quét Sạch",
    version="1",
    description="Tool reports in, open data out.",
    urls_namespace="api",
    docs_url=None,
)
REPORT_WIDTHS = (
    Width(ipv4=32, ipv6=64, burst=60, per_minute=60),
    Width(ipv4=24, ipv6=48, burst=600, per_minute=600),
)
REPORT_LIMIT = SourceLimit(REPORT_WIDTHS)
"""How fast one line, and one network of many lines, may send. How much counts in a day is in ``counting``."""


class Received(Schema):
    """The answer to a report that was taken."""

    report_id: UUID
    status: str


class Refusal(Schema):
    """The answer to one that was not: a word for programs, a sentence and a remedy for people."""

    error: str
    explanation: str
    where: str
    hint: str


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


@api.post(
    "/reports",
    url_name="reports",
    response={200: Received, 201: Received, frozenset({400, 409, 411, 413, 415, 422, 429, 503}): Refusal},
    openapi_extra=_BODY,
)
def reports(request: HttpRequest) -> HttpResponse:
    """Take one tool report. The same report may be sent again; it counts once."""
    now = datetime.now(UTC)
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    source = source_of(address, key=SOURCES.of(now))
    try:
        receipt = report_submit(body=_body(request, address, now), received_on=now.date(), source=source)
    except SubmissionError as error:
        REPORTS.labels(error.code).inc()
        return _refusal(error)
    word = "received" if receipt.is_new else "known"
    REPORTS.labels(word).inc()
    answer = {"report_id": str(receipt.report_id), "status": "received"}
    return JsonResponse(answer, status=201 if receipt.is_new else 200)


def _body(request: HttpRequest, address: Address | None, now: datetime) -> bytes:
    if seconds := REPORT_LIMIT.take(address, now=now):
        raise SubmissionError(
            "too many reports from one source",
            status=429,
            code="too-many",
            hint=f"try again in {math.ceil(seconds)} s",
            retry_after_seconds=math.ceil(seconds),
        )
    if not request.META.get("CONTENT_LENGTH"):
        raise SubmissionError("the length of the body is not given", status=411, code="no-length")
    if request.content_type != "application/json":
        raise SubmissionError("a report is sent as application/json", status=415, code="not-json")
    try:
        return request.body
    except RequestDataTooBig as error:
        raise SubmissionError(f"a report has at most {SMALL_BODY_BYTES} bytes", status=413, code="too-large") from error
    except UnreadablePostError as error:
        raise SubmissionError("the body breaks off", status=400, code="cut-off", hint="send it again") from error


def _refusal(error: SubmissionError) -> HttpResponse:
    answer = {"error": error.code, "explanation": error.what, "where": error.where, "hint": error.hint}
    response = JsonResponse(answer, status=error.status)
    if error.retry_after_seconds:
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


@api.get("/submission.schema.json", url_name="submission-schema", include_in_schema=False)
def schema(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """The form that a tool report must have."""
    return _open(JsonResponse(submission_schema(), content_type="application/schema+json"))


@api.get("/figures.json", url_name="figures", response={200: dict[str, Any]})
def figures(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Everything that the portal shows, with its windows and definitions."""
    snapshot = selectors.published_snapshot()
    document: dict[str, Any] = snapshot.as_json() if snapshot else {"format": None, "counted_at": None}
    document.pop("family_names", None)
    for campaign in document.get("campaigns", ()):
        del campaign["charts"]
    definitions = [definition.as_json() for definition in selectors.definitions()]
    return _open(JsonResponse({**document, "definitions": definitions}, json_dumps_params={"ensure_ascii": False}))


@api.get("/windows.csv", url_name="windows")
def windows(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Unique addresses of each window of every campaign, against its baseline, closed campaigns included."""
    header = ("campaign", "window", "first", "last", "addresses", "days", "days_with_data", "change_percent", "scale")
    snapshot = selectors.published_snapshot()
    if snapshot is None:
        return _csv(header, ())
    return _csv(
        header,
        (
            (c.id, w.id, w.first, w.last, w.addresses, w.days, w.days_with_data, w.change_percent, snapshot.scale)
            for c in snapshot.campaigns
            for w in c.windows
        ),
    )


@api.get("/families.csv", url_name="families")
def families(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Mean daily unique addresses of each family over the latest window."""
    return _ranking(lambda snapshot: snapshot.families)


@api.get("/isps.csv", url_name="isps")
def isps(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Mean daily unique addresses of each provider over the latest window."""
    return _ranking(lambda snapshot: snapshot.isps)


@api.get("/places.csv", url_name="places")
def places(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Mean daily unique addresses of each province over the latest window."""
    return _ranking(lambda snapshot: snapshot.places)


@api.get("/sectors.csv", url_name="sectors")
def sectors(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (ninja names it)
    """Mean daily unique addresses of each sector over the latest window, as far as feeds tell it."""
    return _ranking(lambda snapshot: snapshot.sectors)


def _ranking(choose: Callable[[Snapshot], Sequence[RankedRow]]) -> HttpResponse:
    header = ("rank", "id", "name_vi", "name_en", "mean_daily_addresses", "per_1000_announced", "share_percent")
    basis = ("first", "last", "days_with_data", "scale")
    snapshot = selectors.published_snapshot()
    if snapshot is None:
        return _csv((*header, *basis), ())
    about = (snapshot.latest.first, snapshot.latest.last, snapshot.latest.days_with_data, snapshot.scale)
    rows = (
        (row.rank, row.id, row.name.vi, row.name.en, row.mean_daily, row.per_thousand, row.share_percent, *about)
        for row in choose(snapshot)
    )
    return _csv((*header, *basis), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    text = csv_text([header, *rows], line_end="\r\n")
    return _open(HttpResponse(text, content_type="text/csv; charset=utf-8; header=present"))


def _open(response: HttpResponse) -> HttpResponse:
    """Open data may be read by any page; it is the same for everyone."""
    patch_cache_control(response, public=True, max_age=60)
    response["Access-Control-Allow-Origin"] = "*"
    return response
