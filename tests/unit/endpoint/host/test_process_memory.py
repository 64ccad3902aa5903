"""Which memory of a process is read."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.posix.memory import READ_BYTES, LinuxMemory, open_memory, regions_of
from quetsach.endpoint.host.posix.processes import LinuxProcesses

SMAPS = b"""\
5604a000-5604b000 r--p 00000000 fe:00 190545                     /usr/bin/head
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
5604b000-5604c000 rw-p 00001000 fe:00 190545                     /usr/bin/head
Rss:                   4 kB
Anonymous:             4 kB
Swap:                  0 kB
VmFlags: rd wr mr mw me ac
5604c000-5604d000 r-xp 00000000 00:01 77                         /memfd:x y (deleted)
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex
5604d000-5604e000 rwxp 00000000 00:00 0
Rss:                   0 kB
Anonymous:             0 kB
Swap:                  4 kB
VmFlags: rd wr
5604e000-5605e000 ---p 00000000 00:00 0
Rss:                   0 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: mr
5605e000-5606e000 rw-s 00000000 00:01 9                          /dev/shm/pool
Rss:                  64 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd wr sh
5606e000-5607e000 rw-p 00000000 00:05 8                          /dev/gpu
Rss:                  64 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd wr io pf
7fff0000-7fff1000 r--p 00000000 00:00 0                          [vvar]
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr
"""

PROGRAM = """
import ctypes, mmap, os, sys
{body}
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def _running(body: str, *arguments: str) -> Iterator[ProcessAnchor]:
    command = [sys.executable, "-c", PROGRAM.format(body=body), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        found = LinuxProcesses().read(process.pid)
        assert found is not None
        yield found.anchor
        process.kill()


def _read(anchor: ProcessAnchor) -> bytes:
    with open_memory(LinuxProcesses(), anchor) as memory:
        return b"|".join(b"".join(run) for run in memory.runs())


def test_what_no_file_on_a_disk_shows_is_read() -> None:
    read = [region.start for region in regions_of(SMAPS) if region.is_read]
    assert read == [0x5604B000, 0x5604C000, 0x5604D000]


def test_a_description_without_numbers_is_read_rather_than_left_out() -> None:
    [region] = regions_of(b"1000-2000 rw-p 00000000 00:00 0 \n")
    assert region.is_read


def test_lines_of_another_form_are_passed_over() -> None:
    assert list(regions_of(b"nonsense\n\xff-1 rw-p\n")) == []


NEEDLE = 'secret = bytearray(b"nee" + b"dle in " + sys.argv[1].encode())'


def test_the_heap_is_read() -> None:
    with _running(NEEDLE, "the heap") as anchor:
        assert b"needle in the heap" in _read(anchor)


def test_memory_that_its_owner_closed_to_itself_is_read() -> None:
    body = """
area = mmap.mmap(-1, 8192, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area[4000:4018] = b"nee" + b"dle behind bars"
address = ctypes.addressof(ctypes.c_char.from_buffer(area))
assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(address), 8192, 0) == 0
"""
    with _running(body) as anchor:
        assert b"needle behind bars" in _read(anchor)


FILE = """
file = open(sys.argv[1], "r+b")
area = mmap.mmap(file.fileno(), 0, flags=mmap.{kind}, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
touched = area[0], area[-1]
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A file of two pages, to be mapped."""
    path = tmp_path / "library"
    path.write_bytes(b"first page".ljust(4096, b"-") + b"other page".ljust(4096, b"-"))
    return path


def test_a_mapped_file_that_is_intact_is_left_to_the_scan_of_files(library: Path) -> None:
    with _running(FILE.format(kind="MAP_PRIVATE"), str(library)) as anchor:
        assert b"first page---" not in _read(anchor)


def test_a_page_that_the_process_changed_is_read_and_its_neighbour_is_not(library: Path) -> None:
    with _running(FILE.format(kind="MAP_PRIVATE") + '\narea[0:3] = b"1st"', str(library)) as anchor:
        content = _read(anchor)
    assert b"1st" + b"st page---" in content
    assert b"other page---" not in content


def test_a_mapped_file_without_a_name_is_read_whole(library: Path) -> None:
    with _running(FILE.format(kind="MAP_PRIVATE") + "\nos.unlink(sys.argv[1])", str(library)) as anchor:
        content = _read(anchor)
    assert b"first page---" in content
    assert b"other page---" in content


def test_shared_code_without_a_name_is_read(library: Path) -> None:
    with _running(FILE.format(kind="MAP_SHARED") + "\nos.unlink(sys.argv[1])", str(library)) as anchor:
        assert b"first page---" in _read(anchor)


def test_shared_memory_with_a_name_is_left_out(library: Path) -> None:
    with _running(FILE.format(kind="MAP_SHARED"), str(library)) as anchor:
        assert b"first page---" not in _read(anchor)


def test_space_that_was_only_reserved_costs_nothing_and_is_not_brought_in() -> None:
    body = """
area = mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)  # MAP_NORESERVE
area[1 << 35 : (1 << 35) + 11] = b"nee" + b"dle far."
"""
    with _running(body) as anchor:
        before = _resident(anchor.pid)
        content = _read(anchor)
        assert _resident(anchor.pid) <= before + 1024
    assert b"needle far." in content
    assert len(content) < 64 << 20


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_what_lies_together_comes_in_parts_of_limited_size() -> None:
    with (
        _running(f"area = bytearray(b'x' * {3 * READ_BYTES})") as anchor,
        open_memory(LinuxProcesses(), anchor) as memory,
    ):
        sizes = [[len(part) for part in run] for run in memory.runs()]
    assert max(len(parts) for parts in sizes) >= 3
    assert max(size for parts in sizes for size in parts) == READ_BYTES


def test_space_beyond_the_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.host.posix.memory.MOST_PAGES", 1)
    with _running("pass") as anchor, open_memory(LinuxProcesses(), anchor) as memory:
        assert sum(len(part) for run in memory.runs() for part in run) <= READ_BYTES
        assert memory.is_cut_short


def test_a_later_process_with_the_same_number_is_not_read() -> None:
    with _running("pass") as anchor, pytest.raises(ProcessLookupError):
        open_memory(LinuxProcesses(), replace(anchor, start_ticks=anchor.start_ticks + 1))


def test_a_process_that_ends_while_it_is_read_ends_the_reading() -> None:
    with _running("area = bytearray(b'x' * (64 << 20))") as anchor, open_memory(LinuxProcesses(), anchor) as memory:
        runs = memory.runs()
        next(runs)
        os.kill(anchor.pid, 9)
        os.waitid(os.P_PID, anchor.pid, os.WEXITED | os.WNOWAIT)
        assert sum(len(part) for run in runs for part in run) == 0


def test_nothing_stays_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with _running("pass") as anchor:
        memory = open_memory(LinuxProcesses(), anchor)
        assert isinstance(memory, LinuxMemory)
        with memory:
            pass
        with contextlib.suppress(ProcessLookupError):
            open_memory(LinuxProcesses(), replace(anchor, start_ticks=1))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
