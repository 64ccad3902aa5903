"""The report: one document for a scan, a plan, a clean-up and its verification, as ``report.schema.json`` publishes it.

It stays on the machine. Paths and lines are printable text (see ``artefact.printable``), so nothing in it can act.
"""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from functools import cache
from typing import Any

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText, Text
from quetsach.endpoint import ReportError
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.scanner.conclusion import Conclusion, Reach
from quetsach.endpoint.scanner.scan import Scope

FORMAT = "quetsach-report/2"


class Kind(StrEnum):
    """What a report is about."""

    SCAN = "scan"
    PLAN = "plan"
    CLEAN = "clean"
    VERIFY = "verify"
    UNDO = "undo"
    """A clean-up of which something has been put back since."""


class FindingOutcome(StrEnum):
    """What became of a finding."""

    FOUND = "found"
    """It was only looked at."""
    PLANNED = "planned"
    REMOVED = "removed"
    LEFT = "left"
    """It was left alone on purpose: the pack only reports it, or it is protected."""
    CHANGED = "changed"
    """It is not what the scan saw any more, so it was left alone."""
    FAILED = "failed"
    RESTORED = "restored"
    """It was removed, and undo has put it back."""


@dataclass(frozen=True, slots=True)
class ReportedTool:
    """Which tool made the report."""

    version: str
    engine: str


@dataclass(frozen=True, slots=True)
class ReportedMachine:
    """What was looked at; ``root`` is ``/`` for the running system."""

    platform: str
    root: str
    live: bool
    elevated: bool


@dataclass(frozen=True, slots=True)
class ReportedFailure:
    """A path that could not be looked at, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportedScan:
    """How far the scan looked and what it took. Times are UTC.

    ``complete`` is false when it was ended before it had gone through everything. Of ``files``, ``cached`` were the
    same as when an earlier scan had seen nothing in them, and were not read again. ``conclusion`` is what the scan
    comes to, ``gaps`` why it is not conclusive (``scanner.conclusion.Gap``, worst first, of how many things).
    """

    scope: Scope
    paths: tuple[str, ...]
    started: datetime
    finished: datetime
    duration_seconds: float
    complete: bool
    files: int
    cached: int
    bytes_read: int
    processes: int
    footholds: int
    skipped: dict[str, int]
    failed: dict[str, int]
    failures: tuple[ReportedFailure, ...]
    conclusion: Conclusion
    gaps: dict[str, int]
    reach: Reach


@dataclass(frozen=True, slots=True)
class ReportedPack:
    """A pack that was looked with. ``guidance`` (Markdown) is there for families that were found."""

    family: str
    version: str
    digest: str
    name: LocalText
    severity: str
    author: str
    guidance: LocalText | None


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    r"""One thing that shows a trait of a family.

    ``where`` is as ``artefact.place_of`` has it: a path, the image of a process, ``archive!member``, ``key\value``.
    ``place`` names the collector that saw it (``collect/places``), empty if none. ``text`` is the line, or what the
    registry value holds, and ``entry`` the one entry of its list that is meant. ``hold`` says why it was left alone,
    ``package`` which installed package the file belongs to, ``belongs_to`` of which systems the family is when it is
    of others than this.
    """

    id: str
    family: str
    trait: str
    kind: ArtefactKind
    place: str
    where: str
    line: int | None
    text: str | None
    entry: str | None
    pid: int | None
    sha256: str | None
    action: Action
    why: LocalText
    evidence: str
    outcome: FindingOutcome
    hold: SkipReason | None
    package: str
    belongs_to: tuple[str, ...]


class Change(StrEnum):
    """What an edit does to the registry."""

    VALUE_SET = "value-set"
    VALUE_REMOVED = "value-removed"
    KEY_REMOVED = "key-removed"
    KEY_MADE = "key-made"


@dataclass(frozen=True, slots=True)
class ReportedEdit:
    """One edit of the registry: ``text`` is what a value is set to, empty for the others."""

    change: Change
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """One step of a plan or a session; ``outcome`` is null while it was not taken.

    ``lines`` are the lines that it removes from a text file, ``edits`` what it does to the registry.
    """

    number: int
    kind: str
    subject: str
    pid: int | None
    lines: tuple[str, ...]
    edits: tuple[ReportedEdit, ...]
    family: str
    findings: tuple[str, ...]
    outcome: Outcome | None
    note: str


@dataclass(frozen=True, slots=True)
class ReportedVerification:
    """What a second look saw after the clean-up.

    ``remaining`` counts findings, ``dangling`` names what still refers to something that was removed.
    """

    clean: bool
    remaining: int
    dangling: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The document. ``id`` is random; ``session`` is the clean-up, ``undo`` the command that takes it back.

    ``next`` is the command that goes on from here: the clean-up after a scan; null when there is nothing to clean.
    ``elsewhere`` are the commands that clean what belongs to other systems, as disks of those.
    ``withdrawn`` is what the centre has taken back of the packs there are, families and ``FAMILY/NAME`` of traits or
    rules: it was not looked for. ``unlisted`` counts the findings beyond those that one document holds.
    """

    format: str
    id: str
    kind: Kind
    created: datetime
    exit_code: int
    tool: ReportedTool
    machine: ReportedMachine
    scan: ReportedScan
    packs: tuple[ReportedPack, ...]
    withdrawn: tuple[str, ...]
    findings: tuple[ReportedFinding, ...]
    unlisted: int
    next: str | None
    elsewhere: tuple[str, ...]
    session: str | None
    undo: str | None
    steps: tuple[ReportedStep, ...]
    verification: ReportedVerification | None


# Records as JSON and back, strictly: what is read is of the declared types, or is refused with its place.

_TEXT_LIMIT = 1 << 20


def to_json(value: Any) -> Any:
    """Return a record as plain JSON values. Times become ISO 8601 text, enumerations their values."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def read_json[T](kind: type[T], raw: bytes, *, where: str) -> T:
    """Return the record that JSON text holds.

    Raises:
        ReportError: the text is no JSON, or a field is missing, unknown or of another type.
    """
    return read_record(kind, parsed(raw, where=where), where=where)


def parsed(raw: bytes, *, where: str) -> Any:
    """Return what JSON text holds.

    Raises:
        ReportError: the text is no JSON.
    """
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ReportError(Text("this is not a report"), where=where, hint=str(error)) from error


def read_record[T](kind: type[T], value: Any, *, where: str) -> T:
    """Return the record that plain JSON values hold; a field that has a default may be missing.

    Raises:
        ReportError: a field is missing, unknown or of another type.
    """
    record: T = _read(kind, value, where)
    return record


def _read(kind: Any, value: Any, where: str) -> Any:
    """Return the value as the declared kind."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _read_record(kind, value, where)
    if origin is types.UnionType:  # only X | None is used
        return None if value is None else _read(arguments[0], value, where)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(arguments[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _read(arguments[1], item, f"{where}.{key!a}") for key, item in value.items()}
    return _read_plain(kind, value, where)


def _read_record(kind: type, value: Any, where: str) -> Any:
    hints = _hints(kind)
    needed = {field.name for field in fields(kind) if field.default is MISSING}
    if not isinstance(value, dict) or not needed <= value.keys() <= hints.keys():
        raise ReportError(Text("this is not a report: a {name} has other fields", name=kind.__name__), where=where)
    return kind(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in value.items()})


def _read_plain(kind: Any, value: Any, where: str) -> Any:
    try:
        if kind is datetime:
            time = datetime.fromisoformat(value)
            if time.tzinfo is not None:
                return time
        elif issubclass(kind, Enum):
            return kind(value)
        elif kind is float and type(value) is int:
            return float(value)
        elif type(value) is kind and not (kind is str and len(value) > _TEXT_LIMIT):
            return value
    except (TypeError, ValueError, OverflowError):
        pass
    raise ReportError(Text("this is not a report: not a {name}", name=getattr(kind, "__name__", kind)), where=where)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
