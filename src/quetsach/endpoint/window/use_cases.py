"""What the window can have done: the use cases of the tool without a terminal, and the values that go in and out.

They are called in a thread of their own unless it is said that they are quick, and raise ``QuetsachError`` where a
person can understand what went wrong.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.scanner.control import Control

if TYPE_CHECKING:  # what tells of scans takes a while to load, and the window is there before it
    from quetsach.endpoint.report import Report

type Scope = Literal["quick", "full", "paths", "drives"]
"""The names of ``scanner.scan.Scope``; ``drives`` for one drive after the other."""

type Unfit = str
"""Why a drive must not be changed, as the messages ``rescue`` name it (``unfit-…``); empty where it may be."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive, or a folder with a disk. ``place`` is for the use cases, ``name`` and ``about`` for people."""

    place: str
    name: str
    about: str = ""
    is_locked: bool = False
    """Whether it is encrypted, so that nothing on it can be seen."""


@dataclass(frozen=True, slots=True)
class Target:
    """How far to look, and where; the whole machine when no drive is named."""

    scope: Scope
    drive: Drive | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last clean-up, and what all of them hold sealed. ``started`` is UTC."""

    session: str
    started: datetime | None
    is_undoable: bool
    sealed_items: int
    sealed_bytes: int
    drive: str = ""
    """The name of its drive, where there are several."""
    unfit: Unfit = ""
    """Why its drive must not be changed now."""


@dataclass(frozen=True, slots=True)
class Stick:
    """What is so on the rescue stick only."""

    keeps_on_stick: bool
    """Whether what is removed is kept on the stick; otherwise on the cleaned drive."""
    packs_age_days: int | None
    """Of the newest pack; ``None`` where its version is no date."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the tool can do on this machine now."""

    version: str
    packs: int
    packs_day: date | None
    """Of the newest pack; ``None`` where its version is no date."""
    trouble: QuetsachError | None
    """Why no pack can be used."""
    is_live: bool
    root: str
    """The disk that is looked at instead of this machine; empty for this machine."""
    is_elevated: bool
    can_elevate: bool
    """Whether the window can be started again by an administrator."""
    repository: str
    """Where updates come from; empty where that is not known."""
    drives: tuple[Drive, ...] = ()
    earlier: Earlier | None = None
    stick: Stick | None = None
    """On the rescue stick, from which the drives of a machine are looked at that does not run."""


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far work is; ``done`` of ``total`` are steps of a clean-up, zeros for a scan."""

    files: int = 0
    size_bytes: int = 0
    place: str = ""
    """What it is at, as people write it."""
    share: float | None = None
    left_seconds: float | None = None
    done: int = 0
    total: int = 0
    is_before: bool = False
    """Whether this is the look with which a clean-up begins, on a drive that was mounted anew."""


type Watch = Callable[[ScanProgress], None]
"""Called a few times a second, from the thread of the work."""


@dataclass(frozen=True, slots=True)
class Excess:
    """Why the mass brake stops a plan: of what it is too much (see ``MassBrakeError``), how many, of which family."""

    limit: str
    count: int
    family: str = ""


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """What a look came to. ``handle`` is for the use cases: what the plan was made of."""

    report: "Report"
    """Of the scan."""
    plan: "Report | None"
    """Its steps are what would be done; ``None`` when that is nothing."""
    archives: frozenset[int] = frozenset()
    """Numbers of steps that seal an archive as a whole, with whatever else is in it."""
    restarted: "tuple[Report, ...]" = ()
    """What was seen of clean-ups that had asked for a restart."""
    handle: object = None
    unfit: Unfit = ""
    """Why the drive must not be changed now."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What would be sent of a report: exactly this text, to this address."""

    url: str
    text: str
    is_correction: bool
    handle: object = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the centre answered. ``code`` is with which a report can be erased."""

    is_new: bool
    is_correction: bool
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A newer version of the tool itself. ``is_allowed`` where the rights that there are suffice to put it in place."""

    version: str
    size_bytes: int
    is_allowed: bool
    handle: object = None


type ToolNews = Literal["", "newest", "newer", "elsewhere", "refused"]
"""What is known of newer versions of the tool: not looked for, none, one, others see to it, not to be known."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update came to. ``refusal`` is empty, or the word for why nothing was taken (messages ``update``)."""

    installed: int = 0
    removed: int = 0
    unchanged: int = 0
    withdrawn: tuple[str, ...] = ()
    refusal: str = ""
    detail: str = ""
    tool: ToolNews = ""
    upgrade: Upgrade | None = None
    """The newer version, where ``tool`` says that there is one."""
    tool_refusal: str = ""
    """Why that is not known, in a word of the messages ``update``."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What putting a newer version in place came to; with a ``refusal`` or a ``trouble`` the old one is as it was."""

    version: str
    new_file: str = ""
    """The file that the new version is, beside that of this one; empty where it took this one's place."""
    refusal: str = ""
    detail: str = ""
    trouble: QuetsachError | None = None
    handle: object = None


class UseCases(Protocol):
    """What the window can have done."""

    def readiness(self) -> Readiness:
        """Return what the tool can do on this machine now."""

    def look(self, target: Target, watch: Watch, control: Control) -> ScanOutcome:
        """Look, and plan; nothing is changed."""

    def excess(self, looked: ScanOutcome, numbers: Collection[int]) -> Excess | None:
        """Return why the mass brake would stop these steps; ``None`` if it would not. Quick."""

    def clean(self, looked: ScanOutcome, numbers: Collection[int], watch: Watch) -> "Report":
        """Carry out these steps, which a person agreed to, and look again."""

    def undo(self, session: str, watch: Watch) -> "Report":
        """Put back what a clean-up removed, and return its report as it stands then."""

    def save_page(self, report: "Report", language: str) -> str:
        """Write a report as a page where its owner finds it, open it, and return its path."""

    def offer(self, report: "Report") -> Offer:
        """Return what would be sent of a report."""

    def is_correction_due(self, report: "Report") -> bool:
        """Return whether a centre has, or may have, an earlier state of a report. Quick."""

    def send(self, offer: Offer) -> Receipt:
        """Send what a person saw and agreed to."""

    def update(self) -> Updated:
        """Fetch the newest signed packs, and look for a newer version of the tool itself."""

    def upgrade(self, upgrade: Upgrade, watch: Watch) -> Upgraded:
        """Fetch a newer version of the tool, try it, and put it in place if it works."""

    def start_anew(self, upgraded: Upgraded, language: str) -> bool:
        """Open the window of the version that was put in place; whether it came."""

    def purge(self) -> int:
        """Delete all sealed files for good, and return of how many clean-ups."""

    def restart(self) -> bool:
        """Ask the system to restart; whether it agreed."""

    def elevate(self, language: str) -> bool:
        """Start the window again as administrator; whether it will come."""

    def licences(self) -> str:
        """Return the licences of all parts of the tool."""


@runtime_checkable
class OnStick(Protocol):
    """What the window can have done besides on the rescue stick, which is all that runs."""

    def switch_off(self) -> bool:
        """Ask the machine to switch itself off; whether it agreed."""
