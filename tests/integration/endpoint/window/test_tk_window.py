"""The window as Tk draws it, on a screen of its own: driven by keys from the one button to undo, and all its pages."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.infection import at, write
from tests.snapshot import snapshot
from tests.waiting import until
from tests.window_samples import states
from tests.windows.screens import virtual_screen

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_screen("800x700x24") as display:
        yield display


def test_keys_alone_scan_clean_and_undo(display: str, tmp_path: Path) -> None:
    root, state = tmp_path / "root", tmp_path / "state"
    write(root, b"/etc/hostname", b"may\n")
    write(root, b"/tmp/eicar.com", EICAR)
    before = snapshot(root)
    command = [sys.executable, "-m", "quetsach.cli.main", "gui", "--root", str(root), "--state", str(state)]
    environment = os.environ | {"DISPLAY": display}

    def press(key: str) -> Callable[[], None]:
        return lambda: subprocess.run(["xdotool", "key", key], env=environment, check=True) and None

    said = tmp_path / "said.txt"
    with said.open("wb") as stream:
        window = subprocess.Popen(command, env=environment, stderr=stream)
    try:
        until(lambda: len(list(state.glob("reports/*"))) == 1, press("Return"), every=0.8)
        until(lambda: not at(root, b"/tmp/eicar.com").exists(), press("alt+b"), every=0.8)
        until(lambda: at(root, b"/tmp/eicar.com").exists(), press("alt+h"), every=0.8)
        until(lambda: snapshot(root) == before)
        assert window.poll() is None
    finally:
        window.terminate()
        window.wait()
    assert said.read_text() == ""


@pytest.mark.parametrize(("palette", "language"), [("LIGHT", "vi"), ("DARK", "en")])
def test_every_page_is_drawn(display: str, palette: str, language: str) -> None:
    program = f"""
import tkinter
from tests.waiting import until
from tests.window_samples import states
from quetsach.endpoint.window.appearance import {palette}
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.tk import TkView
view = TkView(palette={palette})
tkinter.Tk.report_callback_exception = lambda *error: (_ for _ in ()).throw(SystemExit(repr(error)))
for name, state in states("{language}").items():
    page = page_of(state)
    view.show(page)
    view.root.update()
    assert set(view._buttons) == {{*(button.action for button in page.buttons), "language"}}, name
    assert (view._list is not None) is (page.rows is not None), name
    print(name)
"""
    environment = os.environ | {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[4])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == list(states())


def test_keys_walk_through_the_list_of_drives(display: str) -> None:
    program = """
from dataclasses import replace
from tests.waiting import until
from tests.window_samples import DATA, stick_states
from tests.waiting import until
from quetsach.endpoint.window.flow import step
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.appearance import LIGHT
from quetsach.endpoint.window.tk import TkView
view = TkView(palette=LIGHT, fills_screen=True)
state = replace(stick_states("en")["stick"])
def take(event):
    global state
    state = step(state, event, None).state
    view.show(page_of(state))
view.on_event = take
view.show(page_of(state))
view.root.update()
view._list.focus_force()
view.root.update()
view._list.event_generate("<Down>")
view.root.update()
assert state.screen.place == DATA.place, state.screen
assert view._canvas.focus_get() is view._list
assert view._list.focus() == DATA.place
assert view.scale > 1
"""
    environment = os.environ | {"DISPLAY": display, "PYTHONPATH": str(Path(__file__).parents[4])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
