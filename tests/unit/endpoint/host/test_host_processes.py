"""Running processes are told apart, stopped and ended exactly, and found even when their file is gone."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach.endpoint.host.live import boot_id
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process, ProcessState


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A harmless process from its own copy of ``sleep``."""
    program = shutil.copy("/usr/bin/sleep", tmp_path / "sleeper")
    with subprocess.Popen([program, "60"], cwd=tmp_path) as child:
        yield child
        child.kill()


def test_a_process_is_described(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    process = LinuxProcesses().read(sleeper.pid)
    assert process is not None
    assert process.executable == os.fsencode(tmp_path / "sleeper")
    assert not process.is_deleted
    assert process.arguments[1:] == (b"60",)
    assert (process.parent, process.uid, process.cwd) == (os.getpid(), os.geteuid(), os.fsencode(tmp_path))
    assert sleeper.pid in {p.pid for p in LinuxProcesses()}


def test_a_deleted_image_is_seen_and_can_still_be_read(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    content = (tmp_path / "sleeper").read_bytes()
    (tmp_path / "sleeper").unlink()
    process = LinuxProcesses().read(sleeper.pid)
    assert process is not None
    assert process.is_deleted
    assert process.executable == os.fsencode(tmp_path / "sleeper")
    with os.fdopen(LinuxProcesses().open_image(process.anchor), "rb") as image:
        assert image.read() == content


def test_a_living_file_called_deleted_is_not_deleted(tmp_path: Path) -> None:
    program = shutil.copy("/usr/bin/sleep", tmp_path / "x (deleted)")
    with subprocess.Popen([program, "60"]) as child:
        process = LinuxProcesses().read(child.pid)
        child.kill()
    assert process is not None
    assert (process.is_deleted, process.executable) == (False, os.fsencode(program))


def test_suspend_resume_and_kill_say_what_the_state_is_afterwards(sleeper: subprocess.Popen[bytes]) -> None:
    processes = LinuxProcesses()
    anchor = processes.read(sleeper.pid).anchor
    assert processes.suspend(anchor)
    assert processes.state(anchor) is ProcessState.STOPPED
    assert processes.resume(anchor)
    assert processes.state(anchor) is ProcessState.RUNNING
    assert processes.kill(anchor)
    assert processes.state(anchor) is ProcessState.DEAD


def test_another_process_of_the_same_number_is_never_hit(sleeper: subprocess.Popen[bytes]) -> None:
    processes = LinuxProcesses()
    anchor = processes.read(sleeper.pid).anchor
    former = replace(anchor, start_ticks=anchor.start_ticks - 1)
    assert processes.kill(former)
    assert processes.suspend(former)
    assert processes.state(anchor) is ProcessState.RUNNING
    with pytest.raises(ProcessLookupError):
        processes.open_image(former)


def test_a_process_that_ended_is_no_process(sleeper: subprocess.Popen[bytes]) -> None:
    anchor = LinuxProcesses().read(sleeper.pid).anchor
    sleeper.kill()
    sleeper.wait()
    assert LinuxProcesses().read(sleeper.pid) is None
    assert LinuxProcesses().kill(anchor)
    assert not LinuxProcesses().resume(anchor)


def test_a_removed_file_that_is_still_mapped_is_named(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    (tmp_path / "sleeper").unlink()
    assert LinuxProcesses().holds_removed(sleeper.pid, {os.fsencode(tmp_path / "sleeper")})
    assert not LinuxProcesses().holds_removed(sleeper.pid, {os.fsencode(tmp_path / "other")})


@pytest.mark.parametrize("content", [b"", b"garbage", b"1 (x) S", b"1 (x) S a " + b"0 " * 40])
def test_an_unreadable_process_list_gives_no_process(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_bytes(content)
    assert list(LinuxProcesses(tmp_path)) == []


def test_a_short_name_with_brackets_does_not_shift_the_fields(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_bytes(b"7 (a) R 9 (b)) S 3 " + b"0 " * 17 + b"4242 0 0")
    (tmp_path / "7" / "cmdline").write_bytes(b"a\0b\0")
    (process,) = LinuxProcesses(tmp_path)
    assert (process.parent, process.anchor.start_ticks, process.name) == (3, 4242, b"a) R 9 (b)")
    assert process.arguments == (b"a", b"b")


def test_the_boot_is_named() -> None:
    assert len(boot_id()) == 36


@contextlib.contextmanager
def _in_a_container(inside: Path, *command: str) -> Iterator[Process]:
    """Run a program that sees an own folder where this system has another."""
    script = 'mount --bind "$1" "$2"; shift 2; "$@" & echo $!; wait'
    outside = inside.with_name("outside")
    unshared = ["unshare", "--mount", "sh", "-c", script, "sh", str(inside), str(outside), *command]
    with subprocess.Popen(unshared, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        pid = int(shell.stdout.readline())
        process = LinuxProcesses().read(pid)
        while process is None or not process.executable.endswith(b"sleep"):
            process = LinuxProcesses().read(pid)
        yield process
        os.kill(pid, signal.SIGKILL)


def test_a_path_is_not_this_systems_when_only_a_container_has_the_file(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
        shutil.copy(shutil.which("sleep") or "", tmp_path / name / "sleep")
    with _in_a_container(tmp_path / "inside", str(tmp_path / "outside/sleep"), "60") as process:
        assert process.executable == os.fsencode(tmp_path / "outside/sleep")
        assert LinuxProcesses().named_image(process) == ()
        assert not LinuxProcesses().finds_the_same(process, process.executable)


def test_a_path_is_this_systems_when_both_have_the_file(tmp_path: Path) -> None:
    for name in ("inside", "outside"):
        (tmp_path / name).mkdir()
    shutil.copy(shutil.which("sleep") or "", tmp_path / "sleep")
    with _in_a_container(tmp_path / "inside", str(tmp_path / "sleep"), "60") as process:
        assert not process.shares_files
        assert LinuxProcesses().named_image(process) == (process.executable,)
