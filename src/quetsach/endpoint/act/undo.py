"""Undoing what a session removed, the last first, and finishing what a crash cut short."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from quetsach.core.text import Text
from quetsach.endpoint import JournalError, QuarantineError, StateError
from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.clean import carry_out, run_all, take_back
from quetsach.endpoint.act.process import resume_survivors, suspend_family
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.protection import Protection
from quetsach.endpoint.plan.step import Outcome, Step, StopUnit
from quetsach.endpoint.store.session import Progress, Session
from quetsach.endpoint.store.state import State, machine_of, root_of

# Finishing what a crash cut short.


@dataclass(frozen=True, slots=True)
class Recovered:
    """A session that a crash had cut short, and how its steps stand now."""

    session: str
    steps: tuple[StepResult, ...]


def unfinished(state: State, host: Host) -> tuple[str, ...]:
    """Return the sessions on this machine that a crash cut short, oldest first.

    Sessions on another root, or of another machine that was mounted there, are left for when theirs is: where a disk is
    not mounted, it looks as if all had gone.
    Those with a damaged journal are left alone (``history.summaries`` names them), and so are those whose sealed files
    were deleted for good: what was removed in them now could never be undone.
    """
    found = []
    machine = machine_of(host)
    for identifier in state.sessions:
        try:
            session = Session.open(state, identifier)
        except JournalError:
            continue
        if session is None:
            continue
        with session:
            is_open = not session.is_purged and (not session.is_finished or session.is_undo_unfinished)
            header = session.header
            if is_open and (header.root, header.is_live, header.machine) == (root_of(host), host.is_live, machine):
                found.append(identifier)
    return tuple(found)


def recover(
    state: State, host: Host, identifier: str, *, now: datetime, after_record: Callable[[], None] | None = None
) -> Recovered:
    """Finish a session: its plan was agreed to, and half of it would help nobody.

    Every step reads what it finds and does only what is missing, so nothing is done twice. A step of which undoing had
    begun is undone. The caller holds the lock of the state.
    """
    session = Session.open(state, identifier, after_record)
    if session is None:
        return Recovered(identifier, ())
    with session:
        where = Workplace(host, session, now.isoformat())
        steps = _settle_undo(where)
        if not session.is_finished:
            try:
                if session.is_same_boot:
                    suspend_family(where, Protection.of(host, state.folder, ()))
                steps += run_all(where, lambda _step: None)
            finally:
                resume_survivors(where)
            if host.services is not None:
                host.services.reload()
            session.finish({"recovered": True})
        return Recovered(identifier, steps)


def settle(where: Workplace) -> None:
    """Bring the steps that were in flight to an end and begin no other, so that the session can be undone."""
    session = where.session
    if session.is_finished:
        return
    for number, progress in list(session.progress.items()):
        if progress.is_in_flight:
            carry_out(where, number)
    resume_survivors(where)
    session.finish({"abandoned": True})


def _settle_undo(where: Workplace) -> tuple[StepResult, ...]:
    numbers = [number for number, progress in where.session.progress.items() if progress.is_undo_in_flight]
    return tuple(take_back(where, number) for number in sorted(numbers, reverse=True))


# Undoing: everything that a session removed is put back, the last first.

DONE = 0
PARTLY_DONE = 13
FAILED = 14

_OPEN = frozenset({None, Outcome.FAILED})
_HALF = frozenset({Outcome.FAILED, Outcome.CHANGED})
"""How a step ended of which a part may have been done, where a registry was edited that runs."""


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What undoing a session, or some of its items, came to, in the order in which it was done."""

    session: str
    steps: tuple[StepResult, ...]

    @property
    def exit_code(self) -> int:
        """0 everything was put back, 13 some of it, 14 nothing."""
        failed = sum(result.outcome is Outcome.FAILED for result in self.steps)
        if not failed:
            return DONE
        return FAILED if failed == len(self.steps) else PARTLY_DONE


def undo(
    state: State,
    host: Host,
    identifier: str,
    *,
    now: datetime,
    items: Collection[int] = (),
    advance: Callable[[Step], None] = lambda _step: None,
    after_record: Callable[[], None] | None = None,
) -> UndoResult:
    """Put back what a session removed; what was put back already stays as it is.

    Args:
        state: the open state folder; the caller holds its lock.
        host: the machine of the session.
        identifier: the session.
        now: time of the start, UTC.
        items: numbers of the steps to undo; all when empty.
        advance: called before each step.
        after_record: called after each journal record (tests stop the machine there).

    Raises:
        StateError: there is no such session or item, or this is another machine.
        QuarantineError: the session's sealed files were deleted for good.
        JournalError: the journal was damaged or forged; nothing is done on its word.
    """
    session = Session.open(state, identifier, after_record)
    if session is None:
        return UndoResult(identifier, ())
    with session:
        _require_items(session, items)
        if session.header.machine and session.header.machine != machine_of(host):
            raise StateError(
                Text("this is not the machine that the session was on; nothing was put back"),
                where=printable(root_of(host)),
                hint=Text("mount that machine's disk there, or name where it is mounted with --root DIR"),
            )
        where = Workplace(host, session, now.isoformat())
        settle(where)
        results = []
        for number in sorted(items or session.progress, reverse=True):
            if _can_be_undone(session, session.progress[number]):
                advance(session.progress[number].step)
                results.append(take_back(where, number))
        if host.services is not None and any(isinstance(p.step.target, StopUnit) for p in session.progress.values()):
            host.services.reload()
        return UndoResult(identifier, tuple(results))


def undoable(state: State, identifier: str, items: Collection[int] = ()) -> tuple[Step, ...]:
    """Return the steps of a session that ``undo`` would take back, in its order; nothing is changed.

    Raises:
        StateError: there is no such session or item.
        QuarantineError: the session's sealed files were deleted for good.
        JournalError: the journal was damaged or forged.
    """
    session = Session.open(state, identifier)
    if session is None:
        return ()
    with session:
        _require_items(session, items)
        taken = (session.progress[number] for number in sorted(items or session.progress, reverse=True))
        return tuple(p.step for p in taken if p.is_in_flight or _can_be_undone(session, p))


def _require_items(session: Session, items: Collection[int]) -> None:
    if session.is_purged:
        raise QuarantineError(Text("the sealed files of this session were deleted for good"), where=session.identifier)
    if unknown := sorted(set(items) - session.progress.keys()):
        raise StateError(
            Text("the session has no item {number}", number=unknown[0]),
            hint=Text("see: quetsach quarantine show {session}", session=session.identifier),
        )


def _can_be_undone(session: Session, progress: Progress) -> bool:
    """Return whether a step did something, or ended badly after its file was sealed, and is not undone yet."""
    if progress.is_undo_in_flight:
        return True
    if progress.undone not in _OPEN:
        return False
    if progress.outcome in _HALF and (progress.before or {}).get("live"):
        return True
    if progress.outcome in (Outcome.FAILED, Outcome.GONE):  # gone: someone removed what was sealed, or its new form
        return session.container(progress.step.number).exists()
    return progress.outcome is Outcome.DONE
