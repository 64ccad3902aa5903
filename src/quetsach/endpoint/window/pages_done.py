"""The pages after something was done, and those of updates."""

from collections.abc import Iterator

from quetsach.endpoint.messages.formatting import translated
from quetsach.endpoint.report import FindingOutcome, Kind
from quetsach.endpoint.report.verdict import advice, verdict
from quetsach.endpoint.window.formatting import format_failure
from quetsach.endpoint.window.page import Agreement, Button, Details, Page, Progress, Rank, Tone
from quetsach.endpoint.window.pages_seen import format_findings
from quetsach.endpoint.window.state import AskPurge, AskUndo, AskUpdate, Done, Offered, Past, Told
from quetsach.endpoint.window.use_cases import Readiness, Receipt, ScanProgress, Updated, Upgrade, Upgraded
from quetsach.endpoint.window.words import Words

# The pages of updates: the question, what came of it, and a newer version of the tool itself.


def ask_update_page(_screen: AskUpdate, ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether packs shall be fetched and a newer version of the tool looked for."""
    title = words("update-title")
    if not ready.repository:
        return Page("update", title, (words("update-nowhere"),), (words.primary("home", "back"),), escape="home")
    text = (words("update-text", repository=ready.repository),)
    buttons = (words.primary("update-sure"), words.button("home", "update-no"))
    return Page("update", title, text, buttons, escape="home")


def upgrading_page(course: ScanProgress | None, words: Words) -> Page:
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
        yield from format_failure(outcome.trouble, words)
    else:
        yield f"{words.update[outcome.refusal]}."
        yield from _hint(outcome.refusal, outcome.detail, words)


def _hint(refusal: str, detail: str, words: Words) -> Iterator[str]:
    hint = words.update[f"{refusal}-hint"].format(today=detail, detail=translated(detail, words.language))
    yield f"{hint[0].upper()}{hint[1:]}."


# The pages after something was done: a clean-up, its undoing, a sending, a deletion.

_RESTART = 12
_SUCCESS = frozenset({"done", "gone"})


def done_page(screen: Done, _ready: Readiness, words: Words) -> Page:
    """Return the page of a clean-up that is over, or that was undone."""
    report = screen.report
    told = verdict(report, words.report)
    is_undone = report.kind is Kind.UNDO
    text = list(told.lines)
    if not is_undone:
        done = sum(step.outcome in _SUCCESS for step in report.steps)
        text.insert(0, words("done-steps", done=words.number(done), total=words.number(len(report.steps))))
    if screen.is_correction_due:
        text.append(words("correction-due"))
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(advice(report, words.report), 1))
    ended = format_findings(report, words, has_outcomes=True)
    if steps:
        ended = f"{steps}\n\n{words('findings')}:\n{ended}"
    details = Details(words("todo" if steps else "findings"), ended)
    tone = Tone.GOOD if told.is_good else Tone.ATTENTION
    name = "undone" if is_undone else "done"
    return Page(name, told.headline, tuple(text), _after(screen, words), tone, details=details, escape="home")


def _after(screen: Done, words: Words) -> tuple[Button, ...]:
    """Return what can be done after a clean-up, the one thing to do now first."""
    report = screen.report
    if screen.is_correction_due:
        primary = words.primary("offer", "offer-correction")
    elif report.kind is Kind.UNDO:
        primary = words.primary("home")
    elif report.exit_code == _RESTART:
        primary = words.primary("restart")
    else:
        is_left = any(one.outcome in {FindingOutcome.FAILED, FindingOutcome.CHANGED} for one in report.findings)
        primary = words.primary("home") if is_left else words.primary("close")
    others = [words.button("page"), words.quiet("offer"), words.quiet("undo"), words.quiet("home")]
    if report.undo is None or not any(step.outcome == "done" for step in report.steps):
        others = [one for one in others if one.action != "undo"]
    return (primary, *(one for one in others if one.action != primary.action))


def ask_undo_page(_screen: AskUndo, _ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether a clean-up shall be taken back: it is malware as a rule."""
    buttons = (words.primary("back", "undo-keep"), words.button("undo-sure"))
    return Page("undo", words("undo-title"), (words("undo-text"),), buttons, Tone.ATTENTION, escape="back")


def past_page(_screen: Past, ready: Readiness, words: Words) -> Page:
    """Return the page of what was done before and is still sealed."""
    earlier = ready.earlier
    back = words.primary("home", "back")
    if earlier is None:
        return Page("past", words("past-title"), (words("past-none"),), (back,), escape="home")
    sealed = {"items": words.number(earlier.sealed_items), "size": words.size(earlier.sealed_bytes)}
    text = [words("past-when", time=words.moment(earlier.started))] if earlier.started is not None else []
    text += [words.unfit(earlier.unfit, earlier.drive)] if earlier.unfit else []
    buttons = [back]
    buttons += [words.button("undo")] if earlier.is_undoable and not earlier.unfit else []
    buttons += [words.button("purge")] if earlier.sealed_items else []
    text += [words("past-drive", drive=earlier.drive)] if earlier.drive else []
    text += [words("past-sealed", **sealed)] if earlier.sealed_items or not earlier.drive else []
    return Page("past", words("past-title"), tuple(text), tuple(buttons), escape="home")


def ask_purge_page(_screen: AskPurge, ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether what is sealed shall be deleted for good."""
    earlier = ready.earlier
    items, size = (earlier.sealed_items, earlier.sealed_bytes) if earlier is not None else (0, 0)
    text = (words("purge-text", items=words.number(items), size=words.size(size)),)
    buttons = (words.primary("past", "purge-keep"), words.button("purge-sure"))
    return Page("purge", words("purge-title"), text, buttons, Tone.ATTENTION, escape="past")


def offered_page(screen: Offered, _ready: Readiness, words: Words) -> Page:
    """Return the page that shows exactly what would be sent; nothing is without the tick."""
    offer = screen.offer
    send = Button("send", words("send"), Rank.PRIMARY, screen.is_agreed)
    return Page(
        "offer",
        words("offer-title-correction" if offer.is_correction else "offer-title"),
        (words("offer-text", url=offer.url),),
        (send, words.button("back", "offer-no")),
        details=Details(words("offer-json"), offer.text, is_code=True),
        agreement=Agreement(words("offer-agree"), screen.is_agreed),
        escape="back",
    )


def told_page(screen: Told, ready: Readiness, words: Words) -> Page:
    """Return the page of something short that is over."""
    outcome = screen.outcome
    match outcome:
        case Updated():
            return updated_page(outcome, ready, words)
        case Upgraded():
            return upgraded_page(outcome, words)
        case Receipt():
            title = words("sent-title" if outcome.is_new else "sent-again-title")
            said = (words("sent-said", message=outcome.message),) if outcome.message else ()
            text = (words("sent-code", code=outcome.code), *said)
            return Page("sent", title, text, (words.primary("back"),), Tone.GOOD, escape="back")
    text = (words("purged-text", count=words.number(outcome)) if outcome else words("purged-none"),)
    return Page("purged", words("purged-title"), text, (words.primary("home"),), escape="home")
