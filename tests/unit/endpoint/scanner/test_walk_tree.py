"""The walk: every regular file once, everything else said, no link followed."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quetsach.endpoint.collect.drop_paths import DropPath
from quetsach.endpoint.host.files import Entry
from quetsach.endpoint.host.posix.folder import PosixFolder, PosixTree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner import walk as module
from quetsach.endpoint.scanner.paths import Places
from quetsach.endpoint.scanner.walk import Candidate, walk


def _walked(root: Path, start: bytes = b"/", **limits: object) -> tuple[list[bytes], dict[bytes, Reason]]:
    found = list(walk(PosixTree(root), start, avoid={}, **limits))  # type: ignore[arg-type]
    files = [item.path for item in found if isinstance(item, Candidate)]
    return files, {item.path: item.reason for item in found if isinstance(item, ScanIssue)}


def test_files_are_found_at_every_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "x").touch()
    (tmp_path / "a" / "b" / ".hidden").touch()
    assert _walked(tmp_path) == ([b"/x", b"/a/b/.hidden"], {})


def test_a_name_may_be_any_bytes(tmp_path: Path) -> None:
    names = [b"\xff\xfe", b"new\nline", b" ", b"x" * 255, "tệp".encode()]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    assert sorted(_walked(tmp_path)[0]) == sorted(b"/" + name for name in names)


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "gone").symlink_to("nowhere")
    assert _walked(tmp_path) == ([b"/real/file"], {})


def test_a_start_that_is_a_link_is_followed_inside_the_root(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "mine").touch()
    (tmp_path / "link").symlink_to("/etc")
    assert _walked(tmp_path, b"/link") == ([b"/etc/mine"], {})


def test_a_start_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _walked(tmp_path, b"/file") == ([b"/file"], {})


def test_a_missing_start_is_said(tmp_path: Path) -> None:
    assert _walked(tmp_path, b"/none") == ([], {b"/none": Reason.VANISHED})


def test_pipes_and_sockets_are_said_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the name of a socket may only be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert _walked(tmp_path) == ([], {b"/pipe": Reason.SPECIAL, b"/socket": Reason.SPECIAL})


def test_folders_too_deep_are_said(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch()
    assert _walked(tmp_path, deepest=2) == ([b"/a/b/file"], {b"/a/b/c": Reason.TOO_DEEP})


def test_a_folder_walked_before_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").touch()
    entered: set[int] = set()
    assert _walked(tmp_path, b"/a", entered=entered)[0] == [b"/a/file"]
    assert _walked(tmp_path, b"/", entered=entered)[0] == []


def test_another_file_system_that_is_to_be_avoided_is_said(tmp_path: Path) -> None:
    tree = PosixTree(Path("/"))
    proc = Path("/proc").stat().st_dev
    found = list(walk(tree, b"/proc", avoid={proc: Reason.VIRTUAL}))
    assert found == [ScanIssue(b"/proc", Reason.VIRTUAL)]


def test_a_network_disk_is_entered_when_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = list(walk(PosixTree(tmp_path), b"/", avoid={tmp_path.stat().st_dev: Reason.NETWORK}))
    assert [item.path for item in found] == [b"/file"]


def test_a_very_deep_tree_neither_fails_nor_takes_all_descriptors(tmp_path: Path) -> None:
    top = os.open(tmp_path, os.O_RDONLY)
    descriptor = top
    for _ in range(600):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        if descriptor != top:
            os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    os.close(top)
    files, troubles = _walked(tmp_path)
    assert files == []
    assert list(troubles.values()) == [Reason.TOO_DEEP]


def test_places_of_few_levels_are_walked_so_far_and_no_file_twice(tmp_path: Path) -> None:
    for name in ("a", "x/b", "x/y/c", "x/y/z/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    drops = [DropPath(b"/x/y"), DropPath(b"/x", 0), DropPath(b"/", 0), DropPath(b"/a", 3)]
    found = list(Places(PosixTree(tmp_path), {}).usual(drops))
    assert [item.path for item in found] == [b"/x/y/c", b"/x/y/z/d", b"/x/b", b"/a"]


def _walked_meanwhile(root: Path, change: Callable[[], object]) -> tuple[set[bytes], dict[bytes, Reason]]:
    """Walk a tree in which something changes once the first file was met."""
    found = []
    for number, item in enumerate(walk(PosixTree(root), b"/", avoid={})):
        if number == 0:
            change()
        found.append(item)
    files = [item.path for item in found if isinstance(item, Candidate)]
    assert len(files) == len(set(files))
    return set(files), {item.path: item.reason for item in found if isinstance(item, ScanIssue)}


def test_files_renamed_while_their_folder_is_listed_are_met_under_their_new_names(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "first").touch()
    for number in range(50):
        (tmp_path / "folder" / f"{number}").touch()

    def rename() -> None:
        for one in (tmp_path / "folder").iterdir():
            one.rename(one.with_name(f"new-{one.name}"))

    files, troubles = _walked_meanwhile(tmp_path, rename)
    inodes = {one.stat().st_ino for one in (tmp_path / "folder").iterdir()}
    assert len(files) == len(inodes) == 51
    assert set(troubles.values()) == {Reason.VANISHED}


def test_a_folder_renamed_before_it_was_entered_is_entered_under_its_new_name(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()

    def rename() -> None:
        for name in ("a", "b", "c"):
            (tmp_path / name).rename(tmp_path / f"new-{name}")

    files, troubles = _walked_meanwhile(tmp_path, rename)
    assert {file.removeprefix(b"/").removeprefix(b"new-") for file in files} == {b"a/file", b"b/file", b"c/file"}
    assert set(troubles.values()) == {Reason.VANISHED}


def test_what_is_only_deleted_meanwhile_leaves_no_gap(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}").touch()
    files, troubles = _walked_meanwhile(tmp_path, lambda: [one.unlink() for one in tmp_path.iterdir()])
    assert len(files) == 1
    assert set(troubles.values()) == {Reason.VANISHED}
    assert len(troubles) == 49


def test_what_keeps_vanishing_is_told_as_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    entries = PosixFolder.entries

    def restless(self: PosixFolder, unseen: list[tuple[bytes, OSError]]) -> Iterator[Entry]:
        seen = list(entries(self, unseen))
        (tmp_path / f"new-{len(seen)}").touch()
        unseen.append((b"lost-%d" % len(seen), FileNotFoundError()))
        return iter(seen)

    monkeypatch.setattr(PosixFolder, "entries", restless)
    assert _walked(tmp_path)[1] == {b"/lost-2": Reason.VANISHED, b"/lost-3": Reason.CHANGED}


def test_a_folder_of_too_many_files_in_which_names_vanish_is_told_as_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_KNOWN", 10)
    for number in range(50):
        (tmp_path / f"{number}").touch()

    def rename() -> None:
        for number in range(40, 50):
            (tmp_path / f"{number}").rename(tmp_path / f"new-{number}")

    assert _walked_meanwhile(tmp_path, rename)[1][b"/"] is Reason.CHANGED
