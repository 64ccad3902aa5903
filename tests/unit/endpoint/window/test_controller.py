"""What carries the steps out: work in threads, its end in the window's thread, errors that are pages."""

import queue
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from tests.waiting import PATIENCE_SECONDS
from tests.window_samples import DATA, ID, ON_STICK, QUICK, READY, SYSTEM, cleaned, looked

from quetsach.core.errors import QuetsachError
from quetsach.endpoint.window.controller import Controller
from quetsach.endpoint.window.page import Page
from quetsach.endpoint.window.state import Agreed, Failed, Looking, Pressed, Seen
from quetsach.endpoint.window.use_cases import Excess, Offer, Receipt, ScanProgress, Updated


@dataclass
class PlayedTool:
    """Use cases that are over at once, or fail as told."""

    error: Exception | None = None
    start: Exception | None = None
    done: list[object] = field(default_factory=list)
    control: object = None

    def readiness(self):
        if self.start:
            raise self.start
        return READY

    def look(self, target, watch, control):
        self.control = control
        watch(ScanProgress(files=1))
        if self.error:
            raise self.error
        return looked()

    def excess(self, looked, numbers):
        return Excess("files", len(numbers)) if len(numbers) > 3 else None

    def clean(self, looked, numbers, watch):
        self.done.append(("clean", numbers))
        return cleaned()

    def undo(self, session, watch):
        self.done.append(("undo", session))
        return cleaned()

    def save_page(self, report, language):
        return f"C:\\{language}.html"

    def offer(self, report):
        return Offer("https://x", "{}", is_correction=False)

    def is_correction_due(self, report):
        return False

    def send(self, offer):
        self.done.append(("send", offer))
        return Receipt(is_new=True, is_correction=False, code=str(ID))

    def update(self):
        return Updated(installed=1)

    def purge(self):
        return 2

    def restart(self):
        return False

    def elevate(self, language):
        return True

    def licences(self):
        return "MIT"


class Played:
    """A window without a display: what is posted is done when it is asked for."""

    def __init__(self, tool: PlayedTool, *, first: str = "look") -> None:
        self.waiting: queue.Queue[Callable[[], None]] = queue.Queue()
        self.pages: list[Page] = []
        self.is_closed = False
        self.controller = Controller(
            lambda: tool, "vi", post=self.waiting.put, show=self.pages.append, close=self.close
        )
        self.controller.open()
        self.until(first if tool.start is None else "error")

    def close(self) -> None:
        self.is_closed = True

    def until(self, name: str) -> Page:
        while self.pages[-1].name != name:
            self.waiting.get(timeout=PATIENCE_SECONDS)()
        return self.pages[-1]

    def press(self, *actions: str) -> None:
        for action in actions:
            self.controller.take(Pressed(action))


@pytest.fixture
def tool() -> PlayedTool:
    return PlayedTool()


@pytest.fixture
def window(tool: PlayedTool) -> Played:
    return Played(tool)


def test_from_the_one_button_to_what_to_do_now(window: Played, tool: PlayedTool) -> None:
    window.press("quick")
    window.until("found")
    window.press("clean")
    window.until("done")
    assert tool.done == [("clean", frozenset({1, 2, 3}))]
    window.press("undo", "undo-sure")
    window.until("done")
    assert tool.done[1][0] == "undo"


def test_what_short_work_comes_to_is_a_page(window: Played, tool: PlayedTool) -> None:
    for actions, name in (
        (["update", "update-sure"], "updated"),
        (["past", "purge", "purge-sure"], "purged"),
        (["licences"], "about"),
    ):
        window.press("home", *actions)
        window.until(name)


def test_a_report_is_sent_after_the_tick_only(window: Played, tool: PlayedTool) -> None:
    window.press("quick")
    window.until("found")
    window.press("clean")
    window.until("done")
    window.press("offer")
    window.until("offer")
    window.press("send")
    window.controller.take(Agreed(is_given=True))
    window.press("send")
    window.until("sent")
    assert [what for what, _ in tool.done] == ["clean", "send"]


@pytest.mark.parametrize("error", [QuetsachError("the packs cannot be read"), ValueError("no one expected this")])
def test_work_that_fails_is_a_page_and_not_a_window_that_waits(error: Exception) -> None:
    window = Played(PlayedTool(error))
    window.press("quick")
    assert window.until("error").primary is not None
    assert isinstance(window.controller.state.screen, Failed)


def test_a_look_is_steered(window: Played, tool: PlayedTool) -> None:
    window.press("quick")
    assert isinstance(window.controller.state.screen, Looking)
    control = window.controller._control
    window.press("pause")
    assert control.is_paused
    window.press("go-on", "stop")
    assert (control.is_paused, control.is_over()) == (False, True)


def test_a_window_that_is_closed_ends_its_look(window: Played, tool: PlayedTool) -> None:
    window.press("quick", "close")
    assert window.is_closed
    assert window.controller._control.is_over()
    window.controller.wait()


def test_a_window_stays_open_while_something_is_changed(window: Played) -> None:
    window.press("quick")
    window.until("found")
    window.press("clean", "close")
    assert (window.controller.is_busy, window.is_closed) == (True, False)


def test_the_mass_brake_is_asked_about_the_whole_plan(window: Played, tool: PlayedTool) -> None:
    tool.excess = lambda looked, numbers: Excess("files", len(numbers))  # type: ignore[method-assign]
    window.press("quick")
    window.until("brake")
    screen = window.controller.state.screen
    assert isinstance(screen, Seen)
    assert (screen.target, screen.excess) == (QUICK, Excess("files", 3))


def test_where_a_report_was_saved_is_told(window: Played) -> None:
    window.press("quick")
    window.until("found")
    window.press("page")
    assert window.until("found").note == "Báo cáo nằm ở C:\\vi.html"


def test_a_tool_that_cannot_begin_says_so_and_can_be_closed() -> None:
    window = Played(PlayedTool(start=QuetsachError("this installation lacks its folder 'packs'")))
    assert [button.action for button in window.pages[-1].buttons] == ["close"]
    window.press("language", "close")
    assert (window.pages[-1].name, window.is_closed) == ("error", True)


def test_the_window_is_there_before_what_it_works_with_is_loaded() -> None:
    """Its targets are half a second to the window, and the match engine and the reports take as long by themselves."""
    program = """
import sys
from quetsach.endpoint.window.controller import Controller
from quetsach.endpoint.window.native import NativeView
import quetsach.cli.gui
pages = []
controller = Controller(lambda: sys.exit(), "vi", post=lambda call: None, show=pages.append, close=lambda: None)
controller._carry_out = lambda effect: None
controller.open()
heavy = ("boreal", "tuf", "cryptography", "quetsach.endpoint.report", "quetsach.endpoint.scanner.scan")
print(pages[0].title, [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Đang mở… []"


@dataclass
class PlayedStick(PlayedTool):
    """Two drives, one of which cannot be looked at."""

    ends_after_first: bool = False
    courses: list[str] = field(default_factory=list)

    def readiness(self):
        return ON_STICK

    def look(self, target, watch, control):
        if target.drive == DATA:
            raise QuetsachError("unplugged")
        watch(ScanProgress(files=1, place="/Users"))
        if self.ends_after_first:
            control.end()
        return looked()

    def switch_off(self):
        self.done.append("switch-off")
        return True


def test_drives_are_looked_at_one_after_the_other() -> None:
    window = Played(PlayedStick(), first="drives-of-stick")
    window.press("survey")
    window.until("drives-of-stick")
    known = window.controller.state.drives
    assert isinstance(known[SYSTEM.place], Seen)
    assert isinstance(known[DATA.place], QuetsachError)
    told = [page.progress.place for page in window.pages if page.progress is not None]
    assert f"{SYSTEM.name}: /Users" in told


def test_a_survey_that_is_ended_does_not_go_on_to_the_next_drive() -> None:
    window = Played(PlayedStick(ends_after_first=True), first="drives-of-stick")
    window.press("survey")
    window.until("drives-of-stick")
    assert window.controller.state.drives.keys() == {SYSTEM.place}


def test_only_the_stick_switches_off() -> None:
    stick = PlayedStick()
    window = Played(stick, first="drives-of-stick")
    window.press("switch-off")
    window.until("drives-of-stick")
    assert stick.done == ["switch-off"]
    other = Played(PlayedTool())
    other.press("switch-off")
    assert other.until("look").note.startswith("Không tắt máy từ đây được")
