"""One hive read from its bytes: exact names and data, and what a damaged or deceiving one costs."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host import hive as hive_module
from quetsach.endpoint.host.hive import Hive, Key
from quetsach.endpoint.host.registry import KeyContent, RegistryValue
from quetsach.packs.specimen.hive import BINARY, DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys, build_hive, data_of

SMALL: Keys = {
    r"Software\Run": {"x": (SZ, "c:\\x.exe"), "": (EXPAND_SZ, "%a%"), "n": (DWORD, 7), "m": (MULTI_SZ, ["a", "b"])},
    r"Software\Empty": {},
}


def opened(content: bytes) -> Hive:
    descriptor = os.memfd_create("hive")
    os.write(descriptor, content)
    return Hive(descriptor)


def _beside(first: str, second: str) -> bytes:
    """Return a hive with two keys, whose names the writer of specimens may take for one."""
    content = build_hive({first: {}, "z" * len(second.encode("utf-16-le")): {}})
    old = b"z" * len(second.encode("utf-16-le"))
    at = content.index(old)
    raw = second.encode("utf-16-le")
    changed = bytearray(content)
    changed[at : at + len(old)] = raw
    changed[at - 74] = 0  # the flags of the key: its name is UTF-16
    return bytes(changed)


def read(hive: Hive, path: str) -> dict[str, tuple[int, bytes]]:
    key = hive.key(path)
    assert key is not None
    return {value.name: (value.type, value.data) for value in hive.values(key)}


def test_values_keep_type_and_bytes() -> None:
    expected = {name: (type_, data_of(type_, data)) for name, (type_, data) in SMALL[r"Software\Run"].items()}
    assert read(opened(build_hive(SMALL)), r"Software\Run") == expected


def test_keys_are_found_without_regard_to_case() -> None:
    hive = opened(build_hive({r"Cập Nhật\Ẩn": {}}))
    found = hive.key(r"CẬP NHẬT\ẩn")
    assert found is not None
    assert found.name == "Ẩn"
    assert hive.key(r"Cập Nhật\nope") is None


@pytest.mark.parametrize(
    ("first", "second"), [("wi", "wı"), ("s", "ſ"), ("μ", "µ"), ("𐐨", "𐐀"), ("ა", "Ა"), ("β", "ϐ")]
)
def test_names_that_windows_tells_apart_are_two_keys(first: str, second: str) -> None:
    hive = opened(_beside(first, second))
    assert {key.name for key in hive.subkeys(hive.root)} == {first, second}
    assert [found.name for name in (first, second) if (found := hive.key(name))] == [first, second]


@pytest.mark.parametrize("name", ["n\0ul", "\0", "ẩn", "é", "😀", "\ud800", "a/b*?", "x" * 255])
def test_a_name_of_any_characters_is_exact(name: str) -> None:
    hive = opened(build_hive({f"A\\{name}": {name: (SZ, "v")}}))
    assert read(hive, f"A\\{name}") == {name: (SZ, data_of(SZ, "v"))}


@pytest.mark.parametrize("size", [0, 1, 4, 5, 16_344, 16_345, 100_000])
def test_data_of_any_size_is_read_whole(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    assert read(opened(build_hive({"A": {"x": (BINARY, data)}})), "A") == {"x": (BINARY, data)}


def test_a_key_of_thousands_of_subkeys_is_read_in_order() -> None:
    hive = opened(build_hive({f"S\\k{i:05}": {} for i in range(3000)}))
    key = hive.key("s")
    assert key is not None
    assert [below.name for below in hive.subkeys(key)] == [f"k{i:05}" for i in range(3000)]
    assert hive.is_searchable(key)


def test_a_hive_with_two_sequence_numbers_is_not_clean() -> None:
    assert opened(build_hive(SMALL)).is_clean
    dirty = opened(build_hive(SMALL, sequences=(7, 3)))
    assert not dirty.is_clean
    assert read(dirty, r"Software\Run")["n"] == (DWORD, b"\7\0\0\0")


def test_a_hive_whose_checksum_does_not_hold_is_not_clean() -> None:
    content = bytearray(build_hive(SMALL))
    content[508] ^= 1
    assert not opened(bytes(content)).is_clean


@pytest.mark.parametrize("content", [b"", b"regf", b"MZ" + bytes(9000), bytes(5000), build_hive({})[:4096]])
def test_what_is_no_hive_is_refused(content: bytes) -> None:
    with pytest.raises(RegistryError):
        opened(content)


def test_content_gives_a_key_with_all_below_it() -> None:
    hive = opened(build_hive({r"A\B\C": {"x": (DWORD, 1)}, r"A\D": {}}))
    key = hive.key("A")
    assert key is not None
    value = RegistryValue("x", DWORD, b"\1\0\0\0")
    assert hive.content(key) == KeyContent((), {"B": KeyContent((), {"C": KeyContent((value,))}), "D": KeyContent()})


def test_a_key_that_is_listed_below_another_one_is_left_out() -> None:
    content = bytearray(build_hive({r"A\B": {}, r"C\D": {}}))
    hive = opened(bytes(content))
    above, stolen = hive.key("C"), hive.key(r"A\B")
    assert above is not None
    assert stolen is not None
    struct.pack_into("<I", content, 4096 + above.subkey_list + 8, stolen.offset)
    deceiving = opened(bytes(content))
    assert _names(deceiving, deceiving.key("C")) == []
    assert deceiving.damaged


def test_a_key_that_lists_the_root_is_no_endless_tree() -> None:
    content = bytearray(build_hive({"A": {}}))
    hive = opened(bytes(content))
    struct.pack_into("<I", content, 4096 + hive.root.subkey_list + 8, hive.root.offset)
    struct.pack_into("<I", content, 4096 + hive.root.offset + 4 + 16, hive.root.offset)
    looping = opened(bytes(content))
    assert _names(looping, looping.root) == []
    assert looping.damaged


def test_a_value_that_is_too_large_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hive_module, "MAX_VALUE_BYTES", 100)
    hive = opened(build_hive({"A": {"large": (BINARY, bytes(101)), "small": (BINARY, bytes(100))}}))
    key = hive.key("A")
    assert key is not None
    assert [value.name for value in hive.values(key)] == ["small"]
    assert (hive.limited, hive.damaged) == (True, False)
    with pytest.raises(RegistryError):
        hive.content(key)


@pytest.mark.parametrize(("limit", "most"), [("MAX_VALUES", 2), ("MAX_KEY_BYTES", 20)])
def test_of_a_key_that_holds_too_much_the_first_values_are_read_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(hive_module, limit, most)
    hive = opened(build_hive({"A": {name: (BINARY, bytes(10)) for name in "abc"}}))
    key = hive.key("A")
    assert key is not None
    assert [value.name for value in hive.values(key)] == ["a", "b"]
    assert (hive.limited, hive.damaged) == (True, False)


def test_lists_of_keys_that_overlap_are_read_only_so_far() -> None:
    """65,535 lists of 65,535 keys each in one megabyte: every eight bytes are the head of a list."""
    content = bytearray(build_hive({"A": {}}))
    root = opened(bytes(content)).root
    index = struct.pack("<i2sH", -(8 + 4 * 0xFFFF), b"ri", 0xFFFF)
    start = len(content) - 4096
    lists = start + (len(index) + 4 * 0xFFFF + 7) // 8 * 8
    index += struct.pack(f"<{0xFFFF}I", *range(lists, lists + 8 * 0xFFFF, 8))
    content += index.ljust(lists - start, b"\0") + struct.pack("<i2sH", -(8 + 8 * 0xFFFF), b"lf", 0xFFFF) * (1 << 17)
    struct.pack_into("<I", content, 4096 + root.offset + 4 + 0x1C, start)
    struct.pack_into("<I", content, 40, len(content) - 4096)
    hive = opened(bytes(content))
    assert hive.subkeys(hive.root) == ()
    assert hive.limited


def test_segments_of_data_that_are_one_are_read_only_as_often_as_needed() -> None:
    content = bytearray(build_hive({"A": {"x": (BINARY, bytes(16_345))}}))
    head = content.index(b"db\x02\0")
    content[head + 2 : head + 4] = b"\xff\xff"
    assert read(opened(bytes(content)), "A") == {"x": (BINARY, bytes(16_345))}


@given(st.data())
def test_a_damaged_hive_costs_no_more_than_an_error(data: st.DataObject) -> None:
    content = bytearray(_HOSTILE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 4))
        content[at : at + 4] = data.draw(st.sampled_from(_WORDS) | st.binary(min_size=4, max_size=4))
    del content[data.draw(st.integers(0, len(content))) :]
    try:
        hive = opened(bytes(content))
        seen = 0
        pending = [hive.root]
        while pending:
            key = pending.pop()
            seen += 1
            assert seen < 1_000
            for part in (hive.subkeys, hive.values, hive.content):
                try:
                    found = part(key)
                except RegistryError:
                    continue
                if part == hive.subkeys:
                    pending.extend(found)
    except RegistryError:
        pass


_HOSTILE = build_hive({r"A\B": {"x": (SZ, "y"), "big": (BINARY, bytes(20_000))}, **{f"S\\{i}": {} for i in range(40)}})
_WORDS = [struct.pack("<i", number) for number in (0, -1, -8, 8, 32, 4096, 2**31 - 1, -(2**31), 136, 20_000)]


def _names(hive: Hive, key: Key | None) -> list[str]:
    assert key is not None
    return [below.name for below in hive.subkeys(key)]


def test_the_descriptor_is_closed_with_the_hive(tmp_path: Path) -> None:
    (tmp_path / "hive").write_bytes(build_hive({}))
    hive = Hive(os.open(tmp_path / "hive", os.O_RDONLY))
    descriptor = hive.close.peek()[2][0]
    del hive
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
