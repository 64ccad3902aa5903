"""Cleaning the running system: real processes that revive each other, real files, on a throw-away copy of this machine.

The copy is an overlay over the root file system with its own mounts and process numbers; nothing outside is touched.
The project and its environment are bound into it, wherever they lie.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.isolated

_COPY = """
set -eu
mount -t tmpfs -o mode=755 scratch "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mkdir opt/project opt/environment
mount --bind "$2" opt/project
mount --bind "$3" opt/environment
for folder in tmp var/tmp dev/shm root; do mount -t tmpfs -o mode=1777 scratch $folder; done
touch this-is-a-throw-away-copy
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \\
    PYTHONPATH=/opt/project:/opt/project/src \\
    /opt/environment/bin/python /opt/project/tests/integration/endpoint/live_driver.py
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    scratch = tmp_path_factory.mktemp("copy")
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    run = subprocess.run(
        [*namespaces, "sh", "-c", _COPY, "sh", scratch, ROOT, sys.prefix],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_everything_planted_is_found_with_both_processes(told: dict[str, Any]) -> None:
    assert told["scan"]["code"] == 10, told["scan"]["errors"]
    findings = told["scan"]["output"]["findings"]
    assert len([f for f in findings if f["kind"] != "process"]) == told["planted"]
    assert len([f for f in findings if f["kind"] == "process"]) >= 2


def test_a_restart_is_asked_for_while_a_program_holds_the_removed_library(told: dict[str, Any]) -> None:
    assert told["clean"]["code"] == 12, told["clean"]["errors"]
    assert {step["outcome"] for step in told["clean"]["output"]["steps"]} <= {"done", "gone"}


def test_processes_that_revive_each_other_stay_dead(told: dict[str, Any]) -> None:
    assert told["alive"] == []


def test_a_process_that_is_not_the_family_s_lives_on(told: dict[str, Any]) -> None:
    assert told["innocent"]


def test_a_second_scan_finds_nothing(told: dict[str, Any]) -> None:
    assert told["again"]["code"] == 0, told["again"]["output"]


def test_undo_gives_every_file_back_as_it_was(told: dict[str, Any]) -> None:
    assert told["undo"]["code"] == 0, told["undo"]["output"]
    assert told["differences"] == []
