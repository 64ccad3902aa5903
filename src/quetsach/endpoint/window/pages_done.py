"""The pages after something was done, and those of updates."""

from collections.abc import Iterator, Mapping

from quetsach.core.text import NO_TEXT, Number, Text
from quetsach.endpoint.messages.formatting import HINTS_IN_WINDOW, REFUSALS
from quetsach.endpoint.messages.retold import retold
from quetsach.endpoint.report import FindingOutcome, Kind
from quetsach.endpoint.report.verdict import advice, verdict
from quetsach.endpoint.window.formatting import format_failure
from quetsach.endpoint.window.page import Agreement, Button, Details, Page, Progress, Rank, Tone
from quetsach.endpoint.window.pages_seen import format_findings
from quetsach.endpoint.window.state import AskPurge, AskUndo, AskUpdate, Done, Offered, Past, Told
from quetsach.endpoint.window.use_cases import Readiness, Receipt, ScanProgress, Updated, Upgrade, Upgraded
from quetsach.endpoint.window.words import Words

# The pages of updates: the question, what came of it, and a newer version of the tool itself.


_TOOL: Mapping[str, Text] = {
    "newest": Text("The tool itself is the newest ({version})."),
    "elsewhere": Text(
        "The tool itself (version {version}) cannot replace itself here, as it was installed "
        "as a Python package or runs from its source: update it the way it was installed, or "
        "fetch the new one from the centre's site."
    ),
    "refused": Text(
        "Whether there is a newer version of the tool is not known. {reason}. The version in "
        "use ({version}) can still be used."
    ),
}
"""What is said of the tool itself after an update of packs."""


def ask_update_page(_screen: AskUpdate, ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether packs shall be fetched and a newer version of the tool looked for."""
    title = words(Text("Update Quét Sạch?"))
    if not ready.repository:
        return Page(
            "update",
            title,
            (
                words(
                    Text("This copy does not know where to get updates. Download a new one from the centre's portal.")
                ),
            ),
            (words.primary("home", Text("&Back")),),
            escape="home",
        )
    text = (
        words(
            Text(
                "The tool fetches the newest packs from {repository} and checks their signatures "
                "before it uses them. If there is a newer version of the tool itself, you are asked "
                "before it takes this one's place. Nothing about this computer is sent.",
                repository=ready.repository,
            )
        ),
    )
    buttons = (words.primary("update-sure"), words.button("home", Text("&Not now")))
    return Page("update", title, text, buttons, escape="home")


def upgrading_page(course: ScanProgress | None, words: Words) -> Page:
    """Return the page while a newer version is fetched, and then tried."""
    is_trial = course is not None and course.total > 0
    fetched = words(Text("{size} fetched", size=words.size(course.size_bytes if course else 0)))
    told = (
        words(Text("On a slow computer this may take some minutes. Please leave it switched on."))
        if is_trial
        else fetched
    )
    progress = Progress(words(Text("Progress")), course.share if course else None, told)
    return Page(
        "waiting",
        words(Text("The new version makes a test scan…") if is_trial else Text("Fetching the new version…")),
        (
            words(
                Text(
                    "The new version is used only if it can make a test scan on this computer. If not, "
                    "the version that you use stays as it is."
                )
            ),
        ),
        (),
        Tone.WORKING,
        progress=progress,
    )


def updated_page(outcome: Updated, ready: Readiness, words: Words) -> Page:
    """Return the page of an update that is over; where a newer version of the tool was found, it asks about that."""
    if outcome.upgrade is not None:
        return _newer_page(outcome, outcome.upgrade, ready, words)
    if outcome.refusal:
        told = words(Text("{reason}. The packs that are there stay and can be used.", reason=REFUSALS[outcome.refusal]))
        text = (told, *_hint(outcome.refusal, outcome.detail, words))
        return Page(
            "refused",
            words(Text("The packs could not be updated")),
            text,
            (words.primary("home"),),
            Tone.ATTENTION,
            escape="home",
        )
    title = words(Text("Updated") if outcome.installed or outcome.removed else Text("The packs are the newest"))
    buttons = (words.primary("quick"), words.quiet("home"))
    tone = Tone.ATTENTION if outcome.tool == "refused" else Tone.GOOD
    text = (*_told_packs(outcome, words), *_told_tool(outcome, ready, words))
    return Page("updated", title, text, buttons, tone, escape="home")


def _newer_page(outcome: Updated, upgrade: Upgrade, ready: Readiness, words: Words) -> Page:
    facts = words(
        Text(
            "You are using version {own}. The new one has {size} and is used only if the centre's signature is right.",
            own=ready.version,
            size=words.size(upgrade.size_bytes),
        )
    )
    later = words.button("home", Text("&Later"))
    buttons: tuple[Button, ...] = (words.primary("upgrade"), later)
    asked: tuple[str, ...] = (
        f"{
            words(
                Text(
                    'The new version is used only if it can make a test scan on this computer. If not, '
                    'the version that you use stays as it is.'
                )
            )
        } {words(Text('Put it in place now?'))}",
    )
    if not upgrade.is_allowed and ready.can_elevate:
        buttons, asked = (
            (words.primary("elevate"), later),
            (words(Text("Putting it in place takes the rights of an administrator.")),),
        )
    elif not upgrade.is_allowed:
        buttons, asked = (
            (words.primary("home"),),
            (
                words(Text("Putting it in place takes the rights of an administrator.")),
                words(
                    Text(
                        "Close this window and open it again as administrator (on Linux: sudo quetsach gui), "
                        "or ask its administrator."
                    )
                ),
            ),
        )
    tone = Tone.PLAIN if upgrade.is_allowed else Tone.ATTENTION
    text = (facts, *_told_packs(outcome, words), *asked)
    return Page(
        "newer",
        words(Text("There is a new version of the tool: {version}", version=upgrade.version)),
        text,
        buttons,
        tone,
        escape="home",
    )


def upgraded_page(outcome: Upgraded, words: Words) -> Page:
    """Return the page of a newer version that is in place, or that could not be put there."""
    if outcome.refusal or outcome.trouble is not None:
        return Page(
            "upgrade-refused",
            words(Text("The tool could not be replaced")),
            (*_told_refusal(outcome, words), words(Text("The version in use is as it was."))),
            (words.primary("home"),),
            Tone.ATTENTION,
            escape="home",
        )
    text = (
        words(
            Text(
                "The new version has passed its test scan. It is the file {file}. This window is "
                "still the old version; once it is closed, the old file can be deleted.",
                file=outcome.new_file,
            )
            if outcome.new_file
            else Text(
                "The new version has passed its test scan and is used from the next start on. This "
                "window is still the old version; open the new one to use it now."
            )
        ),
    )
    buttons = (words.primary("start-anew"), words.button("home", Text("&Later")))
    return Page(
        "upgraded",
        words(Text("Version {version} is here", version=outcome.version)),
        text,
        buttons,
        Tone.GOOD,
        escape="home",
    )


def _told_packs(outcome: Updated, words: Words) -> Iterator[str]:
    if outcome.refusal:
        yield words(Text("{reason}. The packs that are there stay and can be used.", reason=REFUSALS[outcome.refusal]))
        return
    counts = {name: Number(getattr(outcome, name)) for name in ("installed", "unchanged", "removed")}
    yield words(Text("Packs: {installed} new, {unchanged} unchanged, {removed} dropped.").with_values(**counts))
    if outcome.withdrawn:
        yield words(Text("Taken back by the centre and no longer used: {names}.", names=", ".join(outcome.withdrawn)))


def _told_tool(outcome: Updated, ready: Readiness, words: Words) -> Iterator[str]:
    if outcome.tool:
        reason = REFUSALS[outcome.tool_refusal] if outcome.tool_refusal else NO_TEXT
        yield words(_TOOL[outcome.tool].with_values(version=ready.version, reason=reason))


def _told_refusal(outcome: Upgraded, words: Words) -> Iterator[str]:
    if outcome.trouble is not None:
        yield from format_failure(outcome.trouble, words)
    else:
        yield f"{words(REFUSALS[outcome.refusal])}."
        yield from _hint(outcome.refusal, outcome.detail, words)


def _hint(refusal: str, detail: str, words: Words) -> Iterator[str]:
    hint = words(HINTS_IN_WINDOW[refusal].with_values(today=detail, detail=retold(detail, words.language)))
    yield f"{hint[0].upper()}{hint[1:]}."


# The pages after something was done: a clean-up, its undoing, a sending, a deletion.

_RESTART = 12
_SUCCESS = frozenset({"done", "gone"})


def done_page(screen: Done, _ready: Readiness, words: Words) -> Page:
    """Return the page of a clean-up that is over, or that was undone."""
    report = screen.report
    told = verdict(report, words.language, in_window=True)
    is_undone = report.kind is Kind.UNDO
    text = list(told.lines)
    if not is_undone:
        done = sum(step.outcome in _SUCCESS for step in report.steps)
        text.insert(
            0, words(Text("Steps done: {done} of {total}.", done=Number(done), total=Number(len(report.steps))))
        )
    if screen.is_correction_due:
        text.append(
            words(
                Text(
                    "The centre got this report before it was undone and still counts this computer as "
                    "cleaned. Please send the correction."
                )
            )
        )
    steps = "\n".join(
        f"{number}. {step}" for number, step in enumerate(advice(report, words.language, in_window=True), 1)
    )
    ended = format_findings(report, words, has_outcomes=True)
    if steps:
        ended = f"{steps}\n\n{words(Text('What was seen'))}:\n{ended}"
    details = Details(words(Text("What to do now") if steps else Text("What was seen")), ended)
    tone = Tone.GOOD if told.is_good else Tone.ATTENTION
    name = "undone" if is_undone else "done"
    return Page(name, told.headline, tuple(text), _after(screen, words), tone, details=details, escape="home")


def _after(screen: Done, words: Words) -> tuple[Button, ...]:
    """Return what can be done after a clean-up, the one thing to do now first."""
    report = screen.report
    if screen.is_correction_due:
        primary = words.primary("offer", Text("Send the &correction…"))
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
    buttons = (words.primary("back", Text("&Keep it as it is")), words.button("undo-sure"))
    return Page(
        "undo",
        words(Text("Put back what was removed?")),
        (
            words(
                Text(
                    "Undoing brings the malware back as well. Do it only if the tool removed a file of "
                    "yours by mistake."
                )
            ),
        ),
        buttons,
        Tone.ATTENTION,
        escape="back",
    )


def past_page(_screen: Past, ready: Readiness, words: Words) -> Page:
    """Return the page of what was done before and is still sealed."""
    earlier = ready.earlier
    back = words.primary("home", Text("&Back"))
    if earlier is None:
        return Page(
            "past",
            words(Text("The last clean-up")),
            (words(Text("There was no clean-up yet, and the quarantine is empty.")),),
            (back,),
            escape="home",
        )
    sealed = {"items": words.number(earlier.sealed_items), "size": words.size(earlier.sealed_bytes)}
    text = (
        [words(Text("Last clean-up: {time}.", time=words.moment(earlier.started)))]
        if earlier.started is not None
        else []
    )
    text += [words.unfit(earlier.unfit, earlier.drive)] if earlier.unfit else []
    buttons = [back]
    buttons += [words.button("undo")] if earlier.is_undoable and not earlier.unfit else []
    buttons += [words.button("purge")] if earlier.sealed_items else []
    text += [words(Text("It was on the drive {drive}.", drive=earlier.drive))] if earlier.drive else []
    text += (
        [
            words(
                Text(
                    "The quarantine holds {items} items ({size}). Beside it and the reports, the tool "
                    "leaves nothing on this computer."
                ).with_values(**sealed),
                on_stick=Text("The quarantine of the rescue stick holds {items} items ({size}).").with_values(**sealed),
            )
        ]
        if earlier.sealed_items or not earlier.drive
        else []
    )
    return Page("past", words(Text("The last clean-up")), tuple(text), tuple(buttons), escape="home")


def ask_purge_page(_screen: AskPurge, ready: Readiness, words: Words) -> Page:
    """Return the page that asks whether what is sealed shall be deleted for good."""
    earlier = ready.earlier
    items, size = (earlier.sealed_items, earlier.sealed_bytes) if earlier is not None else (0, 0)
    text = (
        words(
            Text(
                "The quarantine holds {items} items ({size}) so that they can be put back. Once "
                "deleted, nothing can be undone any more. Wait a few weeks, until you are sure that "
                "nothing was removed by mistake.",
                items=Number(items),
                size=words.size(size),
            )
        ),
    )
    buttons = (words.primary("past", Text("&Keep it")), words.button("purge-sure"))
    return Page("purge", words(Text("Delete the quarantine for good?")), text, buttons, Tone.ATTENTION, escape="past")


def offered_page(screen: Offered, _ready: Readiness, words: Words) -> Page:
    """Return the page that shows exactly what would be sent; nothing is without the tick."""
    offer = screen.offer
    send = Button("send", words(Text("&Send")), Rank.PRIMARY, screen.is_agreed)
    return Page(
        "offer",
        words(
            Text("Send the correction to the centre?")
            if offer.is_correction
            else Text("Send the result to the centre?")
        ),
        (
            words(
                Text(
                    "Below is all that would be sent to {url}. There is no name of a person, computer, "
                    "file or address in it.",
                    url=offer.url,
                )
            ),
        ),
        (send, words.button("back", Text("&Do not send"))),
        details=Details(words(Text("What would be sent")), offer.text, is_code=True),
        agreement=Agreement(words(Text("I have read this and agree to send it")), screen.is_agreed),
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
            title = words(
                Text("The centre has it. Thank you.") if outcome.is_new else Text("The centre had this report already")
            )
            said = (words(Text("The centre answers: {message}", message=outcome.message)),) if outcome.message else ()
            text = (
                words(
                    Text(
                        "Code of the report: {code}. To have it erased later, give this code to the centre.",
                        code=outcome.code,
                    )
                ),
                *said,
            )
            return Page("sent", title, text, (words.primary("back"),), Tone.GOOD, escape="back")
    text = (
        words(Text("Clean-ups whose sealed files were deleted: {count}.", count=Number(outcome)))
        if outcome
        else words(Text("There was nothing to delete.")),
    )
    return Page("purged", words(Text("Deleted for good")), text, (words.primary("home"),), escape="home")
