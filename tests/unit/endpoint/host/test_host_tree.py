"""The contract of a machine's file tree, run against every back end, and what keeps it inside its root."""

import errno
import gc
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import live_host, mounted_host
from quetsach.endpoint.host.tree import MAX_LINKS, Tree

type Place = tuple[Tree, Callable[[str], bytes], Path]


@pytest.fixture(params=["live", "mounted"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A tree, the path inside it of a name in a folder, and that folder."""
    if request.param == "live":
        return live_host().tree, lambda name: os.fsencode(tmp_path / name), tmp_path
    return mounted_host(tmp_path).tree, lambda name: b"/" + os.fsencode(name), tmp_path


def test_a_file_is_read_whole(place: Place) -> None:
    tree, path, folder = place
    (folder / "a").write_bytes(b"content")
    assert tree.read(path("a"), 100) == b"content"


def test_a_file_over_the_limit_is_refused(place: Place) -> None:
    tree, path, folder = place
    (folder / "a").write_bytes(b"content")
    with pytest.raises(OSError, match="larger") as caught:
        tree.read(path("a"), 6)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, path("a"))


def test_a_name_of_any_bytes_is_found(place: Place) -> None:
    tree, path, folder = place
    name = b"\xff\n'\\ \x01"
    (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(b"x")
    found = [entry.name for entry in tree.scandir(path("."))]
    assert found == [name]
    assert tree.stat(path(".") + b"/" + name).st_size == 1


def test_links_are_followed_by_stat_and_shown_by_lstat(place: Place) -> None:
    tree, path, folder = place
    (folder / "real").write_bytes(b"12345")
    (folder / "link").symlink_to("real")
    assert tree.stat(path("link")).st_size == 5
    assert tree.readlink(path("link")) == b"real"
    assert tree.resolve(path("link")) == path("real")
    assert tree.lstat(path("link")).st_ino != tree.stat(path("link")).st_ino


def test_a_path_through_linked_folders_is_resolved(place: Place) -> None:
    tree, path, folder = place
    (folder / "usr" / "bin").mkdir(parents=True)
    (folder / "bin").symlink_to("usr/bin")
    (folder / "usr" / "bin" / "sh").write_bytes(b"#!")
    assert tree.resolve(path("bin/../bin/./sh")) == path("usr/bin/sh")


def test_a_link_loop_is_an_error_and_no_endless_work(place: Place) -> None:
    tree, path, folder = place
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links") as caught:
        tree.stat(path("a"))
    assert caught.value.errno == errno.ELOOP


def test_a_file_used_as_a_folder_is_an_error(place: Place) -> None:
    tree, path, folder = place
    (folder / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        tree.stat(path("file/below"))


@pytest.mark.parametrize("wrong", [b"relative", b"", b"/with\0zero"])
def test_what_is_no_absolute_path_is_an_os_error(place: Place, wrong: bytes) -> None:
    with pytest.raises(OSError, match="absolute"):
        place[0].stat(wrong)


def test_a_pipe_is_never_opened(place: Place) -> None:
    tree, path, folder = place
    os.mkfifo(folder / "pipe")
    with pytest.raises(OSError, match="regular"):
        tree.open_read(path("pipe"))


def test_reading_leaves_the_time_of_access(place: Place) -> None:
    tree, path, folder = place
    (folder / "a").write_bytes(b"x")
    os.utime(folder / "a", ns=(1, 10**18))
    tree.read(path("a"), 10)
    assert tree.stat(path("a")).st_atime_ns == 1


def test_extended_attributes_are_read(place: Place) -> None:
    tree, path, folder = place
    (folder / "a").write_bytes(b"")
    os.setxattr(folder / "a", b"user.note", b"\0v")
    assert tree.xattrs(path("a")) == {"user.note": b"\0v"}


def test_an_absolute_link_starts_again_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_bytes(b"inside")
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert PosixTree(tmp_path).read(b"/link", 100) == b"inside"


@pytest.mark.parametrize("target", ["../../../../etc/passwd", "/../etc/passwd", "/proc/self/root/etc/passwd"])
def test_no_link_leads_out_of_the_root(tmp_path: Path, target: str) -> None:
    (tmp_path / "root" / "deep").mkdir(parents=True)
    (tmp_path / "root" / "deep" / "link").symlink_to(target)
    with pytest.raises(FileNotFoundError):
        PosixTree(tmp_path / "root").stat(b"/deep/link")


def test_dots_stop_at_the_root(tmp_path: Path) -> None:
    assert PosixTree(tmp_path).resolve(b"/../../..") == b"/"


def test_a_chain_of_links_is_followed_as_far_as_linux_does(tmp_path: Path) -> None:
    (tmp_path / "0").write_bytes(b"end")
    for number in range(1, MAX_LINKS + 2):
        (tmp_path / str(number)).symlink_to(str(number - 1))
    tree = PosixTree(tmp_path)
    assert tree.read(b"/%d" % MAX_LINKS, 10) == b"end"
    with pytest.raises(OSError, match="symbolic links"):
        tree.stat(b"/%d" % (MAX_LINKS + 1))


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "loop").symlink_to("loop")
    tree = PosixTree(tmp_path)
    gc.collect()  # trees of other tests are closed when they are forgotten
    before = len(list(Path("/proc/self/fd").iterdir()))
    tree.read(b"/a", 10)
    list(tree.scandir(b"/"))
    for missing in (b"/loop", b"/a/b", b"/no/such", b"/no"):
        assert not tree.exists(missing)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_tree_can_be_sent_to_another_process(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert pickle.loads(pickle.dumps(PosixTree(tmp_path))).read(b"/a", 10) == b"x"


def test_an_open_folder_is_not_led_astray_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "name").write_bytes(b"right")
    with PosixTree(tmp_path).folder(b"/old") as folder:
        (tmp_path / "old").rename(tmp_path / "moved")
        (tmp_path / "old").mkdir()
        (tmp_path / "old" / "name").write_bytes(b"wrong file")
        assert folder.lstat(b"name").st_size == 5
        with pytest.raises(NotADirectoryError):
            folder.folder(b"name")
