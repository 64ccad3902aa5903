"""What the logs of a hive add to it: as Windows would take it at its next start, and as regipy takes it."""

import contextlib
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regipy.recovery import apply_transaction_logs
from tests.hive_logs import build_log
from tests.second_reader import as_read, read_by_regipy

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_log import marvin32, read_logs
from quetsach.endpoint.host.registry import DeleteValue
from quetsach.endpoint.host.windows import mounted_windows
from quetsach.endpoint.trouble import Reason, Trouble
from quetsach.packs.specimen.hive import BINARY, DWORD, SZ, Keys, build_hive, data_of, hive_checksum
from quetsach.packs.specimen.windows import RUN, plant

FIRST: Keys = {"Run": {"a": (SZ, "x")}}
SECOND: Keys = {"Run": {"a": (SZ, "x"), "b": (SZ, "y")}}
THIRD: Keys = {"Run": {"b": (DWORD, 7)}, "New": {"big": (BINARY, bytes(range(250)) * 80)}}
HIVES = [build_hive(keys, sequences=(9, 7)) for keys in (FIRST, SECOND, THIRD)]


def descriptor_of(content: bytes) -> int:
    descriptor = os.memfd_create("file")
    os.write(descriptor, content)
    return descriptor


def opened(hive: bytes, *logs: bytes) -> Hive:
    descriptors = [descriptor_of(log) for log in logs]
    try:
        return Hive(descriptor_of(hive), logs=descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def names(hive: Hive, key: str = "Run") -> dict[str, bytes]:
    found = hive.key(key)
    assert found is not None
    return {value.name: value.data for value in hive.values(found)}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", 0x30ED_35C1_00CD_3C7D),
        ("af", 0x48E7_3FC7_7D75_DDC1),
        ("e70f", 0xB5F6_E1FC_485D_BFF8),
        ("37f495", 0xF0B0_7C78_9B8C_F7E8),
        ("8642dc59", 0x7008_F2E8_7E9C_F556),
        ("153fb79826", 0xE6C0_8C6D_A2AF_A997),
        ("ab427ea8d10fc7", 0xE118_47E4_F067_8C41),
    ],
)
def test_the_hash_is_marvin32(content: str, expected: int) -> None:
    """Test vectors of .NET (``MarvinTests.cs``)."""
    assert marvin32(bytes.fromhex(content), 0x004F_B61A_001B_DBCC) == expected


def test_entries_that_follow_on_the_hive_are_read_in_their_order() -> None:
    log = build_log((7, HIVES[0], HIVES[1]), (8, HIVES[1], HIVES[2]))
    hive = opened(HIVES[0], log)
    assert names(hive) == {"b": b"\7\0\0\0"}
    assert names(hive, "New") == {"big": bytes(range(250)) * 80}
    assert (hive.is_clean, hive.is_current) == (False, True)


def test_entries_may_be_split_over_two_logs() -> None:
    first, second = build_log((7, HIVES[0], HIVES[1])), build_log((8, HIVES[1], HIVES[2]))
    assert names(opened(HIVES[0], second, first)) == names(opened(HIVES[0], first, second)) == {"b": b"\7\0\0\0"}


@pytest.mark.parametrize("number", [6, 8])
def test_entries_that_do_not_follow_on_the_hive_are_left(number: int) -> None:
    hive = opened(HIVES[0], build_log((number, HIVES[0], HIVES[1])))
    assert names(hive) == {"a": data_of(SZ, "x")}
    assert not hive.is_current


def test_the_logs_of_a_hive_that_was_closed_are_not_used() -> None:
    closed = build_hive(FIRST, sequences=(7, 7))
    assert names(opened(closed, build_log((7, HIVES[0], HIVES[1])))) == {"a": data_of(SZ, "x")}


@pytest.mark.parametrize("at", [512, 520, 524, 528, 540, 552, 600, 2000])
def test_an_entry_that_was_not_written_whole_is_left_with_all_after_it(at: int) -> None:
    log = bytearray(build_log((7, HIVES[0], HIVES[1]), (8, HIVES[1], HIVES[2])))
    log[at] ^= 1
    hive = opened(HIVES[0], bytes(log))
    assert names(hive) == {"a": data_of(SZ, "x")}
    assert not hive.is_current


def test_a_log_that_is_cut_off_gives_its_whole_entries() -> None:
    log = build_log((7, HIVES[0], HIVES[1]), (8, HIVES[1], HIVES[2]))[:-600]
    assert set(names(opened(HIVES[0], log))) == {"a", "b"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # regipy leaves its files open
def test_another_program_takes_the_log_the_same_way(tmp_path: Path) -> None:
    before, after = HIVES[0].ljust(len(HIVES[2]), b"\0"), HIVES[2]  # regipy does not let a hive grow
    (tmp_path / "hive").write_bytes(before)
    (tmp_path / "log").write_bytes(build_log((7, HIVES[0], after)))
    apply_transaction_logs(str(tmp_path / "hive"), str(tmp_path / "log"), restored_hive_path=str(tmp_path / "out"))
    hive = opened(before, build_log((7, HIVES[0], after)))
    ours = {
        name: as_read({value.name: (value.type, value.data) for value in hive.values(key)}, {})
        for name in ("New", "Run")
        if (key := hive.key(name)) is not None
    }
    assert read_by_regipy(tmp_path / "out") == {"": {}, **ours}


@given(st.data())
def test_any_log_costs_no_more_than_being_left(data: st.DataObject) -> None:
    log = bytearray(build_log((7, HIVES[0], HIVES[1])))
    for _ in range(data.draw(st.integers(0, 3))):
        log[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    descriptor = descriptor_of(bytes(log[: data.draw(st.integers(0, len(log)))]))
    try:
        found = read_logs([descriptor, descriptor], 7, 1 << 30)
    finally:
        os.close(descriptor)
    assert found is None or len(found.pages) * 512 <= len(log)


@given(
    pages=st.lists(st.tuples(st.integers(0, 1 << 14), st.sampled_from([0, 512, 4096, 511, 1 << 31])), max_size=4),
    count=st.none() | st.integers(0, 2**32 - 1),
    size=st.sampled_from([0, 4096, 8192, 1 << 20, 1 << 31, 4095]),
    content=st.binary(max_size=64),
)
def test_an_entry_that_holds_but_deceives_costs_no_more_than_an_error(
    pages: list[tuple[int, int]], count: int | None, size: int, content: bytes
) -> None:
    body = b"".join(struct.pack("<II", offset // 512 * 512, length) for offset, length in pages) + content * 40
    body = body.ljust((len(body) + 40 + 511) // 512 * 512 - 40, b"\0")
    head = struct.pack("<4sIIIII", b"HvLE", 40 + len(body), 0, 7, size, len(pages) if count is None else count)
    head += struct.pack("<Q", marvin32(body))
    log = build_log() + head + struct.pack("<Q", marvin32(head)) + body
    with contextlib.suppress(RegistryError):
        hive = opened(HIVES[0], log)
        hive.subkeys(hive.root)
        hive.content(hive.root)


def test_a_hive_of_a_disk_is_read_with_its_logs_and_still_not_edited(tmp_path: Path) -> None:
    plant(tmp_path, software={RUN: {"New": (SZ, "x")}})
    hive = tmp_path / "Windows/System32/config/SOFTWARE"
    newest = hive.read_bytes()
    plant(tmp_path)
    stale = bytearray(hive.read_bytes().ljust(len(newest), b"\0"))
    stale[4:8] = (2).to_bytes(4, "little")
    stale[508:512] = hive_checksum(stale).to_bytes(4, "little")
    dirty = bytes(stale)
    hive.write_bytes(dirty)
    registry = mounted_windows(tmp_path).registry
    assert registry.value(f"HKLM\\SOFTWARE\\{RUN}", "New") is None
    assert registry.troubles() == (Trouble(b"/Windows/System32/config/SOFTWARE", Reason.STALE),)
    hive.with_name("SOFTWARE.LOG2").write_bytes(build_log((1, dirty, newest)))
    registry = mounted_windows(tmp_path).registry
    assert registry.value(f"HKLM\\SOFTWARE\\{RUN}", "New") is not None
    assert registry.troubles() == ()
    with pytest.raises(RegistryError, match="not closed"):
        registry.write_edited((DeleteValue(f"HKLM\\SOFTWARE\\{RUN}", "New"),), tmp_path / "edited")
