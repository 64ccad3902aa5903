"""What every back end promises of the tree of files: what is read, and that nothing leads out of it."""

import errno
import os
import stat

import pytest
from tests.integration.endpoint.contract.conftest import Machine

from quetsach.endpoint.host.disk import fstat, read_at


def test_a_file_is_read_whole_and_not_beyond_a_limit(machine: Machine) -> None:
    machine.write("a", b"content")
    assert machine.host.tree.read(machine.path("a"), 7) == b"content"
    with pytest.raises(OSError, match="larger") as caught:
        machine.host.tree.read(machine.path("a"), 6)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, machine.path("a"))


def test_a_folder_names_what_it_holds_with_its_state(machine: Machine) -> None:
    machine.write("a", b"123")
    machine.folder("b")
    found = {entry.name: entry.stat for entry in machine.host.tree.scandir(machine.base)}
    assert found.keys() == {b"a", b"b"}
    assert (stat.S_ISREG(found[b"a"].st_mode), found[b"a"].st_size) == (True, 3)
    assert stat.S_ISDIR(found[b"b"].st_mode)


@pytest.mark.parametrize("name", ["ảnh cưới.jpg", "a b", "x'\"$&", "😀", "x" * 255])
def test_a_name_in_any_writing_is_found(machine: Machine, name: str) -> None:
    kept = name.replace('"', "") if machine.is_ntfs else name
    kept = kept[:200] if len(kept.encode()) > 255 else kept
    machine.write(kept, b"x")
    assert machine.host.tree.exists(machine.path(kept))
    assert [entry.name for entry in machine.host.tree.scandir(machine.base)] == [kept.encode()]


def test_what_is_not_there_does_not_exist(machine: Machine) -> None:
    assert not machine.host.tree.exists(machine.path("nope"))
    with pytest.raises(FileNotFoundError) as caught:
        machine.host.tree.stat(machine.path("nope/below"))
    assert caught.value.filename == machine.path("nope/below")


def test_a_file_has_nothing_below_it(machine: Machine) -> None:
    machine.write("a")
    with pytest.raises(NotADirectoryError):
        machine.host.tree.stat(machine.path("a/b"))


def test_a_folder_is_not_opened_as_a_file(machine: Machine) -> None:
    machine.folder("b")
    with pytest.raises(OSError, match="regular"):
        machine.host.tree.open_read(machine.path("b"))


def test_links_are_followed_by_stat_and_shown_by_lstat(linking: Machine) -> None:
    linking.write("real", b"12345")
    linking.link("link", b"real")
    tree = linking.host.tree
    assert tree.stat(linking.path("link")).st_size == 5
    assert stat.S_ISLNK(tree.lstat(linking.path("link")).st_mode)
    assert (tree.readlink(linking.path("link")), tree.resolve(linking.path("link"))) == (b"real", linking.path("real"))


def test_a_path_through_a_linked_folder_is_resolved(linking: Machine) -> None:
    linking.folder("usr/bin")
    linking.link("bin", b"usr/bin")
    linking.write("usr/bin/sh")
    assert linking.host.tree.resolve(linking.path("bin/../bin/./sh")) == linking.path("usr/bin/sh")


def test_an_absolute_link_starts_at_the_root_of_the_tree(linking: Machine) -> None:
    linking.write("real")
    linking.link("link", linking.path("real"))
    assert linking.host.tree.resolve(linking.path("link")) == linking.path("real")


def test_no_number_of_dots_leads_above_the_root(linking: Machine) -> None:
    linking.link("up", b"../" * 30 + linking.path("real")[1:])
    linking.write("real", b"inside")
    assert linking.host.tree.read(linking.path("up"), 100) == b"inside"
    assert linking.host.tree.resolve(b"/../../" + linking.path("real")[1:]) == linking.path("real")


def test_a_loop_of_links_is_an_error_and_no_endless_work(linking: Machine) -> None:
    linking.link("a", b"b")
    linking.link("b", b"a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        linking.host.tree.stat(linking.path("a"))
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize("path", [b"relative", b"", b"/a\0b"])
def test_a_path_that_is_none_is_refused(machine: Machine, path: bytes) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011  (the number says it)
        machine.host.tree.stat(path)
    assert caught.value.errno == errno.EINVAL


def test_case_counts_as_on_the_system_itself(machine: Machine) -> None:
    machine.folder("Windows")
    machine.write("Windows/Ảnh.txt", b"x")
    other = machine.path("WINDOWS/ẢNH.TXT")
    assert machine.host.tree.exists(other) == machine.ignores_case
    if machine.ignores_case:
        assert machine.host.tree.resolve(other) == machine.path("Windows/Ảnh.txt")


def test_an_open_file_is_a_descriptor(machine: Machine) -> None:
    machine.write("a", b"content")
    descriptor = machine.host.tree.open_read(machine.path("a"))
    try:
        assert read_at(descriptor, 3, 4) == b"ent"
        assert fstat(descriptor).st_ino == machine.host.tree.stat(machine.path("a")).st_ino
    finally:
        os.close(descriptor)
