"""The drive of Windows that packs plant their specimens on, under the name by which tests know it."""

from quetsach.packs.specimen.hive import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys
from quetsach.packs.specimen.windows import (
    CLASSES,
    CONFIG,
    FILES,
    OLD_NS,
    RUN,
    SOFTWARE,
    SYSTEM,
    USER,
    USERS,
    merged,
    plant,
    write,
)

__all__ = [
    "BINARY",
    "CLASSES",
    "CONFIG",
    "DWORD",
    "EXPAND_SZ",
    "FILES",
    "MULTI_SZ",
    "OLD_NS",
    "RUN",
    "SOFTWARE",
    "SYSTEM",
    "SZ",
    "USER",
    "USERS",
    "Keys",
    "merged",
    "plant",
    "write",
]
