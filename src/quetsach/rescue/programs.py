"""Programs of the system: found in its own folders, run without a shell, and heard when they fail."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from quetsach.rescue.errors import RescueError

FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where programs are looked for, whatever the caller's PATH says."""

_MOST_LINES = 3


def path_of(name: str) -> str | None:
    """Return where a program lies, if it is installed."""
    return shutil.which(name, path=FOLDERS)


def run(name: str, *arguments: str | Path, given: str = "", epoch: int | None = None) -> str:
    """Run a program to its end and return what it printed.

    Args:
        name: of the program.
        arguments: as they are given to it.
        given: what it reads from its standard input.
        epoch: the time (seconds since 1970) that what it makes shall bear.

    Raises:
        RescueError: it is not there or fails; its last words are the hint.
    """
    done = attempt(name, *arguments, given=given, epoch=epoch)
    if done.returncode != 0:
        words = [line for line in done.stderr.splitlines() if line.strip()][-_MOST_LINES:]
        raise RescueError(f"{name} failed with code {done.returncode}", hint="; ".join(words))
    return done.stdout


def attempt(
    name: str, *arguments: str | Path, given: str = "", epoch: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its code.

    Raises:
        RescueError: it is not installed.
    """
    program = path_of(name)
    if program is None:
        raise RescueError(f"the program {name} is not installed")
    return subprocess.run(  # noqa: S603  (a list of words, found in the system's own folders)
        [program, *map(str, arguments)],
        env=_environment(epoch),
        input=given,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _environment(epoch: int | None) -> Mapping[str, str]:
    environment = {"PATH": FOLDERS, "LC_ALL": "C.UTF-8", "HOME": os.environ.get("HOME", "/root")}
    environment |= {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    return environment | ({"SOURCE_DATE_EPOCH": str(epoch)} if epoch is not None else {})
