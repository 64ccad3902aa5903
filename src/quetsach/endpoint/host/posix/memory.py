"""What running processes have in memory (Linux: ``/proc/PID/{smaps,pagemap,mem}``, proc(5)).

Read is what no file on a disk shows: pages without a file (heap, stack, unpacked code), pages of a mapped file that the
process changed, and all pages of files that have no name any more, such as deleted ones and memfd_create(2)'s. Left out
is what is looked at as a file, memory shared as data, and what belongs to a device or the kernel: reading that can have
effects.

Only pages that are there are read, never one that would have to be brought in: what is behind it may be the process
itself (userfaultfd(2), FUSE), which need not answer. ``pagemap`` says which pages those are
(Documentation/admin-guide/mm/pagemap.rst).
"""

import errno
import os
import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.process import Processes, ProcessState

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
READ_BYTES = 4 << 20
"""So much is read at once."""

MOST_PAGES = 1 << 26
"""So many pages (256 GiB) of address space are asked about, a process; beyond that its memory is read in part."""

_LARGEST_MAP_BYTES = 64 << 20
_ENTRY_BYTES = 8
_ENTRIES_AT_ONCE = 1 << 16
_HERE = 3 << 62  # pagemap.rst: bit 63 present, bit 62 swapped
_OF_FILE = 1 << 61  # a page of a file or of shared memory, not of the process alone
_REGION = re.compile(
    rb"^([0-9a-f]+)-([0-9a-f]+) ([r-][w-]([x-])[ps]) [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ (\d+) *(.*)$", re.MULTILINE
)
_NUMBER = re.compile(rb"^(Rss|Swap|Anonymous): +(\d+) kB$", re.MULTILINE)
_FLAGS = re.compile(rb"^VmFlags:(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the address space; ``path`` is empty or in brackets where there is no file."""

    start: int
    end: int
    is_shared: bool
    is_executable: bool
    has_file: bool
    path: bytes
    has_pages: bool
    """Whether any page of it is there."""
    has_own_pages: bool
    """Whether a page of it is the process's own: without a file, or changed since it came from one."""
    is_device: bool

    @property
    def has_lost_its_name(self) -> bool:
        """Whether its file can no longer be looked at by a path."""
        return self.has_file and self.path.endswith(b" (deleted)")

    @property
    def is_read(self) -> bool:
        """Whether its pages show what no file on a disk does."""
        if self.is_device or not self.has_pages or self.path.startswith(b"[v"):
            return False
        if self.is_shared:
            return self.is_executable and self.has_lost_its_name
        return not self.has_file or self.has_own_pages or self.has_lost_its_name


def regions_of(smaps: bytes) -> Iterator[Region]:
    """Yield the regions that ``/proc/PID/smaps`` describes; lines of another form are passed over."""
    heads = list(_REGION.finditer(smaps))
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(smaps)
        kilobytes = {name: int(count) for name, count in _NUMBER.findall(smaps, head.end(), end)}
        flags = _FLAGS.search(smaps, head.end(), end)
        yield Region(
            start=int(head[1], 16),
            end=int(head[2], 16),
            is_shared=head[3].endswith(b"s"),
            is_executable=head[4] == b"x",
            has_file=head[5] != b"0",
            path=head[6],
            has_pages=kilobytes.get(b"Rss", 1) + kilobytes.get(b"Swap", 1) > 0,
            has_own_pages=kilobytes.get(b"Anonymous", 1) + kilobytes.get(b"Swap", 1) > 0,
            is_device=bool(flags and {b"io", b"pf"} & set(flags[1].split())),
        )


class LinuxMemory:
    """The memory of one process; use it with ``with``. It stays that of this process whatever its number becomes."""

    def __init__(self, smaps: int, pagemap: int, mem: int) -> None:
        self._smaps, self._pagemap, self._mem = smaps, pagemap, mem
        self.is_cut_short = False
        """Whether there is more than was read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in (self._smaps, self._pagemap, self._mem):
            os.close(descriptor)

    def runs(self) -> Iterator[Iterator[bytes]]:
        """Yield what lies together in memory, each as parts of at most ``READ_BYTES``.

        Raises:
            OSError: the kernel does not let it be read.
        """
        pages = MOST_PAGES
        for region in regions_of(self._described()):
            if not region.is_read:
                continue
            for start, end in self._runs_of(region, pages):
                yield self._parts(start, end)
            pages -= (region.end - region.start) // PAGE_BYTES
            if pages <= 0:
                self.is_cut_short = True
                return

    def _described(self) -> bytes:
        parts = []
        left = _LARGEST_MAP_BYTES
        while left > 0 and (part := os.read(self._smaps, min(left, 1 << 20))):
            parts.append(part)
            left -= len(part)
        self.is_cut_short |= left <= 0
        return b"".join(parts)

    def _runs_of(self, region: Region, most: int) -> Iterator[tuple[int, int]]:
        """Yield from where to where pages are there that are to be read."""
        unwanted = 0 if region.is_shared or region.has_lost_its_name else _OF_FILE
        first, last = region.start // PAGE_BYTES, min(region.end // PAGE_BYTES, region.start // PAGE_BYTES + most)
        begun = -1
        for offset, entries in self._entries(first, last):
            for page, entry in enumerate(entries, offset):
                is_wanted = entry & _HERE and not entry & unwanted
                if is_wanted and begun < 0:
                    begun = page
                elif not is_wanted and begun >= 0:
                    yield begun * PAGE_BYTES, page * PAGE_BYTES
                    begun = -1
        if begun >= 0:
            yield begun * PAGE_BYTES, last * PAGE_BYTES

    def _entries(self, first: int, last: int) -> Iterator[tuple[int, Iterable[int]]]:
        """Yield what the kernel says of pages, in rows, each with the number of its first page.

        Of a row in which no page is there only the first comes: reserved space can be a thousand times what is used.
        """
        for offset in range(first, last, _ENTRIES_AT_ONCE):
            count = min(_ENTRIES_AT_ONCE, last - offset)
            raw = os.pread(self._pagemap, _ENTRY_BYTES * count, _ENTRY_BYTES * offset)
            is_empty = (
                raw == raw[:_ENTRY_BYTES] * count and not int.from_bytes(raw[:_ENTRY_BYTES], sys.byteorder) & _HERE
            )
            yield offset, array("Q", raw[: _ENTRY_BYTES if is_empty else len(raw) // _ENTRY_BYTES * _ENTRY_BYTES])

    def _parts(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a run; pages that vanish meanwhile are left out."""
        while start < end:
            try:
                part = os.pread(self._mem, min(READ_BYTES, end - start), start)
            except OSError as error:
                if error.errno not in {errno.EIO, errno.EFAULT}:
                    raise
                part = b""
            if part:
                yield part
            start += len(part) or PAGE_BYTES


def open_memory(processes: Processes, anchor: ProcessAnchor) -> LinuxMemory:
    """Open the memory of exactly this process.

    Raises:
        OSError: ``ESRCH`` when the process ended, ``EACCES`` when its memory may not be read.
    """
    with ExitStack() as opened:
        descriptors = []
        for name in ("smaps", "pagemap", "mem"):
            descriptor = os.open(f"/proc/{anchor.pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
            opened.callback(os.close, descriptor)
            descriptors.append(descriptor)
        if processes.state(anchor) is ProcessState.DEAD:  # asked after opening: the number may be another's by then
            raise ProcessLookupError(errno.ESRCH, "the process has ended")
        opened.pop_all()
    return LinuxMemory(*descriptors)
