"""The report: one document for a scan, a plan, a clean-up and its verification, as ``report.schema.json`` publishes it.

It stays on the machine. Paths and lines are printable text (see ``artefact.printable``), so nothing in it can act.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quetsach.core.pack import Action, ArtefactKind, LocalText
from quetsach.endpoint.look.scan import Scope
from quetsach.endpoint.plan.protect import Hold
from quetsach.endpoint.plan.step import Outcome

FORMAT = "quetsach-report/1"


class Kind(StrEnum):
    """What a report is about."""

    SCAN = "scan"
    PLAN = "plan"
    CLEAN = "clean"
    VERIFY = "verify"


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
    """How far the scan looked and what it took. Times are UTC."""

    scope: Scope
    paths: tuple[str, ...]
    started: datetime
    finished: datetime
    duration_seconds: float
    files: int
    bytes_read: int
    processes: int
    footholds: int
    skipped: dict[str, int]
    failed: dict[str, int]
    failures: tuple[ReportedFailure, ...]


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
    """One thing that shows a trait of a family. ``where`` is a path, or the image of a process.

    ``hold`` says why it was left alone, ``package`` which installed package answers for the file.
    """

    id: str
    family: str
    trait: str
    kind: ArtefactKind
    where: str
    line: int | None
    text: str | None
    pid: int | None
    sha256: str | None
    action: Action
    why: LocalText
    evidence: str
    outcome: FindingOutcome
    hold: Hold | None
    package: str


@dataclass(frozen=True, slots=True)
class ReportedStep:
    """One step of a plan or a session; ``outcome`` is null while it was not taken."""

    number: int
    kind: str
    subject: str
    lines: tuple[str, ...]
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
    """The document. ``id`` is random; ``session`` is the clean-up, ``undo`` the command that takes it back."""

    format: str
    id: str
    kind: Kind
    created: datetime
    exit_code: int
    tool: ReportedTool
    machine: ReportedMachine
    scan: ReportedScan
    packs: tuple[ReportedPack, ...]
    findings: tuple[ReportedFinding, ...]
    session: str | None
    undo: str | None
    steps: tuple[ReportedStep, ...]
    verification: ReportedVerification | None
