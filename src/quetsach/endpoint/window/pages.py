"""The pages of the window, one for each screen: what it says in a language, and what can be done there."""

import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

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
        page = replace(page, note=words(key, text=text))
    return replace(page, language=words.other_language)


def _page(screen: Screen, ready: Readiness | None, words: Words) -> Page:
    if isinstance(screen, Failed):
        return _failed(screen, ready, words)
    return opening_page(words) if ready is None else _PAGES[type(screen)](screen, ready, words)


def _home(screen: Home, ready: Readiness, words: Words) -> Page:
    beside = [words.quiet("past")] * (ready.earlier is not None)
    beside += [words.quiet("update"), words.quiet("licences")]
    if ready.trouble is not None:
        text = (words("no-packs-text"), *format_failure(ready.trouble, words))
        buttons = (words.primary("update"), *(one for one in beside if one.action != "update"))
        return Page("no-packs", words("no-packs-title"), text, buttons, Tone.ATTENTION)
    is_short_of_rights = ready.is_live and not ready.is_elevated
    if is_short_of_rights and not screen.is_content:
        return _rights(ready, words, beside)
    title = words("look-title-disk", root=ready.root) if ready.root else words("look-title")
    promise = (
        words("look-text"),
        words("look-promise"),
        *([words("look-rights")] if is_short_of_rights else []),
    )
    plain = [words.button("full"), *([words.button("drives")] if ready.drives else [])]
    return Page("look", title, promise, (words.primary("quick"), *plain, *beside), note=_packs_note(ready, words))


def _packs_note(ready: Readiness, words: Words) -> str:
    packs = words.number(ready.packs)
    if ready.packs_day is None:
        return words("look-note-undated", packs=packs)
    return words("look-note", packs=packs, day=f"{ready.packs_day:{words('day')}}")


def _rights(ready: Readiness, words: Words, beside: list[Button]) -> Page:
    title, text = words("rights-title"), words("rights-text")
    if not ready.can_elevate:
        buttons = (words.primary("content"), *beside)
        return Page("needs-administrator", title, (text, words("rights-none")), buttons, Tone.ATTENTION)
    buttons = (words.primary("elevate"), words.button("content"), *beside)
    return Page("needs-administrator", title, (text, words("rights-ask")), buttons, Tone.ATTENTION)


def _drives(screen: Drives, ready: Readiness, words: Words) -> Page:
    rows = tuple(Row(one.place, one.name, one.about, one.place == screen.place) for one in ready.drives)
    return Page(
        "drives",
        words("drives-title"),
        (words("drives-text"),),
        (words.primary("take"), words.button("home", "back")),
        rows=Rows(words("drives-list"), rows, Choice.ONE),
        escape="home",
    )


def _looking(screen: Looking, _ready: Readiness, words: Words) -> Page:
    progress = format_progress(screen.course, words, is_still=screen.is_paused or screen.is_ending)
    if screen.is_ending:
        return Page("ending", words("ending-title"), (words("ending-text"),), (), Tone.WORKING, progress=progress)
    if screen.is_paused:
        buttons = (words.primary("go-on"), words.button("stop"))
        return Page("paused", words("paused-title"), (words("paused-text"),), buttons, Tone.WORKING, progress=progress)
    drive = screen.target.drive.name if screen.target.drive else ""
    title = words(f"looking-title-{screen.target.scope}", drive=drive)
    buttons = (words.primary("pause"), words.button("stop"))
    return Page("looking", title, (words("looking-text"),), buttons, Tone.WORKING, progress=progress, escape="stop")


def _cleaning(screen: Cleaning, _ready: Readiness, words: Words) -> Page:
    is_checking = screen.course is not None and not screen.course.total
    is_before = screen.course is not None and screen.course.is_before
    key = "preparing" if is_before else "checking" if is_checking else "cleaning"
    progress = format_progress(screen.course, words)
    return Page(key, words(f"{key}-title"), (words(f"{key}-text"),), (), Tone.WORKING, progress=progress)


def _waiting(screen: Waiting, _ready: Readiness, words: Words) -> Page:
    if screen.what == "upgrade":
        return upgrading_page(screen.course, words)
    progress = format_progress(screen.course, words) if screen.course else None
    return Page("waiting", words(f"waiting-{screen.what}"), (), (), Tone.WORKING, progress=progress)


def _about(screen: About, ready: Readiness, words: Words) -> Page:
    return Page(
        "about",
        words("about-title"),
        (words("about-text", version=ready.version),),
        (words.primary("back"),),
        details=Details(words("about-licences"), screen.licences, is_code=True),
        escape="back",
    )


def _failed(screen: Failed, ready: Readiness | None, words: Words) -> Page:
    buttons = (words.primary("back" if ready is not None else "close"),)
    cause = screen.error.__cause__ or screen.error.__context__
    if isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}:
        told = (words("failed-space-text"), words("failed-safe"))
        return Page("no-space", words("failed-space-title"), told, buttons, Tone.ATTENTION, escape="back")
    text = (*format_failure(screen.error, words), words("failed-safe"))
    return Page("error", words("failed-title"), text, buttons, Tone.ATTENTION, escape="back")


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
