"""A clean-up or an undo that is killed at any moment is finished or rolled back by the next run, never left half."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
DRIVER = ROOT / "tests/integration/endpoint/crash_driver.py"
STORIES = ("clean, clean again", "clean, then undo", "undo, undo again")
EVERY = 4
"""Here each fourth change and record, others in each run; ``bench/endpoint_crash.py`` tries all of them."""


def test_any_moment_of_clean_and_undo_can_be_the_last(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    seed = random.randrange(1 << 30)  # of this run's order of tests, which is printed
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as work:
        run = subprocess.run(
            [sys.executable, DRIVER, work, "--every", str(EVERY), "--seed", str(seed), "--instants", "45", "15"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    lines = (line.rsplit(" ", 1) for line in run.stdout.splitlines()[1:])
    tried = {name: int(moments) for name, moments in lines}
    scenes = {f"{scene}: {story}" for scene in ("linux", "windows") for story in STORIES}
    assert {name.rpartition(": ")[0] for name in tried} == scenes
    assert sum(count for name, count in tried.items() if name.endswith("instants")) == 60
    assert min(count for name, count in tried.items() if name.endswith("changes")) > 50 // EVERY
    assert min(count for name, count in tried.items() if name.endswith("records")) > 10 // EVERY
