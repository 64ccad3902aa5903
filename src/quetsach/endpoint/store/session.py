"""A session: one clean-up, as its journal tells it, and what all sessions of a state folder did and still hold.

What the journal does not say has not happened.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from quetsach import __version__
from quetsach.core.text import LocalText, Text
from quetsach.endpoint import JournalError, QuarantineError, StateError
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.live import boot_id
from quetsach.endpoint.plan.step import Outcome, Step
from quetsach.endpoint.store.journal import Journal, Record
from quetsach.endpoint.store.quarantine import Sealed
from quetsach.endpoint.store.state import State

FORMAT = 1
RESTART_NEEDED = 12
"""The exit code of a clean-up after which running programs still hold what was removed."""
type Condition = Literal["finished", "unfinished", "undone", "partly-undone", "purged", "damaged"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step has come. ``before`` is what was recorded before the act, ``after`` what was read after it.

    ``undo`` is what was decided before undoing it.
    """

    step: Step
    before: Mapping[str, Any] | None = None
    outcome: Outcome | None = None
    note: str = ""
    after: Mapping[str, Any] | None = None
    undo: Mapping[str, Any] | None = None
    undone: Outcome | None = None

    @property
    def is_in_flight(self) -> bool:
        """Whether the act was begun and its end is not known."""
        return self.before is not None and self.outcome is None

    @property
    def is_undo_in_flight(self) -> bool:
        """Whether undoing was begun and its end is not known."""
        return self.undo is not None and self.undone is None


@dataclass(frozen=True, slots=True)
class Header:
    """What is the same for a whole session. ``root`` is where the machine's files were; ``started`` is UTC.

    ``machine`` is what ``machine_of`` said of it, empty if nothing.
    """

    session: str
    root: bytes
    is_live: bool
    boot: str
    started: datetime
    packs: tuple[str, ...]
    machine: str = ""
    scope: str = ""
    """How far the scan looked whose findings it acts on (``Scope``); empty if that is not known."""


class Session:
    """A session open for acting. Every method that records has the record on disk when it returns."""

    def __init__(self, folder: Path, key: bytes, header: Header, journal: Journal) -> None:
        self.folder = folder
        self.key = key
        self.header = header
        self._journal = journal
        self.is_finished = False
        self.is_purged = False
        self.is_verified = False
        self.exit_code = 0
        """With which the clean-up ended; 0 while it has not, or when a later run ended it."""
        self.progress: dict[int, Progress] = {}
        for record in journal.records[1:]:
            self._learn(record)

    @classmethod
    def create(
        cls,
        state: State,
        steps: Collection[Step],
        *,
        root: bytes,
        is_live: bool,
        packs: tuple[str, ...],
        now: datetime,
        machine: str = "",
        scope: str = "",
        after_record: Callable[[], None] | None = None,
    ) -> Self:
        """Begin a session: its plan is on disk before anything is touched.

        Each step is a record of its own: all together they can be larger than one record may be.
        """
        identifier, folder = state.new_session(now)
        journal = Journal(folder / "journal", state.key, after_record)
        journal.append(
            {
                "record": "session",
                "format": FORMAT,
                "tool": __version__,
                "session": identifier,
                "root": quote_from_bytes(root, safe="/"),
                "live": is_live,
                "boot": boot_id(),
                "machine": machine,
                "scope": scope,
                "started": now.isoformat(),
                "packs": list(packs),
                "steps": len(steps),
            }
        )
        for step in steps:
            journal.append(_step_record(step))
        journal.close()
        return cls._of(folder, state.key, Journal(folder / "journal", state.key, after_record))

    @classmethod
    def open(cls, state: State, identifier: str, after_record: Callable[[], None] | None = None) -> Self | None:
        """Open a session; ``None`` when the machine stopped before its plan was on disk, so nothing was done in it.

        Raises:
            StateError: there is no such session.
            JournalError: its journal was damaged or forged.
        """
        folder = state.session_folder(identifier)
        journal = Journal(folder / "journal", state.key, after_record)
        if not _has_plan(journal.records, folder):
            return None
        return cls._of(folder, state.key, journal)

    @classmethod
    def _of(cls, folder: Path, key: bytes, journal: Journal) -> Self:
        try:
            return cls(folder, key, _header(journal.records[0], folder), journal)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise _foreign(folder) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    @property
    def identifier(self) -> str:
        """The session's name."""
        return self.header.session

    @property
    def is_same_boot(self) -> bool:
        """Whether the machine has been running since: process numbers of the journal still mean something."""
        return self.header.is_live and bool(self.header.boot) and self.header.boot == boot_id()

    @property
    def awaits_restart(self) -> bool:
        """Whether it ended with the advice to restart, which has happened, and was not looked at since."""
        return (
            self.header.is_live
            and self.exit_code == RESTART_NEEDED
            and not (self.is_verified or self.is_purged or self.is_same_boot)
            and not any(progress.undone for progress in self.progress.values())
        )

    @property
    def is_undo_unfinished(self) -> bool:
        """Whether an undo was begun on a step and did not end."""
        return any(p.is_undo_in_flight for p in self.progress.values())

    def container(self, number: int, companion: str = "") -> Path:
        """Return where the sealed file of a step lies, or that of a file that belongs to it (``.LOG1``)."""
        return self.folder / f"{number:05d}{companion}.sealed"

    def prepared(self, number: int) -> Path:
        """Return where new content of a step is made ready before the step is recorded."""
        return self.folder / f"{number:05d}.new"

    def temporary_name(self, number: int) -> bytes:
        """Return the name that a file of a step has until it is complete."""
        return b".quetsach-%s-%d" % (self.identifier[-6:].encode(), number)

    def add_step(self, step: Step) -> None:
        """Record a step that the plan did not have."""
        self._record(_step_record(step))

    def begin(self, number: int, before: Mapping[str, Any]) -> None:
        """Record what a step is about to change."""
        self._record({"record": "intent", "number": number, "before": before})

    def end(self, number: int, outcome: Outcome, *, note: str = "", after: Mapping[str, Any] | None = None) -> None:
        """Record how a step ended."""
        self._record({"record": "done", "number": number, "outcome": outcome, "note": note, "after": after or {}})

    def begin_undo(self, number: int, decision: Mapping[str, Any]) -> None:
        """Record how a step is about to be undone."""
        self._record({"record": "undo", "number": number, "decision": decision})

    def end_undo(self, number: int, outcome: Outcome, *, note: str = "") -> None:
        """Record how undoing a step ended."""
        self._record({"record": "undone", "number": number, "outcome": outcome, "note": note})

    def finish(self, result: Mapping[str, Any]) -> None:
        """Record that no step is to be begun any more, and what came of it."""
        self._record({"record": "finished", "result": result})

    def verified(self, result: Mapping[str, Any]) -> None:
        """Record what was seen after the restart that the session asked for."""
        self._record({"record": "verified", "result": result})

    def purge(self) -> None:
        """Delete the sealed files for good; the journal stays."""
        self._record({"record": "purged"})
        for path in (*self.folder.glob("*.sealed"), *self.folder.glob("*.new")):
            path.unlink()

    def _record(self, record: Record) -> None:
        self._journal.append(record)
        self._learn(record)

    def _learn(self, record: Record) -> None:
        match record["record"]:
            case "step":
                step = Step.from_json(record["step"])
                self.progress[step.number] = Progress(step)
            case "intent":
                self._update(record, before=record["before"])
            case "done":
                outcome, note, after = Outcome(record["outcome"]), str(record["note"]), record["after"]
                self._update(record, outcome=outcome, note=note, after=after)
            case "undo":
                self._update(record, undo=record["decision"], undone=None)
            case "undone":
                self._update(record, undone=Outcome(record["outcome"]), note=str(record["note"]))
            case "finished":
                self.is_finished = True
                self.exit_code = int(record["result"].get("exit_code", 0))
            case "verified":
                self.is_verified = True
            case "purged":
                self.is_purged = True
            case unknown:
                raise ValueError(unknown)

    def _update(self, record: Record, **changes: Any) -> None:
        number = int(record["number"])
        self.progress[number] = replace(self.progress[number], **changes)


def read_header(state: State, identifier: str) -> Header:
    """Return what a session says of itself.

    Raises:
        StateError: there is no such session, it never began, or its journal was damaged.
    """
    session = Session.open(state, identifier)
    if session is None:
        raise StateError(Text("the session never began: nothing was done in it"), where=identifier)
    with session:
        return session.header


def _step_record(step: Step) -> Record:
    return {"record": "step", "step": step.as_json()}


def _has_plan(records: Collection[Record], folder: Path) -> bool:
    """Return whether the whole plan is there; before that nothing was done."""
    if not records:
        return False
    try:
        return len(records) > int(next(iter(records))["steps"])
    except (KeyError, ValueError, TypeError) as error:
        raise _foreign(folder) from error


def _header(first: Record, folder: Path) -> Header:
    if (first["record"], first["format"], first["session"]) != ("session", FORMAT, folder.name):
        raise _foreign(folder)
    return Header(
        session=folder.name,
        root=unquote_to_bytes(first["root"]),
        is_live=bool(first["live"]),
        boot=str(first["boot"]),
        started=datetime.fromisoformat(first["started"]),
        packs=tuple(map(str, first["packs"])),
        machine=str(first["machine"]),
        scope=str(first.get("scope", "")),
    )


def _foreign(folder: Path) -> JournalError:
    return JournalError(
        Text("this session was written by another version of the tool, or is damaged"),
        where=str(folder),
        hint=Text("nothing was done on its word; use the version that wrote it"),
    )


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
    damage: str | LocalText = ""


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
        return SessionSummary(identifier, "damaged", damage=error.text or error.what)
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
        raise QuarantineError(Text("nothing was sealed for this item"), where=f"{identifier} {number}")
    with session:
        if session.is_purged:
            raise QuarantineError(Text("the sealed files of this session were deleted for good"), where=identifier)
        if not session.container(number).exists():
            raise QuarantineError(Text("nothing was sealed for this item"), where=f"{identifier} {number}")
        sealed = Sealed.open(session.container(number), session.key)
    if (sealed.record.session, sealed.record.number) != (identifier, number):
        raise QuarantineError(Text("this is the sealed file of another item"), where=str(sealed.path))
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
