"""The report: one document for a scan, a plan, a clean-up and its verification, as ``report.schema.json`` publishes it.

It stays on the machine. Paths and lines are printable text (see ``artefact.printable``), so nothing in it can act.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quetsach.core.pack import Action, ArtefactKind, LocalText
from quetsach.endpoint.look.conclusion import Conclusion
from quetsach.endpoint.look.reach import Reach
from quetsach.endpoint.look.scan import Scope
from quetsach.endpoint.plan.protect import Hold
from quetsach.endpoint.plan.step import Outcome

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
    comes to, ``gaps`` why it is not conclusive (``look.conclusion.Gap``, worst first, how many things each is about).
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
    hold: Hold | None
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
