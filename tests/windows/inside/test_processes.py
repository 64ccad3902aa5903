"""Processes of a running Windows: listed, read, suspended, ended, and never another one of the same number."""

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_SECONDS
from tests.windows import planting

from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import running as collector
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.live import boot_id, live_host, running_processes, tree_path
from quetsach.endpoint.host.process import Process, Processes, ProcessState, Socket
from quetsach.endpoint.scanner.memory import MemoryReader, MemoryResult, memory_rules

LIVING = "import sys, time; print(1, flush=True); time.sleep(600)"
RULE = 'rule bad { meta: author = "A" strings: $a = "worm code" condition: $a and uint16(0) == 0x457f }'
TEXT = LocalText("vì", "why")


@pytest.fixture(scope="module")
def processes() -> Processes:
    """The processes of this Windows."""
    return running_processes()


@contextmanager
def _python(program: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in Python; it has begun when it has printed a line."""
    command = [sys.executable, "-c", program, *words]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()


def _read(processes: Processes, pid: int) -> Process:
    found = processes.read(pid)
    assert found is not None
    return found


def test_a_planted_program_is_described(processes: Processes, tmp_path: Path) -> None:
    path = planting.program(tmp_path / "Tệp của Ổn" / "sâu máy.exe", b"mark")
    with planting.running(path) as process:
        found = _read(processes, process.pid)
        [listed] = [one for one in processes if one.pid == process.pid]
        assert listed.anchor == found.anchor
        assert found.executable == tree_path(path)
        assert not found.is_deleted
        assert found.name == "sâu máy.exe".encode()
        assert b"m\xc3\xa1y.exe" in b" ".join(found.arguments)
        parent = processes.parent(found)
        assert parent is not None
        assert parent.pid == os.getpid()
        tree = live_host().tree
        state = tree.stat(found.executable)
        assert processes.image_identity(found.anchor) == (state.st_dev, state.st_ino)
        descriptor = processes.open_image(found.anchor)
        with os.fdopen(descriptor, "rb") as image:
            assert hashlib.sha256(image.read()).digest() == hashlib.sha256(path.read_bytes()).digest()
        assert processes.named_image(found) == (found.executable,)
        assert processes.holds_removed(process.pid, {found.executable})
        assert not processes.holds_removed(process.pid, {b"/windows/notepad.exe"})
    path.unlink()


def test_a_process_stands_still_goes_on_and_ends(processes: Processes) -> None:
    program = "import time\nprint(0, flush=True)\nwhile True:\n print(time.monotonic(), flush=True)\n time.sleep(0.01)"
    with _python(program) as process:
        anchor = _read(processes, process.pid).anchor
        assert processes.state(anchor) is ProcessState.RUNNING
        assert processes.suspend(anchor)
        assert processes.suspend(anchor)
        assert processes.state(anchor) is ProcessState.STOPPED
        assert processes.resume(anchor)
        assert processes.state(anchor) is ProcessState.RUNNING
        assert process.stdout is not None
        assert process.stdout.readline()
        assert processes.suspend(anchor)
        assert processes.kill(anchor)  # also one that stands still
        assert process.wait(PATIENCE_SECONDS) == 1
        assert processes.state(anchor) is ProcessState.DEAD
        assert processes.read(anchor.pid) is None
        with pytest.raises(ProcessLookupError):
            processes.open_memory(anchor)


def test_a_process_of_another_beginning_is_not_touched(processes: Processes) -> None:
    with _python(LIVING) as process:
        former = replace(_read(processes, process.pid).anchor, start_ticks=1)
        assert processes.state(former) is ProcessState.DEAD
        assert processes.kill(former)
        assert not processes.resume(former)
        with pytest.raises(ProcessLookupError):
            processes.open_image(former)
        assert process.poll() is None
        assert processes.state(_read(processes, process.pid).anchor) is ProcessState.RUNNING


def test_this_process_is_seen_as_it_is(processes: Processes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    own = _read(processes, os.getpid())
    assert own.cwd == tree_path(tmp_path)
    assert own.executable == tree_path(sys.executable)
    assert own.uid > 0


def test_sockets_have_their_holders(processes: Processes) -> None:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        found = [one for one in processes.sockets() if one.local == f"127.0.0.1:{port}"]
    assert found == [Socket("tcp", f"127.0.0.1:{port}", "0.0.0.0:0", "LISTEN", 0, os.getpid())]


def test_a_script_is_known_with_its_process(tmp_path: Path) -> None:
    script = tmp_path / "kịch bản.py"
    script.write_text(LIVING)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        artefacts = [item for item in collector.read_processes(live_host()) if isinstance(item, Artefact)]
        process.kill()
    [found] = [one for one in artefacts if one.fields["pid"] == str(process.pid)]
    assert tree_path(script) in found.refers_to
    assert str(os.getpid()) not in [one.fields["pid"] for one in artefacts]


@dataclass(frozen=True)
class _Rules:
    """What is looked for in memory."""

    pack: Pack

    @classmethod
    def of(cls, rule: str) -> "_Rules":
        trait = Trait("process", ArtefactKind.PROCESS, Action.KILL, TEXT, rule="bad", memory=True)
        return cls(
            Pack(
                family="worm", version="2026.01.01", name=TEXT, platforms=frozenset({"windows"}), severity="high",
                aliases=(), references=(), author="a", licence="l", rules=rule, traits=(trait,), guidance=TEXT,
                digest="",
            )
        )  # fmt: skip


def test_a_rule_is_found_in_the_memory_of_a_process_by_the_reader(processes: Processes) -> None:
    holding = f"import sys; held = ['wo' + 'rm ' + sys.argv[1]] * 9; {LIVING}"
    starting = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {holding!r}, sys.argv[1]])"
    with (
        closing(MemoryReader(memory_rules([_Rules.of(RULE).pack]))) as reader,
        _grandchild(processes, starting, "code") as bad,
        _grandchild(processes, starting, "tale") as good,
    ):
        looks = [reader.look(one.anchor) for one in (bad, good)]
        for look in looks:
            assert isinstance(look, MemoryResult)
            assert look.size_bytes > 1 << 20
            assert not look.is_cut_short
        assert looks[0].hits == (Hit("worm", "bad", "A", in_memory=True),)
        assert looks[1].hits == ()
        assert reader.look(_read(processes, os.getpid()).anchor) == MemoryResult()
        assert reader.look(replace(bad.anchor, start_ticks=1)) == MemoryResult()


@contextmanager
def _grandchild(processes: Processes, program: str, word: str) -> Iterator[Process]:
    """Run a program as a grandchild: the children of the scanning process are its workers."""
    with _python(program, word) as child:
        until = time.monotonic() + 30
        while not (found := [one for one in processes if one.parent == child.pid and one.name == b"python.exe"]):
            assert time.monotonic() < until
        time.sleep(1)
        try:
            yield found[0]
        finally:
            processes.kill(found[0].anchor)


def test_a_start_of_windows_has_one_name() -> None:
    assert boot_id()
    assert boot_id() == boot_id()
