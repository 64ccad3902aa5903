"""Which disk a stick is written to, known by the number of its open handle; and the writing, read back."""

import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from quetsach.core.text import Number, SystemText, Text
from quetsach.rescue import RescueError

# Which disk a stick is written to: known by the number of its open handle, refused where it may be the wrong one.

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
        return RescueError(
            Text("this is a partition, and a stick is written as a whole"), where=where, hint=Text("name its disk")
        )
    if device.uses:
        hint = Text("unmount it first, if it really is the stick")
        return RescueError(Text("the disk is in use: {places}", places=", ".join(device.uses)), where=where, hint=hint)
    if not device.is_removable:
        return RescueError(
            Text("the disk is built in: only sticks, memory cards and disks on USB are written to"),
            where=where,
            hint=Text("see which there are: quetsach rescue devices"),
        )
    if device.is_read_only:
        return RescueError(
            Text("the stick is write-protected"), where=where, hint=Text("move the switch on it, or use another")
        )
    if device.size_bytes < needed_bytes:
        return RescueError(
            Text("the stick is too small"),
            where=where,
            hint=Text("it needs {number} bytes", number=Number(needed_bytes)),
        )
    if device.size_bytes > _LARGEST_BYTES:
        return RescueError(Text("the disk is larger than 2 TiB: this is hardly a stick"), where=where)
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
        raise RescueError(
            Text("the kernel knows no such disk"), hint=Text("see which there are: quetsach rescue devices")
        )
    return _described(folder.resolve(), kernel)


def look_at(path: Path, kernel: Kernel = Kernel()) -> Device:
    """Return what a path names, which is not opened for it.

    Raises:
        RescueError: it names no disk.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise RescueError(Text("there is no such disk"), where=str(path), hint=error.strerror or "") from error
    if not stat.S_ISBLK(found.st_mode):
        raise RescueError(
            Text("this is no disk"), where=str(path), hint=Text("name a disk, or a file whose name ends with .iso")
        )
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
        raise RescueError(Text("the disk cannot be opened"), where=str(path), hint=error.strerror or "") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISBLK(found.st_mode) or device_of(found.st_rdev, kernel) != expected:
            raise RescueError(
                Text("another disk has this name now"), where=str(path), hint=Text("leave it plugged in, begin again")
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


# Write an image to a stick, and believe it only when all of it was read back.

_CHUNK_BYTES = 4 << 20
_HEAD_BYTES = 1 << 20
_MARGIN_BYTES = 4 << 20
"""Behind the image, and at the end of the stick, what was there is wiped: no remnant is taken for the stick's own."""

_FLUSH = 0x1261  # BLKFLSBUF of <linux/fs.h>
_REREAD = 0x125F  # BLKRRPART

type Told = Callable[[str, int, int], None]
"""Hears a step (``writing``, ``checking``), how much of it is done, and of how much."""


def write_stick(stick: int, image: BinaryIO, *, told: Told) -> None:
    """Write an image to a disk that is open for nobody else, and compare what is on it with the image.

    The head is written last: a stick that was pulled out before does not start, instead of starting by halves.

    Args:
        stick: descriptor of the disk, open to read and write.
        image: what to write.
        told: hears how it goes.

    Raises:
        RescueError: the disk gives back something else, or an error.
    """
    size = image.seek(0, os.SEEK_END)
    end = os.lseek(stick, 0, os.SEEK_END)
    try:
        _wipe(stick, 0, min(_HEAD_BYTES, end))
        _copy(stick, image, size, told)
        _wipe(stick, size, min(_MARGIN_BYTES, end - size))
        _wipe(stick, max(size, end - _HEAD_BYTES), min(_HEAD_BYTES, end - size))
        os.fsync(stick)
        image.seek(0)
        _put(stick, image.read(min(_HEAD_BYTES, size)), 0)
        os.fsync(stick)
        fcntl.ioctl(stick, _FLUSH)
        _compare(stick, image, size, told)
    except OSError as error:
        hint = Text("the stick is broken, or was pulled out; use another")
        raise RescueError(
            Text("the stick cannot be written: {reason}", reason=SystemText(error.strerror)), hint=hint
        ) from error
    with suppress(OSError):  # all of it is written; who needs the new table can have it by plugging the stick in again
        fcntl.ioctl(stick, _REREAD)


def _copy(stick: int, image: BinaryIO, size: int, told: Told) -> None:
    image.seek(_HEAD_BYTES)
    place = _HEAD_BYTES
    while chunk := image.read(_CHUNK_BYTES):
        _put(stick, chunk, place)
        place += len(chunk)
        os.fdatasync(stick)  # what is told is on the stick, and not in memory
        told("writing", place, size)


def _compare(stick: int, image: BinaryIO, size: int, told: Told) -> None:
    image.seek(0)
    place = 0
    while chunk := image.read(_CHUNK_BYTES):
        if os.pread(stick, len(chunk), place) != chunk:
            raise RescueError(
                Text("what was read back is not what was written"),
                where=f"byte {place:,} and after",
                hint=Text("the stick is broken or smaller than it says; use another"),
            )
        place += len(chunk)
        told("checking", place, size)


def _wipe(stick: int, place: int, size: int) -> None:
    _put(stick, bytes(size), place)


def _put(stick: int, content: bytes, place: int) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(stick, view, place)
        view, place = view[written:], place + written
