"""Where reports lie, one JSON file each in the state, newest last; and a report of a clean-up as it stands by now.

Nobody is told that something was removed which was not, or is back.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from quetsach import storage
from quetsach.core.text import Text
from quetsach.endpoint import ReportError
from quetsach.endpoint.act.result import FAILED, PARTLY_CLEANED, StepResult
from quetsach.endpoint.host.live import check_private, log_event, make_private
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.report.build import MOST_LISTED, outcome_of, reported_step
from quetsach.endpoint.report.document import (
    FORMAT,
    FindingOutcome,
    Kind,
    Report,
    ReportedFinding,
    ReportedStep,
    parsed,
    read_record,
    to_json,
)
from quetsach.endpoint.store.session import Progress, steps_of
from quetsach.endpoint.store.state import State

# What the system's own log is told of each report, for those who watch many machines: Windows keeps such a log.
#
# One event a report, from the source ``QuetSach`` in the log ``Application``. Its number is 100 and the exit code, so
# that a fleet can be watched by numbers alone: 100 nothing found, 110 found, 111 cleaned … Its text names families and
# counts, no files and no people.

FIRST_NUMBER = 100
"""Of the exit code 0; what the set-up names as the source of texts knows the numbers 1 to 1000."""
_WARNING_FROM = 1
_MOST_FAMILIES = 20
PUT_BACK = frozenset({Outcome.RESTORED, Outcome.REINSERTED, Outcome.BESIDE})
"""Ends of undoing after which what a step took is on the machine again."""

_FOUND = 10


def log_report(report: Report, path: Path) -> None:
    """Tell the log of the system of a report that was kept; what the log does not take is lost without a word.

    The report itself is the record; a log that is full or stopped must not fail a clean-up.
    """
    log_event(FIRST_NUMBER + report.exit_code, event_text(report, path), is_warning=report.exit_code >= _WARNING_FROM)


def event_text(report: Report, path: Path) -> str:
    """Return what an event says: lines of a name and its value."""
    families = Counter(finding.family for finding in report.findings)
    told = [f"{family} ({count})" for family, count in sorted(families.items())]
    more = ["…"] if len(told) > _MOST_FAMILIES else []
    lines = {
        "kind": str(report.kind),
        "exit code": str(report.exit_code),
        "families": ", ".join([*told[:_MOST_FAMILIES], *more]) or "none found",
        "session": report.session or "",
        "report": str(path),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)


REPORT_LIMIT_BYTES = 64 * 1024 * 1024
_MOST_REPORTS = 500
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}(?:-(?P<session>\d{8}T\d{6}Z-[0-9a-f]{6}))?\.json")


def save_report(report: Report, state: Path, *, former: Path | None = None) -> Path:
    """Keep a report in the state and return its file; of scans the oldest go when there are more than 500.

    Those of clean-ups stay, as their journals do: without them no undo could say what it takes back.

    Args:
        report: what is kept.
        state: the state folder.
        former: the file of an earlier state of it, whose place it takes.

    Raises:
        ReportError: the state cannot be written.
        StateError: the state belongs to someone else, or others may write into it.
    """
    folder = state / "reports"
    of = f"-{report.session}" if report.session else ""
    path = folder / f"{report.created:%Y%m%dT%H%M%S.%fZ}-{report.id[:8]}{of}.json"
    try:
        make_private(state)
        check_private(state)
        storage.make_folder(folder)
        write_report(report, path)
        if former is not None:
            former.unlink(missing_ok=True)
        scans = [found for found in _reports(folder) if _session_of(found) is None]
        for old in scans[:-_MOST_REPORTS]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(Text("the report cannot be kept"), where=str(folder), hint=str(error)) from error
    log_report(report, path)
    return path


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON, readable by its owner only, whole or not at all.

    Raises:
        ReportError: the file cannot be written.
    """
    text = json.dumps(to_json(report), ensure_ascii=False, indent=2) + "\n"
    write_private(path, text.encode("utf-8", "backslashreplace"))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Raises:
        ReportError: the file cannot be written.
    """
    try:
        storage.write(path, content)
    except OSError as error:
        raise ReportError(Text("the report cannot be written"), where=str(path), hint=str(error)) from error


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        ReportError: it cannot be read, or is not a report of this form.
    """
    try:
        with path.open("rb") as file:
            raw = storage.read_up_to(file, REPORT_LIMIT_BYTES)
    except OSError as error:
        raise ReportError(Text("the report cannot be read"), where=str(path), hint=str(error)) from error
    if len(raw) > REPORT_LIMIT_BYTES:
        raise ReportError(Text("this file is larger than a report can be"), where=str(path))
    value = parsed(raw, where=str(path))
    form = value.get("format") if isinstance(value, dict) else None
    if form != FORMAT and str(form).startswith(FORMAT.partition("/")[0]):
        raise ReportError(Text("this report was written by another version of the tool"), where=str(path))
    return read_record(Report, value, where=str(path))


def report_of_session(state: Path, session: str) -> tuple[Path, Report] | None:
    """Return the report of a clean-up and its file; ``None`` when it is not there, or cannot be read, any more.

    Raises:
        ReportError: the folder of reports cannot be read.
    """
    began = session.partition("Z")[0]
    for path in reversed(_reports(state / "reports")):
        if path.name >= began and _session_of(path) in {session, None}:
            with suppress(ReportError):
                report = read_report(path)
                if report.session == session and report.kind is Kind.CLEAN:
                    return path, report
    return None


def _session_of(path: Path) -> str | None:
    """Return the clean-up that a report is of by its name; ``None`` for a scan, and for what older versions kept."""
    found = _NAME.fullmatch(path.name)
    return found["session"] if found else None


def latest_report(state: Path) -> Path:
    """Return the file of the newest report.

    Raises:
        ReportError: there is none yet.
    """
    reports = _reports(state / "reports")
    if not reports:
        raise ReportError(Text("there is no report yet"), where=str(state), hint=Text("run `quetsach scan` first"))
    return reports[-1]


def install_id(state: Path, campaign: str) -> str:
    """Return the random identifier of this installation in a campaign; it is made when it is first asked for.

    Raises:
        ReportError: the state cannot be read or written.
    """
    path = state / "install-ids.json"
    known = _read_ids(path)
    if campaign not in known:
        known[campaign] = str(uuid4())
        storage.make_folder(state)
        write_private(path, json.dumps(known, indent=2).encode())
    return known[campaign]


def _read_ids(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(1 << 20))
        return {str(campaign): str(UUID(identifier)) for campaign, identifier in value.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        hint = Text("delete this file; the tool makes a new one")
        raise ReportError(
            Text("the identifier of this installation cannot be read"), where=str(path), hint=hint
        ) from error


def _reports(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ReportError(Text("the reports cannot be read"), where=str(folder), hint=str(error)) from error


def as_it_stands(report: Report, state: State | None, *, now: datetime | None = None) -> Report:
    """Return a report as it is after what was done and undone since it was written.

    Args:
        report: as it was written; one of no session, or of a session that this state does not know, stays as it is.
        state: where the session is; ``None`` when there is no such folder.
        now: when the new state was made (UTC); ``None`` to keep the time of the report.

    Raises:
        JournalError: the session's journal was damaged, so nobody knows.
    """
    if state is None or report.session is None or report.session not in state.sessions:
        return report
    steps = steps_of(state, report.session)
    return after_undo(_as_far_as_it_came(report, steps), steps, now=now)


def _as_far_as_it_came(report: Report, steps: Collection[Progress]) -> Report:
    """Return the report with which a clean-up began with what its journal says of each step; another as it is.

    Nobody looked again: what was done is done in part, whatever it was.
    """
    if report.kind is not Kind.CLEAN or report.verification is not None:
        return report
    ends: dict[str, set[Outcome | None]] = defaultdict(set)
    for progress in steps:
        for finding in progress.step.findings:
            ends[finding].add(progress.outcome)
    taken = [StepResult(p.step, p.outcome, p.note) if p.outcome else p.step for p in steps]
    return replace(
        report,
        exit_code=PARTLY_CLEANED if any(p.outcome is Outcome.DONE for p in steps) else FAILED,
        findings=tuple(_as_it_ended(finding, ends[finding.id]) for finding in report.findings),
        steps=tuple(map(reported_step, taken[:MOST_LISTED])),
    )


def _as_it_ended(finding: ReportedFinding, ends: set[Outcome | None]) -> ReportedFinding:
    if finding.outcome is not FindingOutcome.PLANNED:
        return finding
    return replace(finding, outcome=FindingOutcome.FOUND if None in ends else outcome_of(Kind.CLEAN, ends))


def after_undo(report: Report, steps: Collection[Progress], *, now: datetime | None = None) -> Report:
    """Return the report of a clean-up with what was put back since; the same report where nothing was.

    It keeps its identifier: it is a later state of the same report. What was put back is no longer removed, and the
    second look, which saw nothing, was before that.
    """
    back = {step.step.number: step for step in steps if step.undone in PUT_BACK}
    if not back:
        return report
    restored = {finding for progress in back.values() for finding in progress.step.findings}
    findings = tuple(_finding(finding, restored) for finding in report.findings)
    left = any(_is_still_gone(step) for step in steps)
    return replace(
        report,
        kind=Kind.UNDO,
        created=now or report.created,
        exit_code=PARTLY_CLEANED if left else _FOUND,
        findings=findings,
        undo=report.undo if left else None,
        steps=tuple(_step(step, back) for step in report.steps),
        verification=None,
    )


def _is_still_gone(progress: Progress) -> bool:
    """Return whether what a step took could be put back and was not; an ended process never can."""
    return progress.outcome is Outcome.DONE and progress.undone not in PUT_BACK and not progress.step.is_final


def _finding(finding: ReportedFinding, restored: Collection[str]) -> ReportedFinding:
    return replace(finding, outcome=FindingOutcome.RESTORED) if finding.id in restored else finding


def _step(step: ReportedStep, back: Mapping[int, Progress]) -> ReportedStep:
    progress = back.get(step.number)
    return step if progress is None else replace(step, outcome=progress.undone, note=progress.note)
