"""Room for what a clean-up keeps, on the stick itself: behind its image, made at the first start.

Whoever wrote the image, by whatever program, gets it so; a compact disc and a stick that is write-protected have none.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import attempt, run

MEDIUM = Path("/run/quetsach/medium")
PLACE = Path("/run/quetsach/room")
LABEL = "quetsach-state"
_NUMBER = 3
_NOTHING_FOUND = 2  # blkid(8)
_LEAST_SECTORS = (64 << 20) // 512
_ALIGNED_SECTORS = (1 << 20) // 512


@dataclass(frozen=True, slots=True)
class Stick:
    """The disk that this system was started from."""

    name: str
    folder: Path
    """Of the kernel, in /sys."""

    @property
    def is_writable(self) -> bool:
        """Whether no switch on it forbids writing."""
        return _number(self.folder / "ro") == 0

    @property
    def room(self) -> str | None:
        """Name of the partition behind the image, if there is one."""
        return next((one.parent.name for one in self.folder.glob("*/partition") if _number(one) == _NUMBER), None)

    @property
    def free(self) -> tuple[int, int]:
        """First sector and number of sectors behind the last partition."""
        parts = [one.parent for one in self.folder.glob("*/partition")]
        end = max((_number(part / "start") + _number(part / "size") for part in parts), default=0)
        start = -(-end // _ALIGNED_SECTORS) * _ALIGNED_SECTORS
        return start, _number(self.folder / "size") - start


def stick_of(medium: Path = MEDIUM, sys: Path = Path("/sys")) -> Stick | None:
    """Return the stick that the medium is mounted from; ``None`` for one without partitions, such as a compact disc."""
    number = medium.stat().st_dev
    folder = (sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    return Stick(folder.parent.name, folder.parent) if (folder / "partition").exists() else None


def open_room(stick: Stick | None) -> Path | None:
    """Mount the room on the stick, making it where it is not yet; ``None`` where there can be none.

    Only the partition behind the image is ever formatted, and only while nothing is on it.

    Raises:
        RescueError: a program for it fails.
    """
    if PLACE.is_mount():
        return PLACE  # what shows the screen was started anew
    if stick is None or not stick.is_writable:
        return None
    if stick.room is None and not _divide(stick):
        return None
    device = f"/dev/{stick.room}"
    kind = _content(device)
    if kind == "":
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-L", LABEL, device)
    elif kind != f"ext4 {LABEL}":
        return None  # somebody made a partition of his own there
    attempt("e2fsck", "-p", device)
    PLACE.mkdir(mode=0o700, parents=True, exist_ok=True)
    run("mount", "--types", "ext4", "--options", "nodev,nosuid,noexec", device, PLACE)
    return PLACE


def _divide(stick: Stick) -> bool:
    """Make a partition of what is behind the image; whether there is one then."""
    start, size = stick.free
    if size < _LEAST_SECTORS:
        return False
    disk = f"/dev/{stick.name}"
    run("sfdisk", "--quiet", "--append", "--no-reread", "--no-tell-kernel", disk, given=f"{start},{size},L\n")
    run("partx", "--add", "--nr", str(_NUMBER), disk)
    return stick.room is not None


def _content(device: str) -> str:
    """Return the kind and the label of what is on a partition; empty if nothing is that could be recognised."""
    found = attempt("blkid", "--probe", "--output", "export", device)
    if found.returncode not in {0, _NOTHING_FOUND}:
        raise RescueError("the room on the stick cannot be looked at", where=device)
    fields = dict(line.partition("=")[::2] for line in found.stdout.splitlines())
    kind = fields.get("TYPE") or fields.get("PTTYPE")
    return f"{kind} {fields.get('LABEL', '')}" if kind else ""


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
