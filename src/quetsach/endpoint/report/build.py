"""From what a scan saw and a clean-up did to the report."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from quetsach import __version__
from quetsach.core.pack import Pack
from quetsach.endpoint.act.result import FAILED, CleanResult, StepResult
from quetsach.endpoint.artefact import (
    FileAnchor,
    Finding,
    LineAnchor,
    ProcessAnchor,
    RegistryAnchor,
    place_of,
    place_text,
    printable,
)
from quetsach.endpoint.host.registry import DeleteKey, DeleteValue, RegistryEdit, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import Plan, Skipped
from quetsach.endpoint.plan.protection import skip_reason
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, Outcome, RemoveLines, Step
from quetsach.endpoint.report.document import (
    FORMAT,
    Change,
    FindingOutcome,
    Kind,
    Report,
    ReportedEdit,
    ReportedFailure,
    ReportedFinding,
    ReportedMachine,
    ReportedPack,
    ReportedScan,
    ReportedStep,
    ReportedTool,
    ReportedVerification,
)
from quetsach.endpoint.scanner.conclusion import conclusion_of, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult

MOST_LISTED = 10_000
"""So many findings, and steps, a report lists; a wrong rule can hit every file of a disk."""

_LONGEST_TEXT_BYTES = 4_096

_DEALT_WITH = frozenset(FindingOutcome) - {FindingOutcome.FOUND, FindingOutcome.LEFT}
"""What became of a finding that a step was for."""

_RUN = ("command", "exec", "data")
"""Fields that say what a service, unit, task or start-up file runs."""


def build(
    scan: ScanResult,
    *,
    kind: Kind,
    report_id: UUID,
    now: datetime,
    exit_code: int,
    next_command: str | None = None,
    elsewhere: Iterable[str] = (),
    session: str | None = None,
    undo: str | None = None,
    steps: Sequence[StepResult | Step] = (),
    held: Iterable[Skipped] = (),
    verification: ReportedVerification | None = None,
    withdrawn: Iterable[str] = (),
) -> Report:
    """Make the report of a scan and of what was done about it; see also ``build_plan`` and ``build_clean``.

    Args:
        scan: what was seen.
        kind: what the report is about.
        report_id: a random UUID (version 4).
        now: when the report is made (UTC).
        exit_code: what the command ends with.
        next_command: the command that goes on from here, if there is something to do.
        elsewhere: the commands that clean what belongs to other systems.
        session: identifier of the clean-up, if there was one.
        undo: the command that takes it back.
        steps: steps that are planned, or how the steps of a clean-up ended.
        held: findings that the plan leaves alone, and why.
        verification: what a second look saw.
        withdrawn: families of this build that the centre has taken back.
    """
    holds = {item.finding.id: item for item in held}
    found = {finding.family for finding in scan.findings}
    ends, altered = _ends(steps), _altered(steps)
    listed = scan.findings[:MOST_LISTED]
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
        withdrawn=tuple(withdrawn),
        findings=tuple(
            _finding(f, outcome_of(kind, ends.get(f.id, set())), holds.get(f.id), altered.get(f.id, "")) for f in listed
        ),
        unlisted=len(scan.findings) - len(listed),
        next=next_command,
        elsewhere=tuple(elsewhere),
        session=session,
        undo=undo,
        steps=tuple(map(reported_step, steps[:MOST_LISTED])),
        verification=verification,
    )


def build_plan(
    scan: ScanResult,
    plan: Plan,
    *,
    report_id: UUID,
    now: datetime,
    exit_code: int,
    next_command: str | None = None,
    elsewhere: Iterable[str] = (),
    withdrawn: Iterable[str] = (),
) -> Report:
    """Make the report of a plan that is shown and not carried out."""
    return build(
        scan,
        kind=Kind.PLAN,
        report_id=report_id,
        now=now,
        exit_code=exit_code,
        next_command=next_command,
        elsewhere=elsewhere,
        steps=plan.steps,
        held=plan.held,
        withdrawn=withdrawn,
    )


def build_begun(
    scan: ScanResult,
    plan: Plan,
    *,
    report_id: UUID,
    now: datetime,
    session: str,
    undo: str,
    withdrawn: Iterable[str] = (),
) -> Report:
    """Make the report of a clean-up that begins; how far it came is for its journal to say (``as_it_stands``).

    It is there whatever ends the clean-up: its owner, a crash, a power cut.
    """
    return build(
        scan,
        kind=Kind.CLEAN,
        report_id=report_id,
        now=now,
        exit_code=FAILED,
        session=session,
        undo=undo,
        steps=plan.steps,
        held=plan.held,
        withdrawn=withdrawn,
    )


def build_clean(
    scan: ScanResult,
    result: CleanResult,
    *,
    report_id: UUID,
    now: datetime,
    undo: str | None = None,
    withdrawn: Iterable[str] = (),
) -> Report:
    """Make the report of a clean-up, with what the second look saw.

    Args:
        scan: what was seen before.
        result: what was done, and what was seen after it.
        report_id: a random UUID (version 4).
        now: when the report is made (UTC).
        undo: the exact command that takes it back, when the plain one would not do (``--root``, ``--state``).
        withdrawn: families of this build that the centre has taken back.
    """
    dangling = tuple(place_text(place_of(artefact.anchor)) for artefact in result.dangling)
    remaining = len(result.remaining)
    return build(
        scan,
        kind=Kind.CLEAN,
        report_id=report_id,
        now=now,
        exit_code=result.exit_code,
        session=result.session,
        undo=undo or f"quetsach undo {result.session}",
        steps=result.steps,
        held=result.held,
        verification=ReportedVerification(result.is_seen and not remaining and not dangling, remaining, dangling),
        withdrawn=withdrawn,
    )


def _scan(scan: ScanResult) -> ReportedScan:
    return ReportedScan(
        scope=scan.scope,
        paths=tuple(map(place_text, scan.paths)),
        started=scan.started,
        finished=scan.finished,
        duration_seconds=round(scan.duration_seconds, 3),
        complete=scan.is_complete,
        files=scan.files,
        cached=scan.cached,
        bytes_read=scan.bytes_read,
        processes=scan.processes,
        footholds=scan.footholds,
        skipped={str(reason): count for reason, count in scan.skipped.items()},
        failed={str(reason): count for reason, count in scan.failed.items()},
        failures=tuple(ReportedFailure(place_text(t.path), str(t.reason)) for t in scan.failures),
        conclusion=conclusion_of(scan),
        gaps={str(gap): count for gap, count in gaps_of(scan).items()},
        reach=scan.reach,
    )


def _pack(pack: Pack, *, with_guidance: bool) -> ReportedPack:
    guidance = pack.guidance if with_guidance else None
    return ReportedPack(pack.family, pack.version, pack.digest, pack.name, pack.severity, pack.author, guidance)


def _finding(finding: Finding, outcome: FindingOutcome, held: Skipped | None, altered: str) -> ReportedFinding:
    if held is not None and outcome in {FindingOutcome.PLANNED, FindingOutcome.REMOVED}:
        outcome = FindingOutcome.LEFT  # only some of its steps were chosen
    anchor = finding.artefact.anchor
    entry = anchor.entry if isinstance(anchor, RegistryAnchor) else None
    return ReportedFinding(
        id=finding.id,
        family=finding.family,
        trait=finding.trait,
        kind=finding.artefact.kind,
        place=finding.artefact.fields.get("place", ""),
        where=place_text(place_of(anchor)),
        line=anchor.number if isinstance(anchor, LineAnchor) else None,
        text=_text(finding),
        entry=_shown(entry) if entry is not None else None,
        pid=anchor.pid if isinstance(anchor, ProcessAnchor) else None,
        sha256=(anchor.sha256 or None) if isinstance(anchor, FileAnchor) else None,
        action=finding.action,
        why=finding.why,
        evidence=finding.evidence,
        outcome=outcome,
        hold=held.hold if held else None if outcome in _DEALT_WITH else skip_reason(finding),
        package=held.package if held else altered,
        belongs_to=finding.belongs_to,
    )


def _text(finding: Finding) -> str | None:
    """Return the line, what the registry value holds, or what is run."""
    match finding.artefact.anchor:
        case LineAnchor(line=line):
            return _shown_line(line)
        case RegistryAnchor(_, str(name), type_, data):
            return _shown(RegistryValue(name, type_, data).text)
        case ProcessAnchor():
            return None
    fields = finding.artefact.fields
    return next((_shown(fields[name]) for name in _RUN if fields.get(name)), None)


def _shown(text: str | bytes) -> str:
    """Return text of the machine, printable and of bearable length."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    return printable(raw[:_LONGEST_TEXT_BYTES]) + "…" * (len(raw) > _LONGEST_TEXT_BYTES)


def _shown_line(line: bytes) -> str:
    """Return a line without what is left of its end in a text file of Windows."""
    return _shown(line.removesuffix(b"\r"))


def _ends(steps: Iterable[StepResult | Step]) -> dict[str, set[Outcome | None]]:
    """Return how the steps of each finding ended."""
    ends: dict[str, set[Outcome | None]] = defaultdict(set)
    for step in steps:
        for finding in _planned(step).findings:
            ends[finding].add(_ended(step))
    return ends


def _altered(steps: Iterable[StepResult | Step]) -> dict[str, str]:
    """Return the package whose altered file a finding is about, by identifier."""
    planned = map(_planned, steps)
    return {finding: step.package for step in planned if step.package for finding in step.findings}


def outcome_of(kind: Kind, outcomes: set[Outcome | None]) -> FindingOutcome:
    """Return what became of a finding by how the steps that were taken for it ended; the worst of them counts."""
    if kind in {Kind.SCAN, Kind.VERIFY}:
        return FindingOutcome.FOUND
    if not outcomes:
        return FindingOutcome.LEFT
    if None in outcomes:
        return FindingOutcome.PLANNED
    if outcomes <= {Outcome.DONE, Outcome.GONE}:
        return FindingOutcome.REMOVED
    return FindingOutcome.FAILED if Outcome.FAILED in outcomes else FindingOutcome.CHANGED


def _planned(step: StepResult | Step) -> Step:
    return step if isinstance(step, Step) else step.step


def _ended(step: StepResult | Step) -> Outcome | None:
    return None if isinstance(step, Step) else step.outcome


def reported_step(taken: StepResult | Step) -> ReportedStep:
    """Return a step that is planned, or how it ended, as a report has it."""
    step = _planned(taken)
    target = step.target
    return ReportedStep(
        number=step.number,
        kind=step.kind,
        subject=place_text(step.subject),
        pid=target.process.pid if isinstance(target, KillProcess) else None,
        lines=tuple(_shown_line(line.line) for line in target.lines) if isinstance(target, RemoveLines) else (),
        edits=tuple(map(_edit, target.edits)) if isinstance(target, EditRegistry) else (),
        family=step.family,
        findings=step.findings,
        outcome=_ended(taken),
        note="" if isinstance(taken, Step) else taken.note,
    )


def _edit(edit: RegistryEdit) -> ReportedEdit:
    match edit:
        case SetValue(key, value):
            return ReportedEdit(Change.VALUE_SET, _value_at(key, value.name), _shown(value.text))
        case DeleteValue(key, name):
            return ReportedEdit(Change.VALUE_REMOVED, _value_at(key, name), "")
        case DeleteKey(key):
            return ReportedEdit(Change.KEY_REMOVED, _shown(key), "")
    return ReportedEdit(Change.KEY_MADE, _shown(edit.key), "")


def _value_at(key: str, name: str) -> str:
    return _shown(place_of(RegistryAnchor(key, name)))
