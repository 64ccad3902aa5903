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
import threading
import time
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_SECONDS, until

FILES = 300
HELD_AFTER = 100
# The command, with a matcher that takes its time, and after some files stands still until it is let go on, on a disk
# whose times tell the truth.
SLOW = f"""
import os, sys, time
from quetsach.endpoint.host.posix import mounts
from quetsach.endpoint.scanner import files, worker_pool
real, looked = worker_pool.scan_file, []
def scan_file(*arguments, **options):
    time.sleep(0.005)
    looked.append(1)
    if len(looked) > {HELD_AFTER} and not os.path.exists(sys.argv[-1] + ".go"):
        open(sys.argv[-1] + ".held", "w").close()
        while not os.path.exists(sys.argv[-1] + ".go"):
            time.sleep(0.005)
    return real(*arguments, **options)
worker_pool.scan_file = scan_file
mounts.LastingDisks.__call__ = lambda *_: True
files.CHECKPOINT_SECONDS, files._DEAREST_CHECKPOINTS = 0.1, 0
from quetsach.cli.main import main
sys.exit(main())
"""

BEGIN_AND_HANG = 'open(sys.argv[-1] + ".begun", "w").close(); time.sleep(600)'


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(FILES):
        (tree / f"{number}").write_bytes(b"hay")
    options = ["--jobs", "1", "--lang", "en", "--state", str(tmp_path / "state"), "--list", str(tmp_path / "list")]
    return [sys.executable, "-P", "-c", SLOW, "scan", str(tree), *options]


def _begun(command: list[str]) -> subprocess.Popen[str]:
    """Start a scan that stands still when it has looked at a third of the files."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(Path(f"{command[-1]}.held").exists)
    return process


def _go(command: list[str]) -> None:
    Path(f"{command[-1]}.go").touch()


def _hears(process: subprocess.Popen[str], words: str) -> bool:
    """Say whether a process says these words, if need be once it does."""
    patience = threading.Timer(PATIENCE_SECONDS, process.kill)  # who says nothing would be listened to for ever
    patience.start()
    try:
        return any(words in line for line in process.stderr or ())
    finally:
        patience.cancel()


def _state(process: subprocess.Popen[str]) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rsplit(") ", 1)[1][0]


def _listed(command: list[str], state: str) -> int:
    return sum(json.loads(line)["state"] == state for line in Path(command[-1]).read_text().splitlines())


def test_an_interrupted_scan_reports_what_it_saw_and_the_next_goes_on(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGINT)
    assert _hears(process, "Press again")
    _go(command)
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "NOT CONCLUSIVE" in out
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
    until(Path(f"{command[-1]}.begun").exists)
    process.send_signal(signal.SIGINT)
    assert _hears(process, "Press again")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS / 2)
    assert process.returncode == 1


def test_a_scan_stops_and_goes_on_as_the_shell_says(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGTSTP)
    until(lambda: _state(process) == "T")
    _go(command)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_a_scan_says_how_far_it_is_when_it_is_asked(command: list[str]) -> None:
    process = _begun(command)
    process.send_signal(signal.SIGUSR1)
    assert _hears(process, "files · ")
    _go(command)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_after_a_loss_of_power_only_what_was_not_kept_is_read_again(command: list[str]) -> None:
    process = _begun(command)
    process.kill()
    process.communicate()
    _go(command)
    subprocess.run(command, check=True, capture_output=True)
    cached = _listed(command, "cached")
    assert 0 < cached <= HELD_AFTER
    assert _listed(command, "scanned") == FILES - cached


def test_keys_pause_continue_and_end_and_the_terminal_is_as_before(command: list[str]) -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )  # fmt: skip
    until(Path(f"{command[-1]}.held").exists)
    os.write(ours, b"p")
    shown = bytearray()
    until(lambda: b"Paused" in shown, lambda: shown.extend(os.read(ours, 1 << 16)))
    _go(command)
    time.sleep(2.5)  # the rest takes one second
    assert process.poll() is None
    os.write(ours, b"pq")
    out = process.communicate(timeout=PATIENCE_SECONDS)[0]
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
