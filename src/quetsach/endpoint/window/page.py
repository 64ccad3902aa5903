"""What a page of the window holds. Renderers draw it; they know no words and no rules."""

from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """What a page is about at a glance: a shape and, third, a colour beside its words."""

    PLAIN = "plain"
    GOOD = "good"
    """Only over a look that was whole and saw nothing."""
    ATTENTION = "attention"
    WORKING = "working"


class Rank(StrEnum):
    """How much a button stands out."""

    PRIMARY = "primary"
    """The one thing to do now; Enter presses it."""
    PLAIN = "plain"
    QUIET = "quiet"
    """Beside the matter: licences, updates, what was done before."""


class Choice(StrEnum):
    """What a person can do with the rows of a list."""

    ANY = "any"
    """Each is ticked or not."""
    ONE = "one"


@dataclass(frozen=True, slots=True)
class Button:
    """A button. ``label`` has ``&`` before the letter that presses it together with Alt."""

    action: str
    label: str
    rank: Rank = Rank.PLAIN
    is_enabled: bool = True

    @property
    def name(self) -> str:
        """What is read of it."""
        return self.label.replace("&", "")

    @property
    def mnemonic(self) -> str:
        """The letter that presses it, in small; empty if none does."""
        return self.label.partition("&")[2][:1].casefold()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: what, and where in smaller letters."""

    key: str
    what: str
    where: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A list to choose from; ``label`` says what it is a list of."""

    label: str
    rows: tuple[Row, ...]
    choice: Choice


@dataclass(frozen=True, slots=True)
class Progress:
    """How far work is: ``share`` from 0 to 1, ``None`` while that is not known. ``label`` names it, the others tell."""

    label: str
    share: float | None
    told: str
    place: str = ""
    is_still: bool = False


@dataclass(frozen=True, slots=True)
class Details:
    """A text of any length that can be scrolled and copied; ``label`` says what it is."""

    label: str
    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """A tick without which the one thing to do cannot be done."""

    text: str
    is_given: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page: a decision, or work that goes on. ``name`` is the same in every language."""

    name: str
    title: str
    text: tuple[str, ...]
    buttons: tuple[Button, ...]
    tone: Tone = Tone.PLAIN
    rows: Rows | None = None
    progress: Progress | None = None
    details: Details | None = None
    agreement: Agreement | None = None
    note: str = ""
    """A last line in small letters."""
    escape: str = ""
    """The action of the key Esc; empty where that does nothing."""
    language: Button = field(default=Button("language", ""))

    @property
    def primary(self) -> Button | None:
        """The one thing to do now; ``None`` while work goes on that nobody needs to steer."""
        return next((button for button in self.buttons if button.rank is Rank.PRIMARY), None)
