"""Which disk a stick is written to: known by the number of its open handle, refused where it may be the wrong one."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quetsach.rescue.errors import RescueError

_SECTOR_BYTES = 512
_LARGEST_BYTES = 2 << 40
"""What the table of partitions of the image can name."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Where the kernel tells of disks and of what is mounted."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")


@dataclass(frozen=True, slots=True)
class Device:
    """A disk or partition as the kernel knows it. ``uses`` are the places and names that it is used by now."""

    name: str
    size_bytes: int
    model: str
    serial: str
    is_removable: bool
    is_read_only: bool
    is_partition: bool
    uses: tuple[str, ...]

    @property
    def mark(self) -> str:
        """What a person copies to say that this very disk is meant: its serial number, or without one its size."""
        return self.serial or str(self.size_bytes)


def refusal(device: Device, needed_bytes: int) -> RescueError | None:  # noqa: PLR0911  (one reason after the other)
    """Return why a disk is not written to; ``None`` for one that may be, once a person has said so."""
    where = f"/dev/{device.name}"
    if device.is_partition:
        return RescueError("this is a partition, and a stick is written as a whole", where=where, hint="name its disk")
    if device.uses:
        hint = "unmount it first, if it really is the stick"
        return RescueError(f"the disk is in use: {', '.join(device.uses)}", where=where, hint=hint)
    if not device.is_removable:
        return RescueError(
            "the disk is built in: only sticks, memory cards and disks on USB are written to",
            where=where,
            hint="see which there are: quetsach rescue devices",
        )
    if device.is_read_only:
        return RescueError("the stick is write-protected", where=where, hint="move the switch on it, or use another")
    if device.size_bytes < needed_bytes:
        return RescueError("the stick is too small", where=where, hint=f"it needs {needed_bytes:,} bytes")
    if device.size_bytes > _LARGEST_BYTES:
        return RescueError("the disk is larger than 2 TiB: this is hardly a stick", where=where)
    return None


def devices(kernel: Kernel = Kernel()) -> tuple[Device, ...]:
    """Return all whole disks, by name."""
    folders = sorted((kernel.sys / "block").iterdir())
    found = (_described(folder.resolve(), kernel) for folder in folders if not folder.name.startswith(("loop", "ram")))
    return tuple(device for device in found if device.size_bytes)


def device_of(number: int, kernel: Kernel = Kernel()) -> Device:
    """Return the disk or partition of a device number.

    Raises:
        RescueError: the kernel knows none of that number.
    """
    folder = kernel.sys / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    if not folder.exists():
        raise RescueError("the kernel knows no such disk", hint="see which there are: quetsach rescue devices")
    return _described(folder.resolve(), kernel)


def look_at(path: Path, kernel: Kernel = Kernel()) -> Device:
    """Return what a path names, which is not opened for it.

    Raises:
        RescueError: it names no disk.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise RescueError("there is no such disk", where=str(path), hint=error.strerror or "") from error
    if not stat.S_ISBLK(found.st_mode):
        raise RescueError("this is no disk", where=str(path), hint="name a disk, or a file whose name ends with .iso")
    return device_of(found.st_rdev, kernel)


@contextmanager
def opened(path: Path, expected: Device, kernel: Kernel = Kernel()) -> Iterator[int]:
    """Open a disk for nobody but us, and give its descriptor if it still is the expected one.

    Raises:
        RescueError: it is in use, or another disk has its name now.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)
    except OSError as error:
        raise RescueError("the disk cannot be opened", where=str(path), hint=error.strerror or "") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISBLK(found.st_mode) or device_of(found.st_rdev, kernel) != expected:
            raise RescueError(
                "another disk has this name now", where=str(path), hint="leave it plugged in, begin again"
            )
        yield descriptor
    finally:
        os.close(descriptor)


def mounted_places(kernel: Kernel = Kernel()) -> tuple[Path, ...]:
    """Return where anything is mounted."""
    return tuple(Path(place) for _, place, _ in _mounts(kernel))


def _mounts(kernel: Kernel) -> Iterator[tuple[str, str, str]]:
    """Yield number, place and source of all that is mounted."""
    for line in (kernel.proc / "self" / "mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        fields = line.split(" ")
        yield fields[2], fields[4], fields[fields.index("-", 6) + 2]


def _described(folder: Path, kernel: Kernel) -> Device:
    is_partition = (folder / "partition").exists()
    disk = folder.parent if is_partition else folder
    is_usb = any(part.startswith("usb") for part in disk.parts)
    is_card = _text(disk / "device" / "type") == "SD"
    return Device(
        name=folder.name,
        size_bytes=int(_text(folder / "size") or 0) * _SECTOR_BYTES,
        model=" ".join(filter(None, (_text(disk / "device" / name) for name in ("vendor", "model", "name")))),
        serial=_serial(disk),
        is_removable=is_usb or is_card or _text(disk / "removable") == "1",
        is_read_only=_text(folder / "ro") == "1",
        is_partition=is_partition,
        uses=tuple(_uses(disk, kernel)),
    )


def _serial(disk: Path) -> str:
    """Return the serial number: of the USB device that the disk hangs on, or its own."""
    above = [folder for folder in disk.parents if (folder / "idVendor").exists()][:1]
    places = [folder / "serial" for folder in above] + [disk / "serial", disk / "device" / "serial"]
    return next((text for text in map(_text, places) if text), "")


def _uses(disk: Path, kernel: Kernel) -> Iterator[str]:
    """Yield where a disk or a partition of it is mounted, and what else lies on it (swap, RAID, LVM, encryption)."""
    folders = [disk, *(child for child in sorted(disk.iterdir()) if (child / "partition").exists())]
    numbers = {_text(folder / "dev") for folder in folders}
    names = {f"/dev/{folder.name}" for folder in folders}
    for number, place, source in _mounts(kernel):
        if number in numbers or source in names:  # some file systems have numbers of their own
            yield place
    for line in (kernel.proc / "swaps").read_text("utf-8", "surrogateescape").splitlines():
        if line.split(" ")[0] in names:
            yield "swap"
    for folder in folders:
        if (folder / "holders").is_dir():
            yield from sorted(holder.name for holder in (folder / "holders").iterdir())


def _text(path: Path) -> str:
    """Return what the kernel says in a file, in letters that a terminal can show; empty if there is none."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return ""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
