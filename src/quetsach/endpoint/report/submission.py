"""The anonymous submission: what a centre may learn from a report, and what was sent of which."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import Text
from quetsach.endpoint import ReportError
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, read_json, to_json
from quetsach.endpoint.report.store import write_private
from quetsach.endpoint.scanner.scan import Scope

# The anonymous submission: what a centre may learn from a report, after the owner saw it and agreed.
#
# It is made of words of a closed list, families and versions of published packs, codes and random identifiers, and of
# nothing else of the report: no path, no line, no name of a person, machine or network can get in.

FORMAT = "quetsach-submission/1"
MOST_REVISIONS = 1000
MOST_ROWS = 1000
"""How often a report may be corrected, and rows of packs and of findings that a submission may have, as
``submission.schema.json`` has it."""


_UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_FORMS = {
    "report_id": re.compile(_UUID4),
    "install_id": re.compile(_UUID4),
    "campaign": re.compile(r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*"),
    "unit": re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}"),
    "tool_version": re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}"),
    "platform": re.compile(r"linux|windows|macos"),
    "family": re.compile(r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*"),
    "pack version": re.compile(r"[0-9][0-9.]{0,15}"),
}


def _require(name: str, value: str) -> None:
    if not _FORMS[name].fullmatch(value):
        raise ReportError(
            Text("{value} is not a {name} that can be sent", value=f"{value[:80]!a}", name=name.replace("_", " "))
        )


class RefusedError(ReportError):
    """The centre answered that it does not take a report."""


class SubmittedKind(StrEnum):
    """Whether the machine was only looked at or also cleaned."""

    SCAN = "scan"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class SubmittedPack:
    """A pack that was looked with."""

    family: str
    version: str

    def __post_init__(self) -> None:
        _require("family", self.family)
        _require("pack version", self.version)


@dataclass(frozen=True, slots=True)
class SubmittedFindings:
    """How many findings were alike."""

    family: str
    kind: ArtefactKind
    action: Action
    outcome: FindingOutcome
    count: int

    def __post_init__(self) -> None:
        _require("family", self.family)


@dataclass(frozen=True, slots=True)
class Submission:
    """What is sent. ``day`` is a UTC date, ``campaign`` and ``unit`` are codes and may be empty.

    ``revision`` is 0 at first; a later state of the same report has a higher one and takes its place at the centre.
    """

    format: str
    report_id: str
    install_id: str
    campaign: str
    unit: str
    tool_version: str
    platform: str
    day: str
    kind: SubmittedKind
    scope: Scope
    files_scanned: int
    duration_seconds: int
    exit_code: int
    packs: tuple[SubmittedPack, ...]
    findings: tuple[SubmittedFindings, ...]
    revision: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.revision <= MOST_REVISIONS:
            raise ReportError(Text("this report was corrected more than {number} times", number=MOST_REVISIONS))
        for name in ("report_id", "install_id", "tool_version", "platform"):
            _require(name, getattr(self, name))
        for name in ("campaign", "unit"):
            if getattr(self, name):
                _require(name, getattr(self, name))

    def as_json(self) -> dict[str, Any]:
        """Return the plain values of the schema; empty codes and the first revision are left out."""
        optional = {"campaign": "", "unit": "", "revision": 0}
        return {name: value for name, value in to_json(self).items() if name not in optional or value != optional[name]}

    def text(self) -> str:
        """Return the very text that is shown and sent."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=2)


def build_submission(report: Report, *, install_id: str, campaign: str = "", unit: str = "") -> Submission:
    """Reduce a report to what may be sent.

    A plan that was not carried out comes down to what its scan saw.

    Raises:
        ReportError: a text of the report is not of a form that may be sent, or there are too many kinds of findings.
    """
    alike = Counter((f.family, f.kind, f.action, _outcome(f.outcome)) for f in report.findings)
    if len(alike) > MOST_ROWS or len(report.packs) > MOST_ROWS:
        raise ReportError(Text("more than {number} kinds of findings cannot be reported", number=MOST_ROWS))
    return Submission(
        format=FORMAT,
        report_id=report.id,
        install_id=install_id,
        campaign=campaign,
        unit=unit,
        tool_version=report.tool.version,
        platform=report.machine.platform,
        day=f"{report.scan.started:%Y-%m-%d}",
        kind=SubmittedKind.CLEAN if report.kind in {Kind.CLEAN, Kind.UNDO} else SubmittedKind.SCAN,
        scope=report.scan.scope,
        files_scanned=report.scan.files,
        duration_seconds=round(report.scan.duration_seconds),
        exit_code=report.exit_code,
        packs=tuple(SubmittedPack(pack.family, pack.version) for pack in report.packs),
        findings=tuple(SubmittedFindings(*key, count=count) for key, count in sorted(alike.items())),
    )


def _outcome(outcome: FindingOutcome) -> FindingOutcome:
    return FindingOutcome.FOUND if outcome is FindingOutcome.PLANNED else outcome


type Post = Callable[[str, bytes], tuple[int, bytes]]
"""Sends JSON to an address and returns the status and body of the answer."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the centre answered. ``is_new`` is false when it had this report already."""

    is_new: bool
    status: int
    message: str


_TRIES = 3
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_MESSAGE_LIMIT = 500


def send(submission: Submission, url: str, *, post: Post, pause: Callable[[float], None] = time.sleep) -> Receipt:
    """Send a submission; a centre that is busy or out of reach is tried three times.

    Raises:
        RefusedError: the centre does not take it.
        ReportError: the centre could not be reached, or was busy: nobody knows whether it has it.
    """
    body = submission.text().encode()
    attempt = 0
    while True:
        attempt += 1
        try:
            status, answer = post(url, body)
        except QuetsachError as error:
            if attempt == _TRIES:
                raise ReportError(
                    Text("the centre cannot be reached"), where=url, hint=error.hint or error.what
                ) from error
        else:
            if status in {200, 201}:
                return Receipt(status == 201, status, _message(answer))
            if status not in _BUSY or attempt == _TRIES:
                what = Text("the centre did not take the report (HTTP status {status})", status=status)
                kind = ReportError if status in _BUSY else RefusedError
                raise kind(what, where=url, hint=_message(answer))
        pause(2.0**attempt)


def _message(answer: bytes) -> str:
    """Return what a centre's JSON answer says to people, made safe for a terminal."""
    try:
        value = json.loads(answer)
        text = value.get("explanation") or value.get("message") or value.get("error") or ""
    except (ValueError, AttributeError, RecursionError):
        return ""
    return "".join(c if c.isprintable() else " " for c in str(text)[:_MESSAGE_LIMIT])


# What was sent of which report, so that a later state of it can be sent as its correction.

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
        raise ReportError(Text("the list of what was sent cannot be read"), where=str(path), hint=str(error)) from error
    try:
        return read_json(_Sent, raw, where=str(path)).reports
    except ReportError as error:
        raise ReportError(Text("the list of what was sent cannot be read"), where=str(path), hint=error.what) from error
