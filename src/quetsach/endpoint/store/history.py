"""What the sessions of a state folder did and still hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quetsach.endpoint import JournalError, QuarantineError
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.quarantine import Sealed
from quetsach.endpoint.store.session import Progress, Session
from quetsach.endpoint.store.state import State

type Condition = Literal["finished", "unfinished", "undone", "partly-undone", "purged", "damaged"]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One session. ``items`` counts sealed files, ``size_bytes`` their size on disk; ``started`` is UTC.

    Of a damaged session only the name is known; ``damage`` says what is wrong.
    """

    session: str
    condition: Condition
    root: str = ""
    started: datetime | None = None
    items: int = 0
    size_bytes: int = 0
    damage: str = ""


def summaries(state: State) -> tuple[SessionSummary, ...]:
    """Return all sessions in which something was done, oldest first."""
    found = (_summary(state, identifier) for identifier in state.sessions)
    return tuple(sorted((summary for summary in found if summary is not None), key=_age))


def _age(summary: SessionSummary) -> tuple[str, float]:
    """Return what sorts sessions by time; names alone do not within one second."""
    return summary.session.partition("-")[0], summary.started.timestamp() if summary.started else 0.0


def _summary(state: State, identifier: str) -> SessionSummary | None:
    try:
        session = Session.open(state, identifier)
    except JournalError as error:
        return SessionSummary(identifier, "damaged", damage=error.what)
    if session is None:
        return None
    with session:
        sealed = [path.stat().st_size for path in session.folder.glob("*.sealed")]
        return SessionSummary(
            identifier,
            _condition(session),
            root=printable(session.header.root),
            started=session.header.started,
            items=len(sealed),
            size_bytes=sum(sealed),
        )


def _condition(session: Session) -> Condition:
    if session.is_purged:
        return "purged"
    if not session.is_finished:
        return "unfinished"
    ends = [step.undone for step in session.progress.values() if step.outcome is Outcome.DONE]
    if ends and all(end not in (None, Outcome.FAILED) for end in ends):
        return "undone"
    return "finished" if all(end in (None, Outcome.FAILED, Outcome.KEPT) for end in ends) else "partly-undone"


def steps_of(state: State, identifier: str) -> tuple[Progress, ...]:
    """Return the steps of a session in order.

    Raises:
        StateError: there is no such session, or its journal was damaged.
    """
    session = Session.open(state, identifier)
    if session is None:
        return ()
    with session:
        return tuple(session.progress[number] for number in sorted(session.progress))


def sealed_of(state: State, identifier: str, number: int) -> Sealed:
    """Return the sealed file of one step of a session: what was quarantined, or the image of an ended process.

    Raises:
        StateError: there is no such session, or its journal was damaged.
        QuarantineError: the step sealed nothing, its file was deleted for good, damaged or is another step's.
    """
    session = Session.open(state, identifier)
    if session is None:
        raise QuarantineError("nothing was sealed for this item", where=f"{identifier} {number}")
    with session:
        if session.is_purged:
            raise QuarantineError("the sealed files of this session were deleted for good", where=identifier)
        if not session.container(number).exists():
            raise QuarantineError("nothing was sealed for this item", where=f"{identifier} {number}")
        sealed = Sealed.open(session.container(number), session.key)
    if (sealed.record.session, sealed.record.number) != (identifier, number):
        raise QuarantineError("this is the sealed file of another item", where=str(sealed.path))
    return sealed


def purge(state: State, identifier: str) -> None:
    """Delete the sealed files of a session for good; its journal stays. The caller holds the lock.

    Raises:
        StateError: there is no such session, or its journal was damaged.
    """
    session = Session.open(state, identifier)
    if session is not None:
        with session:
            session.purge()
