"""Finishing what a crash cut short."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from quetsach.endpoint.act.carry_out import carry_out, run_all, take_back
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.act.shape import Workplace
from quetsach.endpoint.act.suspend import resume_survivors, suspend_family
from quetsach.endpoint.errors import JournalError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.keep.machine import machine_of, root_of
from quetsach.endpoint.keep.session import Session
from quetsach.endpoint.keep.state import State
from quetsach.endpoint.plan.protect import Protection


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
