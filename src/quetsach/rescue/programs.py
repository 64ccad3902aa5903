"""Programs of the system: found in its own folders, run without a shell, and heard when they fail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from quetsach.core.text import Text
from quetsach.rescue import RescueError

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
        raise RescueError(
            Text("{name} failed with code {number}", name=name, number=done.returncode), hint="; ".join(words)
        )
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
        raise RescueError(Text("the program {name} is not installed", name=name))
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


# What the machine that makes a stick must have, checked before anything is begun.

BUILDER_PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "util-linux": "unshare",
    "squashfs-tools": "mksquashfs",
    "grub-common": "grub-mkimage",
    "dosfstools": "mkfs.fat",
    "mtools": "mcopy",
    "xorriso": "xorriso",
    "apt": "apt-get",
    "dpkg": "dpkg-deb",
}
"""Debian package -> the program of it that is used."""

PYTHON = (3, 13)
"""The Python of Debian 13, which the stick is made of: the tool is copied with its compiled parts."""

WORK_BYTES = 2 << 30
"""The room that making an image takes, most of it for the system before it is packed."""


def require_builder(work: Path, find: Callable[[str], str | None] = path_of) -> None:
    """Refuse where no stick can be made, saying what to do about it.

    Args:
        work: the folder to work in.
        find: where a program lies, if it is installed.

    Raises:
        RescueError: the first of what is missing.
    """
    if not sys.platform.startswith("linux"):
        raise RescueError(Text("a rescue stick is made on Debian"), hint=Text("use a computer with Debian 13"))
    missing = [package for package, program in BUILDER_PACKAGES.items() if not find(program)]
    if missing:
        raise RescueError(
            Text("Debian packages are missing: {packages}", packages=" ".join(missing)),
            hint=Text("on Debian 13, as root: apt install {packages}", packages=" ".join(missing)),
        )
    require_root()
    if sys.version_info[:2] != PYTHON or os.uname().machine != "x86_64":
        raise RescueError(
            Text("the tool that runs here does not run on the stick, which is Debian 13 for x86-64 with Python 3.13"),
            hint=Text("make it on a Debian 13"),
        )
    state = os.statvfs(work)
    if state.f_bavail * state.f_frsize < WORK_BYTES:
        raise RescueError(
            Text("too little room to work in"), where=str(work), hint=Text("name another folder with --work DIR")
        )


def require_root() -> None:
    """Refuse to go on for anyone but root.

    Raises:
        RescueError: it is somebody else.
    """
    if os.geteuid() != 0:
        raise RescueError(Text("a rescue stick is made by root"), hint=Text("run it with sudo"))
