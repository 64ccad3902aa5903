"""What is in a folder of a running Windows, and what is done in it."""

import errno
import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.nt_machine import GUARD, FakeWindows, fake_windows, junction, symbolic

from quetsach.endpoint.host.files import OF_FAT, OF_NTFS
from quetsach.endpoint.host.nt.file_calls import DELETE, READ_DATA, RECALL, SHARE_READ, WRITE_THROUGH
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.walk import Candidate, walk

WOF, DEDUP, APP, SOCKET = 0x8000_0017, 0x8000_0013, 0x8000_001B, 0x8000_0023


@pytest.fixture
def windows(tmp_path: Path) -> FakeWindows:
    made = fake_windows(tmp_path)
    made.calls.folder("work")
    return made


def names(windows: FakeWindows) -> set[bytes]:
    return {entry.name for entry in windows.tree.scandir(b"/work")}


def tagged(tag: int) -> bytes:
    return tag.to_bytes(4, "little") + bytes(16)


def test_streams_are_files_of_their_own_to_be_looked_at(windows: FakeWindows) -> None:
    node = windows.calls.file("work/a.txt", b"harmless")
    windows.calls.stream(node, "évil.exe", b"worm")
    windows.calls.stream(windows.calls.folder("work/below"), "also", b"here")
    sizes = {entry.name.decode(): entry.stat.st_size for entry in windows.tree.scandir(b"/work")}
    assert sizes == {"a.txt": 8, "a.txt:évil.exe": 4, "below": 0, "below:also": 4}
    assert windows.tree.read("/work/A.TXT:évil.exe:$data".encode(), 99) == b"worm"
    assert windows.tree.read(b"/work/below:also", 99) == b"here"
    assert stat.S_ISREG(windows.tree.lstat(b"/work/below:also").st_mode)


@pytest.mark.parametrize("name", [b"a.txt:evil", b"a.txt::$DATA", b":evil", b":$DATA"])
@pytest.mark.parametrize("act", ["remove", "create", "folder", "place", "replace", "link"])
def test_no_act_is_on_a_stream(windows: FakeWindows, act: str, name: bytes) -> None:
    node = windows.calls.file("work/a.txt", b"harmless")
    windows.calls.stream(node, "evil", b"worm")
    with windows.tree.folder(b"/work") as folder:
        descriptor = folder.create(b"new")
        words = {"place": (descriptor, b"new", name), "replace": (descriptor, b"new", name), "link": (descriptor, name)}
        with pytest.raises(FileNotFoundError):
            getattr(folder, act)(*words.get(act, (name,)))
        os.close(descriptor)
    assert (node.content.read_bytes(), node.streams["evil"].read_bytes()) == (b"harmless", b"worm")


def test_what_a_cloud_keeps_is_told_and_never_fetched(windows: FakeWindows) -> None:
    node = windows.calls.file("work/cloud.docx", b"far away")
    node.attributes |= RECALL
    windows.calls.folder("work/cloudy").attributes |= RECALL
    windows.calls.file("work/here", b"1")
    found = list(walk(windows.tree, b"/work", avoid={}))
    assert {item for item in found if isinstance(item, ScanIssue)} == {
        ScanIssue(b"/work/cloud.docx", Reason.CLOUD),
        ScanIssue(b"/work/cloudy", Reason.CLOUD),
    }
    assert [item.path for item in found if isinstance(item, Candidate)] == [b"/work/here"]
    with pytest.raises(OSError, match="cloud") as caught:
        windows.tree.open_read(b"/work/cloud.docx")
    assert caught.value.errno == errno.EREMOTE
    assert not node.was_fetched


@pytest.mark.parametrize("tag", [WOF, DEDUP])
def test_a_file_that_is_kept_in_another_form_is_read_as_programs_read_it(windows: FakeWindows, tag: int) -> None:
    node = windows.calls.reparse_at("work/packed.dll", tagged(tag), is_folder=False, content=b"worm inside")
    node.raw = windows.calls.store / "raw"
    node.raw.write_bytes(b"\0" * 11)
    assert windows.tree.read(b"/work/packed.dll", 99) == b"worm inside"


def test_a_filtered_file_that_becomes_a_link_at_that_moment_is_not_read(windows: FakeWindows) -> None:
    node = windows.calls.reparse_at("work/packed.dll", tagged(DEDUP), is_folder=False, content=b"x")
    node.raw = node.content
    windows.calls.file("secret", b"secret")

    def attack(call: str) -> None:
        if call == "open ":
            node.record = symbolic("C:\\secret", is_relative=False)

    with windows.tree.folder(b"/work") as folder:
        windows.calls.before = attack
        with pytest.raises(OSError, match="exchanged") as caught:
            folder.open_read(b"packed.dll")
    assert caught.value.errno == errno.ESTALE


@pytest.mark.parametrize(("tag", "kind"), [(APP, stat.S_ISLNK), (SOCKET, stat.S_ISSOCK), (0xA000001D, stat.S_ISLNK)])
def test_what_only_looks_like_a_file_is_not_opened(windows: FakeWindows, tag: int, kind: object) -> None:
    windows.calls.reparse_at("work/python.exe", tagged(tag), is_folder=False)
    assert kind(windows.tree.lstat(b"/work/python.exe").st_mode)  # type: ignore[operator]
    with pytest.raises(OSError, match=r"."):
        windows.tree.open_read(b"/work/python.exe")


def test_a_new_file_is_ours_alone_from_the_first_moment(windows: FakeWindows) -> None:
    with windows.tree.folder(b"/work") as folder:
        descriptor = folder.create(b"new")
        node = windows.calls.find("work/new")
        assert node.security == GUARD
        above = windows.calls.open(0, "\\??\\C:\\work", READ_DATA)
        for access in (0x2, DELETE):
            with pytest.raises(OSError, match="another program"):
                windows.calls.open(above, "new", access)
        with pytest.raises(OSError, match="another program"):
            windows.calls.move("work/new", "work/old")
        os.close(os.dup(folder.open_read(b"new")))
        os.close(descriptor)


def test_what_is_removed_is_gone_although_it_is_open(windows: FakeWindows) -> None:
    windows.calls.file("work/a", b"x")
    with windows.tree.folder(b"/work") as folder:
        descriptor = folder.open_read(b"a")
        folder.remove(b"A")
        assert (names(windows), os.read(descriptor, 9)) == (set(), b"x")
        os.close(descriptor)


def test_on_fat_nobody_can_open_what_is_removed_while_it_is_open(windows: FakeWindows) -> None:
    windows.calls.add("E:", at_once=False, file_system="FAT32", flags=6)
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/worm.exe", b"x")
    with windows.tree.folder(b"/E:") as folder:
        descriptor = folder.open_read(b"worm.exe")
        folder.remove(b"worm.exe")
        assert not windows.tree.exists(b"/E:/worm.exe")
        os.close(descriptor)
    windows.calls._open_on(windows.calls.find("E:"))
    assert list(windows.tree.scandir(b"/E:")) == []


@pytest.mark.parametrize("at_once", [True, False])
def test_a_file_is_replaced_although_it_is_open(windows: FakeWindows, *, at_once: bool) -> None:
    windows.calls.add("E:", at_once=at_once, file_system="NTFS" if at_once else "FAT32")
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/autorun.inf", b"old")
    with windows.tree.folder(b"/E:") as folder:
        reader = folder.open_read(b"autorun.inf")
        made = folder.create(b".new")
        os.write(made, b"new")
        folder.replace(made, b".new", b"autorun.inf")
        assert (os.read(reader, 9), windows.tree.read(b"/E:/autorun.inf", 9)) == (b"old", b"new")
        os.close(reader)
        os.close(made)
        windows.calls._open_on(windows.calls.find("E:"))
        assert [entry.name for entry in folder.entries()] == [b"autorun.inf"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_change_of_names_is_on_the_disk_when_it_returns(
    windows: FakeWindows, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    windows.calls.add("E:", at_once=at_once, file_system="NTFS" if at_once else "FAT32")
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/a", b"old")
    real, changing = windows.calls.open, []

    def opening(root: int, name: str, access: int, options: int = 0, **words: Any) -> int:
        changing.extend([options] if access & DELETE else [])
        return real(root, name, access, options, **words)

    monkeypatch.setattr(windows.calls, "open", opening)
    with windows.tree.folder(b"/E:") as folder:
        reader, made = folder.open_read(b"a"), folder.create(b".new")
        folder.replace(made, b".new", b"a")
        other = folder.create(b".new")
        folder.place(other, b".new", b"b")
        for descriptor in (reader, made, other):
            os.close(descriptor)
        folder.remove(b"a")
    assert len(changing) >= 3
    assert all(options & WRITE_THROUGH for options in changing)


def test_a_folder_is_not_replaced_by_a_file(windows: FakeWindows) -> None:
    windows.calls.folder("work/below")
    with windows.tree.folder(b"/work") as folder:
        made = folder.create(b".new")
        with pytest.raises(IsADirectoryError):
            folder.replace(made, b".new", b"below")
        os.close(made)
    assert names(windows) == {b"below", b".new"}


def test_a_name_that_cannot_be_taken_stays_with_who_has_it(windows: FakeWindows) -> None:
    windows.calls.add("E:", at_once=False, file_system="FAT32")
    windows.volumes.kinds["E:"] = 2
    windows.calls.file("E:/a", b"old")
    real, asked = windows.calls.give_name, []

    def full(handle: int, folder: int, name: str, *, over: bool) -> None:
        asked.append(name)
        if len(asked) == 3:
            raise OSError(errno.ENOSPC, "full")
        real(handle, folder, name, over=over)

    windows.calls.give_name = full  # type: ignore[method-assign]
    with windows.tree.folder(b"/E:") as folder:
        reader, made = folder.open_read(b"a"), folder.create(b".new")
        with pytest.raises(OSError, match="full"):
            folder.replace(made, b".new", b"a")
        os.close(reader)
        os.close(made)
    assert asked == ["a", ".new.old", "a", "a"]
    assert windows.tree.read(b"/E:/a", 9) == b"old"


class PowerCutError(BaseException):
    """The machine stops: nothing handles it, and no call is made any more."""


def _cut(windows: FakeWindows, at: int) -> bool:
    """Replace a file on a FAT whose power is cut at a call; whether it was."""
    left = iter(range(at))

    def before(_call: str) -> None:
        if next(left, None) is None:
            raise PowerCutError

    with windows.tree.folder(b"/E:") as folder:
        reader, made = folder.open_read(b"a"), folder.create(b".new")
        os.write(made, b"new")
        windows.calls.before = before
        try:
            folder.replace(made, b".new", b"a")
        except PowerCutError:
            return True
        finally:
            windows.calls.before = lambda _call: None
            os.close(reader)
            os.close(made)
    return False


def test_a_replacement_in_two_steps_is_settled_wherever_the_power_was_cut(tmp_path: Path) -> None:
    found = []
    for at in itertools.count():
        windows = fake_windows(tmp_path / str(at))
        windows.calls.add("E:", at_once=False, file_system="FAT32")
        windows.volumes.kinds["E:"] = 2
        windows.calls.file("E:/a", b"old")
        was_cut = _cut(windows, at)
        with windows.tree.folder(b"/E:") as folder:
            found.append({entry.name for entry in folder.entries()})
            folder.settle(b".new", b"a", lambda descriptor: os.read(descriptor, 9) == b"old")
            with suppress(FileNotFoundError):
                folder.remove(b".new")
            assert {entry.name for entry in folder.entries()} == {b"a"}, at
        assert windows.tree.read(b"/E:/a", 9) in ({b"old", b"new"} if was_cut else {b"new"})
        if not was_cut:
            break
    assert {b".new.old", b".new"} in found  # the name was nobody's
    assert {b".new.old", b"a"} in found


def test_what_is_not_the_former_file_is_left(windows: FakeWindows) -> None:
    windows.calls.file("work/.new.old", b"somebody's")
    with windows.tree.folder(b"/work") as folder:
        folder.settle(b".new", b"a", lambda descriptor: os.read(descriptor, 99) == b"old")
    assert names(windows) == {b".new.old"}


def test_a_file_that_stays_although_it_was_removed_is_an_error(windows: FakeWindows) -> None:
    windows.calls.file("work/a", b"x")
    windows.calls.delete = lambda handle: None  # type: ignore[method-assign,assignment]
    with windows.tree.folder(b"/work") as folder, pytest.raises(OSError, match="keeps it") as caught:
        folder.remove(b"a")
    assert caught.value.errno == errno.EBUSY


def test_a_link_is_removed_and_not_what_it_leads_to(windows: FakeWindows) -> None:
    windows.calls.file("target/kept", b"x")
    windows.calls.reparse_at("work/link", junction("C:\\target"))
    with windows.tree.folder(b"/work") as folder:
        folder.remove(b"link")
        with pytest.raises(IsADirectoryError):
            windows.tree.folder(b"/").__enter__().remove(b"target")
    assert names(windows) == set()
    assert windows.tree.exists(b"/target/kept")


def test_a_file_of_another_disk_cannot_be_linked(windows: FakeWindows) -> None:
    windows.calls.add("D:")
    windows.calls.file("D:/a", b"x")
    descriptor = windows.tree.open_read(b"/D:/a")
    with windows.tree.folder(b"/work") as folder, pytest.raises(OSError, match="cross-device") as caught:
        folder.link(descriptor, b"a")
    os.close(descriptor)
    assert caught.value.errno == errno.EXDEV


def test_a_junction_is_made_again_as_it_was(windows: FakeWindows) -> None:
    record = junction("C:\\target")
    node = windows.calls.reparse_at("work/link", record)
    windows.calls.folder("target")
    with windows.tree.folder(b"/work") as folder:
        state = folder.link_state(b"link")
        folder.remove(b"link")
        folder.symlink(b"link", b"", state)
        made = windows.calls.find("work/link")
        assert (made.record, made.names, folder.lstat(b"link").st_mtime_ns) == (record, {}, state.mtime_ns)
        folder.symlink(b"link", b"", state)  # as after a crash
        windows.calls.find("work/link").record = junction("C:\\else")
        with pytest.raises(OSError, match="exchanged"):
            folder.symlink(b"link", b"", state)
    assert made is not node


@pytest.mark.parametrize(("letter", "name"), [("C:", OF_NTFS), ("E:", OF_FAT)])
def test_marks_of_a_folder_have_the_form_of_its_file_system(windows: FakeWindows, letter: str, name: str) -> None:
    if letter == "E:":
        windows.calls.add("E:", file_system="FAT32", flags=6)
    windows.calls.folder(f"{letter}/ảnh").attributes |= 0x6
    with windows.tree.folder(f"/{letter}/ảnh".encode()) as folder:
        marks = folder.marks()
        assert marks is not None
        assert (marks.name, marks.number, marks.is_hidden) == (name, 0x16, True)
        folder.set_marks(marks.shown())
        assert windows.calls.find(f"{letter}/ảnh").attributes == 0x10
        folder.set_marks(marks)
        assert folder.marks() == marks


def test_a_folder_stays_the_folder_that_was_opened(windows: FakeWindows) -> None:
    windows.calls.file("work/a", b"ours")
    windows.calls.file("evil/a", b"theirs")
    with windows.tree.folder(b"/work") as folder:
        windows.calls.move("work", "moved")
        windows.calls.reparse_at("work", junction("C:\\evil"))
        descriptor = folder.open_read(b"a")
        assert os.read(descriptor, 9) == b"ours"
        os.close(descriptor)


def test_reading_does_not_change_the_time_of_access(windows: FakeWindows) -> None:
    windows.calls.file("work/a", b"x")
    before = windows.tree.stat(b"/work/a").st_atime_ns
    windows.tree.read(b"/work/a", 9)
    assert windows.tree.stat(b"/work/a").st_atime_ns == before


def test_a_file_that_may_only_be_read_is_read(windows: FakeWindows) -> None:
    windows.calls.file("work/a", b"x").denied = 0x100
    assert windows.tree.read(b"/work/a", 9) == b"x"
    windows.calls.find("work/a").denied = READ_DATA
    with pytest.raises(PermissionError):
        windows.tree.read(b"/work/a", 9)


def test_a_file_that_somebody_holds_is_told(windows: FakeWindows) -> None:
    windows.calls.file("work/locked", b"x")
    above = windows.calls.open(0, "\\??\\C:\\work", READ_DATA)
    held = windows.calls.open(above, "locked", READ_DATA, share=0)
    with pytest.raises(OSError, match="another program"):
        windows.tree.open_read(b"/work/locked")
    assert windows.tree.stat(b"/work/locked").st_size == 1
    windows.calls.close(held)
    held = windows.calls.open(above, "locked", READ_DATA, share=SHARE_READ)
    assert windows.tree.read(b"/work/locked", 9) == b"x"
