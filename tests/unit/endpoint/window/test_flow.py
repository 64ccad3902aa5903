"""How screens follow each other, without a display: nothing is done but what was pressed on the page that says so."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from tests.window_samples import EARLIER, ID, QUICK, READY, SESSION, UPGRADE, USB, cleaned, looked, states

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window.flow import Next, is_busy, opened, step
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
    Ended,
    Event,
    Failed,
    Home,
    Items,
    Licences,
    Looking,
    Moved,
    Offered,
    Past,
    Pressed,
    Purged,
    Saved,
    Screen,
    Seen,
    State,
    Steer,
    Ticked,
    Told,
    Waiting,
    Work,
)
from quetsach.endpoint.window.use_cases import Course, Excess, Looked, Offer, Receipt, Target, Updated, Upgraded

ALL = ("look", "full", "quick", "clean", "undo-sure", "purge-sure", "update-sure", "send", "restart", "elevate")
CHANGES = {"clean", "undo", "purge", "update", "upgrade", "send", "restart", "elevate", "start-anew"}


def never(_looked: Looked, _numbers: Collection[int]) -> Excess | None:
    return None


def always(_looked: Looked, numbers: Collection[int]) -> Excess | None:
    return Excess("files", len(numbers)) if len(numbers) > 1 else None


def at(screen: Screen, **ready: object) -> State:
    return State("vi", screen, replace(READY, **ready))


def after(state: State, *events: Event, excess=never) -> Next:
    result = Next(state)
    for event in events:
        result = step(result.state, event, excess)
    return result


def pressed(screen: Screen, *actions: str, **ready: object) -> Next:
    return after(at(screen, **ready), *map(Pressed, actions))


def test_it_begins_by_asking_what_can_be_done_here() -> None:
    first = opened("vi")
    assert first.effects == (Work("readiness"),)
    assert after(first.state, Ended(READY)).state.screen == Home()


def test_one_button_scans() -> None:
    assert pressed(Home(), "quick") == Next(at(Looking(QUICK)), (Work("look", QUICK),))
    assert pressed(Home(), "full").effects == (Work("look", Target("full")),)


def test_a_drive_is_chosen_and_scanned() -> None:
    result = after(at(Home()), Pressed("drives"), Ticked(USB.place, is_chosen=True), Pressed("take"))
    assert result.effects == (Work("look", Target("paths", USB)),)
    assert pressed(Home(), "drives", drives=()).state.screen == Home()
    assert after(at(Drives("/gone")), Pressed("take")) == Next(at(Drives("/gone")))


def test_a_look_is_paused_goes_on_and_ends() -> None:
    looking = Looking(QUICK)
    paused = pressed(looking, "pause")
    assert (paused.state.screen, paused.effects) == (replace(looking, is_paused=True), (Steer("pause"),))
    assert pressed(paused.state.screen, "go-on").effects == (Steer("go-on"),)
    ended = pressed(paused.state.screen, "stop")
    assert (ended.state.screen, ended.effects) == (replace(looking, is_ending=True), (Steer("end"),))
    assert pressed(ended.state.screen, "pause").effects == ()


def test_how_far_it_is_shows_only_while_it_goes_on() -> None:
    course = Course(files=3)
    assert after(at(Looking(QUICK)), Moved(course)).state.screen == Looking(QUICK, course)
    assert after(at(Home()), Moved(course)).state.screen == Home()


def test_what_was_seen_is_cleaned_as_a_whole() -> None:
    seen = Seen(QUICK, looked())
    assert after(at(Looking(QUICK)), Ended(seen)).state.screen == seen
    result = pressed(seen, "clean")
    assert (result.state.screen, result.effects) == (Cleaning(QUICK), (Work("clean", seen, frozenset({1, 2, 3})),))
    done = Done(cleaned())
    assert after(result.state, Ended(done)) == Next(at(done), (Work("readiness"),))


def test_whole_archives_go_only_when_they_are_chosen() -> None:
    seen = Seen(QUICK, replace(looked(), archives=frozenset({2})))
    assert pressed(seen, "clean").effects == (Work("clean", seen, frozenset({1, 3})),)
    items = pressed(seen, "items").state.screen
    assert isinstance(items, Items)
    assert items.chosen == {1, 3}


@pytest.mark.parametrize("screen", [Seen(QUICK, looked()), Items(Seen(QUICK, looked()), frozenset({1}), None)])
def test_without_rights_nothing_is_cleaned(screen: Screen) -> None:
    assert pressed(screen, "clean", is_elevated=False).effects == ()
    assert pressed(screen, "clean", is_elevated=False, is_live=False).effects != ()


def test_items_are_chosen_one_by_one_or_all() -> None:
    seen = Seen(QUICK, looked())
    events = (Pressed("items"), Ticked("2", is_chosen=False), Ticked("9", is_chosen=True), Ticked("x", is_chosen=True))
    result = after(at(seen), *events)
    assert result.state.screen == Items(seen, frozenset({1, 3}), None)
    assert after(result.state, Pressed("clean")).effects == (Work("clean", seen, frozenset({1, 3})),)
    none = after(result.state, Ticked("all", is_chosen=False))
    assert none.state.screen == Items(seen, frozenset(), None)
    assert after(none.state, Pressed("clean")).effects == ()
    assert after(none.state, Ticked("all", is_chosen=True)).state.screen == Items(seen, frozenset({1, 2, 3}), None)
    assert after(none.state, Pressed("back")).state.screen == seen


def test_the_mass_brake_is_released_only_by_a_persons_word_on_what_is_chosen() -> None:
    seen = Seen(QUICK, looked(), Excess("files", 3))
    assert after(at(seen), Pressed("clean"), excess=always).effects == ()
    items = after(at(seen), Pressed("items"), excess=always)
    assert items.state.screen == Items(seen, frozenset(), None)
    chosen = after(items.state, Ticked("all", is_chosen=True), excess=always)
    assert after(chosen.state, Pressed("clean"), excess=always).effects == ()
    sure = after(chosen.state, Agreed(is_given=True), excess=always)
    assert after(sure.state, Pressed("clean"), excess=always).effects == (Work("clean", seen, frozenset({1, 2, 3})),)
    other = after(sure.state, Ticked("1", is_chosen=False), Pressed("clean"), excess=always)
    assert other.effects == ()  # the word was for another choice
    few = after(chosen.state, Ticked("1", is_chosen=False), Ticked("2", is_chosen=False), excess=always)
    assert after(few.state, Pressed("clean"), excess=always).effects == (Work("clean", seen, frozenset({3})),)


def test_undo_asks_first() -> None:
    done = Done(cleaned())
    asked = pressed(done, "undo")
    assert (asked.state.screen, asked.effects) == (AskUndo(SESSION, done), ())
    assert after(asked.state, Pressed("back")).state.screen == done
    sure = after(asked.state, Pressed("undo-sure"))
    assert (sure.state.screen, sure.effects) == (Waiting("undo", done), (Work("undo", SESSION),))
    earlier = pressed(Past(), "undo", earlier=EARLIER)
    assert earlier.state.screen == AskUndo(SESSION, Past())


def test_deleting_and_updating_ask_first() -> None:
    assert pressed(Past(), "purge") == Next(at(AskPurge()))
    assert pressed(AskPurge(), "purge-sure").effects == (Work("purge"),)
    assert pressed(Home(), "update") == Next(at(AskUpdate()))
    assert pressed(AskUpdate(), "update-sure").effects == (Work("update"),)
    told = after(at(Waiting("purge", Past())), Ended(Purged(2))).state.screen
    assert isinstance(told, Told)
    assert told.outcome == 2


def test_nothing_is_sent_without_the_tick() -> None:
    done, offer = Done(cleaned()), Offer("https://centre.example", "{}", is_correction=False)
    waiting = pressed(done, "offer")
    assert waiting.effects == (Work("offer", done.report),)
    offered = after(waiting.state, Ended(offer))
    assert offered.state.screen == Offered(offer, done)
    assert after(offered.state, Pressed("send")).effects == ()
    agreed = after(offered.state, Agreed(is_given=True))
    assert after(agreed.state, Agreed(is_given=False), Pressed("send")).effects == ()
    sent = after(agreed.state, Pressed("send"))
    assert sent.effects == (Work("send", offer),)
    receipt = Receipt(is_new=True, is_correction=False, code=str(ID))
    assert after(sent.state, Ended(receipt)).state.screen == Told(receipt, done)


@pytest.mark.parametrize("name", [name for name in states() if name != "opening"])
@pytest.mark.parametrize(
    "action", ["clean", "undo-sure", "purge-sure", "update-sure", "upgrade", "start-anew", "send", "take", "again"]
)
def test_what_changes_something_is_pressed_only_where_it_is_offered(name: str, action: str) -> None:
    """A key that comes late, or a mnemonic of another page, does nothing."""
    from quetsach.endpoint.window.pages import page_of

    state = states()[name]
    offered = {button.action for button in page_of(state).buttons if button.is_enabled}
    done = {effect.what for effect in step(state, Pressed(action), never).effects if isinstance(effect, Work)}
    if action not in offered:
        assert not done & CHANGES


@pytest.mark.parametrize("name", list(states()))
def test_the_language_changes_on_every_page_and_nothing_else(name: str) -> None:
    state = states()[name]
    result = step(state, Pressed("language"), never)
    assert result == Next(replace(state, language="en"))
    assert step(result.state, Pressed("language"), never).state == state


@pytest.mark.parametrize("name", list(states()))
def test_a_window_closes_unless_something_is_being_changed(name: str) -> None:
    state = states()[name]
    result = step(state, Pressed("close"), never)
    assert (Close() in result.effects) is not is_busy(state.screen)
    assert (Steer("end") in result.effects) is isinstance(state.screen, Looking)


def test_what_changes_things_keeps_the_window_open() -> None:
    assert is_busy(Cleaning(QUICK))
    assert [is_busy(Waiting(what, Home())) for what in ("undo", "purge", "update", "upgrade", "page")] == [True] * 4 + [
        False
    ]


@pytest.mark.parametrize("back", [Done(cleaned()), Past()])
def test_an_error_leads_back_to_where_it_came_from(back: Screen) -> None:
    error = QuetsachError("the centre cannot be reached")
    failed = after(at(Waiting("offer", back)), Ended(error))
    assert failed.state.screen == Failed(error, back)
    assert after(failed.state, Pressed("back")).state.screen == back


def test_an_error_of_a_look_leads_home() -> None:
    error = QuetsachError("workers cannot be started")
    assert after(at(Looking(QUICK)), Ended(error)).state.screen == Failed(error, Home(is_content=True))


def test_a_saved_page_and_a_refused_restart_are_told_on_the_same_page() -> None:
    done = Done(cleaned())
    saved = after(at(Waiting("page", done)), Ended(Saved("/x.html"))).state
    assert (saved.screen, saved.notice) == (done, ("saved", "/x.html"))
    assert after(saved, Pressed("undo")).state.notice is None
    refused = after(at(Waiting("restart", done)), Ended(Asked("restart", is_granted=False))).state
    assert refused.notice == ("restart-failed", "")


def test_the_window_of_the_administrator_takes_the_place_of_this_one() -> None:
    waiting = at(Waiting("elevate", Home()))
    assert after(waiting, Ended(Asked("elevate", is_granted=True))).effects == (Close(),)
    assert after(waiting, Ended(Asked("elevate", is_granted=False))).effects == ()


def test_licences_and_updates_are_told() -> None:
    assert after(at(Waiting("licences", Home())), Ended(Licences("MIT"))).state.screen == About("MIT", Home())
    updated = Updated(installed=1)
    assert after(at(Waiting("update", Home())), Ended(updated)).state.screen == Told(updated, Home())


def test_a_newer_version_is_put_in_place_only_on_a_word_and_then_opened() -> None:
    found = Told(Updated(tool="newer", upgrade=UPGRADE), Home())
    assert after(at(Waiting("update", Home())), Ended(found.outcome)).state.screen == found
    waiting = pressed(found, "upgrade")
    assert (waiting.state.screen, waiting.effects) == (Waiting("upgrade", found), (Work("upgrade", UPGRADE),))
    upgraded = Upgraded("9.9")
    done = after(waiting.state, Ended(upgraded))
    assert done.state.screen == Told(upgraded, Home(is_content=True))
    opening = after(done.state, Pressed("start-anew"))
    assert opening.effects == (Work("start-anew", upgraded),)
    assert after(opening.state, Ended(Asked("start-anew", is_granted=True))).effects == (Close(),)
    stayed = after(opening.state, Ended(Asked("start-anew", is_granted=False)))
    assert (stayed.state.screen, stayed.effects) == (done.state.screen, ())
    assert stayed.state.notice == ("start-anew-failed", "")


def test_without_rights_nothing_is_put_in_place() -> None:
    assert (
        pressed(Told(Updated(tool="newer", upgrade=replace(UPGRADE, is_allowed=False)), Home()), "upgrade").effects
        == ()
    )
    assert pressed(Told(Updated(tool="newest"), Home()), "upgrade").effects == ()


@pytest.mark.parametrize("failed", [Upgraded("9.9", refusal="altered"), Upgraded("9.9", trouble=QuetsachError("no"))])
def test_what_was_not_put_in_place_is_not_opened(failed: Upgraded) -> None:
    assert pressed(Told(failed, Home()), "start-anew").effects == ()


def test_packs_that_changed_are_known_on_the_start_page() -> None:
    result = after(at(Told(Updated(installed=1), Home())), Pressed("home"))
    assert result.effects == (Work("readiness"),)
    assert after(result.state, Ended(replace(READY, packs=99))).state.ready == replace(READY, packs=99)


def test_a_button_that_nobody_knows_does_nothing() -> None:
    assert pressed(Home(), "format-disk") == Next(at(Home()))
