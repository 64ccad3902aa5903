"""A report of a clean-up as it stands: what its journal says was done, and what has been put back since.

Nobody is told that something was removed which was not, or is back.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from quetsach.endpoint.act.result import FAILED, PARTLY_CLEANED, StepResult
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.report.build import MOST_LISTED, outcome_of, reported_step
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report, ReportedFinding, ReportedStep
from quetsach.endpoint.store.history import steps_of
from quetsach.endpoint.store.session import Progress
from quetsach.endpoint.store.state import State

PUT_BACK = frozenset({Outcome.RESTORED, Outcome.REINSERTED, Outcome.BESIDE})
"""Ends of undoing after which what a step took is on the machine again."""

_FOUND = 10


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
