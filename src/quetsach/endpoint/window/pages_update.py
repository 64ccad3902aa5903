"""The pages of updates: the question, what came of it, and a newer version of the tool itself."""

from collections.abc import Iterator

from quetsach.endpoint.messages.error import translated
from quetsach.endpoint.window.page import Button, Page, Progress, Tone
from quetsach.endpoint.window.state import AskUpdate
from quetsach.endpoint.window.told import told_trouble
from quetsach.endpoint.window.use_cases import Course, Readiness, Updated, Upgrade, Upgraded
from quetsach.endpoint.window.words import Words


def ask_update_page(_screen: AskUpdate, ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether packs shall be fetched and a newer version of the tool looked for."""
    title = words("update-title")
    if not ready.repository:
        return Page("update", title, (words("update-nowhere"),), (words.primary("home", "back"),), escape="home")
    text = (words("update-text", repository=ready.repository),)
    buttons = (words.primary("update-sure"), words.button("home", "update-no"))
    return Page("update", title, text, buttons, escape="home")


def upgrading_page(course: Course | None, words: Words) -> Page:
    """Return the page while a newer version is fetched, and then tried."""
    is_trial = course is not None and course.total > 0
    key = "upgrade-trial" if is_trial else "upgrade-fetch"
    fetched = words("progress-fetched", size=words.size(course.size_bytes if course else 0))
    told = words("progress-trial") if is_trial else fetched
    progress = Progress(words("progress"), course.share if course else None, told)
    return Page("waiting", words(f"waiting-{key}"), (words("upgrade-safe"),), (), Tone.WORKING, progress=progress)


def updated_page(outcome: Updated, ready: Readiness, words: Words) -> Page:
    """Return the page of an update that is over; where a newer version of the tool was found, it asks about that."""
    if outcome.upgrade is not None:
        return _newer_page(outcome, outcome.upgrade, ready, words)
    if outcome.refusal:
        told = words("refused-text", reason=words.update[outcome.refusal])
        text = (told, *_hint(outcome.refusal, outcome.detail, words))
        return Page("refused", words("refused-title"), text, (words.primary("home"),), Tone.ATTENTION, escape="home")
    title = words("updated-title" if outcome.installed or outcome.removed else "updated-same-title")
    buttons = (words.primary("quick"), words.quiet("home"))
    tone = Tone.ATTENTION if outcome.tool == "refused" else Tone.GOOD
    text = (*_told_packs(outcome, words), *_told_tool(outcome, ready, words))
    return Page("updated", title, text, buttons, tone, escape="home")


def _newer_page(outcome: Updated, upgrade: Upgrade, ready: Readiness, words: Words) -> Page:
    facts = words("newer-text", own=ready.version, size=words.size(upgrade.size_bytes))
    later = words.button("home", "later")
    buttons: tuple[Button, ...] = (words.primary("upgrade"), later)
    asked: tuple[str, ...] = (f"{words('upgrade-safe')} {words('newer-question')}",)
    if not upgrade.is_allowed and ready.can_elevate:
        buttons, asked = (words.primary("elevate"), later), (words("newer-rights"),)
    elif not upgrade.is_allowed:
        buttons, asked = (words.primary("home"),), (words("newer-rights"), words("rights-none"))
    tone = Tone.PLAIN if upgrade.is_allowed else Tone.ATTENTION
    text = (facts, *_told_packs(outcome, words), *asked)
    return Page("newer", words("newer-title", version=upgrade.version), text, buttons, tone, escape="home")


def upgraded_page(outcome: Upgraded, words: Words) -> Page:
    """Return the page of a newer version that is in place, or that could not be put there."""
    if outcome.refusal or outcome.trouble is not None:
        return Page(
            "upgrade-refused",
            words("upgrade-refused-title"),
            (*_told_refusal(outcome, words), words("upgrade-refused-safe")),
            (words.primary("home"),),
            Tone.ATTENTION,
            escape="home",
        )
    key = "upgraded-file" if outcome.new_file else "upgraded-text"
    text = (words(key, version=outcome.version, file=outcome.new_file),)
    buttons = (words.primary("start-anew"), words.button("home", "later"))
    return Page("upgraded", words("upgraded-title", version=outcome.version), text, buttons, Tone.GOOD, escape="home")


def _told_packs(outcome: Updated, words: Words) -> Iterator[str]:
    if outcome.refusal:
        yield words("refused-text", reason=words.update[outcome.refusal])
        return
    counts = {name: words.number(getattr(outcome, name)) for name in ("installed", "unchanged", "removed")}
    yield words("updated-text", **counts)
    if outcome.withdrawn:
        yield words("updated-withdrawn", names=", ".join(outcome.withdrawn))


def _told_tool(outcome: Updated, ready: Readiness, words: Words) -> Iterator[str]:
    if outcome.tool:
        reason = words.update[outcome.tool_refusal] if outcome.tool_refusal else ""
        yield words(f"tool-{outcome.tool}", version=ready.version, reason=reason)


def _told_refusal(outcome: Upgraded, words: Words) -> Iterator[str]:
    if outcome.trouble is not None:
        yield from told_trouble(outcome.trouble, words)
    else:
        yield f"{words.update[outcome.refusal]}."
        yield from _hint(outcome.refusal, outcome.detail, words)


def _hint(refusal: str, detail: str, words: Words) -> Iterator[str]:
    hint = words.update[f"{refusal}-hint"].format(today=detail, detail=translated(detail, words.language))
    yield f"{hint[0].upper()}{hint[1:]}."
