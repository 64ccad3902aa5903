"""The window out of controls of Windows: what screen readers are told of every control on every page, keys, scale."""

import ctypes
import threading
from collections.abc import Iterator

import pytest
from tests.window_samples import states
from tests.windows.inside.window.accessible import FOCUSABLE, UNAVAILABLE, Told, children, told
from tests.windows.inside.window.draw import set_dark, set_scale

from quetsach.endpoint.host.nt.ffi.surface import NativeSurface
from quetsach.endpoint.host.nt.ffi.user import Item, Message, user32
from quetsach.endpoint.messages import LANGUAGES
from quetsach.endpoint.window.layout import HEIGHT, LEAST_HEIGHT, LEAST_WIDTH, WIDTH
from quetsach.endpoint.window.native import LETTERS, NativeView
from quetsach.endpoint.window.page import Page
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.state import Agreed, Event, Pressed, Ticked

_CLICK = 0xF5  # BM_CLICK


class Shown:
    """A window, what it was told, and how to press its controls."""

    def __init__(self) -> None:
        self.surface = NativeSurface("Quét Sạch", (WIDTH, HEIGHT), (LEAST_WIDTH, LEAST_HEIGHT), LETTERS)
        self.view = NativeView(self.surface)
        self.events: list[Event] = []
        self.view.on_event = self.events.append
        self.surface._handler = self.view
        self.window = self.surface._window
        user32.ShowWindow(self.window, 5)

    def show(self, name: str, language: str = "vi") -> Page:
        page = page_of(states(language)[name])
        self.view.show(page)
        return page

    @property
    def told(self) -> list[Told]:
        return [told(child) for child in children(self.window)]

    def named(self, name: str) -> int:
        return next(one.window for one in self.told if one.name.replace("&", "") == name)

    def deliver(self) -> None:
        """Do what waits for the loop of messages."""
        self.surface._on_posted(self.view, 0, 0)


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    set_dark(is_dark=False)
    made = Shown()
    yield made
    made.surface.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", list(states()))
def test_every_control_has_a_name(shown: Shown, name: str, language: str) -> None:
    page = shown.show(name, language)
    every = shown.told
    assert [one for one in every if not one.name.strip()] == []
    assert page.title in [one.name for one in every]
    buttons = {one.name.replace("&", "") for one in every if one.role == "button"}
    assert buttons == {button.name for button in (*page.buttons, page.language)}
    assert [one.name for one in every if one.role == "check"] == ([page.agreement.text] if page.agreement else [])
    assert [one.name for one in every if one.role == "list"] == ([page.rows.label] if page.rows else [])
    assert [one.name for one in every if one.role == "progress"] == ([page.progress.label] if page.progress else [])


def test_the_order_of_reading_is_that_of_the_page(shown: Shown) -> None:
    shown.show("offer")
    kinds = [one.role for one in shown.told]
    assert kinds == ["text", "text", "text", "edit", "check", "button", "button", "button"]


def test_what_scrolls_is_named_by_its_label_and_holds_all_of_it(shown: Shown) -> None:
    page = shown.show("offer")
    (box,) = (one for one in shown.told if one.role == "edit")
    assert page.details is not None
    assert box.name == page.details.label
    assert box.value.replace("\r\n", "\n") == page.details.text


@pytest.mark.parametrize(("name", "is_agreed"), [("offer", False), ("offer-agreed", True)])
def test_states_are_told(shown: Shown, name: str, is_agreed: bool) -> None:
    shown.show(name)
    send, tick = shown.named("Gửi"), shown.named("Tôi đã xem và đồng ý gửi nội dung này")
    is_ticked = user32.SendMessageW(tick, Message.GET_CHECK, 0, 0)  # Wine's oleacc does not tell of ticks
    assert (not told(send).state & UNAVAILABLE, bool(is_ticked)) == (is_agreed, is_agreed)


def test_progress_is_told_as_a_share(shown: Shown) -> None:
    shown.show("looking")
    (bar,) = (child for child in children(shown.window) if told(child).role == "progress")
    assert user32.SendMessageW(bar, 0x408, 0, 0) == 420  # PBM_GETPOS, of 1000


def test_buttons_and_ticks_are_pressed(shown: Shown) -> None:
    shown.show("offer")
    shown.events.clear()
    user32.SendMessageW(shown.named("Không gửi"), _CLICK, 0, 0)
    user32.SendMessageW(shown.named("Tôi đã xem và đồng ý gửi nội dung này"), _CLICK, 0, 0)
    user32.SendMessageW(shown.named("English"), _CLICK, 0, 0)
    user32.SendMessageW(shown.window, Message.COMMAND, 2, 0)  # Esc, as IsDialogMessage has it
    user32.SendMessageW(shown.window, Message.CLOSE, 0, 0)
    expected = [Pressed("back"), Agreed(is_given=True), Pressed("language"), Pressed("back"), Pressed("close")]
    assert shown.events == expected


def test_rows_are_ticked_and_the_list_stays(shown: Shown) -> None:
    shown.show("items")
    (rows,) = (child for child in children(shown.window) if told(child).role == "list")
    shown.events.clear()
    shown.surface.set_tick(rows, 2, is_on=True)  # by us: no event
    shown.deliver()
    assert shown.events == []
    shown.surface.set_tick(rows, 2, is_on=False)
    item = Item(state=2 << 12, state_mask=0xF000)  # as the list does itself when a box is clicked
    user32.SendMessageW(rows, Message.LIST_STATE, 2, ctypes.addressof(item))
    shown.deliver()
    assert shown.events == [Ticked("2", is_chosen=True)]


def test_a_drive_is_chosen(shown: Shown) -> None:
    page = shown.show("drives")
    (rows,) = (child for child in children(shown.window) if told(child).role == "list")
    shown.events.clear()
    item = Item(state=1, state_mask=1)
    user32.SendMessageW(rows, Message.LIST_STATE, 0, ctypes.addressof(item))
    shown.deliver()
    assert page.rows is not None
    assert shown.events == [Ticked(page.rows.rows[0].key, is_chosen=True)]


def test_enter_presses_the_button_with_the_focus_else_the_one_thing_to_do(shown: Shown) -> None:
    shown.show("look")

    def default() -> int:
        answer = user32.SendMessageW(shown.window, Message.DEFAULT_ID, 0, 0)
        assert answer >> 16 == 0x534B
        return shown.surface._ids[answer & 0xFFFF]

    assert default() == shown.named("Quét nhanh")
    shown.surface.focus(shown.named("Quét toàn bộ"))
    assert default() == shown.named("Quét toàn bộ")


def test_the_key_tab_reaches_all_that_can_be_done(shown: Shown) -> None:
    user = ctypes.WinDLL("user32")
    user.GetNextDlgTabItem.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
    user.GetNextDlgTabItem.restype = ctypes.c_void_p
    page = shown.show("look")
    names, control = [], shown.named("Quét nhanh")
    for _ in range(len(page.buttons) + 1):
        names.append(told(control).name.replace("&", ""))
        control = user.GetNextDlgTabItem(shown.window, control, False)
    assert names == [*(button.name for button in page.buttons), "English"]


@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_a_screen_of_another_scale_is_drawn_for(shown: Shown, scale: float) -> None:
    shown.show("found")
    set_scale(shown.window, scale)
    assert shown.surface.scale == scale
    box = ctypes.wintypes.RECT()
    user32.GetClientRect(shown.named("Bóc gỡ"), ctypes.byref(box))
    assert box.bottom == round(46 * scale)
    set_scale(shown.window, 1.0)


def test_dark_and_light_follow_the_system(shown: Shown) -> None:
    shown.show("found")
    for is_dark, theme in ((True, "dark"), (False, "light")):
        set_dark(is_dark=is_dark)
        user32.SendMessageW(shown.window, Message.SETTINGS, 0, 0)
        assert shown.surface.theme == theme
        assert shown.surface._colours.paper == ("#14181c" if is_dark else "#ffffff")


def test_what_waits_is_called_in_the_windows_thread(shown: Shown) -> None:
    called: list[int] = []
    thread = threading.Thread(target=lambda: shown.surface.post(lambda: called.append(threading.get_ident())))
    thread.start()
    thread.join()
    shown.deliver()
    assert called == [threading.get_ident()]


def test_every_focusable_control_can_have_the_focus(shown: Shown) -> None:
    shown.show("items-brake")
    for one in shown.told:
        if one.role not in {"header", "text"} and one.state & FOCUSABLE and not one.state & UNAVAILABLE:
            shown.surface.focus(one.window)
            assert shown.surface.focused() == one.window, one
