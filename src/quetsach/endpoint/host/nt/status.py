"""What Windows says when it refuses a call, as the ``OSError`` that other systems would raise.

Source: [MS-ERREF] 2.3.1, "NTSTATUS values".
"""

import errno
from collections.abc import Mapping

_REFUSALS: tuple[tuple[int, str, tuple[int, ...]], ...] = (
    # No such name; names that there cannot be; a file that goes when it is closed; no disk in the drive.
    (
        errno.ENOENT,
        "no such file or folder",
        (
            0xC000000E,
            0xC000000F,
            0xC0000013,
            0xC0000033,
            0xC0000034,
            0xC0000039,
            0xC000003A,
            0xC000003B,
            0xC0000056,
            0xC0000123,
        ),
    ),
    (errno.EEXIST, "the name is taken", (0xC0000035,)),
    (errno.ENOTDIR, "not a folder", (0xC0000103,)),
    (errno.EISDIR, "a folder", (0xC00000BA,)),
    (errno.ENOTEMPTY, "the folder is not empty", (0xC0000101,)),
    (errno.EACCES, "access is denied", (0xC0000022, 0xC0000061, 0xC0000121, 0xC0000906)),
    (errno.EBUSY, "another program has it open", (0xC0000043, 0xC0000054)),
    (errno.EROFS, "the disk is write-protected", (0xC00000A2,)),
    (errno.ENOSPC, "the disk is full", (0xC000007F,)),
    (errno.EXDEV, "on another disk", (0xC00000D4,)),
    (errno.EMLINK, "the file has too many names", (0xC0000265,)),
    (errno.EINVAL, "not such a thing", (0xC000000D, 0xC0000275, 0xC0000278)),
    (errno.ELOOP, "a link", (0xC000050B,)),
    (errno.EBADF, "not open", (0xC0000008,)),
    (
        errno.EOPNOTSUPP,
        "the file system does not have that",
        (0xC0000002, 0xC0000003, 0xC0000010, 0xC00000BB, 0xC0000279, 0xC000004F, 0xC000019F),
    ),
)
_OF_STATUS: Mapping[int, tuple[int, str]] = {
    status: (number, text) for number, text, statuses in _REFUSALS for status in statuses
}
_CLOUD = 0xC000CF
"""The facility of cloud files: such a file is not on this disk, and may not be fetched."""

NOT_HERE = "it is kept in a cloud and not on this disk"


def error_of(status: int, name: str = "") -> OSError:
    """Return the error that a status stands for; ``EIO`` for one that has no better number."""
    status &= 0xFFFF_FFFF
    if status >> 8 == _CLOUD:
        return OSError(errno.EREMOTE, NOT_HERE, name)
    number, text = _OF_STATUS.get(status, (errno.EIO, f"Windows says {status:#010x}"))
    return OSError(number, text, name)
