"""What lies around the window on this system: drives, the desktop, the administrator, licences of the parts."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from quetsach.core.text import size_text
from quetsach.endpoint.artefact import printable, windows_text
from quetsach.endpoint.host.live import SYSTEM, is_elevated, mounts_now
from quetsach.endpoint.window.use_cases import Drive

# What lies around the window on this system: drives, the desktop, the administrator.

if sys.platform == "win32":
    from quetsach.endpoint.host.nt.ffi.user import run_as_administrator

CAN_ELEVATE = SYSTEM == "windows"
"""Whether a window can be started again by an administrator; a desktop of Linux gives root no screen."""

DRIVES_ARE_PATHS = SYSTEM == "windows"
"""Whether a drive is a part of the running system; elsewhere it is a mounted disk, maybe of another."""

_CARRIED = (b"/media/", b"/mnt/", b"/run/media/")
"""Where Linux mounts what is plugged in."""


def drives(language: str) -> list[Drive]:
    """Return what can be looked at by itself: on Windows every drive, elsewhere what is plugged in and mounted."""
    found = []
    for mount in mounts_now():
        shown = windows_text(mount.place or b"/") if DRIVES_ARE_PATHS else mount.place
        place = os.fsdecode(shown)
        if (DRIVES_ARE_PATHS or mount.place.startswith(_CARRIED)) and printable(shown) == place:
            with suppress(OSError):  # an empty slot of a card reader
                found.append(Drive(place, place, size_text(shutil.disk_usage(place).total, language)))
    return found


def open_page(path: Path) -> None:
    """Have the desktop open a page; where there is none, its path is told all the same.

    On Windows by Explorer, which runs with the rights of the person and not with ours.
    """
    if SYSTEM == "windows":
        program: str | None = str(Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "explorer.exe")
    else:
        program = None if is_elevated() else shutil.which("xdg-open", path="/usr/bin:/bin")
    if program is not None:
        nowhere = subprocess.DEVNULL
        with suppress(OSError):
            subprocess.Popen([program, str(path)], stdin=nowhere, stdout=nowhere, stderr=nowhere)  # noqa: S603


def own_command() -> list[str]:
    """Return what starts this tool again: the program of a download, or the interpreter of an installation."""
    program = Path(sys.executable)
    return [str(program), *(["-m", "quetsach.cli.main"] if program.stem.casefold().startswith("python") else [])]


def run_elevated(command: Sequence[str]) -> bool:
    """Ask the system to run a command as administrator; whether it will."""
    if sys.platform == "win32":
        return run_as_administrator(command[0], subprocess.list2cmdline(command[1:]))
    return False


# The licences of the parts that the tool is made of.

_NEED = re.compile(
    r"""(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(\[(?P<extras>[^]]*)\])?(.*extra\s*==\s*["'](?P<of>[^"']*)["'])?"""
)
"""A need of a distribution: its name, the extras that are asked for, and the extra that asks for it."""
_TEXTS = ("LICENSE", "LICENCE", "COPYING", "NOTICE")


def licences_of_parts() -> str:
    """Return name, version and licence of every distribution in use, with the texts that each carries."""
    return "\n\n".join(_licence(part) for part in sorted(_parts(), key=lambda part: part.name.casefold()))


def _parts() -> list[metadata.Distribution]:
    """Return the distribution of the tool and what it needs, each once."""
    wanted, found = [("quetsach", "")], dict[str, metadata.Distribution]()
    while wanted:
        name, extras = wanted.pop()
        try:
            part = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # needed on another system only
            continue
        found[part.name.casefold()] = part
        needed = (_NEED.match(line) for line in part.requires or ())
        wanted += [
            (need["name"], need["extras"] or "")
            for need in needed
            if need is not None
            and (not need["of"] or need["of"] in extras.split(","))
            and need["name"].casefold() not in found
        ]
    return list(found.values())


def _licence(part: metadata.Distribution) -> str:
    said = part.metadata
    classes = (one.rpartition(" :: ")[2] for one in said.get_all("Classifier", ()) if one.startswith("License ::"))
    name = said.get("License-Expression") or said.get("License") or ", ".join(classes)
    files = (Path(str(one.locate())) for one in part.files or () if one.name.upper().startswith(_TEXTS))
    texts = [path.read_text("utf-8", "replace").strip() for path in files if path.is_file()]
    return "\n".join((f"{part.name} {part.version}", *filter(None, (name, *texts))))
