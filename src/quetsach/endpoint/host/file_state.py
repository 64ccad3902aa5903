"""What is recorded of a file before an act, and given back to it: owner, mode, times, attributes, flags."""

import base64
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

TIME_MADE = "system.ntfs_crtime_be"
"""The attribute in which ntfs-3g tells when a file was made; not every system of Windows keeps it apart."""


@dataclass(frozen=True, slots=True)
class FileState:
    """All that is put back with a file besides its content. ``flags`` are inode flags, ``None`` where there are none.

    Times are nanoseconds since the epoch; ``mode`` is the whole ``st_mode``.
    """

    device: int
    inode: int
    mode: int
    uid: int
    gid: int
    links: int
    size_bytes: int
    atime_ns: int
    mtime_ns: int
    flags: int | None = None
    xattrs: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, found: os.stat_result, *, flags: int | None = None, xattrs: Mapping[str, bytes] | None = None) -> Self:
        """Return a state from what ``stat`` said, as is enough for a symbolic link."""
        return cls(
            device=found.st_dev,
            inode=found.st_ino,
            mode=found.st_mode,
            uid=found.st_uid,
            gid=found.st_gid,
            links=found.st_nlink,
            size_bytes=found.st_size,
            atime_ns=found.st_atime_ns,
            mtime_ns=found.st_mtime_ns,
            flags=flags,
            xattrs=xattrs or {},
        )

    def as_json(self) -> dict[str, Any]:
        """Return the form that journal and quarantine keep."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "xattrs"}
        return plain | {"xattrs": {k: base64.b64encode(v).decode() for k, v in self.xattrs.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read ``as_json`` back; the caller has checked that the text is our own."""
        xattrs = {str(k): base64.b64decode(v) for k, v in value["xattrs"].items()}
        return cls(**{**value, "xattrs": xattrs})

    def is_same_file(self, found: os.stat_result) -> bool:
        """Return whether this is still the file that was recorded, with the same content as far as ``stat`` can say."""
        return (self.device, self.inode, self.size_bytes, self.mtime_ns, stat.S_IFMT(self.mode)) == (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            stat.S_IFMT(found.st_mode),
        )
