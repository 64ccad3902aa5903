"""The report: one document for a scan, a plan, a clean-up and its verification, as ``report.schema.json`` publishes it.

It stays on the machine. Paths and lines are printable text (see ``artefact.printable``), so nothing in it can act.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from quetsach import __version__
from quetsach.core.pack import Action, ArtefactKind, LocalText, Pack
from quetsach.endpoint.artefact import Anchor, FileAnchor, LineAnchor, ProcessAnchor, printable
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.plan import Held
from quetsach.endpoint.protect import Hold
from quetsach.endpoint.scan import ScanResult, Scope
from quetsach.endpoint.session import Progress
from quetsach.endpoint.step import Outcome, RemoveLines

FORMAT = "quetsach-report/1"


class Kind(StrEnum):
    """What a report is about."""

    SCAN = "scan"
    PLAN = "plan"
    CLEAN = "clean"
    VERIFY = "verify"


class FindingOutcome(StrEnum):
    """What became of a finding."""

    FOUND = "found"
    """It was only looked at."""
    PLANNED = "planned"
    REMOVED = "removed"
    LEFT = "left"
    """It was left alone on purpose: the pack only reports it, or it is protected."""
    CHANGED = "changed"
    """It is not what the scan saw any more, so it was left alone."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportedTool:
    """Which tool made the report."""

    version: str
    engine: str


@dataclass(frozen=True, slots=True)
class ReportedMachine:
    """What was looked at; ``root`` is ``/`` for the running system."""

    platform: str
    root: str
    live: bool
    elevated: bool


@dataclass(frozen=True, slots=True)
class ReportedFailure:
    """A path that could not be looked at, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportedScan:
    """How far the scan looked and what it took. Times are UTC."""

    scope: Scope
    paths: tuple[str, ...]
    started: datetime
    finished: datetime
    duration_seconds: float
    files: int
    bytes_read: int
    processes: int
    footholds: int
    skipped: dict[str, int]
    failed: dict[str, int]
    failures: tuple[ReportedFailure, ...]


@dataclass(frozen=True, slots=True)
class ReportedPack:
    """A pack that was looked with. ``guidance`` (Markdown) is there for families that were found."""

    family: str
    version: str
    digest: str
    name: LocalText
    severity: str
    author: str
    guidance: LocalText | None


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One thing that shows a trait of a family. ``where`` is a path, or the image of a process.

    ``hold`` says why it was left alone, ``package`` which installed package answers for the file.
    """

    id: str
    family: str
    trait: str
    kind: ArtefactKind
    where: str
    line: int | None
    text: str | None
    pid: int | None
    sha256: str | None
    action: Action
    why: LocalText
    evidence: str
    outcome: FindingOutcome
    hold: Hold | None
    package: str


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """One step of a plan or a session; ``outcome`` is null while it was not taken."""

    number: int
    kind: str
    subject: str
    lines: tuple[str, ...]
    family: str
    findings: tuple[str, ...]
    outcome: Outcome | None
    note: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second look saw after the clean-up.

    ``remaining`` counts findings, ``dangling`` names what still refers to something that was removed.
    """

    clean: bool
    remaining: int
    dangling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The document. ``id`` is random; ``session`` is the clean-up that ``quetsach undo`` takes back."""

    format: str
    id: str
    kind: Kind
    created: datetime
    exit_code: int
    tool: ReportedTool
    machine: ReportedMachine
    scan: ReportedScan
    packs: tuple[ReportedPack, ...]
    findings: tuple[ReportedFinding, ...]
    session: str | None
    steps: tuple[ReportedStep, ...]
    verification: Verification | None


def build(
    scan: ScanResult,
    *,
    kind: Kind,
    report_id: UUID,
    now: datetime,
    exit_code: int,
    session: str | None = None,
    steps: Iterable[Progress] = (),
    held: Iterable[Held] = (),
    verification: Verification | None = None,
) -> Report:
    """Make the report of a scan and of what was done about it.

    Args:
        scan: what was seen.
        kind: what the report is about.
        report_id: a random UUID (version 4).
        now: when the report is made (UTC).
        exit_code: what the command ends with.
        session: identifier of the clean-up, if there was one.
        steps: the steps of a plan or a session, with how far each has come.
        held: findings that the plan leaves alone, and why.
        verification: what a second look saw.
    """
    progress = tuple(steps)
    holds = {item.finding.id: item for item in held}
    found = {finding.family for finding in scan.findings}
    return Report(
        format=FORMAT,
        id=str(report_id),
        kind=kind,
        created=now,
        exit_code=int(exit_code),
        tool=ReportedTool(__version__, scan.engine),
        machine=ReportedMachine(scan.platform, scan.root, live=scan.is_live, elevated=scan.is_elevated),
        scan=_scan(scan),
        packs=tuple(_pack(pack, with_guidance=pack.family in found) for pack in scan.packs),
        findings=tuple(_finding(f, _outcome(f, kind, progress), holds.get(f.id)) for f in scan.findings),
        session=session,
        steps=tuple(map(_step, progress)),
        verification=verification,
    )


def _scan(scan: ScanResult) -> ReportedScan:
    return ReportedScan(
        scope=scan.scope,
        paths=tuple(map(printable, scan.paths)),
        started=scan.started,
        finished=scan.finished,
        duration_seconds=round(scan.duration_seconds, 3),
        files=scan.files,
        bytes_read=scan.bytes_read,
        processes=scan.processes,
        footholds=scan.footholds,
        skipped={str(reason): count for reason, count in scan.skipped.items()},
        failed={str(reason): count for reason, count in scan.failed.items()},
        failures=tuple(ReportedFailure(printable(t.path), str(t.reason)) for t in scan.failures),
    )


def _pack(pack: Pack, *, with_guidance: bool) -> ReportedPack:
    guidance = pack.guidance if with_guidance else None
    return ReportedPack(pack.family, pack.version, pack.digest, pack.name, pack.severity, pack.author, guidance)


def _finding(finding: Finding, outcome: FindingOutcome, held: Held | None) -> ReportedFinding:
    where, line, text, pid, sha256 = _place(finding.artefact.anchor)
    return ReportedFinding(
        id=finding.id,
        family=finding.family,
        trait=finding.trait,
        kind=finding.artefact.kind,
        where=where,
        line=line,
        text=text,
        pid=pid,
        sha256=sha256,
        action=finding.action,
        why=finding.why,
        evidence=finding.evidence,
        outcome=outcome,
        hold=held.hold if held else None,
        package=held.package if held else "",
    )


def _place(anchor: Anchor) -> tuple[str, int | None, str | None, int | None, str | None]:
    match anchor:
        case FileAnchor():
            return printable(anchor.path), None, None, None, anchor.sha256 or None
        case LineAnchor():
            return printable(anchor.file.path), anchor.number, printable(anchor.line), None, None
        case ProcessAnchor():
            return printable(anchor.executable), None, None, anchor.pid, None


def _outcome(finding: Finding, kind: Kind, progress: Sequence[Progress]) -> FindingOutcome:
    """Sum up the steps that were taken for a finding; the worst of them counts."""
    if kind in {Kind.SCAN, Kind.VERIFY}:
        return FindingOutcome.FOUND
    outcomes = {p.outcome for p in progress if finding.id in p.step.findings}
    if not outcomes:
        return FindingOutcome.LEFT
    if kind is Kind.PLAN:
        return FindingOutcome.PLANNED
    if outcomes <= {Outcome.DONE, Outcome.GONE}:
        return FindingOutcome.REMOVED
    return FindingOutcome.CHANGED if outcomes <= {*_ENDED, Outcome.CHANGED} else FindingOutcome.FAILED


_ENDED = frozenset({Outcome.DONE, Outcome.GONE})


def _step(progress: Progress) -> ReportedStep:
    step = progress.step
    lines = step.target.lines if isinstance(step.target, RemoveLines) else ()
    return ReportedStep(
        number=step.number,
        kind=step.kind,
        subject=printable(step.subject),
        lines=tuple(printable(line.line) for line in lines),
        family=step.family,
        findings=step.findings,
        outcome=progress.outcome,
        note=progress.note,
    )
