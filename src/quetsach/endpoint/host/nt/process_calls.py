"""The calls of Windows about processes, and what is read by them: parameters, memory, sockets."""

import ipaddress
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, Protocol, Self

from quetsach.endpoint.host.process import Socket

# The calls of Windows by which processes are listed, read and acted on: each on an open process, never on a number.
#
# Sources: Microsoft Learn, "NtQuerySystemInformation", "NtQueryInformationProcess", "OpenProcess", "VirtualQueryEx",
# "ReadProcessMemory", "PSAPI_WORKING_SET_EX_BLOCK", "GetExtendedTcpTable"; phnt for what is not documented there.

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


# What a process was started with, read from its own memory: command line and current folder.
#
# Sources: Microsoft Learn, "PEB" and "RTL_USER_PROCESS_PARAMETERS"; phnt (where the folder stands). A process can
# change all of it, so it is material like any other of malware: bounded, and a text that is none is empty.

_PARAMETERS = 0x20
_FOLDER, _COMMAND_LINE = 0x38, 0x70
_HIGHEST = 1 << 47
_LONGEST = 32_767
_PIECE = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+', re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Command line, and current folder with its drive."""

    command_line: str = ""
    folder: str = ""


def parameters_of(calls: ProcessCalls, process: int) -> Parameters:
    """Return what an open process was started with; what cannot be read is empty."""
    try:
        block = calls.block(process)
    except OSError:
        return Parameters()
    (parameters,) = _address(calls.read(process, block + _PARAMETERS, 8))
    return Parameters(_text(calls, process, parameters + _COMMAND_LINE), _text(calls, process, parameters + _FOLDER))


def pieces_of(command_line: str) -> tuple[bytes, ...]:
    """Return a command line in pieces, parted where blanks stand outside quotation marks, which stay.

    How a program takes its command line apart is its own affair; joined by blanks, the pieces are what was written.
    """
    pieces = _PIECE.findall(command_line[:_LONGEST].partition("\0")[0])
    return tuple(piece.encode("utf-8", "surrogatepass") for piece in pieces)


def _address(raw: bytes) -> tuple[int]:
    (address,) = struct.unpack("<Q", raw.ljust(8, b"\0"))
    return (address if address < _HIGHEST else 0,)


def _text(calls: ProcessCalls, process: int, at: int) -> str:
    """Return the UNICODE_STRING at an address."""
    head = calls.read(process, at, 16) if at > _HIGHEST >> 31 else b""
    if len(head) < 16:
        return ""
    length = struct.unpack_from("<H", head)[0] & ~1
    (start,) = _address(head[8:])
    raw = calls.read(process, start, length) if start and length else b""
    return raw[: len(raw) & ~1].decode("utf-16-le", "surrogatepass")


# What running processes of Windows have in memory.
#
# Read is what no file on a disk shows: memory of the process alone (heap, stack, unpacked code), pages of a program or
# library that were changed since they came from its file, all pages of one whose file has no name any more, and code in
# memory that is shared and of no file. Left out is what is looked at as a file, and data that is shared.
#
# Only pages that are there are read, in memory or in the page file: of what was reserved and never used, reading would
# make pages. Where the system does not say which those are (Wine), memory of the process alone is read whole, and of
# programs the pages that can be written. Guard pages are never read, for that takes the guard away; nor is what belongs
# to a device (PAGE_NOCACHE, PAGE_WRITECOMBINE).

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


# Sockets of a running Windows and the processes that hold them.
#
# Sources: Microsoft Learn, "MIB_TCPROW_OWNER_PID", "MIB_TCP6ROW_OWNER_PID", "MIB_UDPROW_OWNER_PID",
# "MIB_UDP6ROW_OWNER_PID".

_STATES = (
    *("", "CLOSE", "LISTEN", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING"),
    *("LAST_ACK", "TIME_WAIT", "DELETE_TCB"),
)
_NOBODY = {"tcp": "0.0.0.0:0", "tcp6": "[::]:0", "udp": "0.0.0.0:0", "udp6": "[::]:0"}
_TCP, _TCP6 = struct.Struct("<I4sI4sII"), struct.Struct("<16sII16sIIII")
_UDP, _UDP6 = struct.Struct("<4sII"), struct.Struct("<16sIII")


def sockets(calls: ProcessCalls) -> Iterator[Socket]:
    """Yield the sockets that the system lists, with the process that holds each."""
    for state, local, local_port, remote, remote_port, pid in _rows(_TCP, calls.tcp(is_new=False)):
        yield _tcp("tcp", state, _address_of_socket(local, local_port), _address_of_socket(remote, remote_port), pid)
    for local, _, local_port, remote, _, remote_port, state, pid in _rows(_TCP6, calls.tcp(is_new=True)):
        yield _tcp("tcp6", state, _address_of_socket(local, local_port), _address_of_socket(remote, remote_port), pid)
    for local, port, pid in _rows(_UDP, calls.udp(is_new=False)):
        yield Socket("udp", _address_of_socket(local, port), _NOBODY["udp"], "LISTEN", 0, pid)
    for local, _, port, pid in _rows(_UDP6, calls.udp(is_new=True)):
        yield Socket("udp6", _address_of_socket(local, port), _NOBODY["udp6"], "LISTEN", 0, pid)


def _rows(form: struct.Struct, table: bytes) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, which says first how many it has; no more than there are."""
    count = int.from_bytes(table[:4], "little")
    for number in range(min(count, (len(table) - 4) // form.size)):
        yield form.unpack_from(table, 4 + number * form.size)


def _tcp(protocol: str, state: int, local: str, remote: str, pid: int) -> Socket:
    word = _STATES[state] if state < len(_STATES) else ""
    return Socket(protocol, local, _NOBODY[protocol] if word == "LISTEN" else remote, word, 0, pid)


def _address_of_socket(address: bytes, port: int) -> str:
    """Return an address of a table; its port is in the order of the network, in the lower half of a number."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    number = int.from_bytes((port & 0xFFFF).to_bytes(2, "little"), "big")
    return f"[{found}]:{number}" if ":" in str(found) else f"{found}:{number}"
