"""Kills a clean-up and an undo before every single change they make, runs them again, and looks at what is there.

A program of its own, because only a process with one thread may fork. Prints how many moments were tried; ends with an
assertion otherwise.
"""

import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.infection import findings, plant, unplant
from tests.snapshot import snapshot

from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.recover import recover, unfinished
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.host.linux import mounted_host
from quetsach.endpoint.keep.state import State
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome

type Snapshot = dict[bytes, tuple[object, ...]]

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CHANGES = (
    "chown",
    "fchmod",
    "fchown",
    "fsync",
    "ftruncate",
    "link",
    "mkdir",
    "open",
    "pwrite",
    "removexattr",
    "rename",
)
CHANGES += ("setxattr", "symlink", "unlink", "utime", "write")


def main(work: Path) -> None:
    """Try every moment of clean, of clean followed by undo, and of undo."""
    root, state = work / "root", work / "state"
    infected, cleaned = _reference(root, state)
    for name, kill, again, expected in (
        ("clean, clean again", run_clean, finish_clean, cleaned),
        ("clean, then undo", run_clean, run_undo, infected),
        ("undo, undo again", run_undo, run_undo, infected),
    ):
        moment = 0
        while True:
            moment += 1
            _fresh(root, state)
            if kill is run_undo:
                run_clean(root, state)
            if not killed_at(moment, lambda kill=kill: kill(root, state)):
                break
            again(root, state)
            found = snapshot(root)
            if expected is cleaned:
                found = _without_times(found)
            assert found == expected, f"{name}, killed before change {moment}: {_difference(found, expected)}"
        assert moment > 30, name
        print(name, moment - 1)
    _fresh(root, state)
    unplant(root)


def _reference(root: Path, state: Path) -> tuple[Snapshot, Snapshot]:
    """Return the infected tree, and what a clean-up that nothing disturbs makes of it."""
    _fresh(root, state)
    infected = snapshot(root)
    run_clean(root, state)
    return infected, _without_times(snapshot(root))


def run_clean(root: Path, state_folder: Path) -> None:
    host = mounted_host(root)
    plan = make_plan(findings(root), host, state_folder)
    clean(plan, host, State.open(state_folder), look_again=lambda: (), packs=(), now=NOW)


def finish_clean(root: Path, state_folder: Path) -> None:
    """Do what the command does at its next start."""
    state, host = State.open(state_folder), mounted_host(root)
    with state.lock():
        open_sessions = unfinished(state, host)
        for session in open_sessions:
            steps = recover(state, host, session, now=NOW).steps
            assert {step.outcome for step in steps} <= {Outcome.DONE}, steps
            assert unfinished(state, host) == ()
            assert {s.outcome for s in recover(state, host, session, now=NOW).steps} <= {Outcome.DONE}
        if not open_sessions and (root / "opt/twin").exists():
            run_clean(root, state_folder)


def run_undo(root: Path, state_folder: Path) -> None:
    state, host = State.open(state_folder), mounted_host(root)
    with state.lock():
        for session in state.sessions:
            result = undo(state, host, session, now=NOW)
            assert result.exit_code == 0, result


def killed_at(moment: int, action: Callable[[], None]) -> bool:
    """Run an action in a child that is killed right before its so-manieth change; whether it was."""
    child = os.fork()
    if not child:
        _arm(moment)
        action()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def _arm(moment: int) -> None:
    left = [moment]

    def guard(function: Callable[..., Any], changes: Callable[..., bool]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if changes(*args):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return guarded

    for name in CHANGES:
        creates = (lambda *args: bool(args[1] & os.O_CREAT)) if name == "open" else (lambda *_: True)
        setattr(os, name, guard(getattr(os, name), creates))
    fcntl.ioctl = guard(fcntl.ioctl, lambda *args: args[1] == 0x40086602)


def _fresh(root: Path, state: Path) -> None:
    if root.exists():
        unplant(root)
    shutil.rmtree(root, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
    root.mkdir(parents=True)
    plant(root)


def _without_times(found: Snapshot) -> Snapshot:
    """Leave out times of change: a clean-up changes those of what it changes, and no two do it at one time."""
    return {path: (*state[:5], *state[6:]) for path, state in found.items()}


def _difference(found: Snapshot, expected: Snapshot) -> object:
    keys = [key for key in {*found, *expected} if found.get(key) != expected.get(key)]
    return [(key, found.get(key), expected.get(key)) for key in keys[:3]]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
