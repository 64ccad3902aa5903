"""How screens follow each other, without a display: nothing is done but what was pressed on the page that says so."""

from collections.abc import Collection
from dataclasses import replace

import pytest
from tests.window_samples import EARLIER, ID, QUICK, READY, SESSION, UPGRADE, USB, cleaned, looked, states

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window import state as ui
from quetsach.endpoint.window.flow import Next, is_busy, opened, step
from quetsach.endpoint.window.use_cases import (
    Excess,
    Offer,
    Receipt,
    ScanOutcome,
    ScanProgress,
    Target,
    Updated,
    Upgraded,
)

ALL = (
    *("look", "full", "quick", "clean", "undo-sure", "purge-sure", "update-sure", "send", "restart", "elevate"),
    *("survey", "take", "show", "switch-off"),
)
CHANGES = {"clean", "undo", "purge", "update", "upgrade", "send", "restart", "switch-off", "elevate", "start-anew"}


def never(_looked: ScanOutcome, _numbers: Collection[int]) -> Excess | None:
    return None


def always(_looked: ScanOutcome, numbers: Collection[int]) -> Excess | None:
    return Excess("files", len(numbers)) if len(numbers) > 1 else None


def at(screen: ui.Screen, **ready: object) -> ui.State:
    return ui.State("vi", screen, replace(READY, **ready))


def after(state: ui.State, *events: ui.Event, excess=never) -> Next:
    result = Next(state)
    for event in events:
        result = step(result.state, event, excess)
    return result


def pressed(screen: ui.Screen, *actions: str, **ready: object) -> Next:
    return after(at(screen, **ready), *map(ui.Pressed, actions))


def test_it_begins_by_asking_what_can_be_done_here() -> None:
    first = opened("vi")
    assert first.effects == (ui.Work("readiness"),)
    assert after(first.state, ui.Ended(READY)).state.screen == ui.Home()


def test_one_button_scans() -> None:
    assert pressed(ui.Home(), "quick") == Next(at(ui.Looking(QUICK)), (ui.Work("look", QUICK),))
    assert pressed(ui.Home(), "full").effects == (ui.Work("look", Target("full")),)


def test_a_drive_is_chosen_and_scanned() -> None:
    result = after(at(ui.Home()), ui.Pressed("drives"), ui.Ticked(USB.place, is_chosen=True), ui.Pressed("take"))
    assert result.effects == (ui.Work("look", Target("paths", USB)),)
    assert pressed(ui.Home(), "drives", drives=()).state.screen == ui.Home()
    assert after(at(ui.Drives("/gone")), ui.Pressed("take")) == Next(at(ui.Drives("/gone")))


def test_a_look_is_paused_goes_on_and_ends() -> None:
    looking = ui.Looking(QUICK)
    paused = pressed(looking, "pause")
    assert (paused.state.screen, paused.effects) == (replace(looking, is_paused=True), (ui.Steer("pause"),))
    assert pressed(paused.state.screen, "go-on").effects == (ui.Steer("go-on"),)
    ended = pressed(paused.state.screen, "stop")
    assert (ended.state.screen, ended.effects) == (replace(looking, is_ending=True), (ui.Steer("end"),))
    assert pressed(ended.state.screen, "pause").effects == ()


def test_how_far_it_is_shows_only_while_it_goes_on() -> None:
    course = ScanProgress(files=3)
    assert after(at(ui.Looking(QUICK)), ui.Moved(course)).state.screen == ui.Looking(QUICK, course)
    assert after(at(ui.Home()), ui.Moved(course)).state.screen == ui.Home()


def test_what_was_seen_is_cleaned_as_a_whole() -> None:
    seen = ui.Seen(QUICK, looked())
    assert after(at(ui.Looking(QUICK)), ui.Ended(seen)).state.screen == seen
    result = pressed(seen, "clean")
    assert (result.state.screen, result.effects) == (
        ui.Cleaning(QUICK),
        (ui.Work("clean", seen, frozenset({1, 2, 3})),),
    )
    done = ui.Done(cleaned())
    assert after(result.state, ui.Ended(done)) == Next(at(done), (ui.Work("readiness"),))


def test_whole_archives_go_only_when_they_are_chosen() -> None:
    seen = ui.Seen(QUICK, replace(looked(), archives=frozenset({2})))
    assert pressed(seen, "clean").effects == (ui.Work("clean", seen, frozenset({1, 3})),)
    items = pressed(seen, "items").state.screen
    assert isinstance(items, ui.Items)
    assert items.chosen == {1, 3}


@pytest.mark.parametrize("screen", [ui.Seen(QUICK, looked()), ui.Items(ui.Seen(QUICK, looked()), frozenset({1}), None)])
def test_without_rights_nothing_is_cleaned(screen: ui.Screen) -> None:
    assert pressed(screen, "clean", is_elevated=False).effects == ()
    assert pressed(screen, "clean", is_elevated=False, is_live=False).effects != ()


def test_items_are_chosen_one_by_one_or_all() -> None:
    seen = ui.Seen(QUICK, looked())
    events = (
        ui.Pressed("items"),
        ui.Ticked("2", is_chosen=False),
        ui.Ticked("9", is_chosen=True),
        ui.Ticked("x", is_chosen=True),
    )
    result = after(at(seen), *events)
    assert result.state.screen == ui.Items(seen, frozenset({1, 3}), None)
    assert after(result.state, ui.Pressed("clean")).effects == (ui.Work("clean", seen, frozenset({1, 3})),)
    none = after(result.state, ui.Ticked("all", is_chosen=False))
    assert none.state.screen == ui.Items(seen, frozenset(), None)
    assert after(none.state, ui.Pressed("clean")).effects == ()
    assert after(none.state, ui.Ticked("all", is_chosen=True)).state.screen == ui.Items(
        seen, frozenset({1, 2, 3}), None
    )
    assert after(none.state, ui.Pressed("back")).state.screen == seen


def test_the_mass_brake_is_released_only_by_a_persons_word_on_what_is_chosen() -> None:
    seen = ui.Seen(QUICK, looked(), Excess("files", 3))
    assert after(at(seen), ui.Pressed("clean"), excess=always).effects == ()
    items = after(at(seen), ui.Pressed("items"), excess=always)
    assert items.state.screen == ui.Items(seen, frozenset(), None)
    chosen = after(items.state, ui.Ticked("all", is_chosen=True), excess=always)
    assert after(chosen.state, ui.Pressed("clean"), excess=always).effects == ()
    sure = after(chosen.state, ui.Agreed(is_given=True), excess=always)
    assert after(sure.state, ui.Pressed("clean"), excess=always).effects == (
        ui.Work("clean", seen, frozenset({1, 2, 3})),
    )
    other = after(sure.state, ui.Ticked("1", is_chosen=False), ui.Pressed("clean"), excess=always)
    assert other.effects == ()  # the word was for another choice
    few = after(chosen.state, ui.Ticked("1", is_chosen=False), ui.Ticked("2", is_chosen=False), excess=always)
    assert after(few.state, ui.Pressed("clean"), excess=always).effects == (ui.Work("clean", seen, frozenset({3})),)


def test_undo_asks_first() -> None:
    done = ui.Done(cleaned())
    asked = pressed(done, "undo")
    assert (asked.state.screen, asked.effects) == (ui.AskUndo(SESSION, done), ())
    assert after(asked.state, ui.Pressed("back")).state.screen == done
    sure = after(asked.state, ui.Pressed("undo-sure"))
    assert (sure.state.screen, sure.effects) == (ui.Waiting("undo", done), (ui.Work("undo", SESSION),))
    earlier = pressed(ui.Past(), "undo", earlier=EARLIER)
    assert earlier.state.screen == ui.AskUndo(SESSION, ui.Past())


def test_deleting_and_updating_ask_first() -> None:
    assert pressed(ui.Past(), "purge") == Next(at(ui.AskPurge()))
    assert pressed(ui.AskPurge(), "purge-sure").effects == (ui.Work("purge"),)
    assert pressed(ui.Home(), "update") == Next(at(ui.AskUpdate()))
    assert pressed(ui.AskUpdate(), "update-sure").effects == (ui.Work("update"),)
    told = after(at(ui.Waiting("purge", ui.Past())), ui.Ended(ui.Purged(2))).state.screen
    assert isinstance(told, ui.Told)
    assert told.outcome == 2


def test_nothing_is_sent_without_the_tick() -> None:
    done, offer = ui.Done(cleaned()), Offer("https://centre.example", "{}", is_correction=False)
    waiting = pressed(done, "offer")
    assert waiting.effects == (ui.Work("offer", done.report),)
    offered = after(waiting.state, ui.Ended(offer))
    assert offered.state.screen == ui.Offered(offer, done)
    assert after(offered.state, ui.Pressed("send")).effects == ()
    agreed = after(offered.state, ui.Agreed(is_given=True))
    assert after(agreed.state, ui.Agreed(is_given=False), ui.Pressed("send")).effects == ()
    sent = after(agreed.state, ui.Pressed("send"))
    assert sent.effects == (ui.Work("send", offer),)
    receipt = Receipt(is_new=True, is_correction=False, code=str(ID))
    assert after(sent.state, ui.Ended(receipt)).state.screen == ui.Told(receipt, done)


@pytest.mark.parametrize("name", [name for name in states() if name != "opening"])
@pytest.mark.parametrize(
    "action", ["clean", "undo-sure", "purge-sure", "update-sure", "upgrade", "start-anew", "send", "take", "again"]
)
def test_what_changes_something_is_pressed_only_where_it_is_offered(name: str, action: str) -> None:
    """A key that comes late, or a mnemonic of another page, does nothing."""
    from quetsach.endpoint.window.pages import page_of

    state = states()[name]
    offered = {button.action for button in page_of(state).buttons if button.is_enabled}
    done = {effect.what for effect in step(state, ui.Pressed(action), never).effects if isinstance(effect, ui.Work)}
    if action not in offered:
        assert not done & CHANGES


@pytest.mark.parametrize("name", list(states()))
def test_the_language_changes_on_every_page_and_nothing_else(name: str) -> None:
    state = states()[name]
    result = step(state, ui.Pressed("language"), never)
    assert result == Next(replace(state, language="en"))
    assert step(result.state, ui.Pressed("language"), never).state == state


@pytest.mark.parametrize("name", list(states()))
def test_a_window_closes_unless_something_is_being_changed(name: str) -> None:
    state = states()[name]
    result = step(state, ui.Pressed("close"), never)
    assert (ui.Close() in result.effects) is not is_busy(state.screen)
    assert (ui.Steer("end") in result.effects) is isinstance(state.screen, ui.Looking)


def test_what_changes_things_keeps_the_window_open() -> None:
    assert is_busy(ui.Cleaning(QUICK))
    assert [is_busy(ui.Waiting(what, ui.Home())) for what in ("undo", "purge", "update", "upgrade", "page")] == [
        True
    ] * 4 + [False]


@pytest.mark.parametrize("back", [ui.Done(cleaned()), ui.Past()])
def test_an_error_leads_back_to_where_it_came_from(back: ui.Screen) -> None:
    error = QuetsachError("the centre cannot be reached")
    failed = after(at(ui.Waiting("offer", back)), ui.Ended(error))
    assert failed.state.screen == ui.Failed(error, back)
    assert after(failed.state, ui.Pressed("back")).state.screen == back


def test_an_error_of_a_look_leads_home() -> None:
    error = QuetsachError("workers cannot be started")
    assert after(at(ui.Looking(QUICK)), ui.Ended(error)).state.screen == ui.Failed(error, ui.Home(is_content=True))


def test_a_saved_page_and_a_refused_restart_are_told_on_the_same_page() -> None:
    done = ui.Done(cleaned())
    saved = after(at(ui.Waiting("page", done)), ui.Ended(ui.Saved("/x.html"))).state
    assert (saved.screen, saved.notice) == (done, ("saved", "/x.html"))
    assert after(saved, ui.Pressed("undo")).state.notice is None
    refused = after(at(ui.Waiting("restart", done)), ui.Ended(ui.Asked("restart", is_granted=False))).state
    assert refused.notice == ("restart-failed", "")


def test_the_window_of_the_administrator_takes_the_place_of_this_one() -> None:
    waiting = at(ui.Waiting("elevate", ui.Home()))
    assert after(waiting, ui.Ended(ui.Asked("elevate", is_granted=True))).effects == (ui.Close(),)
    assert after(waiting, ui.Ended(ui.Asked("elevate", is_granted=False))).effects == ()


def test_licences_and_updates_are_told() -> None:
    assert after(at(ui.Waiting("licences", ui.Home())), ui.Ended(ui.Licences("MIT"))).state.screen == ui.About(
        "MIT", ui.Home()
    )
    updated = Updated(installed=1)
    assert after(at(ui.Waiting("update", ui.Home())), ui.Ended(updated)).state.screen == ui.Told(updated, ui.Home())


def test_a_newer_version_is_put_in_place_only_on_a_word_and_then_opened() -> None:
    found = ui.Told(Updated(tool="newer", upgrade=UPGRADE), ui.Home())
    assert after(at(ui.Waiting("update", ui.Home())), ui.Ended(found.outcome)).state.screen == found
    waiting = pressed(found, "upgrade")
    assert (waiting.state.screen, waiting.effects) == (
        ui.Waiting("upgrade", found),
        (ui.Work("upgrade", UPGRADE),),
    )
    upgraded = Upgraded("9.9")
    done = after(waiting.state, ui.Ended(upgraded))
    assert done.state.screen == ui.Told(upgraded, ui.Home(is_content=True))
    opening = after(done.state, ui.Pressed("start-anew"))
    assert opening.effects == (ui.Work("start-anew", upgraded),)
    assert after(opening.state, ui.Ended(ui.Asked("start-anew", is_granted=True))).effects == (ui.Close(),)
    stayed = after(opening.state, ui.Ended(ui.Asked("start-anew", is_granted=False)))
    assert (stayed.state.screen, stayed.effects) == (done.state.screen, ())
    assert stayed.state.notice == ("start-anew-failed", "")


def test_without_rights_nothing_is_put_in_place() -> None:
    assert (
        pressed(
            ui.Told(Updated(tool="newer", upgrade=replace(UPGRADE, is_allowed=False)), ui.Home()), "upgrade"
        ).effects
        == ()
    )
    assert pressed(ui.Told(Updated(tool="newest"), ui.Home()), "upgrade").effects == ()


@pytest.mark.parametrize("failed", [Upgraded("9.9", refusal="altered"), Upgraded("9.9", trouble=QuetsachError("no"))])
def test_what_was_not_put_in_place_is_not_opened(failed: Upgraded) -> None:
    assert pressed(ui.Told(failed, ui.Home()), "start-anew").effects == ()


def test_packs_that_changed_are_known_on_the_start_page() -> None:
    result = after(at(ui.Told(Updated(installed=1), ui.Home())), ui.Pressed("home"))
    assert result.effects == (ui.Work("readiness"),)
    assert after(result.state, ui.Ended(replace(READY, packs=99))).state.ready == replace(READY, packs=99)


def test_a_button_that_nobody_knows_does_nothing() -> None:
    assert pressed(ui.Home(), "format-disk") == Next(at(ui.Home()))
