"""The clean-up: suspend, record, quarantine, detach, kill, verify; and verify again after a restart."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.carry_out import restart_is_needed, run_all
from quetsach.endpoint.act.process import resume_survivors, suspend_family
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.artefact import Artefact, Finding, place_of, printable
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.errors import JournalError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.protection import Protection
from quetsach.endpoint.plan.step import QuarantineFile, RemoveTask, Step, TruncateFile, file_of
from quetsach.endpoint.scanner.conclusion import Gap, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State, machine_of, root_of

# Is the machine clean? Everything is looked at again: what acts said of themselves is not believed.


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second look saw: findings that are still there, and footholds that name a file that was removed."""

    remaining: tuple[Finding, ...]
    dangling: tuple[Artefact, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left, and nothing points to what was removed."""
        return not self.remaining and not self.dangling


def removed_by(steps: Iterable[Step]) -> frozenset[bytes]:
    """Return the files that steps may have removed: not texts of their own right, which the system may name for ever.

    Whatever names ``/etc/rc.local`` named it before malware wrote into it.
    """
    kinds = QuarantineFile | TruncateFile | RemoveTask
    files = (file_of(step.target) for step in steps if isinstance(step.target, kinds))
    return frozenset(file.path for file in files if file is not None)


def verify(host: Host, findings: Iterable[Finding], removed: Collection[bytes]) -> Verification:
    """Judge a machine after a clean-up.

    Args:
        host: the machine.
        findings: what a new scan found.
        removed: paths (inside the root, without links) of files; those that are gone were removed.
    """
    gone = Removed.of(host, removed)
    return Verification(tuple(findings), tuple(_dangling(host, gone)) if gone else ())


def _dangling(host: Host, gone: Removed) -> Iterator[Artefact]:
    for item in persistence_entries(host, gone):
        if isinstance(item, Artefact) and any(path in gone for path in item.refers_to):
            yield item


# The clean-up: suspend, record, quarantine, detach, kill, verify.


def clean(
    plan: Plan,
    host: Host,
    state: State,
    *,
    look_again: Callable[[], tuple[Finding, ...] | None],
    packs: tuple[str, ...],
    now: datetime,
    scope: str = "",
    begun: Callable[[str], None] = lambda _session: None,
    advance: Callable[[Step], None] = lambda _step: None,
    after_record: Callable[[], None] | None = None,
) -> CleanResult:
    """Carry out a plan that a person agreed to, and verify.

    Args:
        plan: what to do; it has at least one step.
        host: the machine that was scanned.
        state: the open state folder; the caller holds its lock and has recovered what was unfinished.
        look_again: what the same scan finds once more; ``None`` when it could not see what the first one saw.
        packs: ``family version`` of the packs used, for the journal.
        now: time of the start, UTC.
        scope: how far the scan looked that the plan comes from, for the journal.
        begun: called with the session's name once its plan is on disk, before anything is touched.
        advance: called before each step.
        after_record: called after each journal record (tests stop the machine there).

    Raises:
        StateError: the session cannot be written.
    """
    with Session.create(
        state,
        plan.steps,
        root=root_of(host),
        is_live=host.is_live,
        packs=packs,
        now=now,
        machine=machine_of(host),
        scope=scope,
        after_record=after_record,
    ) as session:
        begun(session.identifier)
        where = Workplace(host, session, now.isoformat())
        try:
            suspend_family(where, Protection.of(host, state.folder, ()))
            steps = run_all(where, advance)
        finally:
            resume_survivors(where)
        if host.services is not None:
            host.services.reload()
        found = look_again()
        seen = verify(host, _left(found or (), session), removed_by(result.step for result in steps))
        result = CleanResult(
            session.identifier,
            root=printable(root_of(host)),
            started=now,
            steps=steps,
            held=plan.held,
            remaining=seen.remaining,
            dangling=seen.dangling,
            restart_needed=restart_is_needed(where, steps),
            is_seen=found is not None,
        )
        session.finish({"exit_code": result.exit_code, "remaining": len(result.remaining)})
    return result


def _left(found: Iterable[Finding], session: Session) -> list[Finding]:
    """Return what was found again, without files that go when the system starts next."""
    queued = goes_later(session)
    return [finding for finding in found if place_of(finding.artefact.anchor) not in queued]


def goes_later(session: Session) -> frozenset[bytes]:
    """Return the files that are in use and go when the system starts next; after that they are looked for again."""
    queued = (progress.step for progress in session.progress.values() if (progress.after or {}).get("queued"))
    return frozenset(step.subject for step in queued)


# Looking again after the restart that a clean-up asked for.


@dataclass(frozen=True, slots=True)
class Restarted:
    """A session that asked for a restart, and what was seen of its families after it."""

    session: str
    families: tuple[str, ...]
    seen: Verification
    is_whole: bool
    """Whether the scan saw all that it was to see, and looked where the session's had looked."""
    is_settled: bool
    """Whether the session need not be judged again: something is left, or no more than single things were not seen."""


def awaiting(state: State, host: Host) -> tuple[str, ...]:
    """Return the sessions on the running system that asked for a restart which has happened since, oldest first."""
    found = []
    for identifier in state.sessions if host.is_live else ():
        try:
            session = Session.open(state, identifier)
        except JournalError:
            continue
        if session is not None:
            with session:
                if session.awaits_restart and session.header.root == root_of(host):
                    found.append(identifier)
    return tuple(found)


def verify_restarted(state: State, host: Host, identifier: str, scan: ScanResult, *, record: bool) -> Restarted | None:
    """Judge a session by a scan after the restart; ``None`` when that did not look for all of the session's families.

    Args:
        state: the open state folder; whoever records holds its lock.
        host: the running system.
        identifier: a session that awaits it.
        scan: what was looked for and found.
        record: whether the journal is to say what is settled, after which the session is not judged again.
    """
    session = Session.open(state, identifier)
    if session is None:
        return None
    with session:
        steps = [progress.step for progress in session.progress.values()]
        families = tuple(sorted({step.family for step in steps}))
        if not set(families) <= set(scan.reach.families):
            return None
        seen = verify(host, [one for one in scan.findings if one.family in families], removed_by(steps))
        gaps = gaps_of(scan)
        looked_there = scan.scope is Scope.FULL or scan.scope == session.header.scope == Scope.QUICK
        is_settled = not seen.is_clean or (looked_there and all(Gap(gap).is_narrow for gap in gaps))
        if record and is_settled:
            session.verified({"remaining": len(seen.remaining), "dangling": len(seen.dangling)})
        return Restarted(identifier, families, seen, is_whole=looked_there and not gaps, is_settled=is_settled)
