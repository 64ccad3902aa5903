"""What the window says, in one language, and what stands on its buttons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from quetsach.core.text import LocalText, Text, number_text, size_text
from quetsach.endpoint.messages.formatting import UNFIT
from quetsach.endpoint.window.page import Button, Page, Rank, Tone
from quetsach.installation import bundled_country

_LABELS: Mapping[str, Text] = {
    "quick": Text("&Quick scan"),
    "full": Text("&Full scan"),
    "drives": Text("Scan a &drive…"),
    "past": Text("&Last clean-up"),
    "update": Text("&Update"),
    "licences": Text("&About"),
    "home": Text("&Start page"),
    "back": Text("&Back"),
    "close": Text("&Close"),
    "elevate": Text("&Open as administrator"),
    "content": Text("&Scan what can be seen"),
    "take": Text("&Scan this drive"),
    "pause": Text("&Pause"),
    "go-on": Text("&Go on"),
    "stop": Text("&Stop and show the result"),
    "clean": Text("&Clean"),
    "items": Text("Look at each &item…"),
    "page": Text("Show the &report"),
    "again": Text("Scan &again"),
    "restart": Text("Restart the &computer"),
    "switch-off": Text("S&witch off"),
    "undo": Text("&Undo…"),
    "offer": Text("Send the resul&t…"),
    "purge": Text("&Delete the quarantine…"),
    "update-sure": Text("&Update"),
    "upgrade": Text("&Put it in place"),
    "undo-sure": Text("&Undo"),
    "purge-sure": Text("&Delete for good"),
    "start-anew": Text("&Open the new version"),
    "survey": Text("Scan all &drives"),
    "show": Text("Show the &result"),
}
"""What stands on a button, by what pressing it does, unless a page says otherwise."""
_LABELS_ON_STICK: Mapping[str, Text] = {
    **_LABELS,
    "home": Text("&List of drives"),
    "page": Text("&Keep the report"),
}
"""The same on the rescue stick."""


@dataclass(frozen=True)
class Words:
    """The words of one language; ``is_on_stick`` where the window is all that runs, on the rescue stick."""

    language: str
    is_on_stick: bool = False

    def __call__(self, text: LocalText, *, on_stick: LocalText | None = None) -> str:
        """Return a text in the language, or what is said in its place on the rescue stick."""
        return (on_stick if on_stick is not None and self.is_on_stick else text).in_language(self.language)

    def button(
        self, action: str, label: Text | None = None, *, rank: Rank = Rank.PLAIN, is_enabled: bool = True
    ) -> Button:
        """Return a button with a label, that of its action by default."""
        usual = _LABELS_ON_STICK if self.is_on_stick else _LABELS
        return Button(action, (label or usual[action]).in_language(self.language), rank, is_enabled)

    def primary(self, action: str, label: Text | None = None) -> Button:
        """Return the one thing to do now."""
        return self.button(action, label, rank=Rank.PRIMARY)

    def quiet(self, action: str, label: Text | None = None) -> Button:
        """Return a button beside the matter."""
        return self.button(action, label, rank=Rank.QUIET)

    def number(self, value: int) -> str:
        """Return a count as this language writes it."""
        return number_text(value, self.language)

    def size(self, size_bytes: int) -> str:
        """Return a size as this language writes it."""
        return size_text(size_bytes, self.language)

    def moment(self, moment: datetime) -> str:
        """Return a moment in the time of the country."""
        return f"{moment.astimezone(bundled_country().zone):{self(Text('%H:%M on %d/%m/%Y'))}}"

    def unfit(self, reason: str, drive: str) -> str:
        """Return why a drive must not be changed now, and what to do about it."""
        return self(UNFIT[reason].with_values(path=drive))

    @property
    def other_language(self) -> Button:
        """The button that changes the language."""
        return Button("language", self(Text("Tiếng Việt", context="the other language")))


def opening_page(words: Words) -> Page:
    """Return the page that is there before the tool knows what it can do."""
    page = Page("opening", words(Text("Opening…")), (), (), Tone.WORKING)
    return replace(page, language=words.other_language)
