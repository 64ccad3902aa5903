"""Folders that a worm of memory sticks hid, and those that Windows hides itself."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.endpoint.collect.windows.drive import collected

from quetsach.endpoint.artefact import FileAnchor
from quetsach.endpoint.host.files import HIDDEN, OF_COPIES, OF_FAT, OF_NTFS, SYSTEM, FolderMarks, marks_of

MARK = "user.DOSATTRIB"


def _hidden(root: Path, *names: str, mark: bytes = b"0x6") -> list[str]:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        os.setxattr(root / name, MARK, mark)
    return [item.fields["name"] for item in collected(root, "hidden-folders")]


def test_a_folder_that_is_hidden_and_marked_as_the_systems_is_found(tmp_path: Path) -> None:
    assert _hidden(tmp_path, "Ảnh gia đình", "\u00a0") == ["\\xa0", "Ảnh gia đình"]


def test_what_is_found_is_the_folder_itself(tmp_path: Path) -> None:
    _hidden(tmp_path, "Ảnh")
    (found,) = collected(tmp_path, "hidden-folders")
    assert isinstance(found.anchor, FileAnchor)
    state = (tmp_path / "Ảnh").stat()
    assert (found.anchor.path, found.anchor.inode) == ("/Ảnh".encode(), state.st_ino)


@pytest.mark.parametrize("mark", [b"0x2", b"0x4", b"0x10", b"0x11", b"6", b"0x6\0", b"0x6\0\0\3\0\3", b"", b"0x"])
def test_other_marks_and_other_forms_are_not_taken_for_it(tmp_path: Path, mark: bytes) -> None:
    assert _hidden(tmp_path, "Ảnh", mark=mark) == []


@pytest.mark.parametrize("mark", [b"0x6", b"0x16", b"0x2006", b"0x00000006"])
def test_marks_beside_these_two_do_not_matter(tmp_path: Path, mark: bytes) -> None:
    assert _hidden(tmp_path, "Ảnh", mark=mark) == ["Ảnh"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "System Volume Information",
            "$Recycle.Bin",
            "$RECYCLE.BIN",
            "$WinREAgent",
            "Recovery",
            "recovery",
            "RECYCLER",
        ),
        *("ProgramData", "Config.Msi", "MSOCache", "PerfLogs", "Boot", "EFI", "found.000", "Documents and Settings"),
    ],
)
def test_what_windows_hides_itself_is_left(tmp_path: Path, name: str) -> None:
    assert _hidden(tmp_path, name) == []


def test_only_the_root_of_the_drive_is_looked_at(tmp_path: Path) -> None:
    assert _hidden(tmp_path, "Users/An/Ảnh") == []


def test_files_and_folders_without_marks_are_no_hidden_folders(tmp_path: Path) -> None:
    (tmp_path / "Ảnh").mkdir()
    (tmp_path / "tệp.txt").write_bytes(b"x")
    os.setxattr(tmp_path / "tệp.txt", MARK, b"0x6")
    assert _hidden(tmp_path) == []


@given(st.integers(0, 2**32 - 1))
def test_a_folder_that_is_shown_keeps_its_other_marks_in_every_form(number: int) -> None:
    forms = {
        OF_NTFS: number.to_bytes(4, "big"),
        OF_FAT: number.to_bytes(4, "little"),
        OF_COPIES: f"0x{number:x}".encode(),
    }
    for name, raw in forms.items():
        marks = FolderMarks(name, raw)
        assert marks.number == number
        shown = marks.shown()
        assert shown.number == number & ~(HIDDEN | SYSTEM)
        assert not shown.is_hidden
        assert marks_of(shown.name, shown.raw) == shown


@given(st.sampled_from([OF_NTFS, OF_FAT, OF_COPIES, "user.other"]), st.binary(max_size=12))
def test_marks_are_read_from_any_bytes_or_refused(name: str, raw: bytes) -> None:
    marks = marks_of(name, raw)
    assert marks is None or 0 <= marks.number < 2**32
