"""Write an image to a stick, and believe it only when all of it was read back."""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from quetsach.rescue.errors import RescueError

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
        hint = "the stick is broken, or was pulled out; use another"
        raise RescueError(f"the stick cannot be written: {error.strerror}", hint=hint) from error
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
                "what was read back is not what was written",
                where=f"byte {place:,} and after",
                hint="the stick is broken or smaller than it says; use another",
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
