"""Scans made by hand, for tests of reports: every kind of thing, with whatever a machine may put into names."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.carry_out import StepResult
from quetsach.endpoint.artefact import Anchor, Artefact, FileAnchor, LineAnchor, ProcessAnchor
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.look.scan import ScanResult, Scope
from quetsach.endpoint.plan.plan import Held
from quetsach.endpoint.plan.protect import Hold
from quetsach.endpoint.plan.step import KillProcess, Outcome, QuarantineFile, RemoveLines, Step
from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.trouble import Reason, Trouble
from quetsach.packs.load import load_shelf

PACKS = load_shelf(Path(__file__).parents[1] / "packs")
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
REPORT_ID = UUID("6d1f3f0e-4f0e-4b6e-9a55-0d6a3b1f2c11")
INSTALL_ID = "0e8e2b06-0f68-4f6f-8f0e-2f6f1f1b7a55"


@dataclass(frozen=True)
class Private:
    """What of a machine must never leave it."""

    path: bytes = b"/home/an/miner"
    line: bytes = b"* * * * * an /home/an/miner"
    root: str = "/"
    evidence: str = "miner_rule (author)"
    note: str = "Permission denied"
    package: str = "coreutils"
    engine: str = "boreal 1.4.0"


def sample_scan(private: Private | None = None) -> ScanResult:
    """Return a scan that found a file, a line and a process of the miner and the EICAR file."""
    private = private or Private()
    return ScanResult(
        scope=Scope.QUICK,
        paths=(private.path,),
        root=private.root,
        is_live=True,
        is_elevated=True,
        platform="linux",
        engine=private.engine,
        packs=PACKS,
        started=NOW,
        finished=NOW + timedelta(seconds=83.4),
        files=12_345,
        bytes_read=67_890,
        processes=120,
        footholds=42,
        findings=sample_findings(private),
        skipped={Reason.VIRTUAL: 3},
        failed={Reason.UNREADABLE: 1},
        failures=(Trouble(private.path, Reason.UNREADABLE),),
    )


def sample_findings(private: Private) -> tuple[Finding, ...]:
    """Return one finding of each kind of anchor."""
    file = FileAnchor(private.path, 1, 2, 3, 4, 5, "ab" * 32)
    anchors: tuple[tuple[str, Anchor, ArtefactKind, Action], ...] = (
        ("eicar", file, ArtefactKind.FILE, Action.QUARANTINE),
        ("xmrig-miner", file, ArtefactKind.FILE, Action.QUARANTINE),
        ("xmrig-miner", LineAnchor(file, 7, private.line), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE),
        ("xmrig-miner", ProcessAnchor(99, 1, private.path, deleted=True), ArtefactKind.PROCESS, Action.KILL),
    )
    packs = {pack.family: pack for pack in PACKS}
    return tuple(
        Finding(
            id=f"{number:016x}",
            family=family,
            pack_version=packs[family].version,
            trait=packs[family].traits[0].id,
            artefact=Artefact(kind, anchor, {"path": private.path.decode("latin-1")}),
            action=action,
            why=packs[family].traits[0].why,
            evidence=private.evidence,
        )
        for number, (family, anchor, kind, action) in enumerate(anchors)
    )


def sample_report(private: Private | None = None, *, exit_code: int = 13) -> Report:
    """Return the report of a clean-up in which each finding ended in another way."""
    private = private or Private()
    scan = sample_scan(private)
    eicar, file, line, process = scan.findings
    targets = (
        (file, QuarantineFile(file.artefact.anchor), Outcome.DONE, ""),  # type: ignore[arg-type]
        (line, RemoveLines(line.artefact.anchor.file, (line.artefact.anchor,)), Outcome.CHANGED, private.note),  # type: ignore[union-attr, arg-type]
        (process, KillProcess(process.artefact.anchor), Outcome.FAILED, private.note),  # type: ignore[arg-type]
    )
    steps = [
        StepResult(Step(number, target, f.family, (f.id,), f.why, private.evidence, private.package), outcome, note)
        for number, (f, target, outcome, note) in enumerate(targets, 1)
    ]
    return build(
        scan,
        kind=Kind.CLEAN,
        report_id=REPORT_ID,
        now=NOW,
        exit_code=exit_code,
        session="20261124T233000Z-abcdef",
        undo="quetsach undo 20261124T233000Z-abcdef",
        steps=steps,
        held=[Held(eicar, Hold.PACKAGE, private.package)],
    )
