"""Scans made by hand, for tests of reports: every kind of thing, with whatever a machine may put into names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from quetsach.core.pack import ACTIONS_OF_KIND, Action, ArtefactKind
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.artefact import (
    Anchor,
    Artefact,
    FileAnchor,
    Finding,
    LineAnchor,
    MemberAnchor,
    NameAnchor,
    ProcessAnchor,
    RegistryAnchor,
)
from quetsach.endpoint.host.registry import SZ, DeleteKey, DeleteValue, KeyContent, PutKey, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import Skipped
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import (
    EditRegistry,
    KillProcess,
    Outcome,
    QuarantineFile,
    RemoveLines,
    RemoveLink,
    Step,
    StopUnit,
    Target,
    TruncateFile,
    UnhideFolder,
)
from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.conclusion import Extent, Reach
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.packs.load import load_shelf

PACKS = load_shelf(Path(__file__).parents[1] / "packs")
NOW = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
REPORT_ID = UUID("6d1f3f0e-4f0e-4b6e-9a55-0d6a3b1f2c11")
INSTALL_ID = "0e8e2b06-0f68-4f6f-8f0e-2f6f1f1b7a55"


WHOLE = Extent.WHOLE
REACH = Reach(tuple(pack.family for pack in PACKS if pack.traits), (), (), WHOLE, Extent.NONE, WHOLE, WHOLE, WHOLE)


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
    key: str = "HKU\\an\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    value: str = "Updater"
    data: str = "C:\\Users\\an\\AppData\\Roaming\\updater.exe"
    member: bytes = b"photos/an.scr"
    socket: bytes = b"tcp 192.168.1.7:51514 -> 203.0.113.9:3333"


def sample_scan(private: Private | None = None) -> ScanResult:
    """Return a scan that found the EICAR file, and a thing of each kind of the miner."""
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
        cached=11_000,
        bytes_read=67_890,
        processes=120,
        footholds=42,
        findings=tuple(sample_findings(private)),
        skipped={Reason.VIRTUAL: 3},
        failed={Reason.UNREADABLE: 1},
        failures=(ScanIssue(private.path, Reason.UNREADABLE),),
        reach=REACH,
    )


def sample_findings(private: Private) -> Iterator[Finding]:
    """Yield a finding for each kind of thing and each of its actions, and one in an archive; first a file of EICAR."""
    file = FileAnchor(private.path, 1, 2, 3, 4, 5, "ab" * 32)
    things: list[tuple[str, Anchor, ArtefactKind, Action]] = [
        ("eicar", file, ArtefactKind.FILE, Action.QUARANTINE),
        ("xmrig-miner", file, ArtefactKind.FILE, Action.QUARANTINE),
        ("xmrig-miner", LineAnchor(file, 7, private.line), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE),
        ("xmrig-miner", ProcessAnchor(99, 1, private.path, deleted=True), ArtefactKind.PROCESS, Action.KILL),
        ("xmrig-miner", MemberAnchor(file, (private.member,)), ArtefactKind.FILE, Action.QUARANTINE),
    ]
    things += [
        ("xmrig-miner", _anchor(kind, action, private), kind, action)
        for kind in ArtefactKind
        for action in Action
        if action in ACTIONS_OF_KIND[kind]
    ]
    fields = dict.fromkeys(("path", "name", "command", "data", "user", "comment", "command_line"), private.data)
    packs = {pack.family: pack for pack in PACKS}
    for number, (family, anchor, kind, action) in enumerate(things):
        yield Finding(
            id=f"{number:016x}",
            family=family,
            pack_version=packs[family].version,
            trait=f"{kind}-{action}",
            artefact=Artefact(kind, anchor, {**fields, "place": "hosts"}),
            action=action,
            why=packs[family].traits[0].why,
            evidence=private.evidence,
        )


def _anchor(kind: ArtefactKind, action: Action, private: Private) -> Anchor:
    file = FileAnchor(private.path, 1, 2, 3, 4, 5, "ab" * 32)
    entry = private.data if action is Action.REMOVE_ENTRY else None
    match kind:
        case ArtefactKind.PROCESS:
            return ProcessAnchor(99, 1, private.path, deleted=True)
        case ArtefactKind.REGISTRY_VALUE:
            data = f"{private.data}\0".encode("utf-16-le", "surrogatepass")
            return RegistryAnchor(private.key, private.value, SZ, data, entry)
        case ArtefactKind.REGISTRY_KEY | ArtefactKind.SERVICE:
            return RegistryAnchor(f"{private.key}\\{private.value}", None)
        case ArtefactKind.KERNEL_MODULE | ArtefactKind.SOCKET | ArtefactKind.WMI_SUBSCRIPTION:
            return NameAnchor(private.socket)
        case _ if Action.REMOVE_LINE in ACTIONS_OF_KIND[kind]:
            return LineAnchor(file, 7, private.line)
    return file


def sample_report(private: Private | None = None, *, exit_code: int = 13) -> Report:
    """Return the report of a clean-up in which findings ended in every way."""
    private = private or Private()
    scan = sample_scan(private)
    eicar, _, _, _, member, *_ = scan.findings
    return build(
        scan,
        kind=Kind.CLEAN,
        report_id=REPORT_ID,
        now=NOW,
        exit_code=exit_code,
        session="20261124T233000Z-abcdef",
        undo="quetsach undo 20261124T233000Z-abcdef",
        steps=list(sample_steps(private, scan.findings)),
        held=[Skipped(eicar, SkipReason.PACKAGE, private.package), Skipped(member, SkipReason.MEMBER)],
    )


def sample_steps(private: Private, findings: Sequence[Finding]) -> Iterator[StepResult]:
    """Yield how a step of each kind ended."""
    _, file, line, process, _, *others = findings
    anchor = FileAnchor(private.path, 1, 2, 3, 4, 5, "ab" * 32)
    of = {finding.action: finding for finding in others}
    key, value = private.key, RegistryValue(private.value, SZ, f"{private.data}\0".encode("utf-16-le", "surrogatepass"))
    edits = (DeleteValue(key, private.value), SetValue(key, value), DeleteKey(key), PutKey(key, KeyContent((value,))))
    taken: tuple[tuple[Finding, Target, Outcome, str], ...] = (
        (file, QuarantineFile(anchor), Outcome.DONE, ""),
        (line, RemoveLines(anchor, (LineAnchor(anchor, 7, private.line),)), Outcome.CHANGED, private.note),
        (of[Action.TRUNCATE], TruncateFile(anchor, 3), Outcome.DONE, ""),
        (of[Action.REMOVE_VALUE], EditRegistry(anchor, edits), Outcome.DONE, ""),
        (of[Action.RESTORE_DEFAULT], EditRegistry(None, edits), Outcome.DONE, ""),
        (of[Action.UNHIDE], UnhideFolder(private.path, 1, 2), Outcome.DONE, ""),
        (of[Action.REMOVE_UNIT], RemoveLink(private.path, 1, 2, private.path), Outcome.DONE, ""),
        (of[Action.REMOVE_UNIT], StopUnit(private.path), Outcome.GONE, ""),
        (process, KillProcess(ProcessAnchor(99, 1, private.path, deleted=True)), Outcome.FAILED, private.note),
    )
    for number, (f, target, outcome, note) in enumerate(taken, 1):
        yield StepResult(Step(number, target, f.family, (f.id,), f.why, f.evidence, private.package), outcome, note)
