"""A clean-up or an undo that is killed at any moment is finished or rolled back by the next run, never left half."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_moment_of_clean_and_undo_can_be_the_last(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as work:
        run = subprocess.run(
            [sys.executable, ROOT / "tests/integration/endpoint/crash_driver.py", work],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert run.returncode == 0, run.stderr
    tried = {name: int(moments) for name, moments in (line.rsplit(" ", 1) for line in run.stdout.splitlines())}
    assert tried.keys() == {"clean, clean again", "clean, then undo", "undo, undo again"}
    assert min(tried.values()) > 50
