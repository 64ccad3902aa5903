"""Reads and writes the marks of a folder of Windows where no Windows runs (``host.folder_marks``)."""

import errno
import fcntl
import os
import struct

from quetsach.endpoint.host.folder_marks import OF_COPIES, OF_FAT, OF_NTFS, FolderMarks, marks_of

_GET_OF_FAT, _SET_OF_FAT = 0x80047210, 0x40047211
_NONE = frozenset({errno.ENODATA, errno.EOPNOTSUPP})
_NO_CALL = frozenset({errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


def read_marks(folder: int) -> FolderMarks | None:
    """Return the marks of an open folder; ``None`` where the file system keeps none."""
    for name in (OF_NTFS, OF_COPIES):
        try:
            raw = os.getxattr(folder, name)
        except OSError as error:
            if error.errno in _NONE:
                continue
            raise
        return marks_of(name, raw)
    try:
        found = fcntl.ioctl(folder, _GET_OF_FAT, bytes(4))
    except OSError as error:
        if error.errno in _NO_CALL:
            return None
        raise
    return FolderMarks(OF_FAT, struct.unpack("=I", found)[0].to_bytes(4, "little"))


def write_marks(folder: int, marks: FolderMarks) -> None:
    """Give an open folder these marks."""
    if marks.name == OF_FAT:
        fcntl.ioctl(folder, _SET_OF_FAT, struct.pack("=I", marks.number))
    else:
        os.setxattr(folder, marks.name, marks.raw, os.XATTR_REPLACE)
    os.fsync(folder)
