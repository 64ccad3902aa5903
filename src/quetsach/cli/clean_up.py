"""A clean-up in parts that neither print nor ask: the terminal and the window share them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from quetsach.cli.scan_options import ScanOptions
from quetsach.core.errors import QuetsachError
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import recover, unfinished
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.report import Report, build_begun, build_clean, save_report
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.scan import ScanResult
from quetsach.endpoint.store.state import State


def finish_former(state: State, host: Host) -> tuple[str, ...]:
    """Finish the clean-ups that a crash cut short, and return their names. The caller holds the lock."""
    cut_short = tuple(unfinished(state, host))
    for session in cut_short:
        recover(state, host, session, now=datetime.now(UTC))
    return cut_short


def found_again(first: ScanResult, second: ScanResult) -> tuple[Finding, ...] | None:
    """Return what a second scan found; ``None`` when it failed to look at what it should have seen.

    On a running system other programs lock and change files all the time; on a disk at rest nothing becomes unreadable
    by itself.
    """
    if not second.is_complete or {Reason.CRASHED, Reason.TIMED_OUT} & second.failed.keys():
        return None
    worse = () if second.is_live else (Reason.UNREADABLE, Reason.DAMAGED, Reason.STALE, Reason.OVERFULL)
    is_blind = any(second.failed.get(reason, 0) > first.failed.get(reason, 0) for reason in worse)
    return None if is_blind else second.findings


def keep_report(report: Report, state: Path, warn: Callable[[QuetsachError], None], former: Path | None) -> Path | None:
    """Keep a report in the state, in the place of a former one; ``warn`` is told why it cannot be kept."""
    try:
        return save_report(report, state, former=former)
    except QuetsachError as error:
        warn(error)
        return None


@dataclass(slots=True)
class CleanUp:
    """A plan that a person agreed to, on its way; its report is kept from when it begins, however it ends."""

    looking: ScanOptions
    state: State
    scan: ScanResult
    plan: Plan
    undo_command: Callable[[str], str]
    """Returns the command that takes a session back."""
    warn: Callable[[QuetsachError], None]
    report_id: UUID = field(default_factory=uuid4)
    kept: Path | None = None

    def run(self, look_again: Callable[[], ScanResult], advance: Callable[[Step], None]) -> CleanResult:
        """Carry the plan out and look again.

        Args:
            look_again: the same scan once more.
            advance: called before each step.

        Raises:
            StateError: the session cannot be written.
        """
        return clean(
            self.plan,
            self.looking.host,
            self.state,
            look_again=lambda: found_again(self.scan, look_again()),
            packs=tuple(f"{pack.family} {pack.version}" for pack in self.scan.packs),
            now=datetime.now(UTC),
            scope=self.scan.scope,
            begun=self._begun,
            advance=advance,
        )

    def ended(self, result: CleanResult) -> Report:
        """Return the report of how it ended, which takes the place of the one with which it began."""
        report = build_clean(
            self.scan,
            result,
            report_id=self.report_id,
            now=datetime.now(UTC),
            undo=self.undo_command(result.session),
            withdrawn=self.looking.withdrawn,
        )
        keep_report(report, self.state.folder, self.warn, self.kept)
        return report

    def _begun(self, session: str) -> None:
        report = build_begun(
            self.scan,
            self.plan,
            report_id=self.report_id,
            now=datetime.now(UTC),
            session=session,
            undo=self.undo_command(session),
            withdrawn=self.looking.withdrawn,
        )
        self.kept = keep_report(report, self.state.folder, self.warn, None)
