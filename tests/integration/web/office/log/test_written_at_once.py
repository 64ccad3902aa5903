"""Several processes write the log at the same time: one chain without a gap, and the head beside it is the last."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.centre import migrated
from tests.integration.web.office.log.driver import ENTRIES
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[5]
DRIVER = Path(__file__).with_name("driver.py")
WRITERS = 3
KEPT = len([number for number in range(ENTRIES) if number % 7 != 3])


def driver(data: Path, task: str) -> str:
    """Run one process to its end and return what it said."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, DRIVER, data, task]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_chain_has_no_gap_and_no_fork(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = migrated(tmp_path_factory, "log")
    before = int(driver(data, "verify").split()[0])
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda _: driver(data, "append"), range(WRITERS)))
    expected = str(before + WRITERS * KEPT)
    assert driver(data, "verify").split() == [expected, expected, "whole"]
