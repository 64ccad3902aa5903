"""The marks of a folder of Windows, hidden and the system's own among them, where no Windows runs.

NTFS as ntfs-3g and the kernel's ntfs3 mount it gives them as ``system.ntfs_attrib_be``, a number of 32 bits, the high
byte first (ntfs-3g, "Extended attributes"). Copies that Wine or Samba made keep them in ``user.DOSATTRIB`` as text,
``0x6`` (smb.conf(5), "store dos attributes"); what else may stand there, such as Samba's own records, is not read.
FAT, and exFAT since Linux 6.8, have calls of their own for them (``linux/msdos_fs.h``, FAT_IOCTL_GET_ATTRIBUTES).
Numbers: MS-FSCC 2.6, "File Attributes".
"""

import re
from dataclasses import dataclass

HIDDEN, SYSTEM = 0x2, 0x4
OF_NTFS, OF_COPIES, OF_FAT = "system.ntfs_attrib_be", "user.DOSATTRIB", "FAT_IOCTL_GET_ATTRIBUTES"
"""Where marks are kept: the name of an extended attribute, or the call that gives them."""

_NUMBER = re.compile(rb"0x[0-9a-fA-F]{1,8}")


@dataclass(frozen=True, slots=True)
class FolderMarks:
    """The marks as they are kept: where, and their bytes."""

    name: str
    raw: bytes

    @property
    def number(self) -> int:
        """The marks as Windows counts them."""
        if self.name == OF_COPIES:
            return int(self.raw, 16)
        return int.from_bytes(self.raw, "big" if self.name == OF_NTFS else "little")

    @property
    def is_hidden(self) -> bool:
        """Whether Windows shows the folder to nobody who did not ask for files of the system."""
        return self.number & (HIDDEN | SYSTEM) == HIDDEN | SYSTEM

    def shown(self) -> "FolderMarks":
        """Return the marks without hidden and system, in the same form."""
        number = self.number & ~(HIDDEN | SYSTEM)
        if self.name == OF_COPIES:
            return FolderMarks(self.name, f"0x{number:x}".encode())
        return FolderMarks(self.name, number.to_bytes(4, "big" if self.name == OF_NTFS else "little"))


def marks_of(name: str, raw: bytes) -> FolderMarks | None:
    """Return the marks that some bytes are; ``None`` when they are none that are known here."""
    is_known = _NUMBER.fullmatch(raw) if name == OF_COPIES else name in (OF_NTFS, OF_FAT) and len(raw) == 4
    return FolderMarks(name, raw) if is_known else None
