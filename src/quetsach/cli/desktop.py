"""What the window can have done (``endpoint.window.use_cases``), out of the parts that the commands are made of."""

import argparse
import os
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from quetsach import __version__
from quetsach.cli.choosing import excess_of
from quetsach.cli.clean import NotElevatedError
from quetsach.cli.clean_up import CleanUp, finish_former, keep_report
from quetsach.cli.conclusion import recorded_after_restart, report_of_restarted, restart_machine
from quetsach.cli.desktop_update import open_upgraded, own_trust, put_upgrade_in_place, update_packs
from quetsach.cli.parser import chosen_language
from quetsach.cli.report import centre_of, submission_of, transmit
from quetsach.cli.scan_options import ScanOptions, code_of, scan_options
from quetsach.cli.shelf import armed_packs
from quetsach.cli.surroundings import (
    CAN_ELEVATE,
    DRIVES_ARE_PATHS,
    drives,
    licences_of_parts,
    open_page,
    own_command,
    run_elevated,
)
from quetsach.cli.undo import keep_undone
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.pack import Pack
from quetsach.core.text import Text
from quetsach.endpoint import ReportError
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Finding, place_text
from quetsach.endpoint.host.live import is_elevated, live_host, open_mounted
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan, add_archives, left_to, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.report import Kind, Report, build, build_plan, latest_report, read_report
from quetsach.endpoint.report.page import render_page
from quetsach.endpoint.report.store import as_it_stands, write_private
from quetsach.endpoint.report.submission import Submission, sent_report
from quetsach.endpoint.scanner.cache import Totals
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.session import purge, read_header, summaries
from quetsach.endpoint.store.state import State
from quetsach.endpoint.window.use_cases import (
    Earlier,
    Excess,
    Offer,
    Readiness,
    Receipt,
    ScanOutcome,
    ScanProgress,
    Target,
    Updated,
    Upgrade,
    Upgraded,
    Watch,
)
from quetsach.endpoint.window.watching import Watching
from quetsach.installation import bundled_licences

_UNDOABLE = frozenset({"finished", "unfinished", "partly-undone"})
_PAGE_NAMES: Mapping[str, str] = {"vi": "quetsach-bao-cao", "en": "quetsach-report"}


@dataclass(frozen=True, slots=True)
class Handle:
    """What a plan was made of."""

    looking: ScanOptions
    scan: ScanResult
    plan: Plan


@dataclass(slots=True)
class Desktop:
    """The use cases on this machine.

    Args:
        state: the folder of the tool's state.
        packs: packs and shelves instead of those installed.
        root: the disk that is looked at instead of this machine.
        system: what that disk is to be taken as; what the tool sees by itself if not given.
        jobs: worker processes.
        language: of what is raised by the parts of commands.
    """

    state: Path
    packs: tuple[Path, ...] = ()
    root: Path | None = None
    language: str = "vi"
    system: str | None = None
    jobs: int = min(2, os.cpu_count() or 1)
    unkept: list[QuetsachError] = field(default_factory=list)
    """What could not be kept beside the matter; a report that is not kept is no failure of a scan."""

    def readiness(self) -> Readiness:
        """Return what the tool can do on this machine now."""
        packs, trouble = self._usable_packs()
        return Readiness(
            version=__version__,
            packs=sum(not pack.is_guidance_only for pack in packs),  # as a scan counts them
            packs_day=max(filter(None, (_day_of(pack) for pack in packs)), default=None),
            trouble=trouble,
            is_live=self.root is None,
            root=str(self.root or ""),
            is_elevated=is_elevated(),
            can_elevate=CAN_ELEVATE,
            repository=self._repository(),
            drives=tuple(drives(self.language)) if self.root is None else (),
            earlier=self._earlier(),
        )

    def look(self, target: Target, watch: Watch, control: Control) -> ScanOutcome:
        """Look, and plan; nothing is changed."""
        look = scan_options(self._arguments(target))
        scan = self._scan(look, watch, control)
        plan, archives = self._plan(look.host, scan)
        report = build(
            scan,
            kind=Kind.SCAN,
            report_id=uuid4(),
            now=datetime.now(UTC),
            exit_code=code_of(scan),
            withdrawn=look.withdrawn,
        )
        judged = recorded_after_restart(self.state, look.host, scan)
        restarted = [report_of_restarted(one, scan, look.withdrawn) for one in judged]
        for one in (*restarted, report):
            keep_report(one, self.state, self.unkept.append, None)
        planned = build_plan(
            scan, plan, report_id=uuid4(), now=datetime.now(UTC), exit_code=code_of(scan), withdrawn=look.withdrawn
        )
        return ScanOutcome(
            report,
            planned if plan.steps else None,
            archives,
            tuple(restarted),
            Handle(look, scan, plan),
        )

    def excess(self, looked: ScanOutcome, numbers: Collection[int]) -> Excess | None:
        """Return why the mass brake would stop these steps; ``None`` if it would not."""
        handle = handle_of(looked)
        return excess_among(handle.plan, handle.scan.findings, numbers)

    def clean(self, looked: ScanOutcome, numbers: Collection[int], watch: Watch) -> Report:
        """Carry out these steps, which a person agreed to, and look again."""
        handle = handle_of(looked)
        host = handle.looking.host
        if host.is_live and handle.scan.scope is not Scope.PATHS and not is_elevated():
            raise NotElevatedError(
                Text("Cleaning the running system needs administrator rights"),
                hint=Text(
                    "run it again as root: sudo quetsach clean; or name folders of your own: quetsach clean PATH"
                ),
            )
        part = left_to(handle.plan, numbers, handle.scan.findings)
        done = iter(range(len(part.steps)))

        def advance(step: Step) -> None:
            number = next(done)
            watch(ScanProgress(place=place_text(step.subject), done=number, total=len(part.steps)))

        state = State.open(self.state)
        with state.lock():
            finish_former(state, host)
            clean_up = CleanUp(handle.looking, state, handle.scan, part, _undo_command, self.unkept.append)
            return clean_up.ended(clean_up.run(lambda: self._scan(handle.looking, watch, Control()), advance))

    def undo(self, session: str, watch: Watch) -> Report:
        """Put back what a clean-up removed, and return its report as it stands then."""
        state = State.open(self.state)
        with state.lock():
            header = read_header(state, session)
            folder = self.root or Path(os.fsdecode(header.root))
            host = live_host() if header.is_live and self.root is None else open_mounted(folder.absolute())
            result = undo(
                state,
                host,
                session,
                now=datetime.now(UTC),
                advance=lambda step: watch(
                    ScanProgress(place=place_text(step.subject), done=step.number, total=step.number)
                ),
            )
            kept = keep_undone(state, session, is_new=bool(result.steps))
        if kept is None:
            raise ReportError(Text("there is nothing left to undo"), where=session)
        return kept[0]

    def save_page(self, report: Report, language: str) -> str:
        """Write a report as a page where its owner finds it, open it, and return its path."""
        documents = Path.home() / "Documents"
        path = self.write_page(report, documents if documents.is_dir() else Path.home(), language)
        open_page(path)
        return str(path)

    def write_page(self, report: Report, folder: Path, language: str) -> Path:
        """Write a report, as it stands now, as a page into a folder, and return its path."""
        standing = as_it_stands(report, State.existing(self.state)) if report.session else report
        path = folder / f"{_PAGE_NAMES[language]}-{report.created:%Y%m%d-%H%M%S}.html"
        write_private(path, render_page(standing, language=language).encode("utf-8", "backslashreplace"))
        return path

    def offer(self, report: Report) -> Offer:
        """Return what would be sent of a report."""
        submission, url = self._submission(report)
        return Offer(url, submission.text(), is_correction=submission.revision > 0, handle=submission)

    def is_correction_due(self, report: Report) -> bool:
        """Return whether a centre has, or may have, an earlier state of a report."""
        try:
            sent = sent_report(self.state, report.id)
            return sent is not None and (not sent.is_confirmed or self._submission(report)[0].revision != sent.revision)
        except QuetsachError:
            return False

    def send(self, offer: Offer) -> Receipt:
        """Send what a person saw and agreed to."""
        submission = offer.handle
        if not isinstance(submission, Submission):
            raise TypeError(submission)
        receipt = transmit(submission, offer.url, self.state, self.unkept.append)
        return Receipt(receipt.is_new, submission.revision > 0, submission.report_id, receipt.message)

    def update(self) -> Updated:
        """Fetch the newest signed packs, and look for a newer version of the tool itself."""
        return update_packs(self.state)

    def upgrade(self, upgrade: Upgrade, watch: Watch) -> Upgraded:
        """Fetch a newer version of the tool, try it, and put it in place if it works."""
        return put_upgrade_in_place(upgrade, self.state, watch)

    def start_anew(self, upgraded: Upgraded, language: str) -> bool:
        """Open the window of the version that was put in place; whether it came."""
        return open_upgraded(upgraded, language)

    def purge(self) -> int:
        """Delete all sealed files for good, and return of how many clean-ups."""
        state = State.existing(self.state)
        if state is None:
            return 0
        with state.lock():
            held = [one.session for one in summaries(state) if one.condition not in {"purged", "damaged"} and one.items]
            for session in held:
                purge(state, session)
        return len(held)

    def restart(self) -> bool:
        """Ask the system to restart; whether it agreed."""
        return restart_machine()

    def elevate(self, language: str) -> bool:
        """Start the window again as administrator; whether it will come."""
        return run_elevated([*own_command(), *sys.argv[1:], "--lang", language])

    def licences(self) -> str:
        """Return the licences of all parts of the tool."""
        written = bundled_licences()
        return written.read_text("utf-8") if written.is_file() else licences_of_parts()

    def _arguments(self, target: Target) -> argparse.Namespace:
        """Return what the commands would be told for the same look."""
        drive = target.drive
        is_disk = drive is not None and not DRIVES_ARE_PATHS
        return argparse.Namespace(
            path=[drive.place] if drive is not None and not is_disk else [],
            quick=target.scope == "quick",
            full=target.scope == "full",
            root=Path(drive.place) if drive is not None and is_disk else self.root,
            system=self.system,
            pack=list(self.packs),
            report=None,
            jobs=self.jobs,
            no_cache=False,
            state=self.state,
            lang=self.language,
        )

    def _usable_packs(self) -> tuple[tuple[Pack, ...], QuetsachError | None]:
        try:
            return armed_packs(argparse.Namespace(pack=list(self.packs), state=self.state)).packs, None
        except QuetsachError as error:
            return (), error

    def _repository(self) -> str:
        try:
            trust = own_trust(self.state)
        except QuetsachError:
            return ""
        return trust.repository if trust is not None else ""

    def _earlier(self) -> Earlier | None:
        try:
            state = State.existing(self.state)
            found = summaries(state) if state is not None else ()
        except (QuetsachError, OSError):
            return None
        if not found:
            return None
        last = found[-1]
        items, size = sum(one.items for one in found), sum(one.size_bytes for one in found)
        return Earlier(last.session, last.started, last.condition in _UNDOABLE, items, size)

    def _scan(self, look: ScanOptions, watch: Watch, control: Control) -> ScanResult:
        cache, totals = look.memory(self.unkept.append)
        watching = Watching(watch, totals if totals.files else self._last(look))
        leave = control.attend(watching.stand_still)
        try:
            result = look.look(cache, progress=watching.passed, control=control)
        finally:
            leave()
        if result.unkept is not None:
            self.unkept.append(result.unkept)
        return result

    def _last(self, look: ScanOptions) -> Totals:
        """Return how many files the last scan of this kind went through; zeros if that is not known."""
        try:
            report = read_report(latest_report(self.state))
        except QuetsachError:
            return Totals()
        is_alike = report.scan.scope is look.scope is Scope.QUICK and report.machine.live == look.host.is_live
        return Totals(report.scan.files, 0) if is_alike and report.scan.complete else Totals()

    def _plan(self, host: Host, scan: ScanResult) -> tuple[Plan, frozenset[int]]:
        """Return the plan, with the archives that would be sealed whole, and the numbers of those steps."""
        findings: tuple[Finding, ...] = scan.findings
        plan = make_plan(findings, host, self.state)
        if not any(one.hold is SkipReason.MEMBER for one in plan.held):
            return plan, frozenset()
        whole = add_archives(plan, make_plan(findings, host, self.state, with_archives=True))
        return whole, frozenset(step.number for step in whole.steps[len(plan.steps) :])

    def _submission(self, report: Report) -> tuple[Submission, str]:
        """Return what would be sent of a report, and where to.

        Raises:
            InputError: nobody knows where to.
        """
        sent = sent_report(self.state, report.id)
        url = sent.url if sent is not None and sent.is_confirmed else centre_of(self.state)
        if not url:
            raise InputError(
                Text("It is not known where to send it"),
                hint=Text("add --to ADDRESS, such as https://centre.example/api/v1/reports"),
            )
        codes = (sent.campaign, sent.unit) if sent is not None else ("", "")
        return submission_of(report, self.state, campaign=codes[0], unit=codes[1]), url


def desktop_of(arguments: argparse.Namespace, state: Path) -> Desktop:
    """Return the use cases for what the command line says."""
    root = arguments.root.absolute() if arguments.root else None
    return Desktop(state, tuple(arguments.pack or ()), root, chosen_language(arguments))


def handle_of(looked: ScanOutcome) -> Handle:
    """Return what the plan of a look was made of."""
    if not isinstance(looked.handle, Handle):
        raise TypeError(looked.handle)
    return looked.handle


def excess_among(plan: Plan, findings: tuple[Finding, ...], numbers: Collection[int]) -> Excess | None:
    """Return why the mass brake would stop these steps of a plan; ``None`` if it would not."""
    error = excess_of(left_to(plan, numbers, findings), findings)
    return None if error is None else Excess(error.limit, error.count, error.family)


def _undo_command(session: str) -> str:
    return f"quetsach undo {session}"


def _day_of(pack: Pack) -> date | None:
    """Return the day of a pack; its version is one by custom."""
    try:
        return date(*map(int, pack.version.split(".")[:3]))
    except (ValueError, TypeError):
        return None
