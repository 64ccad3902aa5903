"""Where junctions and symbolic links of NTFS lead, from their own record ([MS-FSCC] 2.1.2.4 and 2.1.2.5).

What ntfs-3g shows as the target of a link is a guess: it leads to this drive whatever drive the record names.
"""

import struct

ATTRIBUTE = "system.ntfs_reparse_data"
"""The attribute in which ntfs-3g gives the record."""

_JUNCTION, _SYMLINK = 0xA000_0003, 0xA000_000C
_HEADS = {_JUNCTION: 16, _SYMLINK: 20}
"""Where the names begin; between them and the four numbers of either kind a symbolic link has its flags."""


def target_of(record: bytes) -> bytes | None:
    r"""Return the name to go to of a record, in UTF-8: ``\??\C:\Users``, or relative; ``None`` for another kind."""
    if len(record) < 20:
        return None
    tag, _, _, start, size = struct.unpack_from("<IHHHH", record)
    head = _HEADS.get(tag)
    if head is None or head + start + size > len(record):
        return None
    name = record[head + start : head + start + (size & ~1)]
    return name.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
