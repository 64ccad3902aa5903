"""The pages of the rescue stick: the drives of the machine, and what of the other pages is not so on it.

No system runs but the stick itself: there is no network, no desktop to close the window on, and nobody to be asked for
rights.
"""

from dataclasses import replace

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Number, Text
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
_OLD = Text(
    "The newest pack is of {day}, {days} days ago: this stick knows no newer malware. Make a new one when you can."
)
_NEW = Text("{packs} packs, the newest of {day}. No network is needed.")


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
    return words(
        Text("What is removed is kept on this very stick. Keep the stick while something may have to be undone.")
        if stick.keeps_on_stick
        else Text(
            "This stick cannot be written to, so what is removed is kept in a folder QuetSach-… "
            "on the cleaned drive. Do not delete it while something may have to be undone."
        )
    )


def drives_page(state: State, ready: Readiness, stick: Stick, words: Words) -> Page:
    """Return the page that lists the drives of the machine, with what was seen on each so far."""
    if ready.trouble is not None:
        text = (
            words(
                Text("Without packs the tool does not know what to look for. Update when the computer is online."),
                on_stick=Text("Without packs the tool does not know what to look for. Make a new rescue stick."),
            ),
            *format_failure(ready.trouble, words),
        )
        ends = (words.primary("switch-off"), words.button("restart"))
        return Page("no-packs", words(Text("There are no packs that can be used")), text, ends, Tone.ATTENTION)
    if not ready.drives:
        text = (
            words(
                Text(
                    "If this computer has a drive that is not seen here: set the mode of disks from RAID "
                    "(Intel RST) to AHCI in the BIOS/UEFI set-up and start from this stick again; "
                    "afterwards set it back."
                )
            ),
        )
        buttons = (
            words.primary("home", Text("&Look for drives again")),
            words.button("switch-off"),
            words.button("restart"),
        )
        return Page("no-drives", words(Text("No drive of Windows was found")), text, buttons, Tone.ATTENTION)
    chosen = chosen_drive(state)
    rows = tuple(Row(drive.place, drive.name, _told(state, drive, words), drive == chosen) for drive in ready.drives)
    title, tone = _standing(state, ready, words)
    return Page(
        "drives-of-stick",
        title,
        (*_locked(chosen, words), *_texts(state, ready, stick, words), _told_keeping(stick, words)),
        _buttons(state, ready, chosen, words),
        tone,
        rows=Rows(words(Text("Drives")), rows, Choice.ONE),
    )


def _texts(state: State, ready: Readiness, stick: Stick, words: Words) -> list[str]:
    """Return what a person should know before the first look; afterwards only what makes it weaker."""
    packs = Number(ready.packs)
    if ready.packs_day is None or stick.packs_age_days is None:
        told = words(Text("{packs} packs. No network is needed.", packs=packs))
    else:
        is_old = stick.packs_age_days > _OLD_DAYS
        known = _OLD if is_old else _NEW
        day = f"{ready.packs_day:{words(Text('%d/%m/%Y'))}}"
        told = words(known.with_values(packs=packs, day=day, days=Number(stick.packs_age_days)))
        if state.drives:
            return [told] if is_old else []
    return (
        [told]
        if state.drives
        else [
            words(
                Text(
                    "The Windows on this computer is not running, so neither is malware in it. Scanning "
                    "changes nothing; you are always asked before anything is removed."
                )
            ),
            told,
        ]
    )


def _locked(chosen: Drive | None, words: Words) -> tuple[str, ...]:
    return (
        (
            words(
                Text(
                    "The drive {drive} is locked by BitLocker, so this stick cannot look into it. Switch "
                    "the encryption off in Windows (Settings, device encryption), or let someone who "
                    "knows computers open it with the recovery key in the text mode (choose it in the "
                    "start menu of the stick).",
                    drive=chosen.name,
                )
            ),
        )
        if chosen is not None and chosen.is_locked
        else ()
    )


def _standing(state: State, ready: Readiness, words: Words) -> tuple[str, Tone]:
    """Return what all drives together come to; good only where each was looked at as a whole, and nothing was left."""
    if infected := sum(is_infected(state, drive) for drive in ready.drives):
        return words(Text("Drives with traces of malware: {count}", count=Number(infected))), Tone.ATTENTION
    if not state.drives:
        return words(Text("Check the drives of this computer")), Tone.PLAIN
    if all(_is_good(state, drive, words) for drive in ready.drives):
        return words(Text("No traces of malware are seen")), Tone.GOOD
    return words(Text("Look at the result of each drive")), Tone.ATTENTION


def _is_good(state: State, drive: Drive, words: Words) -> bool:
    seen = state.drives.get(drive.place)
    report = seen.looked.report if isinstance(seen, Seen) else seen.report if isinstance(seen, Done) else None
    return report is not None and verdict(report, words.language, in_window=True).is_good


def _told(state: State, drive: Drive, words: Words) -> str:
    """Return in a few words what is known of a drive: what a look came to, before that what it is."""
    match state.drives.get(drive.place):
        case _ if drive.is_locked:
            return words(Text("locked by BitLocker, cannot be looked into"))
        case Seen(looked=looked):
            return verdict(looked.report, words.language, in_window=True).headline
        case Done(report=report):
            return verdict(report, words.language, in_window=True).headline
        case QuetsachError():
            return words(Text("cannot be opened"))
    return words(Text("not scanned yet · {about}", about=drive.about))


def _buttons(state: State, ready: Readiness, chosen: Drive | None, words: Words) -> tuple[Button, ...]:
    """Return what can be done, the one thing to do now first."""
    can_look = any(not drive.is_locked for drive in ready.drives)
    survey = words.button(
        "survey", (Text("Scan all &drives again") if state.drives else Text("Scan all &drives")), is_enabled=can_look
    )
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
