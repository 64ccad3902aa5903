"""Drives of the machine that a stick was started on, their mounting, and room on the stick itself."""

import json
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from quetsach.core.text import Text
from quetsach.rescue import RescueError
from quetsach.rescue.programs import attempt, run

# The drives of the machine that a stick was started on.

_COLUMNS = "PATH,TYPE,FSTYPE,LABEL,UUID,SIZE,MODEL,PKNAME,HOTPLUG"
_KINDS = {"ntfs": "ntfs", "BitLocker": "bitlocker", "vfat": "fat", "exfat": "exfat"}
_IDENTIFIER = re.compile(r"[0-9A-Fa-f-]{4,40}")
_ON_STICKS = ("fat", "exfat")


@dataclass(frozen=True, slots=True)
class Volume:
    """A file system that Windows may use.

    ``kind`` is ``ntfs``, ``bitlocker`` (encrypted), ``fat`` or ``exfat``; ``name`` what its owner called it, ``disk``
    the model of the disk it lies on, ``identifier`` its own number, by which a later start knows it again.
    """

    path: str
    kind: str
    name: str
    identifier: str
    size_bytes: int
    disk: str

    @property
    def is_locked(self) -> bool:
        """Whether it must be opened with a key first."""
        return self.kind == "bitlocker"


def volumes(own_disk: str) -> tuple[Volume, ...]:
    """Return the drives of this machine, but for those of the stick itself.

    Args:
        own_disk: name of the disk that the stick is (``sdb``); empty if it is none.

    Raises:
        RescueError: they cannot be listed.
    """
    return read_volumes(run("lsblk", "--json", "--bytes", "--list", "--output", _COLUMNS), own_disk)


def read_volumes(listing: str, own_disk: str) -> tuple[Volume, ...]:
    """Return the drives that ``lsblk`` lists; FAT only on what can be unplugged, for on others it is the firmware's.

    Raises:
        RescueError: the listing is not of that form.
    """
    try:
        rows = json.loads(listing)["blockdevices"]
        models = {row["path"]: row.get("model") for row in rows}
        found = [_volume(row, models) for row in rows if _counts(row, own_disk)]
    except (ValueError, KeyError, TypeError) as error:
        raise RescueError(Text("the drives of this machine cannot be listed")) from error
    return tuple(found)


def _counts(row: dict[str, Any], own_disk: str) -> bool:
    kind = _KINDS.get(row["fstype"] or "")
    if kind is None or (own_disk and own_disk in (row["pkname"], row["path"].rpartition("/")[2])):
        return False
    return bool(row["hotplug"]) if kind in _ON_STICKS else True


def _volume(row: dict[str, Any], models: dict[str, Any]) -> Volume:
    identifier = str(row["uuid"] or "")
    return Volume(
        path=row["path"],
        kind=_KINDS[row["fstype"]],
        name=str(row["label"] or ""),
        identifier=identifier if _IDENTIFIER.fullmatch(identifier) else row["path"].rpartition("/")[2],
        size_bytes=int(row["size"]),
        disk=" ".join(str(models.get(f"/dev/{row['pkname']}") or row["model"] or "").split()),
    )


# Mount a drive: to look at it nothing on it is changed, to clean it must be in order.

DISKS = Path("/run/quetsach/disks")
"""Where drives are mounted, each by its identifier: a later start mounts it at the same place, and undo finds it."""

_SAFE = "nodev,nosuid,noexec"
_FAT = "utf8=1"


class Unfit(StrEnum):
    """Why a drive is not cleaned."""

    LOCKED = "locked"
    HIBERNATED = "hibernated"
    UNCLEAN = "unclean"
    DAMAGED = "damaged"
    UNREADABLE = "unreadable"


_PROBED = {12: Unfit.DAMAGED, 13: Unfit.DAMAGED, 14: Unfit.HIBERNATED, 15: Unfit.UNCLEAN}
"""Codes of ntfs-3g.probe(8)."""


def why_unfit(volume: Volume) -> Unfit | None:
    """Return why a drive must not be written to now; ``None`` if it may be."""
    if volume.is_locked:
        return Unfit.LOCKED
    if volume.kind != "ntfs":
        return None
    code = attempt("ntfs-3g.probe", "--readwrite", volume.path).returncode
    return None if code == 0 else _PROBED.get(code, Unfit.UNREADABLE)


def place_of(volume: Volume) -> Path:
    """Return where a drive is mounted."""
    return DISKS / volume.identifier


def mount_to_look(volume: Volume) -> Path:
    """Mount a drive read-only, with the streams that hide behind names of files.

    Raises:
        RescueError: it cannot be mounted, or is not as it shall be.
    """
    options = f"ro,{_SAFE},umask=0077," + (
        "streams_interface=windows" if volume.kind == "ntfs" else _fat_options(volume)
    )
    return _mount(volume, options, is_read_only=True)


def mount_to_clean(volume: Volume) -> Path:
    """Mount a drive that is in order so that it can be changed, for nobody but root.

    Raises:
        RescueError: it is not in order, cannot be mounted, or is not as it shall be.
    """
    if unfit := why_unfit(volume):
        raise RescueError(Text("the drive is not written to: {reason}", reason=unfit), where=volume.path)
    options = f"rw,{_SAFE},umask=0077," + ("norecover" if volume.kind == "ntfs" else _fat_options(volume))
    return _mount(volume, options, is_read_only=False)


def unmount(place: Path) -> None:
    """Unmount what is mounted at a place, so that all of it is on its disk.

    Raises:
        RescueError: it is still mounted.
    """
    if place.is_mount():
        run("umount", place)
    if place.is_mount():
        raise RescueError(Text("the drive is still mounted"), where=str(place))


def _fat_options(volume: Volume) -> str:
    return _FAT if volume.kind == "fat" else "iocharset=utf8"


def _mount(volume: Volume, options: str, *, is_read_only: bool) -> Path:
    place = place_of(volume)
    unmount(place)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = {"ntfs": "ntfs-3g", "fat": "vfat"}.get(volume.kind, volume.kind)
    run("mount", "--types", kind, "--options", options, volume.path, place)
    if not place.is_mount() or bool(os.statvfs(place).f_flag & os.ST_RDONLY) != is_read_only:
        unmount(place)
        raise RescueError(Text("the drive was mounted in another way than asked for"), where=volume.path)
    return place


# Room for what a clean-up keeps, on the stick itself: behind its image, made at the first start.
#
# Whoever wrote the image, by whatever program, gets it so; a compact disc and a stick that is write-protected have
# none.

MEDIUM = Path("/run/quetsach/medium")
ROOM = Path("/run/quetsach/room")
ROOM_LABEL = "quetsach-state"
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
    if ROOM.is_mount():
        return ROOM  # what shows the screen was started anew
    if stick is None or not stick.is_writable:
        return None
    if stick.room is None and not _divide(stick):
        return None
    device = f"/dev/{stick.room}"
    kind = _content(device)
    if kind == "":
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-L", ROOM_LABEL, device)
    elif kind != f"ext4 {ROOM_LABEL}":
        return None  # somebody made a partition of his own there
    attempt("e2fsck", "-p", device)
    ROOM.mkdir(mode=0o700, parents=True, exist_ok=True)
    run("mount", "--types", "ext4", "--options", "nodev,nosuid,noexec", device, ROOM)
    return ROOM


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
        raise RescueError(Text("the room on the stick cannot be looked at"), where=device)
    fields = dict(line.partition("=")[::2] for line in found.stdout.splitlines())
    kind = fields.get("TYPE") or fields.get("PTTYPE")
    return f"{kind} {fields.get('LABEL', '')}" if kind else ""


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0
