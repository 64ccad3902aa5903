"""A scan that goes on is paused, ended, killed, and goes on where it stopped."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

FILES = 300
# The command, with a matcher that takes its time, on a disk whose times tell the truth.
SLOW = """
import sys, time
from quetsach.endpoint.host.posix import lasting
from quetsach.endpoint.look import files, workers
real = workers.look_at
def look_at(*arguments, **options):
    time.sleep(0.005)
    return real(*arguments, **options)
workers.look_at = look_at
lasting.LastingDisks.__call__ = lambda *_: True
files.CHECKPOINT_SECONDS, files._DEAREST_CHECKPOINTS = 0.1, 0
from quetsach.cli.main import main
sys.exit(main())
"""

BEGIN_AND_HANG = 'open(sys.argv[-1] + ".begun", "w").close(); time.sleep(20)'


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(FILES):
        (tree / f"{number}").write_bytes(b"hay")
    options = ["--jobs", "1", "--lang", "en", "--state", str(tmp_path / "state"), "--list", str(tmp_path / "list")]
    return [sys.executable, "-P", "-c", SLOW, "scan", str(tree), *options]


def _begun(command: list[str]) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _until(lambda: bool(list(Path(command[-1]).parent.glob("state/seen/*"))))
    return process


def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def _state(process: subprocess.Popen[str]) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1][0]


def _listed(command: list[str], state: str) -> int:
    return sum(json.loads(line)["state"] == state for line in Path(command[-1]).read_text().splitlines())


def test_an_interrupted_scan_reports_what_it_saw_and_the_next_goes_on(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "NOT CONCLUSIVE" in out
    assert "Press again" in err
    seen = _listed(command, "scanned")
    assert 0 < seen < FILES
    subprocess.run(command, check=True, capture_output=True)
    assert (_listed(command, "cached"), _listed(command, "scanned")) == (seen, FILES - seen)


def test_a_second_interruption_ends_at_once(command: list[str]) -> None:
    process = subprocess.Popen(
        [*command[:3], command[3].replace("time.sleep(0.005)", BEGIN_AND_HANG), *command[4:]],
        stderr=subprocess.PIPE,
        text=True,
    )
    _until(Path(f"{command[-1]}.begun").exists)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=10)
    assert process.returncode == 1
    process.communicate()


def test_a_scan_stops_and_goes_on_as_the_shell_says(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGTSTP)
    _until(lambda: _state(process) == "T")
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_scan_says_how_far_it_is_when_it_is_asked(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGUSR1)
    _, err = process.communicate(timeout=30)
    assert "files · " in err
    assert process.returncode == 0


def test_after_a_loss_of_power_only_what_was_not_kept_is_read_again(command: list[str]) -> None:
    process = _begun(command)
    time.sleep(0.4)
    process.kill()
    process.communicate()
    subprocess.run(command, check=True, capture_output=True)
    cached = _listed(command, "cached")
    assert 20 <= cached < FILES
    assert _listed(command, "scanned") == FILES - cached


def test_keys_pause_continue_and_end_and_the_terminal_is_as_before(command: list[str], tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )  # fmt: skip
    _until(lambda: bool(list(tmp_path.glob("state/seen/*"))))
    os.write(ours, b"p")
    time.sleep(0.5)
    kept = [path.stat().st_mtime_ns for path in tmp_path.glob("state/seen/*")]
    time.sleep(0.5)
    assert [path.stat().st_mtime_ns for path in tmp_path.glob("state/seen/*")] == kept
    os.write(ours, b"pq")
    out = process.communicate(timeout=30)[0]
    assert process.returncode == 2
    assert "NOT CONCLUSIVE" in out
    assert termios.tcgetattr(theirs) == before
    while select.select([ours], [], [], 0)[0]:
        os.read(ours, 1 << 16)
    os.close(ours)
    os.close(theirs)


def test_an_idle_scan_takes_only_what_nobody_else_wants(command: list[str]) -> None:
    process = _begun([*command[:-2], "--idle", *command[-2:]])
    assert os.sched_getscheduler(process.pid) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
    process.kill()
    process.communicate()
