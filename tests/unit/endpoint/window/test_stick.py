"""The rescue stick in the window: drives are listed and looked at in turn, and nothing is offered that cannot be."""

from dataclasses import replace

import pytest
from tests.window_samples import DATA, LOCKED, READY, SYSTEM, cleaned, looked, stick_states

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window import state as ui
from quetsach.endpoint.window.flow import Next, step
from quetsach.endpoint.window.page import Page, Tone
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.use_cases import Target

ON_SYSTEM, ON_DATA = Target("paths", SYSTEM), Target("paths", DATA)


def after(state: ui.State, *events: ui.Event) -> Next:
    result = Next(state)
    for event in events:
        result = step(result.state, event, lambda _looked, _numbers: None)
    return result


def page(name: str) -> Page:
    return page_of(stick_states()[name])


def on_stick(name: str = "stick", **ready: object) -> ui.State:
    state = stick_states()[name]
    return replace(state, ready=replace(state.ready, **ready)) if ready else state


def test_the_stick_looks_at_all_drives_but_those_that_are_locked() -> None:
    result = after(on_stick(drives=(SYSTEM, LOCKED, DATA)), ui.Pressed("survey"))
    assert result.state.screen == ui.Looking(Target("drives"))
    assert result.effects == (ui.Work("survey", (ON_SYSTEM, ON_DATA)),)
    assert after(on_stick(drives=(LOCKED,)), ui.Pressed("survey")).effects == ()
    assert after(on_stick(drives=(LOCKED,)), ui.Pressed("take")).effects == ()


def test_the_stick_lists_what_was_seen_on_each_drive() -> None:
    looking = after(on_stick(), ui.Pressed("survey")).state
    seen, unread = ui.Seen(ON_SYSTEM, looked()), QuetsachError("unplugged")
    result = after(looking, ui.Ended(ui.Surveyed(((ON_SYSTEM, seen), (ON_DATA, unread)))))
    assert result == Next(
        replace(looking, screen=ui.Home(is_content=True), drives={SYSTEM.place: seen, DATA.place: unread}),
        (ui.Work("readiness"),),
    )
    assert after(result.state, ui.Pressed("show")).state.screen == seen  # the drive with findings is the chosen one
    other = after(result.state, ui.Ticked(DATA.place, is_chosen=True), ui.Pressed("show")).state.screen
    assert isinstance(other, ui.Failed)
    assert other.error is unread
    assert after(result.state, ui.Pressed("survey")).state.drives == {}  # what was known may not be so any more


def test_the_only_drive_is_shown_at_once() -> None:
    seen = ui.Seen(ON_SYSTEM, looked())
    looking = after(on_stick(drives=(SYSTEM,)), ui.Pressed("survey")).state
    assert after(looking, ui.Ended(ui.Surveyed(((ON_SYSTEM, seen),)))).state.screen == seen


def test_one_drive_of_the_stick_is_looked_at_and_cleaned() -> None:
    chosen = after(on_stick("stick-found"), ui.Ticked(DATA.place, is_chosen=True), ui.Pressed("take"))
    assert chosen.effects == (ui.Work("look", ON_DATA),)
    assert chosen.state.drives.keys() == {SYSTEM.place}
    seen = ui.Seen(ON_DATA, looked())
    cleaning = after(chosen.state, ui.Ended(seen), ui.Pressed("clean"))
    assert cleaning.effects == (ui.Work("clean", seen, frozenset({1, 2, 3})),)
    done = ui.Done(cleaned())
    assert after(cleaning.state, ui.Ended(done)).state.drives[DATA.place] == done


def test_a_drive_that_must_not_be_changed_is_not_cleaned() -> None:
    state = on_stick("stick-asleep")
    assert after(state, ui.Pressed("clean")) == Next(state)
    assert after(state, ui.Pressed("items"), ui.Pressed("clean")).effects == ()


def test_after_an_undo_nothing_is_known_of_the_drives() -> None:
    waiting = replace(on_stick("stick-found"), screen=ui.Waiting("undo", ui.Past()))
    assert after(waiting, ui.Ended(ui.Done(cleaned()))).state.drives == {}


def test_the_stick_switches_the_machine_off() -> None:
    off = after(on_stick(), ui.Pressed("switch-off"))
    assert off.effects == (ui.Work("switch-off"),)
    assert after(off.state, ui.Ended(ui.Asked("switch-off", is_granted=True))).effects == ()
    assert after(off.state, ui.Ended(ui.Asked("switch-off", is_granted=False))).state.notice == (
        "switch-off-failed",
        "",
    )


def test_a_running_system_knows_no_list_of_drives() -> None:
    home = ui.State("vi", ui.Home(), READY)
    assert after(home, ui.Pressed("survey")).effects == ()
    assert after(home, ui.Pressed("show")).state.screen == ui.Home()


STICK = tuple(stick_states())


@pytest.mark.parametrize("name", STICK)
def test_the_stick_offers_nothing_that_it_cannot_do(name: str) -> None:
    shown = page(name)
    assert not {"close", "elevate", "offer", "update", "quick"} & {button.action for button in shown.buttons}


def test_the_list_of_drives_says_what_is_known_of_each() -> None:
    rows = page("stick-unread").rows
    assert rows is not None
    assert rows.rows[1].where == "không mở được"
    assert page("stick-unread").tone is Tone.ATTENTION
    assert page("stick-found").tone is Tone.ATTENTION
    assert page("stick-found").primary.action == "show"
    assert page("stick").primary.action == "survey"


def test_the_list_of_drives_is_good_only_when_each_was_looked_at_as_a_whole() -> None:
    good = stick_states()["stick-good"]
    assert page_of(good).tone is Tone.GOOD
    one_only = replace(good, drives={place: seen for place, seen in good.drives.items() if place != DATA.place})
    assert page_of(one_only).tone is Tone.ATTENTION
    with_a_locked_one = replace(good, ready=replace(good.ready, drives=(*good.ready.drives, LOCKED)))
    assert page_of(with_a_locked_one).tone is Tone.ATTENTION


def test_the_stick_says_how_old_it_is_and_where_it_keeps_what_it_removes() -> None:
    assert any("40 ngày" in text for text in page("stick-old").text)
    assert any("QuetSach-…" in text for text in page("stick-old").text)
    assert any("chính USB này" in text for text in page("stick").text)
    assert "chính USB này" in page("stick-done").note


def test_why_a_drive_is_not_changed_is_said_and_cleaning_is_not_offered() -> None:
    for name in ("stick-asleep", "stick-past-asleep"):
        shown = page(name)
        assert any("shutdown /s" in text for text in shown.text), name
        assert not {"clean", "undo", "page"} & {button.action for button in shown.buttons}
