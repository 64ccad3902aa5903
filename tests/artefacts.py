"""What a run makes once for all its workers: whoever comes first makes it, the others wait for it."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def made_once(factory: pytest.TempPathFactory, kind: str, make: Callable[[Path], object]) -> Path:
    """Return what is made once in a run. It belongs to all tests: none may change it.

    Args:
        factory: of the run.
        kind: its name, the same for all who want the same.
        make: makes it at a path that does not exist yet; it must not keep that path, for it is moved.
    """
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    kept = shared / f"once-{kind}"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            shutil.rmtree(kept.with_suffix(".new"), ignore_errors=True)  # of a worker whose attempt failed
            make(kept.with_suffix(".new"))
            kept.with_suffix(".new").rename(kept)
    return kept


def built_wheel(factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of this source."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    [wheel] = made_once(factory, "wheel", make).glob("*.whl")
    return wheel
