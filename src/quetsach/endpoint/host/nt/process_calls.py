r"""The calls of Windows by which processes are listed, read and acted on: each on an open process, never on a number.

Sources: Microsoft Learn, "NtQuerySystemInformation", "NtQueryInformationProcess", "OpenProcess", "VirtualQueryEx",
"ReadProcessMemory", "PSAPI_WORKING_SET_EX_BLOCK", "GetExtendedTcpTable"; phnt for what is not documented there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

TERMINATE, SUSPEND, READ, SET, QUERY, SYNCHRONIZE = 0x1, 0x800, 0x10, 0x200, 0x400, 0x100000
QUERY_LITTLE = 0x1000
"""PROCESS_QUERY_LIMITED_INFORMATION: what also protected processes grant an administrator."""

PRIVATE, MAPPED, IMAGE = 0x20000, 0x40000, 0x1000000
"""What a region of memory is made of (MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE)."""


class ListedProcess(NamedTuple):
    """A process as the system lists it. ``started`` is in 100 ns since 1601 (UTC)."""

    pid: int
    parent: int
    started: int
    name: str


class Region(NamedTuple):
    """Memory that a process has; ``allocation`` is where the mapping or reservation begins that it is part of."""

    start: int
    size: int
    allocation: int
    protection: int
    kind: int


class ProcessCalls(Protocol):
    """Open processes are numbers. Every call may raise ``OSError``, ``PermissionError`` among it."""

    def listed(self) -> Sequence[ListedProcess]:
        """Return all processes at one moment; no right is needed for it."""

    def open(self, pid: int, access: int) -> int:
        """Open a process.

        Raises:
            ProcessLookupError: there is none of that number.
            PermissionError: it does not grant this access.
        """

    def close(self, process: int) -> None:
        """Close an open process."""

    def started(self, process: int) -> int:
        """Return when it began, in 100 ns since 1601 (UTC)."""

    def has_ended(self, process: int, wait_seconds: float = 0.0) -> bool:
        """Return whether it has ended, after waiting so long for it."""

    def image_name(self, process: int) -> str:
        r"""Return where its program is (``C:\x``, ``\Device\HarddiskVolume1\x``); empty if it has no file."""

    def command_line(self, process: int) -> str | None:
        """Return its command line; ``None`` where the system does not say."""

    def block(self, process: int) -> int:
        """Return the address of its environment block (PEB)."""

    def read(self, process: int, address: int, size: int) -> bytes:
        """Return what its memory holds; fewer bytes, or none, where that cannot be read."""

    def owner(self, process: int) -> str:
        """Return the account that it runs as (``S-1-5-18``)."""

    def is_image(self, process: int, descriptor: int) -> bool | None:
        """Return whether an open file is its program; ``None`` where the system does not say."""

    def modules(self, pid: int) -> Sequence[str]:
        """Return the files of the libraries that it has loaded, as it loaded them."""

    def suspend_counts(self, process: int) -> Sequence[int]:
        """Return of each of its threads how often it is suspended."""

    def suspend(self, process: int) -> None:
        """Suspend each of its threads once more."""

    def resume(self, process: int) -> None:
        """Take back one suspension of each of its threads."""

    def is_critical(self, process: int) -> bool:
        """Return whether the system stops when it ends."""

    def make_ordinary(self, process: int) -> None:
        """Have the system not stop when it ends."""

    def terminate(self, process: int) -> None:
        """End it; that it is gone comes later."""

    def regions(self, process: int) -> Iterator[Region]:
        """Yield the memory that it has, in order of addresses; none that is only reserved."""

    def mapped_name(self, process: int, address: int) -> str:
        """Return the file of which an address shows a part; empty if it is of none."""

    def page_states(self, process: int, addresses: Sequence[int]) -> Sequence[int] | None:
        """Return what the system knows of each page (PSAPI_WORKING_SET_EX_BLOCK); ``None`` where it does not say."""

    def tcp(self, *, is_new: bool) -> bytes:
        """Return the table of TCP with owners, of IPv6 if ``is_new``."""

    def udp(self, *, is_new: bool) -> bytes:
        """Return the table of UDP with owners, of IPv6 if ``is_new``."""

    def boot_time(self) -> int:
        """Return when the system was started, in 100 ns since 1601 (UTC)."""

    def drives(self) -> Mapping[str, str]:
        r"""Return device -> drive (``\Device\HarddiskVolume3`` -> ``C:``)."""
