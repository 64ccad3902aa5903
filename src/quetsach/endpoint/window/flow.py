"""How screens follow each other: a pure step from where the window is and what happened to where it is then.

Nothing is looked at, changed, sent or deleted but by a button that a person pressed on the page that says so.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window.state import (
    About,
    Agreed,
    Asked,
    AskPurge,
    AskUndo,
    AskUpdate,
    Cleaning,
    Close,
    Done,
    Drives,
    Effect,
    Ended,
    Event,
    Failed,
    Home,
    Items,
    Licences,
    Looking,
    Moved,
    Offered,
    Opening,
    Outcome,
    Past,
    Pressed,
    Purged,
    Saved,
    Screen,
    Seen,
    State,
    Steer,
    Surveyed,
    Task,
    Ticked,
    Told,
    Waiting,
    Work,
)
from quetsach.endpoint.window.use_cases import (
    Drive,
    Excess,
    Offer,
    Readiness,
    Receipt,
    ScanOutcome,
    Target,
    Updated,
    Upgrade,
    Upgraded,
)

type ExcessOf = Callable[[ScanOutcome, Collection[int]], Excess | None]

_OTHER = {"vi": "en", "en": "vi"}
_ENDING = frozenset({"elevate", "start-anew"})
_CHANGING = frozenset({"undo", "purge", "update", "upgrade"})
_SURE = {"purge-sure": AskPurge, "update-sure": AskUpdate}
_LEADS_TO: Mapping[str, Screen] = {
    "content": Home(is_content=True),
    "past": Past(),
    "purge": AskPurge(),
    "update": AskUpdate(),
}


@dataclass(frozen=True, slots=True)
class Next:
    """Where the window is after a step, and what it has done then."""

    state: State
    effects: tuple[Effect, ...] = ()


def opened(language: str, *, screen: Screen | None = None) -> Next:
    """Return how the window begins."""
    return Next(State(language, screen or Opening()), (Work("readiness"),))


def step(state: State, event: Event, excess_of: ExcessOf) -> Next:
    """Return what follows from an event. One that does not fit the screen changes nothing: it came late."""
    screen = state.screen
    match event:
        case Pressed(action):
            return _pressed(state, action)
        case Ended(outcome):
            return _ended(state, outcome)
        case Moved(course) if isinstance(screen, Looking | Cleaning | Waiting):
            screen = replace(screen, course=course)
        case Ticked(key, is_chosen):
            screen = _ticked(screen, key, excess_of, is_chosen=is_chosen)
        case Agreed(is_given) if isinstance(screen, Items):
            screen = replace(screen, is_sure=is_given)
        case Agreed(is_given) if isinstance(screen, Offered):
            screen = replace(screen, is_agreed=is_given)
    return _at(state, screen)


def is_busy(screen: Screen) -> bool:
    """Return whether something is being changed, so that the window stays open until it is over."""
    return isinstance(screen, Cleaning) or (isinstance(screen, Waiting) and screen.what in _CHANGING)


def _at(state: State, screen: Screen, *effects: Effect) -> Next:
    return Next(replace(state, screen=screen), effects)


def _closed(state: State) -> Next:
    if is_busy(state.screen):
        return Next(state)
    return Next(state, (Steer("end"), Close()) if isinstance(state.screen, Looking) else (Close(),))


def _look(state: State, target: Target) -> Next:
    known = {place: seen for place, seen in state.drives.items() if target.drive and place != target.drive.place}
    return _at(replace(state, drives=known), Looking(target), Work("look", target))


def _survey(state: State) -> Next:
    drives = state.ready.drives if state.ready is not None else ()
    targets = tuple(Target("paths", drive) for drive in drives if not drive.is_locked)
    if not targets:
        return Next(state)
    return _at(replace(state, drives={}), Looking(Target("drives")), Work("survey", targets))


def _wait(
    state: State,
    what: Task,
    about: Seen | Offer | Upgrade | Upgraded | str | None = None,
    back: Screen | None = None,
) -> Next:
    screen = state.screen
    report = screen.report if isinstance(screen, Done) else screen.looked.report if isinstance(screen, Seen) else None
    return _at(state, Waiting(what, back or screen), Work(what, about if about is not None else report))


def _pressed(state: State, action: str) -> Next:
    """Return what a button leads to: first what it means on this screen, then what it means on every one."""
    if action == "language":
        return Next(replace(state, language=_OTHER[state.language]))
    if action == "close":
        return _closed(state)
    if isinstance(state.screen, Opening | Cleaning | Waiting):
        return Next(state)  # nothing can be pressed there; the key came late
    state = replace(state, notice=None)
    if isinstance(state.screen, Looking):
        return _steered(state, state.screen, action)
    return _here(state, action) or _anywhere(state, action)


def _here(state: State, action: str) -> Next | None:
    """Return what a button means on this screen only; ``None`` if it means what it means everywhere."""
    screen, found = state.screen, None
    if isinstance(screen, Drives) and action == "take":
        found = _taken(state, screen.place)
    elif isinstance(screen, Home) and is_on_stick(state):
        found = _on_stick(state, action)
    elif isinstance(screen, Seen) and action in {"clean", "items"}:
        found = _planned(state, screen, action)
    elif isinstance(screen, Seen) and action == "again":
        found = _look(state, screen.target)
    elif isinstance(screen, Items) and action == "clean":
        found = _chosen(state, screen)
    elif isinstance(screen, AskUndo) and action == "undo-sure":
        found = _wait(state, "undo", screen.session, screen.back)
    elif isinstance(screen, Offered) and action == "send" and screen.is_agreed:
        found = _wait(state, "send", screen.offer, screen.back)
    elif isinstance(screen, Told) and action in {"upgrade", "start-anew"}:
        found = _replaced(state, screen, action)
    elif isinstance(screen, AskPurge | AskUpdate) and isinstance(screen, _SURE.get(action, ())):
        found = _sure(state, screen)
    return found


def _anywhere(state: State, action: str) -> Next:
    """Return what a button means on every screen; one that nobody knows means nothing."""
    screen = state.screen
    after = _at(state, _LEADS_TO.get(action, screen))
    match action:
        case "quick" | "full":
            after = _look(state, Target(action))
        case "drives" if state.ready is not None and state.ready.drives:
            after = _at(state, Drives(state.ready.drives[0].place))
        case "home":
            after = _at(state, Home(is_content=True), Work("readiness"))
        case "back":
            after = _at(state, screen.seen if isinstance(screen, Items) else getattr(screen, "back", Home()))
        case "undo":
            after = _undo(state)
        case "page" | "offer" | "licences" | "elevate" | "restart" | "switch-off":
            after = _wait(state, action)
    return after


def _taken(state: State, place: str) -> Next:
    drives = state.ready.drives if state.ready is not None else ()
    drive = next((drive for drive in drives if drive.place == place and not drive.is_locked), None)
    return Next(state) if drive is None else _look(state, Target("paths", drive))


def is_on_stick(state: State) -> bool:
    """Return whether this is the rescue stick, whose first page lists the drives of the machine."""
    return state.ready is not None and state.ready.stick is not None


def chosen_drive(state: State) -> Drive | None:
    """Return the drive of the first page that is chosen: by a person, else one with findings, else the first."""
    drives = state.ready.drives if state.ready is not None else ()
    place = state.screen.place if isinstance(state.screen, Home) else ""
    best = [drive for drive in drives if drive.place == place]
    best += [drive for drive in drives if is_infected(state, drive)]
    return next(iter((*best, *drives)), None)


def is_infected(state: State, drive: Drive) -> bool:
    """Return whether something was seen on a drive that was not cleaned since."""
    seen = state.drives.get(drive.place)
    return isinstance(seen, Seen) and bool(seen.looked.report.findings)


def _on_stick(state: State, action: str) -> Next | None:
    """Return what a button of the page that lists the drives means."""
    drive = chosen_drive(state)
    match action:
        case "survey":
            return _survey(state)
        case "take" if drive is not None:
            return _taken(state, drive.place)
        case "show" if drive is not None:
            seen = state.drives.get(drive.place)
            return _at(state, Failed(seen, state.screen) if isinstance(seen, QuetsachError) else seen or state.screen)
    return None


def _undo(state: State) -> Next:
    screen, earlier = state.screen, state.ready.earlier if state.ready else None
    if isinstance(screen, Done) and screen.report.session is not None:
        return _at(state, AskUndo(screen.report.session, screen))
    if isinstance(screen, Past) and earlier is not None:
        return _at(state, AskUndo(earlier.session, screen))
    return Next(state)


def _sure(state: State, screen: AskPurge | AskUpdate) -> Next:
    """Return what follows from a word on what was asked; nobody is asked about an update from nowhere."""
    if isinstance(screen, AskUpdate) and not (state.ready and state.ready.repository):
        return Next(state)
    return _wait(state, "purge" if isinstance(screen, AskPurge) else "update", back=Home(is_content=True))


def _replaced(state: State, told: Told, action: str) -> Next:
    """Return what follows from a newer version of the tool: it is put in place, or opened once it is there."""
    match told.outcome:
        case Updated(upgrade=Upgrade(is_allowed=True) as upgrade) if action == "upgrade":
            return _wait(state, "upgrade", upgrade)
        case Upgraded(refusal="", trouble=None) as upgraded if action == "start-anew":
            return _wait(state, "start-anew", upgraded)
    return Next(state)


def _steered(state: State, looking: Looking, action: str) -> Next:
    match action:
        case "pause" if not looking.is_ending:
            return _at(state, replace(looking, is_paused=True), Steer("pause"))
        case "go-on":
            return _at(state, replace(looking, is_paused=False), Steer("go-on"))
        case "stop":
            return _at(state, replace(looking, is_paused=False, is_ending=True), Steer("end"))
    return Next(state)


def _planned(state: State, seen: Seen, action: str) -> Next:
    """Return what follows from a plan: all of it at once only where it is no more than the tool does by itself."""
    plan = seen.looked.plan
    if plan is None:
        return Next(state)
    numbers = frozenset(one.number for one in plan.steps) - seen.looked.archives
    if action == "items":
        chosen = numbers if seen.excess is None else frozenset[int]()
        return _at(state, Items(seen, chosen, None))
    if seen.excess is not None or not numbers or (state.ready is not None and not may_clean(state.ready, seen)):
        return Next(state)
    return _at(state, Cleaning(seen.target), Work("clean", seen, numbers))


def _chosen(state: State, items: Items) -> Next:
    """Return what follows from a choice; more than the tool does by itself only on a person's word."""
    is_stopped = items.excess is not None and not items.is_sure
    if not items.chosen or is_stopped or state.ready is None or not may_clean(state.ready, items.seen):
        return Next(state)
    return _at(state, Cleaning(items.seen.target), Work("clean", items.seen, items.chosen))


def may_clean(ready: Readiness, seen: Seen) -> bool:
    """Return whether cleaning is possible: the running system is its administrator's, and a drive must be in order."""
    return not seen.looked.unfit and (ready.is_elevated or not ready.is_live or seen.target.drive is not None)


def _ticked(screen: Screen, key: str, excess_of: ExcessOf, *, is_chosen: bool) -> Screen:
    if isinstance(screen, Drives | Home):
        return replace(screen, place=key) if is_chosen else screen
    if isinstance(screen, Items) and screen.seen.looked.plan is not None:
        known = frozenset(one.number for one in screen.seen.looked.plan.steps)
        changed = frozenset({int(key)}) if key.isdecimal() else known if key == "all" else frozenset[int]()
        chosen = screen.chosen | (changed & known) if is_chosen else screen.chosen - changed
        return replace(screen, chosen=chosen, excess=excess_of(screen.seen.looked, chosen), is_sure=False)
    return screen


def _ended(state: State, outcome: Outcome) -> Next:
    """Return where work leads that is over."""
    screen = state.screen
    back = screen.back if isinstance(screen, Waiting) else Home(is_content=True)
    if isinstance(outcome, Readiness):
        ready = replace(state, ready=outcome)
        return _at(ready, Home()) if isinstance(screen, Opening) else Next(ready)
    if isinstance(outcome, Asked):
        told = replace(state, notice=None if outcome.is_granted else (f"{outcome.what}-failed", ""))
        return _at(told, back, *((Close(),) if outcome.is_granted and outcome.what in _ENDING else ()))
    if isinstance(outcome, Saved):
        return _at(replace(state, notice=("saved", outcome.path)), back)
    if isinstance(outcome, QuetsachError):
        return _at(state, Failed(outcome, back))
    state = _noted(state, outcome)
    if isinstance(outcome, Surveyed):
        return _at(state, _after_survey(state, outcome), Work("readiness"))
    return _at(state, _leads_to(outcome, back), Work("readiness"))


def _noted(state: State, outcome: Outcome) -> State:
    """Return the state that knows what was last seen or done on each drive; after an undo nobody knows any more."""
    screen, known = state.screen, dict(state.drives)
    if isinstance(outcome, Surveyed):
        known |= {target.drive.place: seen for target, seen in outcome.seen if target.drive is not None}
    elif isinstance(outcome, Seen) and outcome.target.drive is not None:
        known[outcome.target.drive.place] = outcome
    elif isinstance(outcome, Done):
        drive = screen.target.drive if isinstance(screen, Cleaning) else None
        known = known | {drive.place: outcome} if drive is not None else {}
    return replace(state, drives=known)


def _after_survey(state: State, outcome: Surveyed) -> Screen:
    """Return the list of the drives, or what was seen on the only one."""
    is_only = state.ready is not None and len(state.ready.drives) == 1
    seen = outcome.seen[0][1] if outcome.seen and is_only else None
    return seen if isinstance(seen, Seen) else Home(is_content=True)


def _leads_to(outcome: Seen | Done | Offer | Receipt | Updated | Upgraded | Purged | Licences, back: Screen) -> Screen:
    match outcome:
        case Seen() | Done():
            return outcome
        case Offer():
            return Offered(outcome, back)
        case Licences(text):
            return About(text, back)
        case Purged(count):
            return Told(count, Home(is_content=True))
        case Upgraded():
            return Told(outcome, Home(is_content=True))
    return Told(outcome, back)
