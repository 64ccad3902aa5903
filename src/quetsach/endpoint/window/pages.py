"""The pages of the window, one for each screen: what it says in a language, and what can be done there."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from quetsach.core.text import Text
from quetsach.endpoint.report.asking import asking_lines, asking_text
from quetsach.endpoint.window.formatting import format_failure, format_progress
from quetsach.endpoint.window.page import Button, Choice, Details, Page, Row, Rows, Tone
from quetsach.endpoint.window.pages_done import (
    ask_purge_page,
    ask_undo_page,
    ask_update_page,
    done_page,
    offered_page,
    past_page,
    told_page,
    upgrading_page,
)
from quetsach.endpoint.window.pages_seen import items_page, seen_page
from quetsach.endpoint.window.pages_stick import as_on_stick, drives_page
from quetsach.endpoint.window.state import (
    About,
    AskPurge,
    AskUndo,
    AskUpdate,
    Cleaning,
    Done,
    Drives,
    Failed,
    Home,
    Items,
    Looking,
    Offered,
    Opening,
    Past,
    Screen,
    Seen,
    State,
    Told,
    Waiting,
)
from quetsach.endpoint.window.use_cases import Readiness
from quetsach.endpoint.window.words import Words, opening_page

_NOTICES: Mapping[str, Text] = {
    "saved": Text("The report is at {text}"),
    "restart-failed": Text("The computer could not be restarted from here. Restart it yourself, then scan once more."),
    "switch-off-failed": Text(
        "The computer could not be switched off from here. Hold the power button until it is off."
    ),
    "elevate-failed": Text("It could not be opened as administrator: you or the system may have refused."),
    "start-anew-failed": Text("The new version could not be opened. Close this window and open Quét Sạch again."),
}
"""What a line about what was just done says; with ``text``."""
_NOTICES_ON_STICK: Mapping[str, Text] = {
    **_NOTICES,
    "saved": Text("The report is on the drive {text}"),
    "restart-failed": Text(
        "The computer could not be restarted from here. Hold the power button until it is off, then switch it on."
    ),
}
"""The same on the rescue stick."""
_LOOKING: Mapping[str, Text] = {
    "quick": Text("Quick scan…"),
    "full": Text("Full scan…"),
    "paths": Text("Scanning {drive}…"),
    "drives": Text("Scanning one drive after the other…"),
}
_WAITING: Mapping[str, Text] = {
    "undo": Text("Putting back…"),
    "purge": Text("Deleting…"),
    "update": Text("Fetching packs…"),
    "start-anew": Text("Opening the new version…"),
    "offer": Text("Preparing what would be sent…"),
    "send": Text("Sending…"),
    "page": Text("Opening the report…"),
    "licences": Text("Opening…"),
    "elevate": Text("The system asks for your permission…"),
    "restart": Text("Asking for a restart…"),
    "switch-off": Text("Switching off…"),
}
_PREPARING = Text(
    "The drive was opened anew for writing. The tool looks at it once more, then does only what you agreed to."
)
_CHECKING = Text("The tool scans again to see whether what it removed is gone.")
_CLEANING = Text(
    "Please leave the computer on. Each step is written down before it is taken; after a "
    "power cut the next run finishes it."
)
_CLEANING_ON_STICK = Text(
    "Please leave the computer on and the stick plugged in. Each step is written down before it is taken."
)


def page_of(state: State) -> Page:
    """Return the page of where the window is."""
    ready = state.ready
    stick = ready.stick if ready is not None else None
    words = Words(state.language, stick is not None)
    if ready is None or stick is None:
        page = _page(state.screen, ready, words)
    else:
        is_home = isinstance(state.screen, Home)
        page = drives_page(state, ready, stick, words) if is_home else _page(state.screen, ready, words)
        page = as_on_stick(page, state.screen, stick, words)
    if state.notice is not None:
        key, text = state.notice
        page = replace(
            page, note=words((_NOTICES_ON_STICK if words.is_on_stick else _NOTICES)[key].with_values(text=text))
        )
    return replace(page, language=words.other_language)


def _page(screen: Screen, ready: Readiness | None, words: Words) -> Page:
    if isinstance(screen, Failed):
        return _failed(screen, ready, words)
    return opening_page(words) if ready is None else _PAGES[type(screen)](screen, ready, words)


def _home(screen: Home, ready: Readiness, words: Words) -> Page:
    beside = [words.quiet("past")] * (ready.earlier is not None)
    beside += [words.quiet("update"), words.quiet("licences")]
    if ready.trouble is not None:
        text = (
            words(
                Text("Without packs the tool does not know what to look for. Update when the computer is online."),
                on_stick=Text("Without packs the tool does not know what to look for. Make a new rescue stick."),
            ),
            *format_failure(ready.trouble, words),
        )
        buttons = (words.primary("update"), *(one for one in beside if one.action != "update"))
        return Page("no-packs", words(Text("There are no packs that can be used")), text, buttons, Tone.ATTENTION)
    is_short_of_rights = ready.is_live and not ready.is_elevated
    if is_short_of_rights and not screen.is_content:
        return _rights(ready, words, beside)
    title = (
        words(Text("Check the disk mounted at {root}", root=ready.root))
        if ready.root
        else words(Text("Check this computer"))
    )
    promise = (
        words(
            Text(
                "A quick scan usually takes a few minutes. It looks at what starts with the "
                "computer, at running programs, and where malware usually lies. Scanning changes "
                "nothing."
            )
        ),
        words(
            Text(
                "If malware is found, you see what would be done before you are asked. Removed files "
                "and settings can be put back as they were."
            )
        ),
        *(
            [words(Text("This window has no administrator rights and sees only what your account can read."))]
            if is_short_of_rights
            else []
        ),
    )
    plain = [words.button("full"), *([words.button("drives")] if ready.drives else [])]
    return Page("look", title, promise, (words.primary("quick"), *plain, *beside), note=_packs_note(ready, words))


def _packs_note(ready: Readiness, words: Words) -> str:
    packs = words.number(ready.packs)
    if ready.packs_day is None:
        return words(Text("{packs} packs. Nothing is sent unless you have seen it and agreed.", packs=packs))
    return words(
        Text(
            "{packs} packs, the newest of {day}. Nothing is sent unless you have seen it and agreed.",
            packs=packs,
            day=f"{ready.packs_day:{words(Text('%d/%m/%Y'))}}",
        )
    )


def _rights(ready: Readiness, words: Words, beside: list[Button]) -> Page:
    title, text = (
        words(Text("Administrator rights are needed to see all of this computer")),
        words(
            Text(
                "Malware often lies where an ordinary account cannot read. Without administrator "
                "rights the tool sees only a part, and cannot clean."
            )
        ),
    )
    if not ready.can_elevate:
        buttons = (words.primary("content"), *beside)
        return Page(
            "needs-administrator",
            title,
            (
                text,
                words(
                    Text(
                        "Close this window and open it again as administrator (on Linux: sudo quetsach gui), "
                        "or ask its administrator."
                    )
                ),
            ),
            buttons,
            Tone.ATTENTION,
        )
    buttons = (words.primary("elevate"), words.button("content"), *beside)
    return Page(
        "needs-administrator",
        title,
        (
            text,
            words(Text("When you press the button below, the system asks whether Quét Sạch may run as administrator.")),
        ),
        buttons,
        Tone.ATTENTION,
    )


def _drives(screen: Drives, ready: Readiness, words: Words) -> Page:
    rows = tuple(Row(one.place, one.name, one.about, one.place == screen.place) for one in ready.drives)
    return Page(
        "drives",
        words(Text("Which drive shall be scanned?")),
        (words(Text("The tool looks at every file of the drive that you choose.")),),
        (words.primary("take"), words.button("home", Text("&Back"))),
        rows=Rows(words(Text("Drives")), rows, Choice.ONE),
        escape="home",
    )


def _looking(screen: Looking, _ready: Readiness, words: Words) -> Page:
    progress = format_progress(screen.course, words, is_still=screen.is_paused or screen.is_ending)
    if screen.is_ending:
        return Page(
            "ending",
            words(Text("Ending…")),
            (words(Text("What was seen so far is told in a moment.")),),
            (),
            Tone.WORKING,
            progress=progress,
        )
    if screen.is_paused:
        buttons = (words.primary("go-on"), words.button("stop"))
        return Page(
            "paused",
            words(Text("Paused")),
            (words(Text("Press “Go on” when you like. Nothing has been changed.")),),
            buttons,
            Tone.WORKING,
            progress=progress,
        )
    drive = screen.target.drive.name if screen.target.drive else ""
    title = words(
        _LOOKING[screen.target.scope].with_values(drive=drive),
        on_stick=Text("Scanning the drive {drive}…", drive=drive) if screen.target.scope == "paths" else None,
    )
    buttons = (words.primary("pause"), words.button("stop"))
    return Page(
        "looking",
        title,
        (
            words(
                Text("Go on using the computer as usual. Nothing has been changed."),
                on_stick=Text("The Windows on this computer is not running. Nothing has been changed."),
            ),
        ),
        buttons,
        Tone.WORKING,
        progress=progress,
        escape="stop",
    )


def _cleaning(screen: Cleaning, _ready: Readiness, words: Words) -> Page:
    is_checking = screen.course is not None and not screen.course.total
    is_before = screen.course is not None and screen.course.is_before
    progress = format_progress(screen.course, words)
    if is_before:
        name, title, text = "preparing", words(Text("Looking at the drive before cleaning…")), words(_PREPARING)
    elif is_checking:
        name, title, text = "checking", words(Text("Looking again…")), words(_CHECKING)
    else:
        name, title, text = "cleaning", words(Text("Cleaning…")), words(_CLEANING, on_stick=_CLEANING_ON_STICK)
    return Page(name, title, (text,), (), Tone.WORKING, progress=progress)


def _waiting(screen: Waiting, _ready: Readiness, words: Words) -> Page:
    if screen.what == "upgrade":
        return upgrading_page(screen.course, words)
    progress = format_progress(screen.course, words) if screen.course else None
    return Page(
        "waiting",
        words(_WAITING[screen.what], on_stick=Text("Keeping the report…") if screen.what == "page" else None),
        (),
        (),
        Tone.WORKING,
        progress=progress,
    )


def _about(screen: About, ready: Readiness, words: Words) -> Page:
    return Page(
        "about",
        words(Text("About")),
        (
            words(
                Text(
                    "Quét Sạch {version}, open source under the Apache-2.0 licence. Finds malware, "
                    "removes it, and can put back what it removed.",
                    version=ready.version,
                )
            ),
            *asking_lines(words.language),
        ),
        (words.primary("back"),),
        details=Details(words(Text("Licences of all parts")), screen.licences, is_code=True),
        escape="back",
    )


def _failed(screen: Failed, ready: Readiness | None, words: Words) -> Page:
    buttons = (words.primary("back" if ready is not None else "close"),)
    cause = screen.error.__cause__ or screen.error.__context__
    if isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}:
        told = (
            words(
                Text(
                    "The tool needs a little room for its journal and for quarantined files, so it "
                    "stopped. Make room on the system drive and try again."
                ),
                on_stick=Text(
                    "The tool needs room for its journal and for quarantined files, so it stopped. Make "
                    "a larger rescue stick."
                ),
            ),
            words(Text("Whatever the tool did before is in its journal and can be undone.")),
        )
        return Page("no-space", words(Text("The disk is full")), told, buttons, Tone.ATTENTION, escape="back")
    text = (
        *format_failure(screen.error, words),
        words(Text("Whatever the tool did before is in its journal and can be undone.")),
        *filter(None, [asking_text(words.language)]),
    )
    return Page("error", words(Text("That could not be done")), text, buttons, Tone.ATTENTION, escape="back")


_PAGES: Mapping[type, Callable[[Any, Readiness, Words], Page]] = {
    Opening: lambda _screen, _ready, words: opening_page(words),
    Home: _home,
    Drives: _drives,
    Looking: _looking,
    Seen: seen_page,
    Items: items_page,
    Cleaning: _cleaning,
    Done: done_page,
    AskUndo: ask_undo_page,
    Past: past_page,
    AskPurge: ask_purge_page,
    AskUpdate: ask_update_page,
    Waiting: _waiting,
    Offered: offered_page,
    Told: told_page,
    About: _about,
}
"""The page of each screen."""
