"""What the window says, in one language: its own texts, and those of reports where a window asks for other words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from quetsach.core.number import number_text, size_text
from quetsach.endpoint.messages import messages
from quetsach.endpoint.window.page import Button, Page, Rank, Tone
from quetsach.installation import bundled_country

_OF_REPORTS = "report-"
_OF_UPDATES = "of-update-"
_OF_STICK = "stick-"


@dataclass(frozen=True)
class Words:
    """The words of one language; ``is_on_stick`` where the window is all that runs, on the rescue stick."""

    language: str
    is_on_stick: bool = False

    @cached_property
    def window(self) -> Mapping[str, str]:
        """The texts of the window."""
        texts = messages("window", self.language)
        own = {key.removeprefix(_OF_STICK): text for key, text in texts.items() if key.startswith(_OF_STICK)}
        return {**texts, **own} if self.is_on_stick else texts

    @cached_property
    def report(self) -> Mapping[str, str]:
        """The texts of reports; those that name commands in the words of who has buttons."""
        return self._in_own_words("report", _OF_REPORTS)

    @cached_property
    def update(self) -> Mapping[str, str]:
        """The texts of updates; those that name commands in the words of who has buttons."""
        return self._in_own_words("update", _OF_UPDATES)

    def _in_own_words(self, name: str, prefix: str) -> Mapping[str, str]:
        own = {key.removeprefix(prefix): text for key, text in self.window.items() if key.startswith(prefix)}
        return {**messages(name, self.language), **own}

    def __call__(self, key: str, **values: object) -> str:
        """Return a text of the window with its places filled."""
        return self.window[key].format_map(values)

    def button(self, action: str, key: str = "", *, rank: Rank = Rank.PLAIN, is_enabled: bool = True) -> Button:
        """Return a button with the label of a key, that of its action by default."""
        return Button(action, self.window[key or action], rank, is_enabled)

    def primary(self, action: str, key: str = "") -> Button:
        """Return the one thing to do now."""
        return self.button(action, key, rank=Rank.PRIMARY)

    def quiet(self, action: str, key: str = "") -> Button:
        """Return a button beside the matter."""
        return self.button(action, key, rank=Rank.QUIET)

    def number(self, value: int) -> str:
        """Return a count as this language writes it."""
        return number_text(value, self.language)

    def size(self, size_bytes: int) -> str:
        """Return a size as this language writes it."""
        return size_text(size_bytes, self.language)

    def moment(self, moment: datetime) -> str:
        """Return a moment in the time of the country."""
        return f"{moment.astimezone(bundled_country().zone):{self.window['time']}}"

    def unfit(self, reason: str, drive: str) -> str:
        """Return why a drive must not be changed now, and what to do about it."""
        return messages("rescue", self.language)[f"unfit-{reason}"].format(path=drive)

    @property
    def other_language(self) -> Button:
        """The button that changes the language."""
        return Button("language", self("other-language"))


def opening_page(words: Words) -> Page:
    """Return the page that is there before the tool knows what it can do."""
    page = Page("opening", words("opening-title"), (), (), Tone.WORKING)
    return replace(page, language=words.other_language)
