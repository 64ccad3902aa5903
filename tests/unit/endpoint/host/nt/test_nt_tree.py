"""Paths of a running Windows: found as Windows finds them, and never outside the tree."""

import errno
import os
import stat
import unicodedata
from pathlib import Path

import pytest
from tests.nt_machine import VOLUME, FakeWindows, fake_windows, junction, symbolic

from quetsach.endpoint.host.nt.tree import devices_shunned, mounts
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.walk import Candidate, walk


@pytest.fixture
def windows(tmp_path: Path) -> FakeWindows:
    made = fake_windows(tmp_path)
    made.calls.file("Users/An/Ảnh cưới.jpg", b"x")
    made.calls.file("Program Files/Worm/w.exe", b"worm")
    made.calls.add("D:", number_bits=1 << 100, file_system="ReFS")
    made.calls.file("D:/Work/report.docx", b"d")
    made.volumes.kinds["D:"] = 3
    return made


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("/USERS/an/ảNH CƯỚI.JPG", "/Users/An/Ảnh cưới.jpg"),
        ("/PROGRA~1/worm/W.EXE", "/Program Files/Worm/w.exe"),
        ("/c:/progra~1/Worm", "/Program Files/Worm"),
        ("/d:/WORK/report.docx", "/D:/Work/report.docx"),
        ("/Users/An/../../d:/work", "/D:/Work"),
        ("/d:/work/../../users", "/Users"),
        ("/../../users", "/Users"),
        ("/D:", "/D:"),
        ("/c:", "/"),
        ("/Users/an/Ảnh cưới.jpg::$DATA", "/Users/An/Ảnh cưới.jpg"),
        ("/Users/an/nope.exe", "/Users/An/nope.exe"),
    ],
)
def test_a_path_is_told_as_it_is_on_the_disk(windows: FakeWindows, asked: str, written: str) -> None:
    assert windows.tree.resolve(asked.encode()).decode() == written


def test_the_state_of_a_path_opens_each_name_on_its_way_once(
    windows: FakeWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each open is a question to the system, and a scan asks for the states of a thousand paths."""
    assert windows.tree.exists("/users/an/ảnh cưới.jpg".encode())  # how the folders are written is known from then on
    opened: list[str] = []
    monkeypatch.setattr(windows.calls, "before", opened.append)
    assert windows.tree.stat("/users/an/ảnh cưới.jpg".encode()).st_size == 1
    assert not windows.tree.exists(b"/users/an/nope.exe")
    asked = [call.removeprefix("open ") for call in opened if call.startswith("open ")]
    assert asked == ["Users", "An", "ảnh cưới.jpg", "Users", "An", "nope.exe"]


@pytest.mark.parametrize(
    "path",
    [
        b"/Users::$INDEX_ALLOCATION/An",
        b"/Users:$I30:$INDEX_ALLOCATION/An",
        b"/Users:x/An",
        b"/Users\\An",
        b"/Users/\xff",
        b"/Users/a*",
        b"/E:/x",
        b"/Users/An/x::$BITMAP",
    ],
)
def test_what_is_no_path_of_a_file_leads_nowhere(windows: FakeWindows, path: bytes) -> None:
    assert not windows.tree.exists(path)
    with pytest.raises(FileNotFoundError) as caught:
        windows.tree.stat(path)
    assert caught.value.filename == path


def test_names_in_both_forms_of_unicode_are_two_names(windows: FakeWindows) -> None:
    names = [unicodedata.normalize(form, "Nguyễn Văn Ấn") for form in ("NFC", "NFD")]
    for name in names:
        windows.calls.file(f"Users/{name}", name.encode())
    assert [windows.tree.read(f"/users/{name}".encode(), 99).decode() for name in names] == names


@pytest.mark.parametrize("name", ["CON", "x. ", "nul.txt", "half \ud800 pair", "x" * 255])
def test_names_that_programs_cannot_say_are_names(windows: FakeWindows, name: str) -> None:
    windows.calls.file(f"Users/{name}", b"hidden")
    path = b"/Users/" + name.encode("utf-8", "surrogatepass")
    assert windows.tree.read(path, 99) == b"hidden"
    assert path in [item.path for item in walk(windows.tree, b"/Users", avoid={}) if isinstance(item, Candidate)]


@pytest.mark.parametrize(
    ("record", "leads_to"),
    [
        (junction("C:\\Users"), "/Users/An"),
        (junction("D:\\Work"), "/D:/Work/An"),
        (junction(VOLUME[4:] % 7 + "Work"), "/D:/Work/An"),
        (symbolic("..\\Users"), "/Users/An"),
        (symbolic("\\Users"), "/Users/An"),
        (symbolic("c:\\users\\.", is_relative=False), "/Users/An"),
    ],
)
def test_a_link_is_followed_inside_the_tree(windows: FakeWindows, record: bytes, leads_to: str) -> None:
    windows.volumes.places[VOLUME % 7] = ["D:\\"]
    windows.calls.folder("D:/Work/An")
    windows.calls.folder("deep")
    windows.calls.reparse_at("deep/link", record)
    assert windows.tree.resolve(b"/deep/LINK/an").decode() == leads_to
    assert stat.S_ISLNK(windows.tree.lstat(b"/deep/link").st_mode)


def test_a_link_of_another_drive_starts_at_its_own_top(windows: FakeWindows) -> None:
    windows.calls.reparse_at("D:/link", symbolic("\\Work"))
    assert windows.tree.resolve(b"/D:/link/report.docx") == b"/D:/Work/report.docx"


@pytest.mark.parametrize(
    "record",
    [
        junction("UNC\\server\\share"),
        symbolic("\\\\server\\share", is_relative=False),
        junction("E:\\x"),
        junction(VOLUME[4:] % 9),
        symbolic("GLOBALROOT\\Device\\x", is_relative=False),
    ],
)
def test_a_link_out_of_the_machine_leads_nowhere(windows: FakeWindows, record: bytes) -> None:
    windows.calls.reparse_at("link", record)
    assert not windows.tree.exists(b"/link/x")
    assert stat.S_ISLNK(windows.tree.lstat(b"/link").st_mode)


@pytest.mark.parametrize(
    ("record", "leads_to"),
    [(junction("C:\\Users"), b"/Users/An"), (junction("D:\\Users"), None), (junction(VOLUME[4:] % 7), None)],
)
def test_a_drive_that_is_looked_at_is_its_own_c_and_knows_no_other(
    tmp_path: Path, record: bytes, leads_to: bytes | None
) -> None:
    windows = fake_windows(tmp_path, folder="mounted")
    windows.calls.file("mounted/Users/An/x")
    windows.calls.file("Users/An/outside")
    windows.calls.reparse_at("mounted/link", record)
    assert windows.tree.exists(b"/link/An") == (leads_to is not None)
    if leads_to:
        assert windows.tree.resolve(b"/LINK/an") == leads_to
    assert not windows.tree.exists(b"/link/An/outside")
    assert not windows.tree.exists(b"/../Users/An/outside")
    assert not windows.tree.exists(b"/C:/Users")


def test_links_in_a_ring_are_an_error_and_no_endless_work(windows: FakeWindows) -> None:
    windows.calls.reparse_at("a", symbolic("b"))
    windows.calls.reparse_at("b", symbolic("a"))
    with pytest.raises(OSError, match="symbolic links") as caught:
        windows.tree.stat(b"/a")
    assert caught.value.errno == errno.ELOOP


def test_the_other_drives_are_seen_at_the_top(windows: FakeWindows) -> None:
    windows.volumes.kinds |= {"E:": 2, "N:": 4, "R:": 5, "S:": 3}
    windows.volumes.devices["S:"] = "\\??\\C:\\Users"
    found = {entry.name: entry.stat for entry in windows.tree.scandir(b"/")}
    assert found.keys() == {b"Users", b"Program Files", b"D:", b"N:", b"R:"}  # no disk in E:
    assert stat.S_ISDIR(found[b"D:"].st_mode)
    assert found[b"D:"].st_dev == windows.tree.stat(b"/D:/Work").st_dev
    assert devices_shunned(windows.volumes) == {
        found[b"N:"].st_dev: Reason.NETWORK,
        found[b"R:"].st_dev: Reason.VIRTUAL,
    }


def test_a_scan_goes_through_all_drives_and_says_which_it_leaves_out(windows: FakeWindows) -> None:
    windows.volumes.kinds["N:"] = 4
    found = list(walk(windows.tree, b"/", avoid=devices_shunned(windows.volumes)))
    assert {item.path.decode() for item in found if isinstance(item, Candidate)} == {
        "/Users/An/Ảnh cưới.jpg",
        "/Program Files/Worm/w.exe",
        "/D:/Work/report.docx",
    }
    assert [item for item in found if isinstance(item, ScanIssue)] == [ScanIssue(b"/N:", Reason.NETWORK)]


def test_a_volume_without_a_letter_is_walked_where_it_is_seen(windows: FakeWindows) -> None:
    volume = VOLUME % 5
    windows.calls.disks["\\??\\" + volume[4:]] = windows.calls.add("V:")
    windows.calls.file("V:/inside.txt", b"1")
    windows.volumes.places[volume] = ["C:\\mnt\\"]
    windows.calls.reparse_at("mnt", junction(volume[4:]))
    assert stat.S_ISDIR(windows.tree.lstat(b"/mnt").st_mode)
    assert b"/mnt/inside.txt" in {item.path for item in walk(windows.tree, b"/", avoid={})}
    windows.volumes.places[volume].append("V:\\")
    assert stat.S_ISLNK(windows.tree.lstat(b"/mnt").st_mode)


def test_a_junction_is_not_walked(windows: FakeWindows) -> None:
    windows.calls.reparse_at("Users/All", junction("C:\\"))
    found = [item.path for item in walk(windows.tree, b"/Users", avoid={})]
    assert found == ["/Users/An/Ảnh cưới.jpg".encode()]


def test_a_file_is_told_by_all_bits_of_its_number(windows: FakeWindows) -> None:
    state = windows.tree.stat(b"/D:/Work/report.docx")
    assert state.st_ino >> 100 == 1
    (entry,) = windows.tree.scandir(b"/D:/Work")
    assert (entry.stat.st_dev, entry.stat.st_ino) == (state.st_dev, state.st_ino)
    low = {item.path: item for item in walk(windows.tree, b"/D:", avoid={})}
    assert low[b"/D:/Work/report.docx"].inode == state.st_ino  # type: ignore[union-attr]


def test_mounts_tell_by_which_paths_a_disk_is_seen(windows: FakeWindows) -> None:
    volume = VOLUME % 1
    windows.volumes.places = {volume: ["C:\\", "D:\\all\\"]}
    windows.volumes.kinds["S:"] = 3
    windows.volumes.devices["S:"] = "\\??\\C:\\Users\\An"
    found = {mount.place: (mount.device, mount.top) for mount in mounts(windows.volumes)}
    assert found[b""] == found[b"/D:/all"] == (volume.encode(), b"")
    assert found[b"/S:"] == (volume.encode(), b"/Users/An")


def test_a_tree_keeps_the_top_that_it_was_made_with(windows: FakeWindows, tmp_path: Path) -> None:
    windows.calls.disks["\\??\\C:\\"] = fake_windows(tmp_path / "other").calls.disks["\\??\\C:\\"]
    assert windows.tree.exists(b"/Users/An")


def test_every_handle_is_closed(windows: FakeWindows) -> None:
    windows.calls.reparse_at("link", junction("C:\\Users"))
    before = len(windows.calls._handles)
    os.close(windows.tree.open_read("/link/An/Ảnh cưới.jpg".encode()))
    for path in (b"/nope/x", b"/link/An", b"/Users/An/x/y", b"/link", b"/D:/Work"):
        windows.tree.exists(path)
    list(walk(windows.tree, b"/", avoid={}))
    windows.calls._open_on(windows.calls.find("Users/An/Ảnh cưới.jpg"))  # closed descriptors are noticed then
    assert len(windows.calls._handles) == before
