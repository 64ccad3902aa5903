"""The worker as it is run: one for one centre; it sends, stops when it is told to, and is found by the next one."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.centre import migrated
from tests.integration.web.office.letters.test_killed_worker import cascade
from tests.waiting import PATIENCE_SECONDS, until

__all__ = ["cascade"]
QUETSACH = Path(sys.executable).with_name("quetsach")
UNITS = 3


def work(cascade, folder: Path, port: int, *arguments: str) -> subprocess.Popen[str]:
    command = [QUETSACH, "center", "letters", "work", "--data", str(folder), "--json", *arguments]
    environment = cascade.environment(folder, port)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def laid_out(cascade, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with a letter that waits to be sent."""
    data = migrated(tmp_path_factory, "worker")
    a_port = 25  # units get letters by e-mail where a server is set; which one is asked only when they are sent
    assert cascade.run(data, "prepare", str(data), str(UNITS), port=a_port)[0] == 0
    return data


@pytest.fixture
def data(laid_out: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(laid_out, tmp_path / "centre"))


def test_the_command_sends_what_is_due_once_and_says_how_the_queue_stands(cascade, data: Path) -> None:
    with cascade.counting_server() as (port, taken):
        for _ in range(2):
            said, complaints = work(cascade, data, port, "--once").communicate(timeout=PATIENCE_SECONDS)
            assert json.loads(said)["sent"] == 2 * UNITS, complaints
    assert len(taken) == 2 * UNITS


def test_a_second_worker_is_refused_while_the_first_is_at_it(cascade, data: Path) -> None:
    with cascade.counting_server() as (port, taken):
        with (data / "letters.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            second = work(cascade, data, port, "--once")
            _, complaint = second.communicate(timeout=PATIENCE_SECONDS)
        assert second.returncode == 1
        assert "tiến trình khác" in complaint
    assert taken == []


def test_a_worker_that_is_told_to_stop_ends_between_two_messages(cascade, data: Path) -> None:
    with cascade.counting_server() as (port, taken):
        worker = work(cascade, data, port)
        until(lambda: taken)
        os.kill(worker.pid, signal.SIGTERM)
        said, complaints = worker.communicate(timeout=PATIENCE_SECONDS)
    assert worker.returncode == 0, complaints
    states = json.loads(said)
    assert states["sent"] == len(taken)
    assert states["handing"] == states["uncertain"] == 0
