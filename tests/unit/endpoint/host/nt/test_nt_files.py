"""What is recorded of files of a running Windows, and given back: all of it, and looked at afterwards."""

import errno
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fake_ntfs import USERS, built
from tests.nt_machine import USER, FakeWindows, fake_windows

from quetsach.endpoint.host.files import OF_FAT, FileState
from quetsach.endpoint.host.nt.security import ADMINISTRATORS, SYSTEM_SID, Descriptor, private

MADE = 132_000_000_000_000_000
LABEL = bytes.fromhex("0200 1c00 0100 0000 1100 1400 0100 0000 0101 0000 0000 0010 0010 0000")
ACCESS = Descriptor.of(private(USER, USERS)).dacl
INHERITED = built(USER, USERS, ACCESS, LABEL, control=0x0400)


@pytest.fixture
def windows(tmp_path: Path) -> FakeWindows:
    made = fake_windows(tmp_path)
    node = made.calls.file("work/long name.exe", b"worm", made=MADE, security=INHERITED)
    node.attributes = 0x26
    made.calls.stream(node, "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n\x1a")
    return made


@contextmanager
def opened(windows: FakeWindows, path: bytes) -> Iterator[int]:
    descriptor = windows.tree.open_read(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def state_of(windows: FakeWindows, path: bytes) -> FileState:
    with opened(windows, path) as descriptor:
        return windows.files.state(descriptor)


def remove(windows: FakeWindows) -> None:
    with windows.tree.folder(b"/work") as folder:
        folder.remove(b"long name.exe")


def given(windows: FakeWindows, state: FileState, *, with_times: bool = True) -> None:
    """Make ``/work/new`` with a state."""
    with windows.tree.folder(b"/work") as folder:
        made = folder.create(b".new")
        try:
            os.write(made, b"worm")
            windows.files.give_state(made, state, with_times=with_times)
            folder.place(made, b".new", b"new")
            windows.files.lock(made, state)
        finally:
            os.close(made)


def test_what_is_recorded_has_the_form_that_a_mounted_ntfs_gives(windows: FakeWindows) -> None:
    state = state_of(windows, b"/work/long name.exe")
    assert state.xattrs == {
        "system.ntfs_acl": INHERITED,
        "system.ntfs_attrib_be": struct.pack(">I", 0x26),
        "system.ntfs_crtime_be": struct.pack(">Q", MADE),
        "system.ntfs_dos_name": b"LONGNA~1",
        "user.Zone.Identifier": b"[ZoneTransfer]\r\nZoneId=3\r\n\x1a",
    }
    assert (state.links, state.size_bytes, state.flags) == (1, 4, None)
    assert FileState.from_json(state.as_json()) == state


def test_a_file_gets_back_all_that_was_recorded(windows: FakeWindows) -> None:
    windows.calls.find("work/long name.exe").attributes |= 0x1
    before = state_of(windows, b"/work/long name.exe")
    remove(windows)
    given(windows, before)
    after = state_of(windows, b"/work/new")
    assert after.xattrs == before.xattrs
    assert (after.mtime_ns, after.mode) == (before.mtime_ns, before.mode)
    assert windows.calls.find("work/new").attributes == 0x27


def test_a_link_of_128_bits_is_told_whole(windows: FakeWindows) -> None:
    windows.calls.add("R:", number_bits=1 << 120, file_system="ReFS")
    windows.volumes.kinds["R:"] = 3
    windows.calls.file("R:/a", b"x")
    state = state_of(windows, b"/R:/a")
    assert state.inode == windows.tree.stat(b"/R:/a").st_ino > 1 << 120
    assert state.is_same_file(windows.tree.stat(b"/R:/a"))
    assert FileState.from_json(state.as_json()).inode == state.inode


def test_calls_that_say_yes_and_do_nothing_are_found_out(windows: FakeWindows) -> None:
    before = state_of(windows, b"/work/long name.exe")
    windows.calls.lies = True
    with pytest.raises(OSError, match="owner and access list"):
        given(windows, before)


@pytest.mark.parametrize(
    ("call", "told"), [("set_basic", "attributes"), ("set_short_name", "short name"), ("descriptor", "streams")]
)
def test_so_is_what_else_was_not_taken(windows: FakeWindows, tmp_path: Path, call: str, told: str) -> None:
    before = state_of(windows, b"/work/long name.exe")
    remove(windows)
    real = windows.calls.descriptor

    def elsewhere(handle: int, *, writable: bool = False) -> int:
        if writable and windows.calls._handles[handle].stream:
            return os.open(tmp_path / "elsewhere", os.O_RDWR | os.O_CREAT)
        return real(handle, writable=writable)

    setattr(windows.calls, call, elsewhere if call == "descriptor" else lambda *_, **__: None)
    with pytest.raises(OSError, match=f"did not get its {told}"):
        given(windows, before)


def test_so_are_times(windows: FakeWindows) -> None:
    before = state_of(windows, b"/work/long name.exe")
    remove(windows)
    real = windows.calls.set_basic
    windows.calls.set_basic = (  # type: ignore[method-assign]
        lambda handle, *, made=0, accessed=0, written=0, attributes=0: real(handle, attributes=attributes)
    )
    with pytest.raises(OSError, match="did not get its times"):
        given(windows, replace(before, mtime_ns=1_000_000_000_000_000_000))


def test_streams_that_it_did_not_have_are_taken_off(windows: FakeWindows) -> None:
    state = state_of(windows, b"/work/long name.exe")
    node = windows.calls.file("work/other", b"x")
    windows.calls.stream(node, "extra", b"1")
    windows.calls.stream(node, "Zone.Identifier", b"much longer than what is given back, so the rest must go")
    with opened(windows, b"/work/other") as descriptor:
        windows.files.give_state(descriptor, replace(state, xattrs={**state.xattrs}), with_times=False)
        assert {name: path.read_bytes() for name, path in node.streams.items()} == {
            "Zone.Identifier": state.xattrs["user.Zone.Identifier"]
        }


@pytest.mark.parametrize("fault", ["large", "encrypted"])
def test_what_could_not_be_put_back_is_not_recorded(windows: FakeWindows, fault: str) -> None:
    node = windows.calls.find("work/long name.exe")
    if fault == "large":
        windows.calls.stream(node, "large", bytes((64 << 10) + 1))
    else:
        node.attributes |= 0x4000
    with pytest.raises(OSError, match="put back") as caught:
        state_of(windows, b"/work/long name.exe")
    assert caught.value.errno == errno.EOPNOTSUPP


def test_what_windows_cannot_keep_is_an_error_and_not_passed_over(windows: FakeWindows) -> None:
    state = state_of(windows, b"/work/long name.exe")
    strange = replace(state, xattrs={**state.xattrs, "security.capability": b"x"})
    with pytest.raises(OSError, match=r"security\.capability"):
        given(windows, strange)


def test_that_entries_are_inherited_is_given_back_too(windows: FakeWindows) -> None:
    before = state_of(windows, b"/work/long name.exe")
    remove(windows)
    given(windows, before)
    found = Descriptor.of(windows.calls.find("work/new").security)
    assert (found.control & 0x0400, found.control & 0x1000, found.sacl) == (0x0400, 0, LABEL)


def test_a_file_that_may_only_be_read_is_freed_and_bound_again(windows: FakeWindows) -> None:
    node = windows.calls.find("work/long name.exe")
    node.attributes |= 0x1
    with opened(windows, b"/work/long name.exe") as descriptor:
        before = windows.files.state(descriptor)
        windows.files.unlock(descriptor)
        assert node.attributes == 0x26
        windows.files.lock(descriptor, before)
        assert node.attributes == 0x27


def test_a_short_name_that_another_file_has_by_now_stays_with_it(windows: FakeWindows) -> None:
    before = state_of(windows, b"/work/long name.exe")
    given(windows, before)
    assert state_of(windows, b"/work/long name.exe").xattrs == before.xattrs
    assert "system.ntfs_dos_name" not in state_of(windows, b"/work/new").xattrs


def test_on_fat_there_are_marks_and_times_only(windows: FakeWindows) -> None:
    windows.calls.add("E:", file_system="FAT32", flags=6, at_once=False)
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/worm.exe", b"x").attributes = 0x27
    state = state_of(windows, b"/E:/worm.exe")
    assert state.xattrs == {OF_FAT: b"\x27\0\0\0"}
    with windows.tree.folder(b"/E:") as folder:
        made = folder.create(b"new")
        windows.files.give_state(made, state, with_times=True)
        windows.files.lock(made, state)
        assert windows.files.state(made).xattrs == state.xattrs
        os.close(made)


@pytest.mark.parametrize(("owner", "can"), [(USER, True), (ADMINISTRATORS, False)])
def test_without_the_right_only_own_files_can_be_put_back(tmp_path: Path, owner: bytes, can: bool) -> None:
    windows = fake_windows(tmp_path, can_give_all=False)
    windows.calls.file("a", b"x", security=private(owner, SYSTEM_SID))
    state = state_of(windows, b"/a")
    assert windows.files.can_give(state) is can
    assert fake_windows(tmp_path / "other").files.can_give(state)
