"""Where a junction or symbolic link of NTFS leads, from its record."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.host.windows_path import target_of


def junction(target: str) -> bytes:
    """Return the record of a junction as Windows writes it."""
    name = target.encode("utf-16-le")
    return struct.pack("<IHHHHHH", 0xA000_0003, 12 + len(name), 0, 0, len(name), len(name) + 2, 0) + name + bytes(4)


def link(target: str, *, relative: bool) -> bytes:
    """Return the record of a symbolic link, the name to show first."""
    name = target.encode("utf-16-le")
    head = struct.pack("<IHHHHHHI", 0xA000_000C, 12 + 2 * len(name), 0, len(name), len(name), 0, len(name), relative)
    return head + name + name


@pytest.mark.parametrize("target", [r"\??\C:\Users", r"\??\D:\Ảnh", r"\??\Volume{0}\x"])
def test_a_junction_leads_to_its_substitute_name(target: str) -> None:
    assert target_of(junction(target)) == target.encode()


@pytest.mark.parametrize(("target", "relative"), [(r"\??\C:\Users", False), (r"..\b", True)])
def test_a_symbolic_link_leads_to_its_substitute_name(target: str, relative: bool) -> None:
    assert target_of(link(target, relative=relative)) == target.encode()


@pytest.mark.parametrize("record", [b"", bytes(19), b"\x17\0\0\x80" + bytes(40), junction("x" * 40)[:-30]])
def test_another_record_or_a_damaged_one_says_nothing(record: bytes) -> None:
    assert target_of(record) is None


@given(st.binary(max_size=60), st.sampled_from([0xA000_0003, 0xA000_000C]))
def test_any_record_is_read_without_harm(rest: bytes, tag: int) -> None:
    found = target_of(struct.pack("<I", tag) + rest)
    assert found is None or len(found) <= 2 * len(rest)
