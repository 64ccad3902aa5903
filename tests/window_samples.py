"""Every state that the window can be in, made by hand: for tests of its words, and for pictures of its pages."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import Text
from quetsach.endpoint import ReportError, StateError
from quetsach.endpoint.act.result import CleanResult, StepResult
from quetsach.endpoint.artefact import (
    Anchor,
    Artefact,
    FileAnchor,
    Finding,
    ProcessAnchor,
    RegistryAnchor,
    windows_text,
)
from quetsach.endpoint.host.registry import SZ, DeleteValue
from quetsach.endpoint.plan.plan import Plan, Skipped
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import EditRegistry, KillProcess, Outcome, QuarantineFile, Step
from quetsach.endpoint.report import FindingOutcome, Kind, Report, build, build_clean, build_plan
from quetsach.endpoint.report.document import ReportedVerification
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.conclusion import Extent, Reach
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.window import state as ui
from quetsach.endpoint.window.use_cases import (
    Drive,
    Earlier,
    Excess,
    Offer,
    Readiness,
    Receipt,
    ScanOutcome,
    ScanProgress,
    Stick,
    Target,
    Updated,
    Upgrade,
    Upgraded,
)
from quetsach.packs import PackError
from quetsach.packs.load import load_shelf
from quetsach.packs.upgrade import UpgradeError

NOW = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)
ID = UUID("6d1f3f0e-4f0e-4b6e-9a55-0d6a3b1f2c11")
SESSION = "20261128T023000Z-3f9a1c"
WORM = "/Users/An Nguyễn/AppData/Roaming/winsvcs.exe"
USB = Drive("D:\\", "D:\\ KINGSTON", "USB, 14,9 GiB")


@cache
def packs():
    return load_shelf(Path(__file__).parents[1] / "packs")


READY = Readiness(
    version="0.2.0",
    packs=22,
    packs_day=date(2026, 11, 25),
    trouble=None,
    is_live=True,
    root="",
    is_elevated=True,
    can_elevate=True,
    repository="https://quetsach.example/repository",
    drives=(Drive("C:\\", "C:\\ Windows", "237,9 GiB"), USB),
)
EARLIER = Earlier(SESSION, NOW - timedelta(days=3), is_undoable=True, sealed_items=3, sealed_bytes=2_345_678)


def shown(report: Report) -> Report:
    r"""Return a report with its paths as a report of a running Windows has them."""
    return replace(
        report,
        findings=tuple(replace(one, where=_shown(one.where)) for one in report.findings),
        steps=tuple(replace(one, subject=_shown(one.subject)) for one in report.steps),
    )


def _shown(where: str) -> str:
    return windows_text(where.encode()).decode() if where.startswith("/") else where


def scan(*, is_found: bool = False, scope: Scope = Scope.QUICK, **changes: object) -> ScanResult:
    """Return a scan of a Windows that looked at all it was to look at."""
    windows = tuple(p.family for p in packs() if "windows" in p.platforms and p.traits)
    others = tuple(p.family for p in packs() if "windows" not in p.platforms and p.traits)
    whole = Extent.WHOLE
    made = ScanResult(
        scope=scope,
        paths=(),
        root="/",
        is_live=True,
        is_elevated=True,
        platform="windows",
        engine="boreal 1.4.0",
        packs=packs(),
        started=NOW,
        finished=NOW + timedelta(seconds=83),
        files=4_812,
        bytes_read=1_234_567_890,
        processes=96,
        footholds=543,
        findings=findings() if is_found else (),
        skipped={},
        failed={},
        failures=(),
        reach=Reach(windows, others, (), whole, whole, whole, whole, whole),
    )
    return replace(made, **changes)


def findings() -> tuple[Finding, ...]:
    """Return what Phorpiex leaves: the worm, what it runs as, and what starts it."""
    worm = FileAnchor(WORM.encode(), 1, 2, 3, 76_288, 5, "ab" * 32)
    run = "HKU\\An Nguyễn\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    value = RegistryAnchor(run, "Microsoft Windows Services", SZ, "winsvcs.exe\0".encode("utf-16-le"))
    return (
        _finding(1, worm, ArtefactKind.FILE, Action.QUARANTINE),
        _finding(2, ProcessAnchor(4120, 1, WORM.encode(), deleted=False), ArtefactKind.PROCESS, Action.KILL),
        _finding(3, value, ArtefactKind.REGISTRY_VALUE, Action.REMOVE_VALUE),
    )


def _finding(number: int, anchor: Anchor, kind: ArtefactKind, action: Action) -> Finding:
    pack = next(one for one in packs() if one.family == "phorpiex")
    return Finding(
        id=f"{number:016x}",
        family=pack.family,
        pack_version=pack.version,
        trait=pack.traits[0].id,
        artefact=Artefact(kind, anchor, {"place": "run"} if kind is ArtefactKind.REGISTRY_VALUE else {}),
        action=action,
        why=pack.traits[0].why,
        evidence="phorpiex_worm (Quét Sạch)",
    )


def plan() -> Plan:
    """Return the plan for what was found."""
    file, process, value = findings()
    anchor = value.artefact.anchor
    edit = EditRegistry(None, (DeleteValue(anchor.key, "Microsoft Windows Services"),))
    targets = (
        (QuarantineFile(file.artefact.anchor), file),
        (edit, value),
        (KillProcess(process.artefact.anchor), process),
    )
    steps = (
        Step(number, target, one.family, (one.id,), one.why, one.evidence)
        for number, (target, one) in enumerate(targets, 1)
    )
    return Plan(tuple(steps), ())


def scanned(result: ScanResult, code: int, *, kind: Kind = Kind.SCAN) -> Report:
    return shown(build(result, kind=kind, report_id=ID, now=NOW, exit_code=code))


def looked(*, held: Iterable[Skipped] = (), **changes: object) -> ScanOutcome:
    result = scan(is_found=True, **changes)
    whole = replace(plan(), held=tuple(held))
    planned = shown(build_plan(result, whole, report_id=ID, now=NOW, exit_code=10))
    return ScanOutcome(scanned(result, 10), planned)


def cleaned(outcome: Outcome = Outcome.DONE, *, needs_restart: bool = False) -> Report:
    steps = plan().steps
    ends = (Outcome.DONE, Outcome.DONE, outcome)
    result = CleanResult(
        SESSION,
        "/",
        NOW,
        tuple(
            StepResult(step, end, "" if end is Outcome.DONE else "Access is denied")
            for step, end in zip(steps, ends, strict=True)
        ),
        (),
        () if outcome is Outcome.DONE else findings()[1:2],
        (),
        restart_needed=needs_restart,
    )
    return shown(build_clean(scan(is_found=True), result, report_id=ID, now=NOW))


def undone() -> Report:
    report = cleaned()
    back = tuple(replace(one, outcome=FindingOutcome.RESTORED) for one in report.findings)
    return replace(report, kind=Kind.UNDO, exit_code=10, findings=back, undo=None, verification=None)


QUICK = Target("quick")
NARROW = {Reason.ENCRYPTED: 2}


def no_space() -> QuetsachError:
    error = StateError("the state folder cannot be used: No space left on device", where="C:\\ProgramData\\QuetSach")
    error.__cause__ = OSError(28, "No space left on device")
    return error


UPGRADE = Upgrade("0.3.0", 15_700_000, is_allowed=True)


def no_upgrade() -> QuetsachError:
    where = "C:\\Program Files\\QuetSach\\0.3.0-1\\quetsach.exe"
    hint = "a worker process does not answer"
    return UpgradeError(Text("the new version does not work here"), where=where, hint=hint)


def states(language: str = "vi") -> Mapping[str, ui.State]:
    """Return a state of every kind, by name."""
    seen = ui.Seen(QUICK, looked())
    long_plan = replace(seen.looked.plan, steps=tuple(
        replace(step, number=number) for number, step in enumerate(seen.looked.plan.steps * 14, 1)
    ))  # fmt: skip
    braked = ui.Seen(QUICK, replace(seen.looked, plan=long_plan), Excess("files", 42))
    course = ScanProgress(
        48_213, 13_314_398_617, _shown(WORM.replace("winsvcs", "a-rather-long-name/" * 4 + "setup")), 0.42, 372
    )
    offer = Offer("https://quetsach.example/api/v1/reports", _SUBMISSION, is_correction=False)
    receipt = Receipt(is_new=True, is_correction=False, code=str(ID), message="Đã ghi nhận.")
    screens: dict[str, ui.Screen] = {
        "opening": ui.Opening(),
        "look": ui.Home(),
        "drives": ui.Drives(USB.place),
        "looking-begin": ui.Looking(QUICK),
        "looking": ui.Looking(Target("full"), course),
        "looking-drive": ui.Looking(Target("paths", USB), replace(course, share=None, left_seconds=None)),
        "paused": ui.Looking(QUICK, course, is_paused=True),
        "ending": ui.Looking(QUICK, course, is_ending=True),
        "nothing-found": ui.Seen(QUICK, ScanOutcome(scanned(scan(), 0), None)),
        "nothing-found-full": ui.Seen(Target("full"), ScanOutcome(scanned(scan(scope=Scope.FULL), 0), None)),
        "archives-not-opened": ui.Seen(QUICK, ScanOutcome(scanned(scan(skipped=NARROW), 2), None)),
        "families-left-out": ui.Seen(
            QUICK, ScanOutcome(scanned(scan(reach=replace(scan().reach, left_out=("sality", "virut"))), 0), None)
        ),
        "cancelled": ui.Seen(QUICK, ScanOutcome(scanned(scan(failed={Reason.NOT_REACHED: 1}), 2), None)),
        "not-elevated": ui.Seen(QUICK, ScanOutcome(scanned(_without_rights(), 2), None)),
        "nothing-seen": ui.Seen(Target("paths", USB), ScanOutcome(scanned(scan(files=0, scope=Scope.PATHS), 2), None)),
        "restarted": ui.Seen(QUICK, ScanOutcome(scanned(scan(), 0), None, restarted=(_verified(),))),
        "found": seen,
        "found-with-gaps": ui.Seen(
            QUICK, looked(failed={Reason.UNREADABLE: 7}, held=[Skipped(findings()[0], SkipReason.PACKAGE)])
        ),
        "found-archives": ui.Seen(QUICK, replace(seen.looked, archives=frozenset({1}))),
        "found-not-elevated": seen,
        "reported": ui.Seen(QUICK, ScanOutcome(scanned(scan(is_found=True), 10), None)),
        "brake": braked,
        "items": ui.Items(seen, frozenset({1, 3}), None),
        "items-none": ui.Items(seen, frozenset(), None),
        "items-brake": ui.Items(braked, frozenset(range(1, 43)), Excess("files", 42)),
        "items-brake-sure": ui.Items(braked, frozenset(range(1, 43)), Excess("sign", 42, "phorpiex"), is_sure=True),
        "cleaning": ui.Cleaning(QUICK, ScanProgress(place=_shown(WORM), share=1 / 3, done=1, total=3)),
        "checking": ui.Cleaning(QUICK, replace(course, left_seconds=None)),
        "done": ui.Done(cleaned()),
        "done-restart": ui.Done(cleaned(needs_restart=True)),
        "done-partly": ui.Done(cleaned(Outcome.FAILED)),
        "undone": ui.Done(undone()),
        "undone-correction": ui.Done(undone(), is_correction_due=True),
        "undo": ui.AskUndo(SESSION, ui.Past()),
        "past": ui.Past(),
        "purge": ui.AskPurge(),
        "purged": ui.Told(2, ui.Home()),
        "update": ui.AskUpdate(),
        "updating": ui.Waiting("update", ui.Home()),
        "updated": ui.Told(Updated(3, 0, 19, ("phorpiex/old-rule",), tool="newest"), ui.Home()),
        "updated-elsewhere": ui.Told(Updated(0, 0, 22, tool="elsewhere"), ui.Home()),
        "updated-tool-unknown": ui.Told(Updated(0, 0, 22, tool="refused", tool_refusal="altered"), ui.Home()),
        "newer": ui.Told(Updated(3, 0, 19, tool="newer", upgrade=UPGRADE), ui.Home()),
        "newer-for-packs": ui.Told(Updated(refusal="bad-pack", tool="newer", upgrade=UPGRADE), ui.Home()),
        "newer-not-allowed": ui.Told(
            Updated(0, 0, 22, tool="newer", upgrade=replace(UPGRADE, is_allowed=False)), ui.Home()
        ),
        "upgrade-fetch": ui.Waiting("upgrade", ui.Home(), ScanProgress(size_bytes=6_123_456, share=0.39)),
        "upgrade-trial": ui.Waiting("upgrade", ui.Home(), ScanProgress(size_bytes=15_700_000, total=1)),
        "upgraded": ui.Told(Upgraded("0.3.0"), ui.Home()),
        "upgraded-file": ui.Told(Upgraded("0.3.0", new_file="E:\\QuetSach-0.3.0-portable.exe"), ui.Home()),
        "upgrade-refused": ui.Told(Upgraded("0.3.0", refusal="altered", detail="2026-11-28"), ui.Home()),
        "upgrade-failed": ui.Told(Upgraded("0.3.0", trouble=no_upgrade()), ui.Home()),
        "update-nowhere": ui.AskUpdate(),
        "packs-expired": ui.Told(Updated(refusal="expired", detail="2026-11-28"), ui.Home()),
        "unreachable": ui.Told(Updated(refusal="unreachable", detail="timed out"), ui.Home()),
        "offer": ui.Offered(offer, ui.Done(cleaned())),
        "offer-agreed": ui.Offered(replace(offer, is_correction=True), ui.Done(undone()), is_agreed=True),
        "sent": ui.Told(receipt, ui.Done(cleaned())),
        "about": ui.About(_LICENCES, ui.Home()),
        "no-packs": ui.Home(),
        "needs-administrator": ui.Home(),
        "needs-administrator-alone": ui.Home(),
        "look-without-rights": ui.Home(is_content=True),
        "look-disk": ui.Home(),
        "no-space": ui.Failed(no_space(), ui.Home()),
        "error": ui.Failed(
            ReportError("there is no report yet", where="/var", hint="run `quetsach scan` first"), ui.Home()
        ),
        "saved": ui.Done(cleaned()),
    }
    made = {name: ui.State(language, screen, _ready(name)) for name, screen in screens.items()}
    made["saved"] = replace(made["saved"], notice=("saved", "C:\\Users\\An Nguyễn\\Documents\\quetsach-bao-cao.html"))
    return {**made, **stick_states(language)}


SYSTEM = Drive("/dev/sda3", "Windows (/dev/sda3)", "Ổ NTFS · 237,9 GiB · WDC WD2500")
DATA = Drive("/dev/sda4", "DỮ LIỆU (/dev/sda4)", "Ổ NTFS · 698,6 GiB · WDC WD2500")
LOCKED = Drive("/dev/sdb1", "/dev/sdb1", "931,5 GiB · Samsung SSD", is_locked=True)
ON_STICK = replace(
    READY,
    is_live=False,
    can_elevate=False,
    repository="",
    drives=(SYSTEM, DATA),
    stick=Stick(keeps_on_stick=True, packs_age_days=3),
)


def stick_states(language: str = "vi") -> Mapping[str, ui.State]:
    """Return a state of every kind that only the rescue stick has, by name."""
    seen = ui.Seen(Target("paths", SYSTEM), looked(scope=Scope.FULL, is_live=False, root="/run/quetsach/disks/1"))
    nothing = ui.Seen(Target("paths", DATA), ScanOutcome(scanned(scan(scope=Scope.FULL, is_live=False), 0), None))
    asleep = replace(seen, looked=replace(seen.looked, unfit="hibernated"))
    unread = StateError("the drive is not plugged in any more", where="/dev/sda4")
    earlier = replace(EARLIER, drive=SYSTEM.name)
    old = replace(ON_STICK, drives=(SYSTEM, LOCKED), stick=Stick(keeps_on_stick=False, packs_age_days=40))
    both = {SYSTEM.place: seen, DATA.place: nothing}
    home = ui.State(language, ui.Home(), ON_STICK)
    return {
        "stick": home,
        "stick-old": replace(home, ready=replace(old, earlier=replace(EARLIER, sealed_items=0, drive=SYSTEM.name))),
        "stick-locked": replace(home, screen=ui.Home(place=LOCKED.place), ready=old),
        "stick-none": replace(home, ready=replace(ON_STICK, drives=())),
        "stick-no-packs": replace(home, ready=replace(ON_STICK, packs=0, trouble=PackError("there is no pack"))),
        "stick-found": replace(home, drives=both),
        "stick-unread": replace(home, drives={SYSTEM.place: nothing, DATA.place: unread}),
        "stick-good": replace(home, drives={SYSTEM.place: ui.Done(cleaned()), DATA.place: nothing}),
        "stick-surveying": replace(
            home, screen=ui.Looking(Target("drives"), ScanProgress(3, 4, f"{SYSTEM.name}: /Users"))
        ),
        "stick-found-one": replace(home, screen=seen, drives=both),
        "stick-asleep": replace(home, screen=asleep),
        "stick-nothing-found": replace(home, screen=nothing),
        "stick-preparing": replace(home, screen=ui.Cleaning(seen.target, ScanProgress(5, 6, "/Users", is_before=True))),
        "stick-done": replace(home, screen=ui.Done(cleaned())),
        "stick-undone": replace(home, screen=ui.Done(undone())),
        "stick-past": replace(home, screen=ui.Past(), ready=replace(ON_STICK, earlier=earlier)),
        "stick-past-asleep": replace(
            home, screen=ui.Past(), ready=replace(ON_STICK, earlier=replace(earlier, unfit="unclean"))
        ),
        "stick-waiting": replace(home, screen=ui.Waiting("switch-off", ui.Home())),
        "stick-not-off": replace(home, notice=("switch-off-failed", "")),
        "stick-full": replace(home, screen=ui.Failed(no_space(), ui.Home())),
    }


def _ready(name: str) -> Readiness | None:
    weak = replace(READY, is_elevated=False)
    special = {
        "opening": None,
        "no-packs": replace(
            READY, packs=0, trouble=PackError("there is no pack to work with", hint="run: quetsach update")
        ),
        "needs-administrator": weak,
        "needs-administrator-alone": replace(weak, can_elevate=False),
        "look-without-rights": weak,
        "not-elevated": weak,
        "newer-not-allowed": weak,
        "update-nowhere": replace(READY, repository=""),
        "found-not-elevated": weak,
        "look-disk": replace(READY, is_live=False, root="/mnt/disk", earlier=EARLIER),
        **dict.fromkeys(("past", "purge", "undo", "look"), replace(READY, earlier=EARLIER)),
    }
    return special.get(name, READY)


def _without_rights() -> ScanResult:
    return scan(
        is_elevated=False, failed={Reason.UNREADABLE: 31}, failures=(ScanIssue(b"/Users/Binh", Reason.UNREADABLE),)
    )


def _verified() -> Report:
    report = scanned(scan(), 0, kind=Kind.VERIFY)
    return replace(report, session=SESSION, verification=ReportedVerification(True, 0, ()))


_PACKS = "".join(f'    {{"family": "family-{number}", "version": "2026.11.25"}},\n' for number in range(20))
_SUBMISSION = f'{{\n  "format": "quetsach-submission/1",\n  "report_id": "{ID}",\n  "packs": [\n{_PACKS}  ]\n}}'
_LICENCES = "\n\n".join(f"part-{n} 1.{n}\nApache-2.0\n{'Licensed under the Apache License. ' * 6}" for n in range(12))
