"""What several pages tell in the same way: families, steps, how far work is, what went wrong."""

import re
from collections import Counter
from collections.abc import Iterator

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.messages.formatting import format_time_left, translated
from quetsach.endpoint.plan.step import TARGETS
from quetsach.endpoint.report import Report
from quetsach.endpoint.report.document import ReportedStep
from quetsach.endpoint.report.families import found_packs
from quetsach.endpoint.window.page import Progress
from quetsach.endpoint.window.use_cases import ScanProgress
from quetsach.endpoint.window.words import Words

_COMMAND = re.compile(r"quetsach [a-z]|--[a-z]|\bapt |\bmount ")


def format_families(report: Report, words: Words) -> str:
    """Return the families that were found, the worst first."""
    told = (
        words(
            "family-item",
            name=pack.name.in_language(words.language),
            severity=words.report.get(f"severity-{pack.severity}", pack.severity),
        )
        for pack in found_packs(report)
    )
    return words("seen-families", families=", ".join(told))


def format_acts(plan: Report, without: frozenset[int], words: Words) -> str:
    """Return what a plan does, counted by kind, in the order in which it is done."""
    counts = Counter(step.kind for step in plan.steps if step.number not in without)
    acts = [words(f"will-{kind}", count=words.number(counts[kind])) for kind in TARGETS if counts[kind]]
    *head, last = acts
    return words("will", acts=words("and").join((", ".join(head), last)) if head else last)


def format_step(step: ReportedStep, words: Words, *, is_archive: bool) -> str:
    """Return in a few words what a step does; what it does it to stands beside."""
    lines = len(step.lines) or len(step.edits)
    return words("item-archive" if is_archive else f"item-{step.kind}", lines=lines, pid=step.pid)


def format_failure(error: QuetsachError, words: Words) -> Iterator[str]:
    """Yield what went wrong and what to do about it, as sentences; not where that is to type a command."""
    what = translated(error.what, words.language)
    yield _sentence(f"{what}: {error.where}" if error.where else what)
    hint = translated(error.hint, words.language)
    if hint and not _COMMAND.search(hint):
        yield _sentence(hint)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def format_progress(course: ScanProgress | None, words: Words, *, is_still: bool = False) -> Progress:
    """Return how far a look is, or a clean-up; how long it still takes only where that is known."""
    label = words("progress")
    if course is None:
        return Progress(label, None, words("progress-begin"), is_still=is_still)
    if course.total:
        told = words("progress-step", done=words.number(course.done), total=words.number(course.total))
        return Progress(label, course.done / course.total, told, course.place)
    if not course.files:
        return Progress(label, None, words("progress-begin"), is_still=is_still)
    told = words("progress-files", files=words.number(course.files), size=words.size(course.size_bytes))
    if course.left_seconds is not None and not is_still:
        told = words("progress-left", files=told, left=format_time_left(course.left_seconds, words.language))
    return Progress(label, course.share, told, course.place, is_still=is_still)
