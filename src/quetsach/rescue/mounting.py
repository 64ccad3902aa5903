"""Mount a drive: to look at it nothing on it is changed, to clean it must be in order."""

import os
from enum import StrEnum
from pathlib import Path

from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import attempt, run
from quetsach.rescue.volumes import Volume

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
        raise RescueError(f"the drive is not written to: {unfit}", where=volume.path)
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
        raise RescueError("the drive is still mounted", where=str(place))


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
        raise RescueError("the drive was mounted in another way than asked for", where=volume.path)
    return place
