"""Kills clean-ups and undos, runs them again, and looks at what is there: finished or rolled back, never half.

They are killed before single changes that they make (Linux), after records of their journal, and at random instants, on
a Linux tree and on a Windows drive with hives. A program of its own, because only a process with one thread may fork.
Prints how many moments were tried; ends with an assertion otherwise.
"""

import argparse
import fcntl
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import infection, infection_of_windows
from tests.snapshot import snapshot

from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import recover, undo, unfinished
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.state import State

type Snapshot = dict[bytes, tuple[object, ...]]

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CHANGES = (
    *("chown", "fchmod", "fchown", "fsync", "ftruncate", "link", "mkdir", "open", "pwrite", "removexattr", "rename"),
    *("setxattr", "symlink", "unlink", "utime", "write"),
)


MOST_MOMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Scene:
    """An infection that can be planted, found, and seen at one of its files; ``hives`` are files of the registry."""

    name: str
    plant: Callable[[Path], None]
    findings: Callable[[Path], tuple[Finding, ...]]
    host: Callable[[Path], Host]
    witness: str
    hives: tuple[str, ...] = ()


LINUX = Scene("linux", infection.plant, infection.findings, mounted_host, "opt/twin")
WINDOWS = Scene(
    "windows",
    infection_of_windows.infect,
    infection_of_windows.windows_findings,
    mounted_windows,
    os.fsdecode(infection_of_windows.DLL[1:]),
    ("Windows/System32/config/SOFTWARE", "Windows/System32/config/SYSTEM", "Users/Bình/NTUSER.DAT"),
)


class Machine:
    """A scene below a folder, with the tool's state beside it."""

    def __init__(self, scene: Scene, work: Path) -> None:
        self.scene = scene
        self.root, self.state = work / "root", work / "state"
        self.fresh()
        self.infected = snapshot(self.root)
        self.clean()
        self.cleaned = self.without_times()

    def fresh(self) -> None:
        if self.root.exists():
            infection.unplant(self.root)
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
        self.root.mkdir(parents=True)
        self.scene.plant(self.root)

    def clean(self, after_record: Callable[[], None] | None = None) -> None:
        host = self.scene.host(self.root)
        plan = make_plan(self.scene.findings(self.root), host, self.state)
        state = State.open(self.state)
        clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW, after_record=after_record)

    def finish_clean(self) -> None:
        """Do what the command does at its next start."""
        state, host = State.open(self.state), self.scene.host(self.root)
        with state.lock():
            open_sessions = unfinished(state, host)
            for session in open_sessions:
                steps = recover(state, host, session, now=NOW).steps
                assert {step.outcome for step in steps} <= {Outcome.DONE}, steps
                assert unfinished(state, host) == ()
                assert {s.outcome for s in recover(state, host, session, now=NOW).steps} <= {Outcome.DONE}
            if not open_sessions and (self.root / self.scene.witness).exists():
                self.clean()

    def undo(self, after_record: Callable[[], None] | None = None) -> None:
        state, host = State.open(self.state), self.scene.host(self.root)
        with state.lock():
            for session in state.sessions:
                result = undo(state, host, session, now=NOW, after_record=after_record)
                assert result.exit_code == 0, result

    def without_times(self) -> Snapshot:
        """Return the tree without what two clean-ups never have in common: times of change, also those in hives."""
        found = snapshot(self.root)
        plain = {path: (*state[:5], *state[6:]) for path, state in found.items()}
        for path in self.scene.hives:
            hive = Hive(os.open(self.root / path, os.O_RDONLY))
            assert hive.is_clean
            plain[os.fsencode(path)] = (hive.content(hive.root),)
        return plain


@dataclass(frozen=True, slots=True)
class Story:
    """What is killed, after what, how it goes on, and whether the tree is clean or infected in the end."""

    name: str
    first: Callable[[Machine], None]
    killed: Callable[[Machine, Callable[[], None] | None], None]
    again: Callable[[Machine], None]
    is_cleaned: bool

    def begin(self, machine: Machine) -> None:
        machine.fresh()
        self.first(machine)

    def end(self, machine: Machine, moment: object) -> None:
        """Run again and compare."""
        self.again(machine)
        found = machine.without_times() if self.is_cleaned else snapshot(machine.root)
        expected = machine.cleaned if self.is_cleaned else machine.infected
        assert found == expected, f"{machine.scene.name}: {self.name}, {moment}: {_difference(found, expected)}"


STORIES = (
    Story("clean, clean again", lambda _: None, Machine.clean, Machine.finish_clean, is_cleaned=True),
    Story("clean, then undo", lambda _: None, Machine.clean, Machine.undo, is_cleaned=False),
    Story("undo, undo again", Machine.clean, Machine.undo, Machine.undo, is_cleaned=False),
)


def changes(machine: Machine, story: Story, moments: range) -> int:
    """Kill before single changes of the file system."""
    return _count_kills(machine, story, moments, lambda n: killed(lambda: (_arm(n), story.killed(machine, None))))


def records(machine: Machine, story: Story, moments: range) -> int:
    """Kill after records of the journal."""
    return _count_kills(machine, story, moments, lambda n: killed(lambda: story.killed(machine, _after(n))))


def _count_kills(machine: Machine, story: Story, moments: range, kill_at: Callable[[int], bool]) -> int:
    for kills, moment in enumerate(moments):
        story.begin(machine)
        if not kill_at(moment):
            return kills  # it had ended before
        story.end(machine, f"killed at {moment}")
    raise AssertionError(f"{story.name} never ends")


def random_instants(machine: Machine, story: Story, instants: Iterator[float], count: int) -> int:
    """Kill at random shares of the time that it takes undisturbed, until so many kills came before its end."""
    story.begin(machine)
    started = time.monotonic()
    killed(lambda: story.killed(machine, None))
    whole = time.monotonic() - started
    hits = 0
    while hits < count:
        share = next(instants)
        story.begin(machine)
        hits += killed(lambda: story.killed(machine, None), after_seconds=share * whole)
        story.end(machine, f"killed after {share:.4f} of its time")
    return hits


def killed(action: Callable[[], object], *, after_seconds: float | None = None) -> bool:
    """Run an action in a child; whether it was killed, by itself or after some time."""
    child = os.fork()
    if not child:
        action()
        os._exit(0)
    if after_seconds is not None:
        time.sleep(after_seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(records: int) -> Callable[[], None]:
    left = [records]

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            _die()

    return count


def _arm(moment: int) -> None:
    left = [moment]

    def guard(function: Callable[..., Any], changes: Callable[..., bool]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if changes(*args):
                left[0] -= 1
                if not left[0]:
                    _die()
            return function(*args, **kwargs)

        return guarded

    for name in CHANGES:
        creates = (lambda *args: bool(args[1] & os.O_CREAT)) if name == "open" else (lambda *_: True)
        setattr(os, name, guard(getattr(os, name), creates))
    fcntl.ioctl = guard(fcntl.ioctl, lambda *args: args[1] == 0x40086602)


def _difference(found: Snapshot, expected: Snapshot) -> object:
    keys = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    return [(key, found.get(key), expected.get(key)) for key in keys[:3]]


def main() -> None:
    """Try all moments in all stories of both scenes, each in a folder of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=Path)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--instants", type=int, nargs=2, default=(150, 50), metavar=("LINUX", "WINDOWS"))
    parser.add_argument("--changes", nargs="+", default=["linux"], help="scenes that are killed at changes")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth change and record (default: all)")
    arguments = parser.parse_args()
    print("seed", arguments.seed)
    chosen = random.Random(arguments.seed)
    instants = iter(chosen.random, None)
    moments = range(1 + chosen.randrange(arguments.every), MOST_MOMENTS, arguments.every)
    for scene, count in zip((LINUX, WINDOWS), arguments.instants, strict=True):
        machine = Machine(scene, arguments.work / scene.name)
        for number, story in enumerate(STORIES):
            share = count // len(STORIES) + (number < count % len(STORIES))
            if scene.name in arguments.changes:
                print(f"{scene.name}: {story.name}: changes", changes(machine, story, moments), flush=True)
            print(f"{scene.name}: {story.name}: records", records(machine, story, moments), flush=True)
            print(f"{scene.name}: {story.name}: instants", random_instants(machine, story, instants, share), flush=True)
        infection.unplant(machine.root)


if __name__ == "__main__":
    main()
