"""Marks of folders where Linux mounts FAT: a simulated kernel answers the calls of ``linux/msdos_fs.h``."""

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.endpoint.host.files import OF_FAT, FolderMarks
from quetsach.endpoint.host.posix import files as folder_marks
from quetsach.endpoint.host.posix.files import read_marks, write_marks

_GET, _SET = 0x80047210, 0x40047211  # _IOR('r', 0x10, __u32) and _IOW('r', 0x11, __u32)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


class Fat:
    """A kernel that keeps the attributes of one folder."""

    def __init__(self, attributes: int) -> None:
        self.attributes = attributes

    def ioctl(self, _fd: int, request: int, argument: bytes) -> bytes:
        if request == _SET:
            (self.attributes,) = struct.unpack("=I", argument)
            return argument
        if request == _GET:
            return struct.pack("=I", self.attributes)
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))


def test_marks_on_fat_are_read_taken_and_given_again(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fat = Fat(0x16)
    monkeypatch.setattr(folder_marks.fcntl, "ioctl", fat.ioctl)
    marks = read_marks(folder)
    assert marks == FolderMarks(OF_FAT, b"\x16\0\0\0")
    assert marks.is_hidden
    write_marks(folder, marks.shown())
    assert fat.attributes == 0x10
    write_marks(folder, marks)
    assert fat.attributes == 0x16


def test_a_file_system_without_marks_has_none(folder: int) -> None:
    assert read_marks(folder) is None


def test_an_error_of_the_disk_is_not_taken_for_no_marks(folder: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(folder_marks.fcntl, "ioctl", failing)
    with pytest.raises(OSError, match="Input/output"):
        read_marks(folder)
