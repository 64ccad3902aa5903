"""The worker as it is run: one for one centre; it sends, stops when it is told to, and is found by the next one."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.integration.web.office.letters.test_killed_worker import cascade

__all__ = ["cascade"]
QUETSACH = Path(sys.executable).with_name("quetsach")
UNITS = 3


def work(cascade, folder: Path, port: int, *arguments: str) -> subprocess.Popen[str]:
    command = [QUETSACH, "center", "letters", "work", "--data", str(folder), "--json", *arguments]
    environment = cascade.environment(folder, port)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def prepared(cascade, folder: Path, port: int) -> None:
    (folder / "secret.key").write_text("a key for this test alone, long enough for Django\n")
    assert cascade.run(folder, "prepare", str(folder), str(UNITS), port=port)[0] == 0


def test_the_command_sends_what_is_due_once_and_says_how_the_queue_stands(cascade, tmp_path: Path) -> None:
    with cascade.counting_server() as (port, taken):
        prepared(cascade, tmp_path, port)
        for _ in range(2):
            said, complaints = work(cascade, tmp_path, port, "--once").communicate(timeout=120)
            assert json.loads(said)["sent"] == 2 * UNITS, complaints
    assert len(taken) == 2 * UNITS


def test_a_second_worker_is_refused_while_the_first_is_at_it(cascade, tmp_path: Path) -> None:
    with cascade.counting_server() as (port, taken):
        prepared(cascade, tmp_path, port)
        with (tmp_path / "letters.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            second = work(cascade, tmp_path, port, "--once")
            _, complaint = second.communicate(timeout=120)
        assert second.returncode == 1
        assert "another worker" in complaint or "khác" in complaint
    assert taken == []


def test_a_worker_that_is_told_to_stop_ends_between_two_messages(cascade, tmp_path: Path) -> None:
    with cascade.counting_server() as (port, taken):
        prepared(cascade, tmp_path, port)
        worker = work(cascade, tmp_path, port)
        deadline = time.monotonic() + 120
        while not taken and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(worker.pid, signal.SIGTERM)
        said, complaints = worker.communicate(timeout=60)
    assert worker.returncode == 0, complaints
    states = json.loads(said)
    assert states["sent"] == len(taken)
    assert states["handing"] == states["uncertain"] == 0
