"""What running processes of Windows have in memory.

Read is what no file on a disk shows: memory of the process alone (heap, stack, unpacked code), pages of a program or
library that were changed since they came from its file, all pages of one whose file has no name any more, and code in
memory that is shared and of no file. Left out is what is looked at as a file, and data that is shared.

Only pages that are there are read, in memory or in the page file: of what was reserved and never used, reading would
make pages. Where the system does not say which those are (Wine), memory of the process alone is read whole, and of
programs the pages that can be written. Guard pages are never read, for that takes the guard away; nor is what belongs
to a device (PAGE_NOCACHE, PAGE_WRITECOMBINE).
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Self

from quetsach.endpoint.host.nt.process_calls import IMAGE, MAPPED, PRIVATE, ProcessCalls, Region

PAGE_BYTES = 4096
READ_BYTES = 4 << 20
"""So much is read at once."""

MOST_PAGES = 1 << 26
"""So many pages (256 GiB) are asked about, a process; beyond that its memory is read in part."""

MOST_REGIONS = 1 << 20

_NO_ACCESS, _WRITABLE, _RUNNABLE = 0x01, 0x04 | 0x40, 0x10 | 0x20 | 0x40 | 0x80  # PAGE_*, winnt.h
_NOT_TO_BE_READ = 0x100 | 0x200 | 0x400  # PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE
_PAGES_AT_ONCE = 1 << 14
_HERE, _SHARED = 1, 1 << 15  # PSAPI_WORKING_SET_EX_BLOCK
_SOMEWHERE = 3 << 22  # where a page is that is not in the working set: 1 in memory, 2 in the page file (phnt)


class NtMemory:
    """The memory of one process; use it with ``with``. It stays that of this process whatever its number becomes.

    Args:
        calls: how Windows is asked.
        process: open; it is closed with this.
        has_file: whether a file of which something is mapped can be looked at by its name.
    """

    def __init__(self, calls: ProcessCalls, process: int, has_file: Callable[[str], bool]) -> None:
        self._calls, self._process, self._has_file = calls, process, has_file
        self._known: dict[int, bool] = {}
        self.is_cut_short = False
        """Whether there is more than was read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.close(self._process)

    def runs(self) -> Iterator[Iterator[bytes]]:
        """Yield what lies together in memory, each as parts of at most ``READ_BYTES``.

        Raises:
            OSError: the system does not let it be read.
        """
        pages = MOST_PAGES
        for number, region in enumerate(self._calls.regions(self._process)):
            if number >= MOST_REGIONS or pages <= 0:
                self.is_cut_short = True
                return
            if not self._is_read(region):
                continue
            pages -= region.size // PAGE_BYTES
            for start, end in self._runs_of(region):
                yield self._parts(start, end)

    def _is_read(self, region: Region) -> bool:
        access = region.protection
        if not access or access & (_NO_ACCESS | _NOT_TO_BE_READ):
            return False
        if region.kind == MAPPED:
            return bool(access & _RUNNABLE) and not self._name(region)
        return region.kind in (PRIVATE, IMAGE)

    def _name(self, region: Region) -> str:
        return self._calls.mapped_name(self._process, region.start)

    def _has_lost_its_file(self, region: Region) -> bool:
        if region.allocation not in self._known:
            self._known[region.allocation] = not self._has_file(self._name(region))
        return self._known[region.allocation]

    def _runs_of(self, region: Region) -> Iterator[tuple[int, int]]:
        """Yield from where to where pages are there that are to be read."""
        only_changed = region.kind == IMAGE and not self._has_lost_its_file(region)
        end = region.start + region.size
        step = _PAGES_AT_ONCE * PAGE_BYTES
        for first in range(region.start, end, step):
            addresses = range(first, min(end, first + step), PAGE_BYTES)
            states = self._calls.page_states(self._process, addresses)
            if states is None:
                if not only_changed or region.protection & _WRITABLE:
                    yield region.start, end
                return
            wanted = zip(addresses, (_is_wanted(state, only_changed=only_changed) for state in states), strict=True)
            for is_wanted, pages in groupby(wanted, lambda page: page[1]):
                if is_wanted:
                    run = [address for address, _ in pages]
                    yield run[0], run[-1] + PAGE_BYTES

    def _parts(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of a run; pages that vanish meanwhile are left out."""
        while start < end:
            part = self._calls.read(self._process, start, min(READ_BYTES, end - start))
            if part:
                yield part
            start += len(part) or PAGE_BYTES


def _is_wanted(state: int, *, only_changed: bool) -> bool:
    return bool(state & (_HERE | _SOMEWHERE)) and not (only_changed and state & _SHARED)
