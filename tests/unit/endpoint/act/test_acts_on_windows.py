"""Files of a running Windows are cleaned and put back with all that belongs to them, whoever acts in between."""

import itertools
import os
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from tests.fake_ntfs import USERS, Node, built
from tests.nt_machine import USER, FakeWindows, fake_windows, junction

from quetsach.core.text import LocalText
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import recover, undo, unfinished
from quetsach.endpoint.artefact import FileAnchor
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.nt.security import Descriptor, private
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.step import Outcome, QuarantineFile, Step, TruncateFile
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 28, tzinfo=UTC)
WORM = "Users/An/Cập nhật.exe"
CONTENT = b"MZ worm\r\n\x1a\0\xff"
ACCESS = built(USER, USERS, Descriptor.of(private(USER, USERS)).dacl, control=0x400)


@pytest.fixture
def windows(tmp_path: Path) -> FakeWindows:
    made = fake_windows(tmp_path / "disk")
    node = made.calls.file(WORM, CONTENT, made=131_000_000_000_000_000, security=ACCESS)
    node.attributes = 0x27
    node.content.chmod(0o444)
    made.calls.stream(node, "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n")
    return made


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


def anchor(windows: FakeWindows, path: str) -> FileAnchor:
    descriptor = windows.tree.open_read(b"/" + path.encode())
    try:
        found = os.fstat(descriptor)
        times = found.st_mtime_ns, found.st_ctime_ns
        sha256 = hash_file(descriptor)
        return FileAnchor(b"/" + path.encode(), found.st_dev, found.st_ino, found.st_size, *times, sha256=sha256)
    finally:
        os.close(descriptor)


def cleaned(windows: FakeWindows, state: State, *paths: str) -> CleanResult:
    steps = tuple(
        Step(number, QuarantineFile(anchor(windows, path)), "worm", (), LocalText("vì thử", "a test"), "rule (author)")
        for number, path in enumerate(paths, 1)
    )
    return clean(Plan(steps, ()), windows, state, look_again=lambda: (), packs=(), now=NOW)


def picture(windows: FakeWindows, path: str) -> dict[str, object]:
    node = windows.calls.find(path)
    folder, _, name = path.rpartition("/")
    (entry,) = (one for one in (windows.calls.find(folder).names or {}).values() if one.text == name)
    return {
        "content": node.content.read_bytes(),
        "streams": {name: stream.read_bytes() for name, stream in node.streams.items()},
        "security": node.security,
        "attributes": node.attributes,
        "times": (node.made, windows.tree.stat(b"/" + path.encode()).st_mtime_ns),
        "short": entry.short,
        "folder": windows.calls.find(folder).written,
    }


def test_a_file_is_put_back_to_the_last_bit(windows: FakeWindows, state: State) -> None:
    before = picture(windows, WORM)
    done = cleaned(windows, state, WORM)
    assert [step.outcome for step in done.steps] == [Outcome.DONE]
    assert not windows.tree.exists(b"/" + WORM.encode())
    back = undo(state, windows, done.session, now=NOW)
    assert [(step.outcome, step.note) for step in back.steps] == [(Outcome.RESTORED, "")]
    assert picture(windows, WORM) == before


@pytest.mark.parametrize("updates_access", [True, False])
def test_two_names_of_a_file_come_back_as_one_file(windows: FakeWindows, state: State, *, updates_access: bool) -> None:
    windows.calls.updates_access = updates_access
    twin = windows.calls.find(WORM)
    windows.calls._named(windows.calls.folder("Users/Public"), "twin.exe", twin)
    done = cleaned(windows, state, WORM, "Users/Public/twin.exe")
    assert [step.outcome for step in done.steps] == [Outcome.DONE, Outcome.DONE]
    undo(state, windows, done.session, now=NOW)
    assert windows.calls.find(WORM) is windows.calls.find("Users/Public/twin.exe")
    assert windows.calls.find(WORM).attributes == 0x27


def test_a_name_that_stays_keeps_what_the_file_was_like(windows: FakeWindows, state: State) -> None:
    twin = windows.calls.find(WORM)
    windows.calls._named(windows.calls.folder("Users/Public"), "twin.exe", twin)
    assert [step.outcome for step in cleaned(windows, state, WORM).steps] == [Outcome.DONE]
    assert (twin.attributes, twin.security, sorted(twin.streams)) == (0x27, ACCESS, ["Zone.Identifier"])


def test_what_has_the_name_by_then_is_not_touched(windows: FakeWindows, state: State) -> None:
    done = cleaned(windows, state, WORM)
    windows.calls.file(WORM, b"newer")
    back = undo(state, windows, done.session, now=NOW)
    assert [step.outcome for step in back.steps] == [Outcome.BESIDE]
    assert windows.calls.find(WORM).content.read_bytes() == b"newer"
    assert windows.calls.find(WORM + ".quetsach-restored").content.read_bytes() == CONTENT


def test_a_stick_with_fat_is_cleaned_and_undone(windows: FakeWindows, state: State) -> None:
    windows.calls.add("E:", file_system="FAT32", flags=6, at_once=False)
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/worm.exe", CONTENT).attributes = 0x26
    done = cleaned(windows, state, "E:/worm.exe")
    assert [step.outcome for step in done.steps] == [Outcome.DONE]
    assert not windows.tree.exists(b"/E:/worm.exe")
    back = undo(state, windows, done.session, now=NOW)
    assert [step.outcome for step in back.steps] == [Outcome.RESTORED]
    assert (windows.calls.find("E:/worm.exe").attributes, windows.tree.read(b"/E:/worm.exe", 99)) == (0x26, CONTENT)


class PowerCutError(BaseException):
    """The machine stops: nothing handles it, and no call is made any more."""


@pytest.mark.parametrize("what", ["clean", "undo"])
def test_a_rewrite_on_fat_is_finished_and_undone_wherever_the_power_was_cut(tmp_path: Path, what: str) -> None:
    """A name is exchanged in two steps there; between them it is nobody's."""
    asides = 0
    for at in itertools.count(random.randrange(2), 2):
        windows, state = fake_windows(tmp_path / str(at)), State.open(tmp_path / f"state-{at}")
        windows.calls.add("E:", file_system="FAT32", flags=6, at_once=False)
        windows.volumes.kinds["E:"] = 2
        windows.calls.file("E:/worm.exe", CONTENT)
        step = Step(
            1, TruncateFile(anchor(windows, "E:/worm.exe"), 2), "worm", (), LocalText("vì thử", "a test"), "rule"
        )
        if what == "undo":
            _truncated(windows, state, step)
        act = partial(_truncated, windows, state, step) if what == "clean" else partial(_undone, windows, state)
        was_cut = _cut(windows, at, act)
        asides += any(name.endswith(b".old") for name in _on_stick(windows))
        for session in unfinished(state, windows):
            recover(state, windows, session, now=NOW)
        _undone(windows, state)
        assert _on_stick(windows) == [b"worm.exe"], at
        assert windows.tree.read(b"/E:/worm.exe", 99) == CONTENT
        if not was_cut:
            break
    assert asides


def _on_stick(windows: FakeWindows) -> list[bytes]:
    windows.calls._open_on(windows.calls.find("E:"))  # what was removed while it was open is gone
    return [entry.name for entry in windows.tree.scandir(b"/E:")]


def _cut(windows: FakeWindows, at: int, act: Callable[[], object]) -> bool:
    left = iter(range(at))

    def before(_call: str) -> None:
        if next(left, None) is None:
            raise PowerCutError

    held = set(windows.calls._handles)
    windows.calls.before = before
    try:
        act()
    except PowerCutError:
        return True
    finally:
        windows.calls.before = lambda _call: None
        for handle in set(windows.calls._handles) - held:  # which a machine that stops does not keep
            windows.calls.close(handle)
    return False


def _truncated(windows: FakeWindows, state: State, step: Step) -> None:
    clean(Plan((step,), ()), windows, state, look_again=lambda: (), packs=(), now=NOW)


def _undone(windows: FakeWindows, state: State) -> None:
    for session in state.sessions:
        undo(state, windows, session, now=NOW)


# Who owns the folder acts right before any call of the tool: at each of them once, which no chance has to hit.


class Attacker:
    """Acts once, right before the call with a number."""

    def __init__(self, windows: FakeWindows, act: Callable[[], None]) -> None:
        self.calls = 0
        self.at = -1
        self.had_nothing = False
        """Whether there was nothing left to exchange by then."""
        self._windows = windows
        self._act = act
        self._is_acting = False
        windows.calls.before = self._before

    def _before(self, _call: str) -> None:
        if self._is_acting:
            return
        self.calls += 1
        if self.calls == self.at:
            self._is_acting = True
            self.had_nothing = not self._windows.calls.find(WORM.rpartition("/")[0]).names
            with suppress(OSError, KeyError):
                self._act()
            self._is_acting = False


def exchange(windows: FakeWindows, prize: str, folder: str) -> Callable[[], None]:
    """Return an attack: whatever is in a folder is moved away, and the prize gets its name."""

    def act() -> None:
        for name in list((windows.calls.find(folder).names or {}).values()):
            windows.calls.move(f"{folder}/{name.text}", f"away/{name.text}")
            windows.calls.move(prize, f"{folder}/{name.text}")

    return act


def lead_away(windows: FakeWindows, folder: str) -> Callable[[], None]:
    """Return an attack: the folder becomes a junction to one that only the system may write to."""

    def act() -> None:
        windows.calls.move(folder, "away/former")
        windows.calls.reparse_at(folder, junction("C:\\Windows"))

    return act


def _prize(windows: FakeWindows) -> tuple[Node, tuple[bytes, int, bytes]]:
    node = windows.calls.file("Windows/prize.exe", b"of the system", security=private(USERS))
    windows.calls.folder("away")
    return node, _of(node)


def _of(node: Node) -> tuple[bytes, int, bytes]:
    return node.security, node.attributes, node.content.read_bytes()


@pytest.mark.parametrize("attack", ["exchange", "lead away"])
@pytest.mark.parametrize("part", ["clean", "undo"])
def test_no_exchange_at_any_call_wins_anything(tmp_path: Path, state: State, attack: str, part: str) -> None:
    number, last, exchanged = 0, 1, 0
    attacker = Attacker(fake_windows(tmp_path / "0"), lambda: None)
    while number < last and not (part == "clean" and attacker.had_nothing):
        number += 1
        windows = fake_windows(tmp_path / f"{number}")
        node = windows.calls.file(WORM, CONTENT, security=ACCESS)
        windows.calls.stream(node, "s", b"1")
        prize, before = _prize(windows)
        others = dict(windows.calls.find("Windows").names or {})
        folder = WORM.rpartition("/")[0]
        act = exchange(windows, "Windows/prize.exe", folder) if attack == "exchange" else lead_away(windows, folder)
        step = anchor(windows, WORM)
        plan = Plan((Step(1, QuarantineFile(step), "w", (), LocalText("a", "b"), "rule"),), ())
        attacker = Attacker(windows, act)
        if part == "clean":
            attacker.at = number
            clean(plan, windows, state, look_again=lambda: (), packs=(), now=NOW)
        else:
            session = clean(plan, windows, state, look_again=lambda: (), packs=(), now=NOW).session
            attacker.calls, attacker.at = 0, number
            undo(state, windows, session, now=NOW)
        last = attacker.calls
        windows.calls.before = lambda _: None
        exchanged += bool(windows.calls.find("away").names)
        assert _of(prize) == before, f"before call {number} of {last}"
        places = [one.node for one in (windows.calls.find("Windows").names or {}).values()]
        assert all(one in [known.node for known in others.values()] for one in places), f"call {number} led away"
        assert any(prize is one.node for one in _names(windows)), f"call {number} removed the prize"
    assert number > 30
    assert exchanged > 5


def _names(windows: FakeWindows) -> list[object]:
    found, waiting = [], [windows.calls.find("")]
    while waiting:
        for one in (waiting.pop().names or {}).values():
            found.append(one)
            if not one.node.is_link:
                waiting.append(one.node)
    return found
