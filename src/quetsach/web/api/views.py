"""The interface for programs: tool reports in. What goes out is in ``open_data``, its description among it."""

import math
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from ninja import Schema
from ninja.errors import ValidationError

from quetsach.core.address import Address
from quetsach.web.api.open_data.documents import DescribedApi
from quetsach.web.api.services import Refusal, SubmissionError, not_valid, refuse, report_submit
from quetsach.web.client_address import SOURCES, client_address, source_of
from quetsach.web.limits import SMALL_BODY_BYTES, SourceLimit, Width
from quetsach.web.metrics import REPORTS

api = DescribedApi(
    title="Quét Sạch",
    version="1",
    description="Tool reports in, open data out.",
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)
api.add_exception_handler(ValidationError, not_valid)
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


_FORM = {"schema": {"$ref": "#/components/schemas/Submission"}}
_BODY = {"requestBody": {"required": True, "content": {"application/json": _FORM}}}


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
    response = refuse(error.status, error.code, error.what, where=error.where, hint=error.hint)
    if error.retry_after_seconds:
        response["Retry-After"] = str(error.retry_after_seconds)
    return response
