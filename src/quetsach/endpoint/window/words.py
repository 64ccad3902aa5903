"""What the window says in one language, on its buttons too, and what several pages tell in the same way."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Number, Text, number_text, size_text
from quetsach.endpoint.messages.formatting import UNFIT, format_time_left, hint_text, what_text
from quetsach.endpoint.plan.step import TARGETS
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.document import ReportedStep
from quetsach.endpoint.report.families import found_packs, severity_text
from quetsach.endpoint.window.page import Button, Page, Progress, Rank, Tone
from quetsach.endpoint.window.use_cases import ScanProgress
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
_ACTS: Mapping[str, Text] = {
    "quarantine-file": Text("quarantine files: {count}"),
    "remove-lines": Text("remove foreign lines from files: {count}"),
    "truncate-file": Text("cut off what was appended to files: {count}"),
    "edit-registry": Text("edit places of the registry: {count}"),
    "unhide-folder": Text("show hidden folders again: {count}"),
    "remove-link": Text("remove links: {count}"),
    "stop-unit": Text("stop services: {count}"),
    "kill-process": Text("end running programs: {count}"),
}
"""Kind of a step -> what the tool will do."""
_ITEMS: Mapping[str, Text] = {
    "quarantine-file": Text("Quarantine the file"),
    "remove-lines": Text("Remove lines from the file: {lines}"),
    "remove-link": Text("Remove the link"),
    "stop-unit": Text("Stop the service"),
    "kill-process": Text("End program number {pid}"),
    "truncate-file": Text("Cut off what was appended"),
    "edit-registry": Text("Edit entries of the registry: {lines}"),
    "unhide-folder": Text("Show the folder again"),
}
"""Kind of a step -> what it does to what stands beside it."""
_COMMAND = re.compile(r"quetsach [a-z]|--[a-z]|\bapt |\bmount ")


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


def format_families(report: Report, words: Words) -> str:
    """Return the families that were found, the worst first."""
    told = (
        words(
            Text(
                "{name} ({severity})",
                name=pack.name,
                severity=severity_text(pack.severity, words.language),
            )
        )
        for pack in found_packs(report)
    )
    return words(Text("Traces of: {families}.", families=", ".join(told)))


def format_acts(plan: Report, without: frozenset[int], words: Words) -> str:
    """Return what a plan does, counted by kind, in the order in which it is done."""
    counts = Counter(step.kind for step in plan.steps if step.number not in without)
    acts = [words(_ACTS[kind].with_values(count=Number(counts[kind]))) for kind in TARGETS if counts[kind]]
    *head, last = acts
    return words(
        Text(
            "If you agree, the tool will {acts}.",
            acts=words(Text(" and ")).join((", ".join(head), last)) if head else last,
        )
    )


def format_step(step: ReportedStep, words: Words, *, is_archive: bool) -> str:
    """Return in a few words what a step does; what it does it to stands beside."""
    lines = len(step.lines) or len(step.edits)
    return words(
        Text("Quarantine the whole archive with every file in it")
        if is_archive
        else _ITEMS[step.kind].with_values(lines=lines, pid=step.pid)
    )


def format_failure(error: QuetsachError, words: Words) -> Iterator[str]:
    """Yield what went wrong and what to do about it, as sentences; not where that is to type a command."""
    what = what_text(error, words.language)
    yield _sentence(f"{what}: {error.where}" if error.where else what)
    hint = hint_text(error, words.language)
    if hint and not _COMMAND.search(hint):
        yield _sentence(hint)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def format_progress(course: ScanProgress | None, words: Words, *, is_still: bool = False) -> Progress:
    """Return how far a look is, or a clean-up; how long it still takes only where that is known."""
    label = words(Text("Progress"))
    if course is None:
        return Progress(label, None, words(Text("Looking at what starts with the computer…")), is_still=is_still)
    if course.total:
        told = words(Text("Step {done} of {total}", done=Number(course.done), total=Number(course.total)))
        return Progress(label, course.done / course.total, told, course.place)
    if not course.files:
        return Progress(label, None, words(Text("Looking at what starts with the computer…")), is_still=is_still)
    told = words(
        Text("{files} files looked at ({size})", files=Number(course.files), size=words.size(course.size_bytes))
    )
    if course.left_seconds is not None and not is_still:
        told = words(Text("{files} · {left}", files=told, left=format_time_left(course.left_seconds, words.language)))
    return Progress(label, course.share, told, course.place, is_still=is_still)
