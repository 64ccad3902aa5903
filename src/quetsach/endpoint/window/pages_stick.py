"""The pages of the rescue stick: the drives of the machine, and what of the other pages is not so on it.

No system runs but the stick itself: there is no network, no desktop to close the window on, and nobody to be asked for
rights.
"""

from dataclasses import replace

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.report.verdict import verdict
from quetsach.endpoint.window.flow import chosen_drive, is_infected
from quetsach.endpoint.window.formatting import format_failure
from quetsach.endpoint.window.page import Button, Choice, Page, Rank, Row, Rows, Tone
from quetsach.endpoint.window.state import Done, Items, Screen, Seen, State
from quetsach.endpoint.window.use_cases import Drive, Readiness, Stick
from quetsach.endpoint.window.words import Words

_ELSEWHERE = frozenset({"close", "elevate", "offer", "update"})
"""What a page may offer on a running system only."""

_OLD_DAYS = 30


def as_on_stick(page: Page, screen: Screen, stick: Stick, words: Words) -> Page:
    """Return a page without what the stick cannot do; where that was the one thing to do now, it is to go back."""
    seen = screen.seen if isinstance(screen, Items) else screen
    is_unfit = isinstance(seen, Seen) and bool(seen.looked.unfit)  # so that no report is kept on the drive either
    missing = _ELSEWHERE | {"page"} if is_unfit else _ELSEWHERE
    buttons = tuple(button for button in page.buttons if button.action not in missing)
    if page.buttons and not any(button.rank is Rank.PRIMARY for button in buttons):
        buttons = (words.primary("home"), *(button for button in buttons if button.action != "home"))
    note = _told_keeping(stick, words) if isinstance(screen, Done) and not page.note else page.note
    return replace(page, buttons=buttons, note=note)


def _told_keeping(stick: Stick, words: Words) -> str:
    """Return where what is removed is kept, and until when it should be."""
    return words("stick-keeps" if stick.keeps_on_stick else "stick-keeps-not")


def drives_page(state: State, ready: Readiness, stick: Stick, words: Words) -> Page:
    """Return the page that lists the drives of the machine, with what was seen on each so far."""
    if ready.trouble is not None:
        text = (words("no-packs-text"), *format_failure(ready.trouble, words))
        ends = (words.primary("switch-off"), words.button("restart"))
        return Page("no-packs", words("no-packs-title"), text, ends, Tone.ATTENTION)
    if not ready.drives:
        text = (words("stick-none-text"),)
        buttons = (words.primary("home", "stick-find"), words.button("switch-off"), words.button("restart"))
        return Page("no-drives", words("stick-none-title"), text, buttons, Tone.ATTENTION)
    chosen = chosen_drive(state)
    rows = tuple(Row(drive.place, drive.name, _told(state, drive, words), drive == chosen) for drive in ready.drives)
    title, tone = _standing(state, ready, words)
    return Page(
        "drives-of-stick",
        title,
        (*_locked(chosen, words), *_texts(state, ready, stick, words), _told_keeping(stick, words)),
        _buttons(state, ready, chosen, words),
        tone,
        rows=Rows(words("drives-list"), rows, Choice.ONE),
    )


def _texts(state: State, ready: Readiness, stick: Stick, words: Words) -> list[str]:
    """Return what a person should know before the first look; afterwards only what makes it weaker."""
    values = {"packs": words.number(ready.packs)}
    if ready.packs_day is None or stick.packs_age_days is None:
        told = words("stick-packs-undated", **values)
    else:
        is_old = stick.packs_age_days > _OLD_DAYS
        values |= {"day": f"{ready.packs_day:{words('day')}}", "days": words.number(stick.packs_age_days)}
        told = words("stick-packs-old" if is_old else "stick-packs", **values)
        if state.drives:
            return [told] if is_old else []
    return [told] if state.drives else [words("stick-calm"), told]


def _locked(chosen: Drive | None, words: Words) -> tuple[str, ...]:
    return (words("stick-locked-why", drive=chosen.name),) if chosen is not None and chosen.is_locked else ()


def _standing(state: State, ready: Readiness, words: Words) -> tuple[str, Tone]:
    """Return what all drives together come to; good only where each was looked at as a whole, and nothing was left."""
    if infected := sum(is_infected(state, drive) for drive in ready.drives):
        return words("stick-found", count=words.number(infected)), Tone.ATTENTION
    if not state.drives:
        return words("stick-title"), Tone.PLAIN
    if all(_is_good(state, drive, words) for drive in ready.drives):
        return words("stick-good"), Tone.GOOD
    return words("stick-not-all"), Tone.ATTENTION


def _is_good(state: State, drive: Drive, words: Words) -> bool:
    seen = state.drives.get(drive.place)
    report = seen.looked.report if isinstance(seen, Seen) else seen.report if isinstance(seen, Done) else None
    return report is not None and verdict(report, words.report).is_good


def _told(state: State, drive: Drive, words: Words) -> str:
    """Return in a few words what is known of a drive: what a look came to, before that what it is."""
    match state.drives.get(drive.place):
        case _ if drive.is_locked:
            return words("stick-locked")
        case Seen(looked=looked):
            return verdict(looked.report, words.report).headline
        case Done(report=report):
            return verdict(report, words.report).headline
        case QuetsachError():
            return words("stick-unread")
    return words("stick-not-looked-at", about=drive.about)


def _buttons(state: State, ready: Readiness, chosen: Drive | None, words: Words) -> tuple[Button, ...]:
    """Return what can be done, the one thing to do now first."""
    can_look = any(not drive.is_locked for drive in ready.drives)
    survey = words.button("survey", "stick-again" if state.drives else "survey", is_enabled=can_look)
    take = words.button("take", is_enabled=chosen is not None and not chosen.is_locked)
    show = words.button("show", is_enabled=chosen is not None and chosen.place in state.drives)
    off, beside = words.quiet("switch-off"), [words.quiet("restart")]
    beside += [words.quiet("past")] * (ready.earlier is not None)
    beside.append(words.quiet("licences"))
    again = replace(survey, rank=Rank.QUIET)
    if state.drives and all(_is_good(state, drive, words) for drive in ready.drives):
        return (words.primary("switch-off"), show, take, again, *beside)
    if show.is_enabled:
        return (replace(show, rank=Rank.PRIMARY), take, again, off, *beside)
    return (replace(survey, rank=Rank.PRIMARY), take, off, *beside)
