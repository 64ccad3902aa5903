"""The marks of a folder of Windows, hidden and the system's own among them, where no Windows runs.

NTFS as ntfs-3g and the kernel's ntfs3 mount it gives them as ``system.ntfs_attrib_be``, a number of 32 bits, the high
byte first (ntfs-3g, "Extended attributes"). Copies that Wine or Samba made keep them in ``user.DOSATTRIB`` as text,
``0x6`` (smb.conf(5), "store dos attributes"); what else may stand there, such as Samba's own records, is not read.
Numbers: MS-FSCC 2.6, "File Attributes".
"""

import errno
import os
import re
from dataclasses import dataclass

HIDDEN, SYSTEM = 0x2, 0x4

_OF_NTFS, _OF_COPIES = "system.ntfs_attrib_be", "user.DOSATTRIB"
_NUMBER = re.compile(rb"0x[0-9a-fA-F]{1,8}")
_NONE = frozenset({errno.ENODATA, errno.EOPNOTSUPP})


@dataclass(frozen=True, slots=True)
class FolderMarks:
    """The marks as they are kept: the name of the extended attribute, and its bytes."""

    name: str
    raw: bytes

    @property
    def number(self) -> int:
        """The marks as Windows counts them."""
        return int.from_bytes(self.raw, "big") if self.name == _OF_NTFS else int(self.raw, 16)

    @property
    def is_hidden(self) -> bool:
        """Whether Windows shows the folder to nobody who did not ask for files of the system."""
        return self.number & (HIDDEN | SYSTEM) == HIDDEN | SYSTEM

    def shown(self) -> "FolderMarks":
        """Return the marks without hidden and system, in the same form."""
        number = self.number & ~(HIDDEN | SYSTEM)
        raw = number.to_bytes(4, "big") if self.name == _OF_NTFS else f"0x{number:x}".encode()
        return FolderMarks(self.name, raw)


def marks_of(name: str, raw: bytes) -> FolderMarks | None:
    """Return the marks that an attribute holds; ``None`` when it holds none that are known here."""
    is_known = (name == _OF_NTFS and len(raw) == 4) or (name == _OF_COPIES and _NUMBER.fullmatch(raw))
    return FolderMarks(name, raw) if is_known else None


def read_marks(folder: int) -> FolderMarks | None:
    """Return the marks of an open folder; ``None`` where the file system keeps none."""
    for name in (_OF_NTFS, _OF_COPIES):
        try:
            raw = os.getxattr(folder, name)
        except OSError as error:
            if error.errno in _NONE:
                continue
            raise
        return marks_of(name, raw)
    return None


def write_marks(folder: int, marks: FolderMarks) -> None:
    """Give an open folder these marks."""
    os.setxattr(folder, marks.name, marks.raw, os.XATTR_REPLACE)
    os.fsync(folder)
