"""The clean-up: suspend, record, quarantine, detach, kill, verify."""

from collections.abc import Callable, Iterable
from datetime import datetime

from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.carry_out import restart_is_needed, run_all
from quetsach.endpoint.act.process import resume_survivors, suspend_family
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.verify import removed_by, verify
from quetsach.endpoint.artefact import Finding, place_of, printable
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.protection import Protection
from quetsach.endpoint.plan.step import Step
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State, machine_of, root_of


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
