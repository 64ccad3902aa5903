"""What the machine that makes a stick must have, checked before anything is begun."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import path_of

PACKAGES = {
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
        raise RescueError("a rescue stick is made on Debian", hint="use a computer with Debian 13")
    missing = [package for package, program in PACKAGES.items() if not find(program)]
    if missing:
        raise RescueError(
            f"Debian packages are missing: {' '.join(missing)}",
            hint=f"on Debian 13, as root: apt install {' '.join(missing)}",
        )
    require_root()
    if sys.version_info[:2] != PYTHON or os.uname().machine != "x86_64":
        raise RescueError(
            "the tool that runs here does not run on the stick, which is Debian 13 for x86-64 with Python 3.13",
            hint="make it on a Debian 13",
        )
    state = os.statvfs(work)
    if state.f_bavail * state.f_frsize < WORK_BYTES:
        raise RescueError("too little room to work in", where=str(work), hint="name another folder with --work DIR")


def require_root() -> None:
    """Refuse to go on for anyone but root.

    Raises:
        RescueError: it is somebody else.
    """
    if os.geteuid() != 0:
        raise RescueError("a rescue stick is made by root", hint="run it with sudo")
