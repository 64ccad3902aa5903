"""Taking in a tool report: check every part of it, then keep counts, once; or say no so that the sender can act."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, NoReturn
from uuid import UUID

import jsonschema
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Schema
from ninja.errors import ValidationError

from quetsach.core.errors import QuetsachError
from quetsach.web.api.models import ReportDay, ReportedFinding, ToolReport
from quetsach.web.api.selectors import Tally, count_reports, counting, keep_tally, known_families
from quetsach.web.client_address import NOWHERE, Source
from quetsach.web.limits import SMALL_BODY_BYTES
from quetsach.web.published.report_counts import (
    MOST_REPORTS_A_DAY,
    MOST_ROWS_A_DAY,
    OTHER_ROW,
    Row,
    ceilings_of,
    kept_rows,
    state_of,
)

_TRY_AGAIN_SECONDS = 3600
_AT_ONCE = 500
_LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: the report's code, and whether it, or this revision of it, was new."""

    report_id: UUID
    is_new: bool


@cache
def submission_schema() -> dict[str, Any]:
    """Return the JSON Schema that the tool's anonymous report must satisfy (draft 2020-12)."""
    text = resources.files("quetsach.endpoint.report").joinpath("submission.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(submission_schema(), format_checker=jsonschema.FormatChecker())


def report_submit(*, body: bytes, received_on: date, source: Source = NOWHERE) -> Receipt:
    """Check a report and keep its counts; the same report again changes nothing, a later revision replaces it.

    Args:
        body: the JSON document as sent.
        received_on: the UTC day of arrival.
        source: where it came from, by the names of that day.

    Raises:
        SubmissionError: it is too large, no JSON, not of the published form, another report has its code, or as many
            as are kept in a day have arrived.
    """
    document = _read(body)
    try:
        report = _report(document, received_on)
        rows = _rows(document)
    except (ValueError, TypeError, KeyError) as error:
        _refuse_form(f"a value cannot be used: {error}")
    if report.day > received_on + timedelta(days=1):
        _refuse_form("the day of the run lies in the future", where="/day", hint="set the computer's clock")
    if known := known_families():
        report.state = state_of(kind=report.kind, exit_code=report.exit_code, rows=rows, known=known)
    # While the shelf cannot be read nothing is lost: names wait, and are never shown before they are known.
    rows = kept_rows(rows, known=known or {family for family, *_ in rows})
    try:
        with transaction.atomic():
            earlier = ToolReport.objects.select_for_update().filter(pk=report.pk).first()
            if earlier is None:
                _keep_new(report, rows, source)
            return Receipt(report.pk, is_new=earlier is None or _correct(earlier, report, rows))
    except IntegrityError:  # the same report arrived at the same moment
        earlier = ToolReport.objects.get(pk=report.pk)
        return Receipt(report.pk, is_new=_correct(earlier, report, rows))


def _keep_new(report: ToolReport, rows: dict[Row, int], source: Source) -> None:
    """Keep a report of a code that is not known, within what a source and a day may add."""
    report.source, report.site = source.line, source.site
    for name, ceiling in ceilings_of(source):
        arrived = ToolReport.objects.filter(Q(source=name) | Q(site=name)).count()
        if arrived >= ceiling.kept:
            _refuse_for_today("more reports from one network than are kept in a day")
        report.is_counted = report.is_counted and arrived < ceiling.counted
    day, _ = ReportDay.objects.get_or_create(day=report.received_on)
    if day.reports >= MOST_REPORTS_A_DAY:
        _refuse_for_today("more reports than are kept in a day")
    rows = _within_day(rows, kept=day.rows)
    report.save(force_insert=True)
    _keep_findings(report, rows)
    ReportDay.objects.filter(pk=day.pk).update(reports=F("reports") + 1, rows=F("rows") + len(rows))


def _correct(earlier: ToolReport, report: ToolReport, rows: dict[Row, int]) -> bool:
    """Replace a report by a later revision of it; return whether there was anything to do.

    It counts as the first one did: what its source and its day may add was settled when that arrived.

    Raises:
        SubmissionError: it is another report under the same code.
    """
    is_other = report.revision == earlier.revision and bytes(earlier.digest) != report.digest
    if earlier.install_id != report.install_id or is_other:
        raise SubmissionError(
            "another report with this code has arrived before",
            status=409,
            code="conflict",
            where="/report_id",
            hint="a report is corrected under a higher revision; otherwise make a new one and send that",
        )
    if report.revision <= earlier.revision:
        return False
    for name in ("source", "site", "is_counted", "withdrawal_id"):
        setattr(report, name, getattr(earlier, name))
    report.corrected_on, report.received_on = report.received_on, earlier.received_on
    with transaction.atomic():
        replaced = earlier.findings.count()
        day, _ = ReportDay.objects.get_or_create(day=report.received_on)
        rows = _within_day(rows, kept=day.rows - replaced)
        report.save(force_update=True)
        report.findings.all().delete()
        _keep_findings(report, rows)
        change = Greatest(F("rows") + len(rows) - replaced, 0)
        ReportDay.objects.filter(pk=day.pk).update(rows=change)
    return True


def _within_day(rows: dict[Row, int], *, kept: int) -> dict[Row, int]:
    """Return a report's findings, in one row where the day has no room for them beside the rows that it keeps."""
    return rows if kept + len(rows) <= MOST_ROWS_A_DAY else {OTHER_ROW: sum(rows.values())}


def _keep_findings(report: ToolReport, rows: dict[Row, int]) -> None:
    names = ("family", "kind", "action", "outcome")
    ReportedFinding.objects.bulk_create(
        ReportedFinding(report=report, count=count, **dict(zip(names, row, strict=True))) for row, count in rows.items()
    )


def _refuse_for_today(what: str) -> NoReturn:
    hint = "send it tomorrow; the report stays on the machine"
    raise SubmissionError(what, status=429, code="too-many-today", hint=hint, retry_after_seconds=_TRY_AGAIN_SECONDS)


def report_erase(*, report_id: UUID, now: datetime) -> bool:
    """Erase a report with all its counts, also from the public figures; return whether there was one."""
    with transaction.atomic():
        erased, _ = ToolReport.objects.filter(report_id=report_id).delete()
        transaction.on_commit(_write_back)
    tally_refresh(now=now)
    return erased > 0


def _write_back() -> None:
    """Empty the log that SQLite keeps beside its database: a copy of what was erased would stay there for a while."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tally_refresh(*, now: datetime) -> Tally:
    """Count the reports anew and keep the figures for the pages; the only place that does."""
    with counting():
        judge_late()
        tally = count_reports(now=now)
        keep_tally(tally)
    return tally


def judge_late() -> None:
    """Say what reports say of their machine that arrived at an earlier version, or while the shelf was not there."""
    known = known_families()
    while known and (reports := list(ToolReport.objects.filter(state="").prefetch_related("findings")[:_AT_ONCE])):
        for report in reports:
            rows = [(f.family, f.kind, f.action, f.outcome) for f in report.findings.all()]
            report.state = state_of(kind=report.kind, exit_code=report.exit_code, rows=rows, known=known)
        ToolReport.objects.bulk_update(reports, ["state"])


def _read(body: bytes) -> dict[str, Any]:
    if len(body) > SMALL_BODY_BYTES:
        raise SubmissionError(
            f"a report has at most {SMALL_BODY_BYTES} bytes, this one has {len(body)}", status=413, code="too-large"
        )
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SubmissionError("the body is not JSON", status=400, code="not-json", hint=str(error)[:200]) from error
    fault = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    if fault is not None:
        _refuse_form(fault.message[:300], where=fault.json_path[:200])
    checked: dict[str, Any] = document
    return checked


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_form(what: str, *, where: str = "", hint: str = "") -> NoReturn:
    raise SubmissionError(
        what,
        status=422,
        code="not-a-report",
        where=where,
        hint=hint or "the form is published at /api/v1/submission.schema.json; update the tool and send again",
    )


def _digest(document: Mapping[str, Any]) -> bytes:
    facts = {name: value for name, value in document.items() if name != "revision" or value}  # absent is 0
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()


def _report(document: Mapping[str, Any], received_on: date) -> ToolReport:
    return ToolReport(
        report_id=UUID(document["report_id"]),
        revision=_number(document.get("revision", 0), 1000),
        digest=_digest(document),
        received_on=received_on,
        day=date.fromisoformat(document["day"]),
        install_id=UUID(document["install_id"]),
        campaign=_text(document.get("campaign")),
        unit=_text(document.get("unit")),
        tool_version=_text(document["tool_version"]),
        platform=_text(document["platform"], 20),
        kind=_text(document["kind"], 20),
        exit_code=_number(document["exit_code"], 255),
        findings_count=_number(sum(f["count"] for f in document["findings"])),
    )


def _rows(document: Mapping[str, Any]) -> dict[Row, int]:
    totals: dict[Row, int] = {}
    for finding in document["findings"]:
        row = (
            _text(finding["family"]),
            _text(finding["kind"], 40),
            _text(finding["action"], 40),
            _text(finding["outcome"], 40),
        )
        totals[row] = totals.get(row, 0) + _number(finding["count"])
    return totals


def _text(value: Any, longest: int = 100) -> str:
    text = str(value or "")
    if len(text) > longest or not text.isprintable():
        raise ValueError(f"longer than {longest} characters, or not printable")
    return text


def _number(value: int, largest: int = _LARGEST_COUNT) -> int:
    if not 0 <= value <= largest:
        raise ValueError(f"not between 0 and {largest}")
    return int(value)  # JSON Schema takes 1.0 for an integer


# Why and in what form the interface for programs says no, in words that the sender can act on.


# Why the interface for programs refuses something, in words that the sender can act on.


class SubmissionError(QuetsachError):
    """A tool report cannot be taken as it is.

    Args:
        status: the HTTP status that says so.
        code: a word that programs can rely on.
        retry_after_seconds: when to try again; 0 if trying again does not help.
        what, where, hint: as in :class:`~quetsach.core.errors.QuetsachError`.
    """

    def __init__(
        self, what: str, *, status: int, code: str, where: str = "", hint: str = "", retry_after_seconds: int = 0
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.code = code


# How the interface for programs says no: always in the same form, whatever the reason.


class Refusal(Schema):
    """Why a request was not taken: a word for programs, a sentence and a remedy for people."""

    error: str
    explanation: str
    where: str
    hint: str


def refuse(status: int, error: str, explanation: str, *, where: str = "", hint: str = "") -> JsonResponse:
    """Return a refusal; anybody's page may read why, as it may read what is there."""
    refusal = Refusal(error=error, explanation=explanation, where=where, hint=hint)
    return JsonResponse(refusal.model_dump(), status=status, headers={"Access-Control-Allow-Origin": "*"})


def not_valid(_request: HttpRequest, error: ValidationError | type[ValidationError]) -> HttpResponse:
    """Name the first parameter that is not what it should be."""
    first = error.errors[0] if isinstance(error, ValidationError) and error.errors else {}
    where = ".".join(str(part) for part in first.get("loc", ()))
    return refuse(422, "not-valid", str(first.get("msg", "the request is not what it should be")), where=where)


def unknown(_request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  (the address is not repeated to its sender)
    """Say that there is nothing at an address of the interface."""
    return refuse(404, "not-found", "there is nothing at this address", hint="GET /api/v1/ names what there is")
