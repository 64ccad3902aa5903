"""The list of a release names what lies beside it, and nothing else is taken for it."""

import hashlib
import json
from pathlib import Path

import pytest

from quetsach.packs.downloads import LIST_FILE, ReleaseError, add_downloads, described, parse_downloads, read_downloads


def _made(folder: Path, name: str, system: str, kind: str, content: bytes = b"MZ") -> None:
    (folder / name).write_bytes(content)
    add_downloads(
        folder, [described(folder / name, system=system, kind=kind, version="0.1.0", signed_by="Tên Cơ Quan")]
    )


def test_the_list_has_windows_first_and_the_setup_first(tmp_path: Path) -> None:
    _made(tmp_path, "tool.tar.xz", "linux", "bundle")
    _made(tmp_path, "portable.exe", "windows", "portable")
    _made(tmp_path, "setup.exe", "windows", "setup", b"MZ setup")
    entries = read_downloads(tmp_path)
    assert [(e.system, e.kind) for e in entries] == [("windows", "setup"), ("windows", "portable"), ("linux", "bundle")]
    assert entries[0].size_bytes == 8
    assert entries[0].sha256 == hashlib.sha256(b"MZ setup").hexdigest()
    assert entries[0].signed_by == "Tên Cơ Quan"


def test_a_file_built_anew_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    _made(tmp_path, "setup-1.exe", "windows", "setup")
    _made(tmp_path, "setup-2.exe", "windows", "setup")
    assert [entry.name for entry in read_downloads(tmp_path)] == ["setup-2.exe"]


def test_no_list_is_no_release(tmp_path: Path) -> None:
    assert read_downloads(tmp_path) == ()


@pytest.mark.parametrize("content", [None, b"MX", b"MZ and more"])
def test_a_file_that_is_another_or_gone_is_refused(tmp_path: Path, content: bytes | None) -> None:
    _made(tmp_path, "setup.exe", "windows", "setup")
    (tmp_path / "setup.exe").unlink()
    if content is not None:
        (tmp_path / "setup.exe").write_bytes(content)
    with pytest.raises(ReleaseError, match=r"setup\.exe"):
        read_downloads(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../setup.exe"),
        ("name", "a..b"),
        ("name", 3),
        ("system", "beos"),
        ("kind", "bundle"),
        ("version", ""),
        ("machine", "x 64"),
        ("size_bytes", 0),
        ("size_bytes", True),
        ("size_bytes", "2"),
        ("sha256", "A" * 64),
        ("signed_by", "a\nb"),
        ("signed_by", "a" * 201),
        ("root_sha256", "ab"),
        ("root_sha256", "A" * 64),
        ("colour", "red"),
    ],
)
def test_hostile_lists_are_refused(tmp_path: Path, field: str, value: object) -> None:
    _made(tmp_path, "setup.exe", "windows", "setup")
    listed = json.loads((tmp_path / LIST_FILE).read_text())
    listed["files"][0][field] = value
    with pytest.raises(ReleaseError):
        parse_downloads(json.dumps(listed).encode())


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"\xff", b'{"format":"quetsach-release/2","files":[]}', b"[" * 9999]
)
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(ReleaseError):
        parse_downloads(raw)
