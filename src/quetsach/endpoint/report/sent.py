"""What was sent of which report, so that a later state of it can be sent as its correction."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from quetsach.endpoint.errors import ReportError
from quetsach.endpoint.report.record import read_json, to_json
from quetsach.endpoint.report.store import write_private
from quetsach.endpoint.report.submission import Submission

_FILE = "sent.json"
_MOST = 500
_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SentReport:
    """The last state of a report that was sent: where it went, under which codes, which revision.

    ``digest`` is the SHA-256 (hex) of what was sent, the revision apart. Without the centre's answer
    (``is_confirmed``) it may have taken it all the same.
    """

    url: str
    campaign: str
    unit: str
    revision: int
    digest: str
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class _Sent:
    reports: dict[str, SentReport]


def sent_report(state: Path, report_id: str) -> SentReport | None:
    """Return what was sent of a report; ``None`` if nothing was.

    Raises:
        ReportError: the list cannot be read.
    """
    return _read(state / _FILE).get(report_id)


def revised(submission: Submission, sent: SentReport | None, *, is_undone: bool) -> Submission:
    """Return a submission under the revision that its state has.

    The same state again keeps its revision, another one has the next. A report that was undone is never the first:
    an earlier version of this tool may have sent it without a word in the list.
    """
    if sent is None:
        return replace(submission, revision=int(is_undone))
    return replace(submission, revision=sent.revision + (_digest(submission) != sent.digest))


def remember_sent(state: Path, submission: Submission, url: str, *, is_confirmed: bool) -> None:
    """Note that a submission goes to a centre, and that it took it; the oldest notes go when there are more than 500.

    Raises:
        ReportError: the list cannot be read or written.
    """
    codes = submission.campaign, submission.unit, submission.revision
    put_down(state, submission.report_id, SentReport(url, *codes, _digest(submission), is_confirmed))


def put_down(state: Path, report_id: str, sent: SentReport | None) -> None:
    """Note what was sent of a report; ``None`` for nothing.

    Raises:
        ReportError: the list cannot be read or written.
    """
    reports = dict(_read(state / _FILE))
    reports.pop(report_id, None)
    if sent is not None:
        reports[report_id] = sent
    kept = dict(list(reports.items())[-_MOST:])
    write_private(state / _FILE, json.dumps(to_json(_Sent(kept)), indent=2).encode())


def _digest(submission: Submission) -> str:
    return sha256(replace(submission, revision=0).text().encode()).hexdigest()


def _read(path: Path) -> Mapping[str, SentReport]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ReportError("the list of what was sent cannot be read", where=str(path), hint=str(error)) from error
    try:
        return read_json(_Sent, raw, where=str(path)).reports
    except ReportError as error:
        raise ReportError("the list of what was sent cannot be read", where=str(path), hint=error.what) from error
