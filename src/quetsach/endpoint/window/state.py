"""Where the window is: its screens, what can happen, and what it can have done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window.use_cases import (
    Excess,
    Offer,
    Readiness,
    Receipt,
    ScanOutcome,
    ScanProgress,
    Target,
    Updated,
    Upgrade,
    Upgraded,
)

if TYPE_CHECKING:
    from quetsach.endpoint.report import Report


@dataclass(frozen=True, slots=True)
class Opening:
    """The tool looks what it can do here."""


@dataclass(frozen=True, slots=True)
class Home:
    """Nothing is going on: look, or something beside it. ``is_content`` with the rights that there are.

    ``place`` is that of the drive that is chosen, where the page lists them; empty for the one that matters most.
    """

    is_content: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Drives:
    """A drive is chosen; ``place`` is that of the one chosen so far."""

    place: str


@dataclass(frozen=True, slots=True)
class Looking:
    """A look goes on."""

    target: Target
    course: ScanProgress | None = None
    is_paused: bool = False
    is_ending: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A look is over. ``excess`` is that of the whole plan."""

    target: Target
    looked: ScanOutcome
    excess: Excess | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """The steps of a plan are chosen one by one. ``is_sure`` releases the mass brake."""

    seen: Seen
    chosen: frozenset[int]
    excess: Excess | None
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Cleaning:
    """A plan is carried out and looked after."""

    target: Target
    course: ScanProgress | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A clean-up is over, or was undone. ``is_correction_due`` when a centre has another state of its report."""

    report: "Report"
    is_correction_due: bool = False


@dataclass(frozen=True, slots=True)
class AskUndo:
    """Shall a clean-up be taken back?"""

    session: str
    back: "Screen"


@dataclass(frozen=True, slots=True)
class Past:
    """What was done before, and is still sealed."""


@dataclass(frozen=True, slots=True)
class AskPurge:
    """Shall what is sealed be deleted for good?"""


@dataclass(frozen=True, slots=True)
class AskUpdate:
    """Shall the packs be updated?"""


type Task = Literal[
    "undo",
    "purge",
    "update",
    "upgrade",
    "start-anew",
    "offer",
    "send",
    "page",
    "licences",
    "elevate",
    "restart",
    "switch-off",
]
"""What is short, and waited for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something short goes on; ``what`` names its sentence, ``back`` is where a failure leads."""

    what: Task
    back: "Screen"
    course: ScanProgress | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What would be sent is shown."""

    offer: Offer
    back: "Screen"
    is_agreed: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Something short is over: an update, a newer version, a sending, a purge."""

    outcome: Updated | Upgraded | Receipt | int
    back: "Screen"


@dataclass(frozen=True, slots=True)
class About:
    """What the tool is made of."""

    licences: str
    back: "Screen"


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong."""

    error: QuetsachError
    back: "Screen"


type Screen = (
    Opening
    | Home
    | Drives
    | Looking
    | Seen
    | Items
    | Cleaning
    | Done
    | AskUndo
    | Past
    | AskPurge
    | AskUpdate
    | Waiting
    | Offered
    | Told
    | About
    | Failed
)


@dataclass(frozen=True, slots=True)
class State:
    """Where the window is.

    ``notice`` is a line about what was just done: a key of the messages, and its values. ``drives`` holds, by place,
    what was last seen or done on the drives that the first page lists.
    """

    language: str
    screen: Screen = field(default_factory=Opening)
    ready: Readiness | None = None
    notice: tuple[str, str] | None = None
    drives: "Mapping[str, Seen | Done | QuetsachError]" = field(
        default_factory=dict[str, "Seen | Done | QuetsachError"]
    )


# What happens ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button, or the key that stands for it."""

    action: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """A row was ticked or unticked, or the one of a list was chosen."""

    key: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Agreed:
    """The tick of an agreement was set or taken away."""

    is_given: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """Work went on."""

    course: ScanProgress


@dataclass(frozen=True, slots=True)
class Ended:
    """Work is over: what it came to, or what went wrong."""

    outcome: "Outcome"


type Outcome = (
    Readiness
    | Seen
    | Surveyed
    | Done
    | Offer
    | Receipt
    | Updated
    | Upgraded
    | Purged
    | Saved
    | Licences
    | Asked
    | QuetsachError
)


@dataclass(frozen=True, slots=True)
class Surveyed:
    """Drives were looked at one after the other, each with what was seen or why it could not be."""

    seen: tuple[tuple[Target, Seen | QuetsachError], ...]


@dataclass(frozen=True, slots=True)
class Purged:
    """Sealed files of so many clean-ups are deleted."""

    count: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A page was written."""

    path: str


@dataclass(frozen=True, slots=True)
class Licences:
    """The licences of all parts."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The system was asked to restart, to switch off, or for a window as administrator or anew; whether it agreed."""

    what: Literal["restart", "switch-off", "elevate", "start-anew"]
    is_granted: bool


type Event = Pressed | Ticked | Agreed | Moved | Ended


# What is to be done ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """A use case, by name, with what it is about; ``Ended`` follows."""

    what: Task | Literal["readiness", "look", "survey", "clean"]
    about: "Target | tuple[Target, ...] | Seen | Report | Offer | Upgrade | Upgraded | str | None" = None
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Steer:
    """Steers the look that goes on."""

    how: Literal["pause", "go-on", "end"]


@dataclass(frozen=True, slots=True)
class Close:
    """The window closes."""


type Effect = Work | Steer | Close
