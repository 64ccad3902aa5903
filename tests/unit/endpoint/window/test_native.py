"""The native window on a surface in memory: names for screen readers, focus, keys, scale and high contrast."""

from dataclasses import replace

import pytest
from tests.unit.endpoint.window.drawn import DrawnSurface
from tests.window_samples import states

from quetsach.endpoint.messages import LANGUAGES
from quetsach.endpoint.window.native import NativeView
from quetsach.endpoint.window.page import Page
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.state import Agreed, Event, Looking, Pressed, Ticked


def page(name: str, language: str = "vi") -> Page:
    return page_of(states(language)[name])


@pytest.fixture
def surface() -> DrawnSurface:
    return DrawnSurface()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def view(surface: DrawnSurface, events: list[Event]) -> NativeView:
    made = NativeView(surface)
    made.on_event = events.append
    return made


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_control_of_every_page_has_a_name(view: NativeView, surface: DrawnSurface, language: str) -> None:
    for name in states():
        shown = page(name, language)
        view.show(shown)
        assert all(surface.controls[control].name.strip() for control in surface.order), name
        assert set(surface.order) == set(surface.controls)
        assert surface.title == f"{shown.title} – Quét Sạch"


def test_what_is_painted_is_what_is_read(view: NativeView, surface: DrawnSurface) -> None:
    for name in states():
        view.show(page(name))
        for control in surface.order:
            one = surface.controls[control]
            canvas = surface.painted(control, view)
            told = "".join("".join(canvas.texts).split())
            if one.kind == "text" and "…" not in told:
                assert told == "".join(one.name.split())
            if one.kind == "button":
                assert canvas.texts == [one.name]


def test_the_one_thing_to_do_has_the_focus_and_enter_presses_it(view: NativeView, surface: DrawnSurface) -> None:
    view.show(page("look"))
    assert surface.has_focus == surface.named("Quét nhanh") == view.default()
    view.show(page("offer"))
    assert surface.has_focus in surface.of_kind("tick")  # for what can be done is to agree


def test_buttons_keys_and_ticks_are_told(view: NativeView, surface: DrawnSurface, events: list[Event]) -> None:
    view.show(page("items"))
    view.pressed(surface.named("Quay lại"))
    view.ticked(1, is_on=False)
    view.ticked(1, is_on=True)  # it is on already
    view.ticked(99, is_on=True)
    view.escaped()
    view.closed()
    view.show(page("offer"))
    view.ticked(None, is_on=True)
    assert events == [
        Pressed("back"),
        Ticked("1", is_chosen=False),
        Pressed("back"),
        Pressed("close"),
        Agreed(is_given=True),
    ]


def test_a_key_that_escapes_nothing_does_nothing(view: NativeView, events: list[Event]) -> None:
    view.escaped()
    view.show(page("cleaning"))
    view.escaped()
    assert events == []


def test_progress_moves_without_new_controls_and_keeps_the_focus(view: NativeView, surface: DrawnSurface) -> None:
    state = states()["looking"]
    view.show(page_of(state))
    before, stop = dict(surface.controls), surface.named("Dừng và xem kết quả")
    surface.focus(stop)
    assert isinstance(state.screen, Looking)
    assert state.screen.course is not None
    course = replace(state.screen.course, files=50_000, share=0.5)
    view.show(page_of(replace(state, screen=replace(state.screen, course=course))))
    assert surface.controls.keys() == before.keys()
    assert (surface.has_focus, surface.controls[surface.of_kind("progress")[0]].share) == (stop, 0.5)
    assert any("50.000 tệp" in surface.controls[control].name for control in surface.order)


def test_a_tick_in_a_long_list_keeps_the_list_and_the_focus(view: NativeView, surface: DrawnSurface) -> None:
    state = states()["items"]
    view.show(page_of(state))
    (rows,) = surface.of_kind("list")
    surface.focus(rows)
    view.show(page_of(replace(state, screen=replace(state.screen, chosen=frozenset({1})))))
    assert (surface.of_kind("list"), surface.has_focus) == ([rows], rows)
    assert surface.controls[rows].ticks == {0: False, 1: True, 2: False, 3: False}


def test_another_page_has_other_controls(view: NativeView, surface: DrawnSurface) -> None:
    view.show(page("look"))
    former = set(surface.controls)
    view.show(page("found"))
    assert len(former & set(surface.controls)) == 1  # the button of the language


def test_the_stroke_travels_only_while_nobody_knows_how_much_there_is(view: NativeView, surface: DrawnSurface) -> None:
    for name, is_turning in (("looking-drive", True), ("looking", False), ("look", False), ("looking-begin", True)):
        view.show(page(name))
        assert surface.is_turning is is_turning, name
    (progress,) = surface.of_kind("progress")
    shapes = [surface.painted(progress, view).shapes[1:]]
    for _ in range(3):
        view.turned()
    shapes.append(surface.painted(progress, view).shapes[1:])
    assert shapes[0] != shapes[1]
    assert progress in surface.redrawn


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_another_screen_has_another_scale(scale: float) -> None:
    surface = DrawnSurface()
    view = NativeView(surface)
    view.show(page("found"))
    surface.scale, surface.size = scale, (round(660 * scale), round(560 * scale))
    view.changed()
    button = surface.controls[surface.named("Bóc gỡ")]
    assert button.box[3] == round(46 * scale)


def test_high_contrast_has_the_colours_that_the_person_chose() -> None:
    surface = DrawnSurface(theme="contrast")
    view = NativeView(surface)
    for name in states():
        view.show(page(name))
        painted = [surface.painted(None, view), *(surface.painted(control, view) for control in surface.order)]
        used = {colour for canvas in painted for colour in [*canvas.colours, *(shape[1] for shape in canvas.shapes)]}
        assert used <= set(surface.system_colours.values())


def test_dark_is_dark() -> None:
    light, dark = DrawnSurface(), DrawnSurface(theme="dark")
    for surface in (light, dark):
        NativeView(surface).show(page("look"))
    assert light.colours != dark.colours


def test_what_has_the_focus_shows_it(view: NativeView, surface: DrawnSurface) -> None:
    view.show(page("look"))
    button = surface.named("Quét nhanh")
    assert [surface.painted(button, view, has_focus=is_on).has_focus for is_on in (False, True)] == [False, True]
