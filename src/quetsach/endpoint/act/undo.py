"""Undoing: everything that a session removed is put back, the last first."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from quetsach.endpoint.act.carry_out import take_back
from quetsach.endpoint.act.recover import settle
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.act.shape import Workplace
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.errors import QuarantineError, StateError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.keep.machine import machine_of, root_of
from quetsach.endpoint.keep.session import Progress, Session
from quetsach.endpoint.keep.state import State
from quetsach.endpoint.plan.step import Outcome, Step, StopUnit

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
                "this is not the machine that the session was on; nothing was put back",
                where=printable(root_of(host)),
                hint="mount that machine's disk there, or name where it is mounted with --root DIR",
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
        raise QuarantineError("the sealed files of this session were deleted for good", where=session.identifier)
    if unknown := sorted(set(items) - session.progress.keys()):
        raise StateError(
            f"the session has no item {unknown[0]}", hint=f"see: quetsach quarantine show {session.identifier}"
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
