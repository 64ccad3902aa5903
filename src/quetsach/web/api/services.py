"""Taking in a tool report: check every part of it, then keep counts, once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any, NoReturn
from uuid import UUID

import jsonschema
from django.db import IntegrityError, connection, transaction

from quetsach.web.api.errors import SubmissionError
from quetsach.web.api.models import ReportedFinding, ToolReport
from quetsach.web.api.selectors import forget_tally

BODY_LIMIT_BYTES = 64 * 1024
_LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told: the report's code, and whether it was new."""

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


def report_submit(*, body: bytes, received_on: date) -> Receipt:
    """Check a report and keep its counts; the same report again changes nothing.

    Args:
        body: the JSON document as sent.
        received_on: the UTC day of arrival.

    Raises:
        SubmissionError: it is too large, no JSON, not of the published form, or another report has its code.
    """
    document = _read(body)
    digest = _digest(document)
    try:
        report = _report(document, digest, received_on)
        findings = _findings(document, report)
    except (ValueError, TypeError, KeyError) as error:
        _refuse_form(f"a value cannot be used: {error}")
    if report.day > received_on + timedelta(days=1):
        _refuse_form("the day of the run lies in the future", where="/day", hint="set the computer's clock")
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            ReportedFinding.objects.bulk_create(findings)
    except IntegrityError:
        return _known(report.report_id, digest)
    forget_tally()
    return Receipt(report.report_id, is_new=True)


def report_erase(*, report_id: UUID) -> bool:
    """Erase a report with all its counts; return whether there was one."""
    with transaction.atomic():
        erased, _ = ToolReport.objects.filter(report_id=report_id).delete()
        transaction.on_commit(_write_back)
    forget_tally()
    return erased > 0


def _write_back() -> None:
    """Empty the log that SQLite keeps beside its database: a copy of what was erased would stay there for a while."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _read(body: bytes) -> dict[str, Any]:
    if len(body) > BODY_LIMIT_BYTES:
        raise SubmissionError(
            f"a report has at most {BODY_LIMIT_BYTES} bytes, this one has {len(body)}", status=413, code="too-large"
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
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()


def _report(document: Mapping[str, Any], digest: bytes, received_on: date) -> ToolReport:
    return ToolReport(
        report_id=UUID(document["report_id"]),
        digest=digest,
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


def _findings(document: Mapping[str, Any], report: ToolReport) -> list[ReportedFinding]:
    totals: dict[tuple[str, str, str, str], int] = {}
    for finding in document["findings"]:
        key = (
            _text(finding["family"]),
            _text(finding["kind"], 40),
            _text(finding["action"], 40),
            _text(finding["outcome"], 40),
        )
        totals[key] = totals.get(key, 0) + finding["count"]
    return [
        ReportedFinding(report=report, family=family, kind=kind, action=action, outcome=outcome, count=_number(count))
        for (family, kind, action, outcome), count in totals.items()
    ]


def _text(value: Any, longest: int = 100) -> str:
    text = str(value or "")
    if len(text) > longest or not text.isprintable():
        raise ValueError(f"longer than {longest} characters, or not printable")
    return text


def _number(value: int, largest: int = _LARGEST_COUNT) -> int:
    if not 0 <= value <= largest:
        raise ValueError(f"not between 0 and {largest}")
    return int(value)  # JSON Schema takes 1.0 for an integer


def _known(report_id: UUID, digest: bytes) -> Receipt:
    kept = ToolReport.objects.get(report_id=report_id)
    if bytes(kept.digest) != digest:
        raise SubmissionError(
            "another report with this code has arrived before",
            status=409,
            code="conflict",
            where="/report_id",
            hint="a report is final; make a new one and send that",
        )
    return Receipt(report_id, is_new=False)
