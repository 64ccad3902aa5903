"""The clean-up: suspend, record, quarantine, detach, kill, verify; each step with its record before and after."""

import errno
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from quetsach.endpoint import EndpointError, JournalError
from quetsach.endpoint.act import file, folder, process, registry, rewrite, triggers
from quetsach.endpoint.act.act import Act, ChangedError, GoneError, Workplace
from quetsach.endpoint.act.process import resume_survivors, suspend_family
from quetsach.endpoint.act.result import CleanResult, StepResult
from quetsach.endpoint.act.verify import removed_by, verify
from quetsach.endpoint.artefact import Finding, place_of, printable
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.protection import Protection
from quetsach.endpoint.plan.step import (
    FIRST_ON_WINDOWS,
    EditRegistry,
    KillProcess,
    Outcome,
    QuarantineFile,
    RemoveLines,
    RemoveLink,
    RemoveSubscription,
    RemoveTask,
    Step,
    StopUnit,
    Target,
    TruncateFile,
    UnhideFolder,
)
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State, machine_of, root_of

# Acts: what is done for each kind of step, and how it is undone. All are of one shape.
#
# Every act reads the state it finds and does only what is still missing, so that it can be begun again after a crash at
# any moment.

ACTS: Mapping[type[Target], Act] = {
    QuarantineFile: file.QuarantineAct(),
    RemoveLines: rewrite.LinesAct(),
    EditRegistry: registry.RegistryAct(),
    RemoveSubscription: triggers.SubscriptionAct(),
    RemoveTask: triggers.TaskAct(),
    TruncateFile: rewrite.TruncateAct(),
    UnhideFolder: folder.UnhideAct(),
    RemoveLink: folder.LinkAct(),
    StopUnit: process.UnitAct(),
    KillProcess: process.ProcessAct(),
}
"""What does the steps of each kind."""


_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESRCH})
_CHANGED = frozenset({errno.ELOOP, errno.EINVAL, errno.ESTALE})


def carry_out(where: Workplace, number: int) -> StepResult:
    """Do a step, or what a crash left of it; what fails is recorded and reported, and the next step can go on."""
    session = where.session
    progress = session.progress[number]
    if progress.outcome is not None:
        return StepResult(progress.step, progress.outcome, progress.note)
    act = ACTS[type(progress.step.target)]
    try:
        before = progress.before
        if before is None:
            before = act.look(where, progress.step)
            session.begin(number, before)
        after = act.do(where, progress.step, before)
    except (OSError, EndpointError) as error:
        outcome, note = _failure(error)
        session.end(number, outcome, note=note)
    else:
        session.end(number, Outcome.DONE, note=str(after.get("note", "")), after=after)
    done = session.progress[number]
    return StepResult(done.step, done.outcome or Outcome.FAILED, done.note)


def take_back(where: Workplace, number: int) -> StepResult:
    """Undo a step, or what a crash left to undo of it."""
    session = where.session
    progress = session.progress[number]
    act = ACTS[type(progress.step.target)]
    try:
        decision = progress.undo if progress.is_undo_in_flight else None
        if decision is None:
            decision = act.look_back(where, progress)
            session.begin_undo(number, decision)
        outcome, note = act.undo(where, progress, decision)
    except (OSError, EndpointError) as error:
        _, note = _failure(error)
        outcome = Outcome.FAILED
    session.end_undo(number, outcome, note=note)
    return StepResult(progress.step, outcome, note)


def _failure(error: OSError | EndpointError) -> tuple[Outcome, str]:
    """Return what an error means for a step. A damaged journal ends everything."""
    if isinstance(error, JournalError):
        raise error
    if isinstance(error, OSError):
        note = printable(os.fsencode(error.strerror or "the system refused"))
        if error.errno in _GONE:
            return Outcome.GONE, note
        return (Outcome.CHANGED if error.errno in _CHANGED else Outcome.FAILED), note
    note = error.explain().replace("\n", "; ")
    if isinstance(error, GoneError):
        return Outcome.GONE, note
    return (Outcome.CHANGED if isinstance(error, ChangedError) else Outcome.FAILED), note


def restart_is_needed(where: Workplace, results: Collection[StepResult]) -> bool:
    """Return whether a step takes effect only then, or running programs, but for this one, still hold a removed file.

    Such as a preloaded library.
    """
    if any((progress.after or {}).get("restart") for progress in where.session.progress.values()):
        return True
    processes = where.host.processes
    removed = {r.step.subject for r in results if isinstance(r.step.target, QuarantineFile)}
    if processes is None or not removed:
        return False
    others = (process.pid for process in processes if process.pid != os.getpid())
    return any(processes.holds_removed(pid, removed) for pid in others)


def _in_order(where: Workplace) -> list[int]:
    """Return the numbers of the steps in the order of acting.

    Processes that were born since the scan have numbers behind all others, but on a running Windows they are ended
    before their file is taken.
    """
    progress = where.session.progress
    if not (where.host.is_live and where.host.platform == "windows"):
        return sorted(progress)
    return sorted(progress, key=lambda number: (not isinstance(progress[number].step.target, FIRST_ON_WINDOWS), number))


def run_all(where: Workplace, advance: Callable[[Step], None]) -> tuple[StepResult, ...]:
    """Carry out every step in order; ``advance`` is called before each."""
    results = []
    for number in _in_order(where):
        advance(where.session.progress[number].step)
        results.append(carry_out(where, number))
    return tuple(results)


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
        seen = verify(host, _left((found := look_again()) or (), session), removed_by(result.step for result in steps))
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
