"""Headers in ``Packages.db`` (SUSE): slots in the first pages, each leading to the blob of one package.

Source: lib/backend/ndb/rpmpkg.c of rpm 4.20; all numbers are little-endian.
"""

import struct
from collections.abc import Iterator

from quetsach.endpoint.host.rpm.store import LARGEST_HEADER_BYTES, MOST_HEADERS, RpmDatabaseError, read_exactly

MAGIC = b"RpmP"

_PAGE, _SLOT, _BLOCK = 4096, 16, 16
_FIRST_SLOT = 2  # the head of the file takes the place of two


def ndb_headers(descriptor: int) -> Iterator[bytes]:
    """Yield the headers.

    Raises:
        RpmDatabaseError: the file is damaged.
    """
    magic, version, _, pages = struct.unpack("<4sIII", read_exactly(descriptor, 16, 0))
    if magic != MAGIC or version != 0 or not 1 <= pages <= MOST_HEADERS * _SLOT // _PAGE:
        raise RpmDatabaseError("the head of the database is damaged")
    for number in range(pages):
        page = read_exactly(descriptor, _PAGE, number * _PAGE)
        for start in range(_FIRST_SLOT * _SLOT if number == 0 else 0, _PAGE, _SLOT):
            magic, package, block, count = struct.unpack_from("<4sIII", page, start)
            if magic != b"Slot":
                raise RpmDatabaseError("a slot of the database is damaged")
            if block:
                yield _blob(descriptor, package, block, count)


def _blob(descriptor: int, package: int, block: int, count: int) -> bytes:
    start = block * _BLOCK
    magic, owner, _, size = struct.unpack("<4sIII", read_exactly(descriptor, 16, start))
    if magic != b"BlbS" or owner != package or size > min(count * _BLOCK, LARGEST_HEADER_BYTES):
        raise RpmDatabaseError("a blob of the database is damaged")
    return read_exactly(descriptor, size, start + 16)
