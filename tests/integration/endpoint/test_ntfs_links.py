"""Junctions and contents kept apart, as ntfs-3g shows those of a real NTFS."""

import os
import struct
from pathlib import Path

import pytest
from tests.ntfs import make_image, mounted

from quetsach.endpoint.host.offline.windows import WindowsTree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.walk import walk

JUNCTION = 0xA000_0003
COMPACT_OS, CLOUD = 0x8000_0017, 0x9000_001A


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An NTFS with junctions to its own drive and to another one, and files whose content is kept elsewhere."""
    make_image(tmp_path / "image")
    with mounted(tmp_path / "image", tmp_path / "first") as root:
        (root / "Users/An").mkdir(parents=True)
        _junction(root / "Documents and Settings", r"\??\C:\Users")
        _junction(root / "away", r"\??\D:\Users")
        for name, tag in (("packed.dll", COMPACT_OS), ("photo.jpg", CLOUD)):
            (root / name).touch()
            _set_reparse(root / name, tag, struct.pack("<IIII", 1, 2, 1, 0))
    return tmp_path / "image"


def test_a_junction_leads_to_where_windows_would_go(image: Path, tmp_path: Path) -> None:
    with mounted(image, tmp_path / "second") as root:
        assert WindowsTree(root).resolve(b"/DOCUMENTS AND SETTINGS/an") == b"/Users/An"


def test_so_it_does_when_the_mount_is_named_by_another_path(image: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("second")
    with mounted(image, tmp_path / "second"):
        assert WindowsTree(tmp_path / "link").resolve(b"/documents and settings/an") == b"/Users/An"


def test_a_junction_to_another_drive_leads_nowhere(image: Path, tmp_path: Path) -> None:
    with mounted(image, tmp_path / "second") as root:
        assert not WindowsTree(root).exists(b"/away/An")
        assert not WindowsTree(root).exists(b"/away")


def test_a_junction_with_a_long_record_leads_where_the_record_says(image: Path, tmp_path: Path) -> None:
    deep = "Thư mục có tên rất dài của một người dùng"
    with mounted(image, tmp_path / "second") as root:
        (root / "Users" / deep).mkdir()
        _junction(root / "long", rf"\??\C:\Users\{deep}")
        _junction(root / "long away", rf"\??\D:\Users\{deep}")
    with mounted(image, tmp_path / "third") as root:
        assert WindowsTree(root).resolve(b"/LONG/x").decode() == f"/Users/{deep}/x"
        assert not WindowsTree(root).exists(b"/long away")


def test_a_mount_without_regard_to_case_gives_each_file_one_path(image: Path, tmp_path: Path) -> None:
    with mounted(image, tmp_path / "second", "ignore_case", program="lowntfs-3g") as root:
        (root / "recycler").mkdir()
        (root / "recycler/x.exe").touch()
        assert WindowsTree(root).resolve(b"/RECYCLER/X.exe") == b"/recycler/x.exe"


def test_a_short_name_is_the_file_that_ntfs_keeps_it_with(image: Path, tmp_path: Path) -> None:
    with mounted(image, tmp_path / "second") as root:
        (root / "Users/Nguyễn Văn An").mkdir()
        os.setxattr(root / "Users/Nguyễn Văn An", "system.ntfs_dos_name", b"NGUYNV~1")
        tree = WindowsTree(root)
        assert tree.resolve(b"/Users/nguynv~1/x") == tree.resolve(b"/Users/NGUYNV~1/x")
        assert tree.resolve(b"/Users/NGUYNV~1/x") == "/Users/Nguyễn Văn An/x".encode()


def test_files_whose_content_is_kept_elsewhere_are_named(image: Path, tmp_path: Path) -> None:
    with mounted(image, tmp_path / "second") as root:
        found = set(walk(WindowsTree(root), b"/", avoid={}))
    assert found == {ScanIssue(b"/packed.dll", Reason.NOT_OPENED), ScanIssue(b"/photo.jpg", Reason.NOT_OPENED)}


def _junction(path: Path, target: str) -> None:
    """Make a junction ([MS-FSCC] 2.1.2.5): an empty folder with a path of the kernel and one to show."""
    path.mkdir()
    real, shown = (text.encode("utf-16-le") for text in (target, target.removeprefix("\\??\\")))
    head = struct.pack("<HHHH", 0, len(real), len(real) + 2, len(shown))
    _set_reparse(path, JUNCTION, head + real + b"\0\0" + shown + b"\0\0")


def _set_reparse(path: Path, tag: int, body: bytes) -> None:
    os.setxattr(path, "system.ntfs_reparse_data", struct.pack("<IHH", tag, len(body), 0) + body)
