"""Buckets: which of 256 an address is in, told by its bits alone, so that files can hold a range of them.

An IPv4 address is in a bucket by itself, one of IPv6 with all of its /64: what counts of addresses and of machines must
not be divided by. The bucket of a row lies in no column; a file that holds some buckets only says so in its name.
"""

import re
from collections.abc import Buffer
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BUCKETS = 256
ALL_BUCKETS = (0, BUCKETS - 1)
DIVISIONS = (1, 16, 64, 256)
"""In how many files the sightings of a day of a report can lie."""

_LEAST_ROWS = {16: 1 << 22, 64: 1 << 24, 256: 1 << 26}
"""From how many sightings of a day on a division pays: files of fewer rows than 2^18 cost more to open than is won."""

_SEEN, _ADDRESSES = ".seen.parquet", ".addresses.parquet"
_NAME = re.compile(r"\.(\d{3})-(\d{3})\.parquet")
_FACTOR = 2_654_435_761
"""2^32 divided by the golden ratio: neighbours are spread evenly over what the upper bits make (Knuth, 6.4)."""

OF_ADDRESS = f"""(
    if(ip_version = 4,
       ('0x' || right(address::text, 8))::ubigint,
       xor(('0x' || substr(address::text, 1, 8))::ubigint,
           ('0x' || substr(address::text, 10, 4) || substr(address::text, 15, 4))::ubigint)
    ) * {_FACTOR} % 4294967296 // {(1 << 32) // BUCKETS}
)"""
"""The bucket of a row in SQL, from ``address`` and ``ip_version``: the same as ``buckets_of``."""


def buckets_of(addresses: Buffer) -> NDArray[np.uint32]:
    """Return the bucket of each address.

    Args:
        addresses: 16 bytes each, IPv4 as IPv4-mapped IPv6.
    """
    words = np.frombuffer(addresses, dtype=">u4").reshape(-1, 4).astype(np.uint32)
    is_ipv4 = (words[:, 0] == 0) & (words[:, 1] == 0) & (words[:, 2] == 0xFFFF)
    folded = np.where(is_ipv4, words[:, 3], words[:, 0] ^ words[:, 1])
    return (folded * np.uint32(_FACTOR)) // np.uint32((1 << 32) // BUCKETS)  # overflow is meant: modulo 2^32


def address_bytes(table: pa.Table) -> memoryview:
    """Return the bytes of the column ``address`` (UUID) of a table, 16 of each row."""
    keys = table.column("address").combine_chunks().storage
    return memoryview(keys.buffers()[1] or b"")[keys.offset * 16 : (keys.offset + len(keys)) * 16]


def divisions_for(rows: int) -> int:
    """Return in how many files so many sightings of a day are best kept."""
    return max((count for count, least in _LEAST_ROWS.items() if rows >= least), default=1)


def name_of(division: int, divisions: int) -> str:
    """Return what stands before the ending in the name of a file: nothing where it is the only one."""
    if divisions == 1:
        return ""
    width = BUCKETS // divisions
    return f".{division * width:03}-{(division + 1) * width - 1:03}"


def buckets_in(path: str | Path) -> tuple[int, int]:
    """Return the first and the last bucket that a file can hold, by its name; all of them where it says none."""
    found = _NAME.search(str(path), len(str(path)) - len(".000-255.parquet"))
    return (int(found[1]), int(found[2])) if found else ALL_BUCKETS


def is_ordered(path: str | Path) -> bool:
    """Whether a file has the bucket of each row in a column, and lies in its order.

    Those are the ``seen`` of roll-ups, and the ``addresses`` beside them, which are put there before.
    """
    told = ordered_if(path)
    return told is not None and told.exists()


def ordered_if(path: str | Path) -> Path | None:
    """Return which file has to be there that another one is ordered; ``None`` where it never is."""
    beside = str(path).removesuffix(_SEEN).removesuffix(_ADDRESSES)
    return Path(beside + _SEEN) if beside != str(path) else None
