"""A report of a clean-up of which something has been put back since: nobody is told any more that it was removed."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from quetsach.endpoint.keep.history import steps_of
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.keep.state import State
from quetsach.endpoint.plan.step import KillProcess, Outcome, StopUnit
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedFinding, ReportedStep

PUT_BACK = frozenset({Outcome.RESTORED, Outcome.REINSERTED, Outcome.BESIDE})
"""Ends of undoing after which what a step took is on the machine again."""

_FOUND, _PARTLY_CLEANED = 10, 13


def as_it_stands(report: Report, state: State | None, *, now: datetime | None = None) -> Report:
    """Return a report as it is after what was undone since.

    Args:
        report: as it was written; one of no session, or of a session that this state does not know, stays as it is.
        state: where the session is; ``None`` when there is no such folder.
        now: when the new state was made (UTC); ``None`` to keep the time of the report.

    Raises:
        JournalError: the session's journal was damaged, so nobody knows.
    """
    if state is None or report.session is None or report.session not in state.sessions:
        return report
    return after_undo(report, steps_of(state, report.session), now=now)


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
        exit_code=_PARTLY_CLEANED if left else _FOUND,
        findings=findings,
        undo=report.undo if left else None,
        steps=tuple(_step(step, back) for step in report.steps),
        verification=None,
    )


def _is_still_gone(progress: Progress) -> bool:
    """Return whether what a step took could be put back and was not; an ended process never can."""
    is_final = isinstance(progress.step.target, KillProcess | StopUnit)
    return progress.outcome is Outcome.DONE and progress.undone not in PUT_BACK and not is_final


def _finding(finding: ReportedFinding, restored: Collection[str]) -> ReportedFinding:
    return replace(finding, outcome=FindingOutcome.RESTORED) if finding.id in restored else finding


def _step(step: ReportedStep, back: Mapping[int, Progress]) -> ReportedStep:
    progress = back.get(step.number)
    return step if progress is None else replace(step, outcome=progress.undone, note=progress.note)
