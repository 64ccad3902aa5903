"""The partners' interface: a program sends a report with its token, and asks what became of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.urls import reverse
from ninja import Router, Schema

from quetsach.campaign.errors import PartnerError
from quetsach.web.api.open_data.documents import PARTNER_TOKEN
from quetsach.web.api.services import Refusal, refuse
from quetsach.web.limits import PARTNER_BODY_BYTES
from quetsach.web.office.partners.models import Delivery, Partner
from quetsach.web.office.partners.services.intake import (
    AT_ONCE_RECORDS,
    delivery_receive,
    delivery_take_in,
)
from quetsach.web.office.partners.services.partner import token_partner

UPLOADS = threading.BoundedSemaphore(1)
"""One upload is unpacked and checked at a time; its body has arrived whole by then."""
_CHUNK_BYTES = 1 << 16
_FAULTS_AT_MOST = 1000

router = Router(tags=["partners"])


class DeliveryReceipt(Schema):
    """What became of a report so far; ``records`` = accepted + duplicates + replaced + set_aside when it is done."""

    delivery: int
    sha256: str
    state: str
    records: int
    accepted: int
    duplicates: int
    replaced: int
    set_aside: int
    url: str


class SetAsideRecord(Schema):
    """A record that was not taken."""

    line: int
    reason: str
    column: str
    excerpt: str


class SetAsidePage(Schema):
    """Some of them in order of lines; ``next_after`` asks for those that follow, none when there are no more."""

    records: list[SetAsideRecord]
    next_after: int | None


_REFUSED: Any = frozenset({400, 401, 404, 408, 409, 411, 413, 422, 429, 503})
_TOKEN: dict[str, Any] = {"security": [{PARTNER_TOKEN: []}]}
_TEXT = {"schema": {"type": "string"}}
_BODY = {"requestBody": {"required": True, "content": {"text/csv": _TEXT, "application/x-ndjson": _TEXT}}}


@router.post(
    "/reports",
    url_name="partner-reports",
    response={200: DeliveryReceipt, 201: DeliveryReceipt, 202: DeliveryReceipt, _REFUSED: Refusal},
    openapi_extra=_BODY | _TOKEN,
)
def send(request: HttpRequest) -> HttpResponse:
    """Take one report: CSV or JSON lines, may be compressed with gzip. The same bytes again change nothing.

    201: worked off; 202: received whole, ask the address in ``url`` what became of it; 200: known already.
    """
    now = datetime.now(UTC)
    try:
        partner = _partner(request, now)
        delivery, is_new = _receive(request, partner, now)
        if is_new and delivery.records <= AT_ONCE_RECORDS:
            delivery = delivery_take_in(delivery=delivery, now=now)
    except PartnerError as error:
        return _refusal(error)
    status = 200 if not is_new else 201 if delivery.is_done else 202
    return JsonResponse(_receipt(delivery), status=status)


@router.get(
    "/reports/{int:number}",
    url_name="partner-report",
    response={200: DeliveryReceipt, _REFUSED: Refusal},
    openapi_extra=_TOKEN,
)
def state(request: HttpRequest, number: int) -> HttpResponse:
    """Say what became of a report."""
    try:
        return JsonResponse(_receipt(_delivery(request, number)))
    except PartnerError as error:
        return _refusal(error)


@router.get(
    "/reports/{int:number}/set-aside",
    url_name="partner-set-aside",
    response={200: SetAsidePage, _REFUSED: Refusal},
    openapi_extra=_TOKEN,
)
def set_aside(request: HttpRequest, number: int, after: int = 0) -> HttpResponse:
    """Name the records that were set aside, each with its line and reason; at most 1,000 at a time."""
    try:
        delivery = _delivery(request, number)
    except PartnerError as error:
        return _refusal(error)
    faults = delivery.faults.filter(line__gt=max(0, min(after, 2**31 - 1))).order_by("line")
    rows = list(faults.values("line", "reason", "column", "excerpt")[: _FAULTS_AT_MOST + 1])
    page, more = rows[:_FAULTS_AT_MOST], rows[_FAULTS_AT_MOST:]
    return JsonResponse({"records": page, "next_after": page[-1]["line"] if more else None})


def _partner(request: HttpRequest, now: datetime) -> Partner:
    partner = token_partner(request.headers.get("Authorization", ""), now=now)
    if partner is None:
        raise PartnerError(
            "the token is missing, wrong or revoked",
            code="no-token",
            status=401,
            hint="send the header Authorization: Bearer qsp_…",
        )
    return partner


def _delivery(request: HttpRequest, number: int) -> Delivery:
    """Return one of the partner's own deliveries; another's is not there."""
    partner = _partner(request, datetime.now(UTC))
    found = partner.deliveries.filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise PartnerError("there is no such report", code="not-found", status=404)
    return found


def _receive(request: HttpRequest, partner: Partner, now: datetime) -> tuple[Delivery, bool]:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not (length.isascii() and length.isdigit()):
        raise PartnerError("the length of the body is not given", code="no-length", status=411)
    if int(length) > PARTNER_BODY_BYTES:
        raise PartnerError(
            f"a report has at most {PARTNER_BODY_BYTES:,} bytes",
            code="too-large",
            status=413,
            hint="compress it with gzip",
        )
    with _one_upload():
        return delivery_receive(
            partner=partner,
            name=f"{partner.key}-{now:%Y%m%dT%H%M%SZ}",
            chunks=_chunks(request, int(length)),
            channel="api",
            by=None,
            now=now,
        )


@contextmanager
def _one_upload() -> Iterator[None]:
    if not UPLOADS.acquire(blocking=False):
        raise PartnerError("another report is arriving", code="busy", status=503, hint="try again in a minute")
    try:
        yield
    finally:
        UPLOADS.release()


def _chunks(request: HttpRequest, length: int) -> Iterator[bytes]:
    left = length
    try:
        while chunk := request.read(_CHUNK_BYTES):
            left -= len(chunk)
            yield chunk
    except UnreadablePostError as error:
        raise PartnerError("the body breaks off", code="cut-off", status=400, hint="send it again") from error
    if left:
        raise PartnerError("the body breaks off", code="cut-off", status=400, hint="send it again")


def _receipt(delivery: Delivery) -> dict[str, Any]:
    counts = ("sha256", "state", "records", "accepted", "duplicates", "replaced", "set_aside")
    return {
        "delivery": delivery.pk,
        **{name: getattr(delivery, name) for name in counts},
        "url": reverse("api:partner-report", args=[delivery.pk]),
    }


def _refusal(error: PartnerError) -> HttpResponse:
    response = refuse(error.status, error.code, error.what, where=error.where, hint=error.hint)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="partners"'
    if error.status == 503:
        response["Retry-After"] = "60"
    return response
