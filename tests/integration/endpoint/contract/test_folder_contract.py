"""What every back end promises of acts in an open folder, on which undo stands."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.integration.endpoint.contract.conftest import Machine

from quetsach.endpoint.act.act import clear
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.files import Folder

OLD = 1_600_000_000_123_456_700


@pytest.fixture
def folder(machine: Machine) -> Iterator[Folder]:
    """The test's folder, open."""
    with machine.host.tree.folder(machine.base) as opened:
        yield opened


def read(folder: Folder, name: bytes) -> bytes:
    descriptor = folder.open_read(name)
    try:
        return os.read(descriptor, 1000)
    finally:
        os.close(descriptor)


def names(folder: Folder) -> set[bytes]:
    return {entry.name for entry in folder.entries()}


def made(folder: Folder, content: bytes) -> int:
    descriptor = folder.create(b".new")
    os.write(descriptor, content)
    return descriptor


def test_a_new_file_never_takes_a_name_that_is_used(machine: Machine, folder: Folder) -> None:
    machine.write(".new", b"mine")
    descriptor = -1
    with suppress(FileExistsError):
        descriptor = folder.create(b".new")
        os.close(descriptor)
    assert (names(folder), read(folder, b".new")) == ({b".new"}, b"mine")


def test_a_file_is_removed(machine: Machine, folder: Folder) -> None:
    machine.write("a")
    folder.remove(b"a")
    assert names(folder) == set()
    with pytest.raises(FileNotFoundError):
        folder.remove(b"a")


def test_a_file_takes_the_place_of_another_in_one_step(machine: Machine, folder: Folder) -> None:
    machine.write("old", b"old")
    descriptor = made(folder, b"new")
    folder.replace(descriptor, b".new", b"old")
    assert os.path.samestat(fstat(descriptor), folder.lstat(b"old"))
    os.close(descriptor)
    assert (names(folder), read(folder, b"old")) == ({b"old"}, b"new")


def test_a_file_is_placed_where_nothing_is(folder: Folder) -> None:
    descriptor = made(folder, b"x")
    folder.place(descriptor, b".new", b"name")
    assert os.path.samestat(fstat(descriptor), folder.lstat(b"name"))
    os.close(descriptor)
    clear(folder, b".new")
    assert (names(folder), read(folder, b"name")) == ({b"name"}, b"x")


def test_a_file_is_never_placed_over_another(machine: Machine, folder: Folder) -> None:
    machine.write("name", b"newer")
    descriptor = made(folder, b"x")
    with pytest.raises(FileExistsError):
        folder.place(descriptor, b".new", b"name")
    os.close(descriptor)
    assert (names(folder) - {b".new"}, read(folder, b"name")) == ({b"name"}, b"newer")


def test_a_file_gets_a_further_name(machine: Machine, folder: Folder) -> None:
    machine.folder("other")
    machine.write("other/a", b"x")
    descriptor = machine.host.tree.open_read(machine.path("other/a"))
    folder.link(descriptor, b"twin")
    os.close(descriptor)
    assert read(folder, b"twin") == b"x"
    assert folder.lstat(b"twin").st_nlink == 2


def test_a_link_is_made_with_its_times(linking: Machine) -> None:
    linking.write("a")
    with linking.host.tree.folder(linking.base) as folder:
        descriptor = folder.open_read(b"a")
        try:
            linking.age(descriptor, OLD)
            state = linking.host.files.state(descriptor)
        finally:
            os.close(descriptor)
        folder.symlink(b"link", b"somewhere/else", state)
        assert folder.readlink(b"link").replace(b"\\", b"/") == b"somewhere/else"
        assert stat.S_ISLNK(folder.lstat(b"link").st_mode)
        if linking.kind != "windows-ntfs":  # ntfs-3g cannot set the times of a link itself
            assert folder.lstat(b"link").st_mtime_ns == OLD


def test_a_link_is_not_opened(linking: Machine) -> None:
    linking.write("a")
    linking.link("link", b"a")
    with linking.host.tree.folder(linking.base) as folder:
        with pytest.raises(OSError, match="not a regular file"):
            folder.open_read(b"link")
        with pytest.raises(OSError, match=r"."):
            folder.folder(b"link")


def test_a_name_that_is_another_file_by_now_is_not_removed(machine: Machine, folder: Folder) -> None:
    machine.write("a", b"theirs")
    machine.write("b", b"ours")
    descriptor = folder.open_read(b"b")
    try:
        with pytest.raises(OSError, match=r".") as caught:
            folder.remove(b"a", descriptor)
        assert (caught.value.errno, names(folder)) == (errno.ESTALE, {b"a", b"b"})
        folder.remove(b"b", descriptor)
        assert names(folder) & {b"a", b"b"} == {b"a"}
    finally:
        os.close(descriptor)


def test_a_folder_gets_its_times_back(machine: Machine, folder: Folder) -> None:
    machine.write("a")
    before = folder.state()
    with folder.unlocked(before):
        folder.remove(b"a")
    folder.set_times(OLD, OLD)
    assert machine.host.tree.stat(machine.base).st_mtime_ns == OLD


def test_a_file_gets_back_all_that_was_recorded(machine: Machine, folder: Folder) -> None:
    machine.write("a", b"x")
    descriptor = folder.open_read(b"a")
    try:
        machine.age(descriptor, OLD)
        before = machine.host.files.state(descriptor)
    finally:
        os.close(descriptor)
    new = made(folder, b"x")
    try:
        machine.host.files.give_state(new, before, with_times=True)
        folder.place(new, b".new", b"b")
        machine.host.files.lock(new, before)
        after = machine.host.files.state(new)
    finally:
        os.close(new)
    keep = ("mode", "uid", "gid", "size_bytes", "mtime_ns", "flags", "xattrs")
    assert {name: getattr(after, name) for name in keep} == {name: getattr(before, name) for name in keep}


def test_a_folder_opens_itself_and_what_is_in_it(machine: Machine, folder: Folder) -> None:
    machine.folder("below")
    with folder.folder(b".") as same, folder.folder(b"below") as below:
        assert (same.path, below.path) == (machine.base, machine.path("below"))
        assert below.join(b"x") == machine.path("below/x")
