"""Races against undo: who owns a folder exchanges a name in it the moment the tool has put something back there.

``race`` plays one kind of attack many times and says how often it won. It needs root, for the tool runs as root against
a user (uid 65534) who owns the folder. The attacker is a process of its own that learns of new names by ``inotify(7)``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.infection import file_anchor

from quetsach.core.text import LocalText
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import Plan
from quetsach.endpoint.plan.step import QuarantineFile, RemoveLink, Step, Target
from quetsach.endpoint.store.state import State

KINDS = ("chown", "suid", "link")
"""What the attacker is after: a file of root's; their own program as root's, setuid; the first by way of a link."""

_NOW = datetime(2026, 11, 25, tzinfo=UTC)
_USER = 65_534
_FOLDER = b"/home/u"
_ATTACK = r"""
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
os.chdir(sys.argv[1])
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
watch = libc.inotify_init1(0)
assert libc.inotify_add_watch(watch, b".", 0x100 | 0x80) >= 0  # IN_CREATE, IN_MOVED_TO
print("ready", flush=True)
while True:
    events = os.read(watch, 65536)
    while events:
        length = struct.unpack_from("iIII", events)[3]
        name, events = events[16 : 16 + length].rstrip(b"\0"), events[16 + length :]
        for new in (name,) if name[:1] == b"v" else (name, b"v" + name[-4:]) if name[:1] == b"." else ():
            try:
                os.rename(b"p" + new[-4:], new)
            except OSError:
                pass
"""


@dataclass(frozen=True, slots=True)
class _Prize:
    """What must not change: the owner and the mode of a file, by its inode."""

    uid: int
    gid: int
    mode: int


def race(kind: str, rounds: int) -> tuple[int, int]:
    """Return how many of the rounds the attacker won, and in how many the name was exchanged before undo returned.

    Args:
        kind: one of ``KINDS``.
        rounds: how many items are put back, one after another.
    """
    work = Path(tempfile.mkdtemp(prefix="quetsach-race-"))
    try:
        work.chmod(0o755)
        return _play(kind, rounds, work)
    finally:
        shutil.rmtree(work)


def _play(kind: str, rounds: int, work: Path) -> tuple[int, int]:
    root, state = work / "root", State.open(work / "state")
    folder = root / os.fsdecode(_FOLDER[1:])
    folder.mkdir(parents=True)
    (after := work / "after").mkdir()
    os.chown(folder, _USER, _USER)
    host = mounted_host(root)
    steps = tuple(_step(kind, number, root) for number in range(1, rounds + 1))
    session = clean(Plan(steps, ()), host, state, look_again=lambda: (), packs=(), now=_NOW).session
    prizes = dict(_prize(kind, folder / f"p{number:04d}") for number in range(1, rounds + 1))
    exchanges = 0
    with _attacker(folder):
        for number in range(1, rounds + 1):
            undo(state, host, session, now=_NOW, items=[number])
            with os.scandir(folder) as found:
                exchanges += any(item.name[0] != "p" and item.inode() in prizes for item in found)
            for path in folder.glob("[v.]*"):
                path.rename(after / f"{number}{path.name}")
    states = {path.lstat().st_ino: _state(path) for place in (folder, after) for path in place.iterdir()}
    return sum(states[inode] != prize for inode, prize in prizes.items()), exchanges


def _step(kind: str, number: int, root: Path) -> Step:
    path = _FOLDER + b"/v%04d" % number
    real = root / os.fsdecode(path[1:])
    target: Target
    if kind == "link":
        real.symlink_to("somewhere")
        os.chown(real, _USER, _USER, follow_symlinks=False)
        found = real.lstat()
        target = RemoveLink(path, found.st_dev, found.st_ino, b"somewhere")
    else:
        real.write_bytes(b"a program %d\n" % number)
        owner, mode = (0, 0o4755) if kind == "suid" else (_USER, 0o644)
        os.chown(real, owner, owner)
        real.chmod(mode)
        target = QuarantineFile(file_anchor(root, path))
    return Step(number, target, "specimen", (), LocalText("vì thử", "for a test"), "rule (author)")


def _prize(kind: str, path: Path) -> tuple[int, _Prize]:
    path.write_bytes(b"#!/bin/sh\nid\n")
    owner, mode = (_USER, 0o755) if kind == "suid" else (0, 0o600)
    os.chown(path, owner, owner)
    path.chmod(mode)
    return path.lstat().st_ino, _state(path)


def _state(path: Path) -> _Prize:
    found = path.lstat()
    return _Prize(found.st_uid, found.st_gid, found.st_mode)


@contextmanager
def _attacker(folder: Path) -> Iterator[None]:
    run = [sys.executable, "-I", "-S", "-c", _ATTACK, str(folder)]
    with subprocess.Popen(run, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


if __name__ == "__main__":
    for each in KINDS:
        won, exchanged = race(each, int(sys.argv[1]))
        print(f"{each}: {won} won, {exchanged} exchanged of {sys.argv[1]}")
