"""What Windows says when it refuses a call, as the ``OSError`` that other systems would raise.

The texts are those of other systems, which the catalogue of errors knows. Source: [MS-ERREF] 2.3.1, "NTSTATUS values".
"""

import errno
from collections.abc import Mapping

_REFUSALS: tuple[tuple[int, str, tuple[int, ...]], ...] = (
    # No such name; names that there cannot be; a file that goes when it is closed; no disk in the drive.
    (
        errno.ENOENT,
        "No such file or directory",
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
    (errno.EEXIST, "File exists", (0xC0000035,)),
    (errno.ENOTDIR, "Not a directory", (0xC0000103,)),
    (errno.EISDIR, "Is a directory", (0xC00000BA,)),
    (errno.ENOTEMPTY, "Directory not empty", (0xC0000101,)),
    (errno.EACCES, "Permission denied", (0xC0000022, 0xC0000061, 0xC0000121, 0xC0000906)),
    (errno.EBUSY, "another program has it open", (0xC0000043, 0xC0000054)),
    (errno.EROFS, "Read-only file system", (0xC00000A2,)),
    (errno.ENOSPC, "No space left on device", (0xC000007F,)),
    (errno.EXDEV, "Invalid cross-device link", (0xC00000D4,)),
    (errno.EMLINK, "Too many links", (0xC0000265,)),
    (errno.EINVAL, "Invalid argument", (0xC000000D, 0xC0000275, 0xC0000278)),
    (errno.ELOOP, "Too many levels of symbolic links", (0xC000050B,)),
    (errno.EBADF, "Bad file descriptor", (0xC0000008,)),
    (
        errno.EOPNOTSUPP,
        "Operation not supported",
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
