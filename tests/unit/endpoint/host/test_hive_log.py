"""What the logs of a hive add to it: as Windows would take it at its next start, and as regipy takes it."""

import contextlib
import os
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regipy.recovery import apply_transaction_logs
from tests.hive_logs import build_log, build_old_log
from tests.second_reader import as_read, read_by_regipy

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_log import BaseBlock, marvin32, replay_logs
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import DeleteValue
from quetsach.endpoint.scan_issue import Reason, ScanIssue
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


@pytest.mark.parametrize("number", [7, 8, 900])
def test_the_first_entry_has_the_number_of_its_log_and_none_less_than_the_hive(number: int) -> None:
    hive = opened(HIVES[0], build_log((number, HIVES[0], HIVES[1]), (number + 1, HIVES[1], HIVES[2])))
    assert names(hive) == {"b": b"\7\0\0\0"}
    assert hive.is_current


def test_entries_that_were_in_the_hive_already_are_left() -> None:
    hive = opened(HIVES[1], build_log((6, HIVES[0], HIVES[1]), (7, HIVES[1], HIVES[2])))
    assert names(hive) == {"b": b"\7\0\0\0"}
    hive = opened(HIVES[0], build_log((6, HIVES[0], HIVES[1])))
    assert names(hive) == {"a": data_of(SZ, "x")}
    assert not hive.is_current


def test_entries_behind_a_gap_are_left() -> None:
    hive = opened(HIVES[0], build_log((8, HIVES[0], HIVES[1]), (10, HIVES[1], HIVES[2])))
    assert set(names(hive)) == {"a", "b"}


def test_a_log_whose_first_entry_is_not_its_own_is_left() -> None:
    log = bytearray(build_log((8, HIVES[0], HIVES[1])))
    log[4:512] = build_log((9, HIVES[0], HIVES[1]))[4:512]
    assert not opened(HIVES[0], bytes(log)).is_current


def test_logs_that_follow_on_each_other_begin_with_the_lower_number() -> None:
    first, second = build_log((20, HIVES[0], HIVES[1])), build_log((21, HIVES[1], HIVES[2]))
    for logs in ((first, second), (second, first)):
        assert names(opened(HIVES[0], *logs)) == {"b": b"\7\0\0\0"}


def test_a_damaged_base_block_is_taken_from_the_log() -> None:
    for at in (0, 4, 36, 100):
        damaged = bytearray(HIVES[0])
        damaged[at : at + 4] = b"\x55" * 4
        hive = opened(bytes(damaged), build_log((8, HIVES[0], HIVES[1])))
        assert set(names(hive)) == {"a", "b"}
        assert (hive.is_clean, hive.is_current) == (False, True)


def test_a_log_of_the_form_before_windows_8_1_is_read() -> None:
    log = build_old_log(HIVES[0], HIVES[2])
    for before in (HIVES[0], b"regf" + b"\x55" * 508 + HIVES[0][512:]):
        hive = opened(before, log)
        assert names(hive) == {"b": b"\7\0\0\0"}
        assert names(hive, "New") == {"big": bytes(range(250)) * 80}
        assert hive.is_current


@pytest.mark.parametrize("at", [4, 12, 40, 512, 508])
def test_an_old_log_that_was_not_finished_or_is_of_another_time_is_left(at: int) -> None:
    log = bytearray(build_old_log(HIVES[0], HIVES[2]))
    log[at] ^= 1
    if at < 508:
        log[508:512] = hive_checksum(log[:512]).to_bytes(4, "little")
    hive = opened(HIVES[0], bytes(log))
    assert names(hive) == {"a": data_of(SZ, "x")}
    assert not hive.is_current


def test_an_old_log_that_is_cut_off_is_left() -> None:
    assert not opened(HIVES[0], build_old_log(HIVES[0], HIVES[2])[:-1]).is_current


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
@pytest.mark.parametrize("form", ["new", "later", "old"])
def test_another_program_takes_the_log_the_same_way(form: str, tmp_path: Path) -> None:
    after = HIVES[2]
    before = HIVES[0].ljust(len(after), b"\0")  # regipy does not let a hive grow
    if form == "old":
        before = _of_size(before, len(after))
    log = build_old_log(before, after) if form == "old" else build_log((7 if form == "new" else 70, before, after))
    (tmp_path / "hive").write_bytes(before)
    (tmp_path / "log").write_bytes(log)
    apply_transaction_logs(str(tmp_path / "hive"), str(tmp_path / "log"), restored_hive_path=str(tmp_path / "out"))
    hive = opened(before, log)
    ours = {
        name: as_read({value.name: (value.type, value.data) for value in hive.values(key)}, {})
        for name in ("New", "Run")
        if (key := hive.key(name)) is not None
    }
    assert read_by_regipy(tmp_path / "out") == {"": {}, **ours}


def _of_size(hive: bytes, size: int) -> bytes:
    """Return a hive whose header says that it is larger: regipy believes that of the hive, not that of the log."""
    header = bytearray(hive)
    struct.pack_into("<I", header, 40, size - 4096)
    struct.pack_into("<I", header, 508, hive_checksum(header))
    return bytes(header)


STATES = st.lists(
    st.dictionaries(
        st.sampled_from(["Run", r"Run\Once", "Services", "Sò nước"]),
        st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.just(SZ), st.text("xyz", max_size=400)), max_size=4),
        min_size=1,
    ),
    min_size=2,
    max_size=6,
)


@given(states=STATES, start=st.integers(7, 2**31), cut=st.integers(0, 5), remains=st.booleans())
def test_no_key_and_no_value_is_lost_however_the_entries_are_split_over_two_logs(
    states: list[Keys], start: int, cut: int, remains: bool
) -> None:
    hives = [build_hive(keys, sequences=(9, 7)) for keys in states]
    entries = [(start + n, before, after) for n, (before, after) in enumerate(pairwise(hives))]
    logs = [build_log(*part) for part in (entries[:cut], entries[cut:]) if part]
    if remains:  # of an earlier round, behind what counts
        logs[0] += build_log((3, hives[-1], hives[0]))[512:]
    for descriptors in (logs, logs[::-1]):
        hive = opened(hives[0], *descriptors)
        assert hive.is_current
        assert _content(hive) == _content(Hive(descriptor_of(hives[-1])))


def _content(hive: Hive) -> dict[str, dict[str, bytes]]:
    found = {name: names(hive, name) for name in ("Services", "Sò nước", "Run", r"Run\Once") if hive.key(name)}
    return found | {"": {key.name: b"" for key in hive.subkeys(hive.root)}}


@given(st.data())
def test_any_log_costs_no_more_than_being_left(data: st.DataObject) -> None:
    log = bytearray(data.draw(st.sampled_from([build_log((7, HIVES[0], HIVES[1])), build_old_log(HIVES[0], HIVES[1])])))
    for _ in range(data.draw(st.integers(0, 3))):
        log[data.draw(st.integers(0, 600))] = data.draw(st.integers(0, 255))
    descriptor = descriptor_of(bytes(log[: data.draw(st.integers(0, len(log)))]))
    try:
        found = replay_logs(BaseBlock.read(HIVES[0]), [descriptor, descriptor], bytes(32), 1 << 30)
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
    assert registry.troubles() == (ScanIssue(b"/Windows/System32/config/SOFTWARE", Reason.STALE),)
    hive.with_name("SOFTWARE.LOG2").write_bytes(build_log((1, dirty, newest)))
    registry = mounted_windows(tmp_path).registry
    assert registry.value(f"HKLM\\SOFTWARE\\{RUN}", "New") is not None
    assert registry.troubles() == ()
    with pytest.raises(RegistryError, match="not closed"):
        registry.write_edited((DeleteValue(f"HKLM\\SOFTWARE\\{RUN}", "New"),), tmp_path / "edited")
