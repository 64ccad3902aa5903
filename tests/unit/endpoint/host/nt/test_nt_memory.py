"""Memory of processes of Windows: what no file shows, and only what is there."""

from collections.abc import Mapping

import pytest
from tests.fake_windows_processes import Played, PlayedCalls

from quetsach.endpoint.host.nt import process_calls as module
from quetsach.endpoint.host.nt.process_calls import IMAGE, MAPPED, PRIVATE, NtMemory, Region

PAGE = 4096
READ_WRITE, WRITE_COPY, EXECUTE_READ, EXECUTE_READ_WRITE, READ_ONLY = 0x04, 0x08, 0x20, 0x40, 0x02
VALID, SHARED, IN_PAGE_FILE = 1, 1 << 15, 2 << 22
DLL = r"C:\a.dll"


def _read(
    *regions: Region,
    pages: Mapping[int, int] | None = None,
    names: Mapping[int, str] | None = None,
    has_file: bool = True,
) -> list[bytes]:
    """Return what is read of a process in whose memory each page holds the number of its address."""
    played = Played(1, started=1, regions=regions, pages=pages, names=names or {})
    for region in regions:
        for at in range(region.start, region.start + region.size, PAGE):
            played.memory[at] = at.to_bytes(8, "little") * (PAGE // 8)
    calls = PlayedCalls(played)
    with NtMemory(calls, calls.open(1, 0x10 | 0x400), lambda name: bool(name) and has_file) as memory:
        found = [b"".join(run) for run in memory.runs()]
    assert calls.handles == {}
    return found


def _addresses(runs: list[bytes]) -> list[list[int]]:
    return [[int.from_bytes(run[at : at + 8], "little") for at in range(0, len(run), PAGE)] for run in runs]


def test_memory_of_the_process_alone_is_read_where_it_is_there() -> None:
    region = Region(0x10000, 4 * PAGE, 0x10000, READ_WRITE, PRIVATE)
    pages = {0x10000: VALID, 0x11000: 0, 0x12000: IN_PAGE_FILE, 0x13000: VALID}
    assert _addresses(_read(region, pages=pages)) == [[0x10000], [0x12000, 0x13000]]


def test_of_a_library_only_changed_pages_are_read() -> None:
    region = Region(0x10000, 3 * PAGE, 0x10000, EXECUTE_READ, IMAGE)
    pages = {0x10000: VALID | SHARED, 0x11000: VALID, 0x12000: IN_PAGE_FILE | SHARED}
    assert _addresses(_read(region, pages=pages, names={0x10000: DLL})) == [[0x11000]]


def test_of_one_whose_file_is_gone_all_pages_are_read() -> None:
    region = Region(0x10000, 2 * PAGE, 0x10000, EXECUTE_READ, IMAGE)
    pages = dict.fromkeys((0x10000, 0x11000), VALID | SHARED)
    assert _addresses(_read(region, pages=pages, names={0x10000: DLL}, has_file=False)) == [[0x10000, 0x11000]]


def test_shared_code_of_no_file_is_read_and_shared_data_is_not() -> None:
    code = Region(0x10000, PAGE, 0x10000, EXECUTE_READ, MAPPED)
    data = Region(0x20000, PAGE, 0x20000, READ_WRITE, MAPPED)
    of_file = Region(0x30000, PAGE, 0x30000, EXECUTE_READ, MAPPED)
    pages = dict.fromkeys((0x10000, 0x20000, 0x30000), VALID | SHARED)
    assert _addresses(_read(code, data, of_file, pages=pages, names={0x30000: DLL})) == [[0x10000]]


@pytest.mark.parametrize("protection", [0, 0x01, READ_WRITE | 0x100, READ_WRITE | 0x200, READ_WRITE | 0x400])
def test_guard_pages_and_devices_are_never_read(protection: int) -> None:
    region = Region(0x10000, PAGE, 0x10000, protection, PRIVATE)
    assert _read(region, pages={0x10000: VALID}) == []
    assert _read(region) == []


def test_where_the_system_does_not_say_what_is_there() -> None:
    heap = Region(0x10000, 2 * PAGE, 0x10000, READ_WRITE, PRIVATE)
    code = Region(0x20000, PAGE, 0x20000, EXECUTE_READ, IMAGE)
    untouched = Region(0x21000, PAGE, 0x20000, WRITE_COPY, IMAGE)
    written = Region(0x22000, PAGE, 0x20000, READ_WRITE, IMAGE)
    names = dict.fromkeys((0x20000, 0x21000, 0x22000), DLL)
    assert _addresses(_read(heap, code, untouched, written, names=names)) == [[0x10000, 0x11000], [0x22000]]


def test_pages_that_vanish_meanwhile_are_left_out() -> None:
    region = Region(0x10000, 3 * PAGE, 0x10000, READ_WRITE, PRIVATE)
    played = Played(1, started=1, regions=(region,), memory={0x10000: b"a" * PAGE, 0x12000: b"c" * PAGE})
    calls = PlayedCalls(played)
    with NtMemory(calls, calls.open(1, 0x410), bool) as memory:
        assert [b"".join(run) for run in memory.runs()] == [b"a" * PAGE + b"c" * PAGE]


def test_an_address_space_without_end_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    regions = tuple(Region(at, 2 * PAGE, at, READ_ONLY, PRIVATE) for at in range(0x10000, 0x40000, 0x10000))
    played = Played(1, started=1, regions=regions, memory={region.start: b"x" for region in regions})
    calls = PlayedCalls(played)
    with NtMemory(calls, calls.open(1, 0x410), bool) as memory:
        assert len(list(memory.runs())) == 1
        assert memory.is_cut_short
