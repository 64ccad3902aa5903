"""Security descriptors as bytes: read, compared, made, and never believed."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fake_ntfs import USERS, built
from tests.nt_machine import USER

from quetsach.endpoint.host.nt.file_calls import DACL, GROUP, LABEL, OWNER
from quetsach.endpoint.host.nt.security import (
    ADMINISTRATORS,
    SYSTEM_SID,
    Ace,
    Descriptor,
    aces,
    is_same,
    openings,
    private,
    to_give,
)

EVERYONE = bytes.fromhex("010100000000000100000000")
TRUSTED = (ADMINISTRATORS, SYSTEM_SID)
OF_NTFS_3G = bytes.fromhex(
    "0100048014000000240000000000000034000000010200000000000520000000200200000102000000000005200000002002000002001c"
    "000100000000001400ff011f00010100000000000512000000"
)
"""As ntfs-3g gives it: owner and group are the administrators, the system may do everything."""


def ace(kind: int, rights: int, sid: bytes, flags: int = 0) -> bytes:
    return struct.pack("<BBHI", kind, flags, 8 + len(sid), rights) + sid


def acl(*entries: bytes) -> bytes:
    body = b"".join(entries)
    return struct.pack("<BxHHxx", 2, 8 + len(body), len(entries)) + body


def test_what_is_made_private_lets_in_two_and_inherits_nothing() -> None:
    found = Descriptor.of(private(ADMINISTRATORS, SYSTEM_SID))
    assert (found.owner, found.group, found.control & 0x1000) == (ADMINISTRATORS, b"", 0x1000)
    assert list(aces(found.dacl or b"")) == [Ace(0, 3, 0x1F01FF, sid) for sid in (ADMINISTRATORS, SYSTEM_SID)]
    assert openings(private(ADMINISTRATORS, SYSTEM_SID), TRUSTED) == ()


def test_what_a_mounted_disk_gives_is_read() -> None:
    found = Descriptor.of(OF_NTFS_3G)
    assert (found.owner, found.group) == (ADMINISTRATORS, ADMINISTRATORS)
    assert found.parts == OWNER | GROUP | DACL
    assert list(aces(found.dacl or b"")) == [Ace(0, 0, 0x1F01FF, SYSTEM_SID)]


@pytest.mark.parametrize("kind", [0, 5, 9, 11])
@pytest.mark.parametrize("rights", [0x1, 0x2, 0x100000, 0x10000000])
def test_whoever_is_let_in_at_all_is_told(kind: int, rights: int) -> None:
    entry = ace(kind, rights, USERS) if kind in (0, 9) else ace(kind, rights, struct.pack("<I", 0) + USERS)
    raw = built(ADMINISTRATORS, b"", acl(ace(0, 0x1F01FF, SYSTEM_SID), entry))
    assert openings(raw, TRUSTED) == ((USERS,) if kind in (0, 9) else (b"",))


def test_without_a_list_everyone_is_let_in() -> None:
    assert openings(built(ADMINISTRATORS, b"", None), TRUSTED) == (EVERYONE,)
    absent = bytearray(built(ADMINISTRATORS, b"", acl()))
    absent[2] &= ~0x4 & 0xFF
    assert openings(bytes(absent), TRUSTED) == (EVERYONE,)
    assert openings(built(ADMINISTRATORS, b"", acl()), TRUSTED) == ()


def test_what_forbids_or_is_only_inherited_below_does_not_count_less() -> None:
    denied = built(ADMINISTRATORS, b"", acl(ace(1, 0x1F01FF, USERS)))
    below = built(ADMINISTRATORS, b"", acl(ace(0, 0x1, USERS, flags=0x8)))
    assert (openings(denied, TRUSTED), openings(below, TRUSTED)) == ((), (USERS,))


def test_descriptors_are_the_same_by_what_they_say() -> None:
    one = built(USER, USERS, acl(ace(0, 1, USERS)), control=0x400)
    moved = (
        one[:4]
        + struct.pack("<IIII", *(place and place + 4 for place in struct.unpack("<IIII", one[4:20])))
        + (b"\0\0\0\0" + one[20:])
    )
    assert is_same(one, moved)
    for other in (
        built(SYSTEM_SID, USERS, acl(ace(0, 1, USERS)), control=0x400),
        built(USER, USER, acl(ace(0, 1, USERS)), control=0x400),
        built(USER, USERS, acl(ace(0, 2, USERS)), control=0x400),
        built(USER, USERS, acl(ace(0, 1, USERS)), control=0x1000),
        built(USER, USERS, None, control=0x400),
        built(USER, USERS, acl(ace(0, 1, USERS)), acl(ace(0x11, 1, SYSTEM_SID)), control=0x400),
    ):
        assert not is_same(one, other)


def test_that_entries_are_inherited_is_asked_for() -> None:
    raw = to_give(built(USER, USERS, acl(), acl(ace(0x11, 1, SYSTEM_SID)), control=0xC00))
    found = Descriptor.of(raw)
    assert found.control & 0xF00 == 0xF00
    assert found.parts == OWNER | GROUP | DACL | LABEL
    assert to_give(built(USER, USERS, acl())) == built(USER, USERS, acl())


@given(st.binary(max_size=200))
def test_hostile_bytes_are_an_os_error(raw: bytes) -> None:
    for text in (raw, b"\x01\0\x14\x80" + raw, OF_NTFS_3G[:48] + raw):
        try:
            openings(text, TRUSTED)
            is_same(text, text)
        except OSError as error:
            assert error.errno == 22
