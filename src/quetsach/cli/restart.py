"""The restart that a clean-up may need: it is offered, and looked at again afterwards."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from quetsach.cli.acting import agrees
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.looking import code_of
from quetsach.endpoint.act.clean import Restarted, awaiting, verify_restarted
from quetsach.endpoint.artefact import place_of, place_text
from quetsach.endpoint.errors import StateError
from quetsach.endpoint.host import live
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.report.document import ReportedVerification
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.state import State


def offer_restart(words: Mapping[str, str]) -> str:
    """Ask whether to restart now, and do it; returns what is to be said otherwise."""
    if not agrees(words["restart-ask"]):
        return words["restart-later"]
    return "" if restart_machine() else words["restart-failed"]


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    return live.restart_machine()


def after_restart(state: State | None, host: Host, scan: ScanResult, *, record: bool) -> list[Restarted]:
    """Judge the sessions that asked for a restart, which has happened, by a scan of the whole machine."""
    if state is None or scan.scope is Scope.PATHS or not scan.is_complete:
        return []
    judged = (verify_restarted(state, host, name, scan, record=record) for name in awaiting(state, host))
    return [one for one in judged if one is not None]


def recorded_after_restart(folder: Path, host: Host, scan: ScanResult) -> list[Restarted]:
    """Judge and record the same for a command that acts on nothing; where a clean-up is running, that will do it."""
    try:
        state = State.existing(folder)
        if state is None or not awaiting(state, host):
            return []
        with state.lock():
            return after_restart(state, host, scan, record=True)
    except StateError:
        return []


def report_of_restarted(one: Restarted, scan: ScanResult, withdrawn: tuple[str, ...]) -> Report:
    """Return the report of what was seen of a session after its restart."""
    dangling = tuple(place_text(place_of(artefact.anchor)) for artefact in one.seen.dangling)
    seen = replace(scan, findings=one.seen.remaining)
    return build(
        seen,
        kind=Kind.VERIFY,
        report_id=uuid4(),
        now=datetime.now(UTC),
        exit_code=code_of(seen) if one.seen.is_clean else ExitCode.FOUND,
        session=one.session,
        verification=ReportedVerification(one.seen.is_clean, len(one.seen.remaining), dangling),
        withdrawn=withdrawn,
    )


def told_restarted(one: Restarted, words: Mapping[str, str]) -> str:
    """Return what a person is told of it; a scan that did not see all is no proof that nothing came back."""
    key = "restarted-left" if not one.seen.is_clean else "restarted-clean" if one.is_whole else "restarted-open"
    return words[key].format(
        session=one.session,
        families=", ".join(one.families),
        remaining=len(one.seen.remaining),
        dangling=len(one.seen.dangling),
    )
