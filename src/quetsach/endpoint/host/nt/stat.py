"""What Windows knows of a file, in the form that other systems give it."""

import os
import stat

from quetsach.endpoint.host.nt.file_calls import DIRECTORY, READ_ONLY, REPARSE, FileInformation

JUNCTION, SYMLINK = 0xA000_0003, 0xA000_000C
_NAME_SURROGATE = 0x2000_0000
_LEADS_ELSEWHERE = frozenset({0x8000_001B})
"""IO_REPARSE_TAG_APPEXECLINK: stands for a program of the store, without the bit that says so."""
_SPECIAL = frozenset({0x8000_0023, 0x8000_0024, 0x8000_0025, 0x8000_0026})
"""Sockets, pipes and devices of Linux on Windows."""

_EPOCH = 116_444_736_000_000_000


def nanoseconds_of(filetime: int) -> int:
    """Return a FILETIME, units of 100 ns since 1601, as nanoseconds since 1970."""
    return (filetime - _EPOCH) * 100


def filetime_of(nanoseconds: int) -> int:
    """Return nanoseconds since 1970 as a FILETIME, at least 1: to Windows 0 means that a time stays."""
    return max(1, nanoseconds // 100 + _EPOCH)


def is_link(attributes: int, tag: int) -> bool:
    """Return whether a name stands for another one: a symbolic link, a junction, or their like."""
    return bool(attributes & REPARSE) and (bool(tag & _NAME_SURROGATE) or tag in _LEADS_ELSEWHERE)


def stat_of(found: FileInformation) -> os.stat_result:
    """Return the state of a file as ``os.stat`` has it.

    Times of status change are those, which ``os.fstat`` of Windows does not tell; mode and numbers are as it gives
    them. Owners are 0.
    """
    times = [nanoseconds_of(time) for time in (found.accessed, found.written, found.changed)]
    numbers = (_mode(found.attributes, found.tag), found.identity, found.volume, found.links, 0, 0, found.size)
    exact = dict(zip(("st_atime_ns", "st_mtime_ns", "st_ctime_ns"), times, strict=True))
    return os.stat_result((*numbers, *(time // 10**9 for time in times)), exact)


def _mode(attributes: int, tag: int) -> int:
    rights = 0o444 if attributes & READ_ONLY else 0o666
    if is_link(attributes, tag):
        return stat.S_IFLNK | rights
    if attributes & REPARSE and tag in _SPECIAL:
        return stat.S_IFSOCK | rights
    return (stat.S_IFDIR | rights | 0o111) if attributes & DIRECTORY else (stat.S_IFREG | rights)
