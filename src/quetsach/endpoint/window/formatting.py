"""What several pages tell in the same way: families, steps, how far work is, what went wrong."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Number, Text
from quetsach.endpoint.messages.formatting import format_time_left, hint_text, what_text
from quetsach.endpoint.plan.step import TARGETS
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.document import ReportedStep
from quetsach.endpoint.report.families import found_packs, severity_text
from quetsach.endpoint.window.page import Progress
from quetsach.endpoint.window.use_cases import ScanProgress
from quetsach.endpoint.window.words import Words

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
