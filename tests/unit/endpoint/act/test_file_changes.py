"""Files are placed whole and never over another one, also where there are no hard links."""

import errno
import os
from pathlib import Path

import pytest

from quetsach.endpoint.act.replacement import write_beside
from quetsach.endpoint.disk import write_all
from quetsach.endpoint.host.change import FileState, PosixFiles, read_flags, read_state, write_flags
from quetsach.endpoint.host.port import Folder
from quetsach.endpoint.host.tree import Tree
from quetsach.packs.specimen import set_immutable

FILES = PosixFiles()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Tree(tmp_path).folder(b"/")


def _state(path: Path) -> FileState:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_state(fd)
    finally:
        os.close(fd)


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with hard links, and one without."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("links")
def test_a_file_gets_its_name(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"x")
    folder.place(b"t", b"name")
    assert [p.name for p in tmp_path.iterdir()] == ["name"]


@pytest.mark.usefixtures("links")
def test_a_name_that_is_taken_is_never_overwritten(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"x")
    (tmp_path / "name").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        folder.place(b"t", b"name")
    assert (tmp_path / "name").read_bytes() == b"mine"


def test_a_file_that_cannot_be_written_leaves_nothing(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")

    def fail(fd: int) -> None:
        write_all(fd, b"half")
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        write_beside(FILES, folder, b"t", fail, _state(tmp_path / "model"), with_times=False)
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_access_lists_and_capabilities_come_along(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    acl = bytes.fromhex("02000000 01000600ffffffff 0200040001000000 04000400ffffffff 10000600ffffffff 20000000ffffffff")
    os.setxattr(tmp_path / "model", "system.posix_acl_access", acl)
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(tmp_path / "model", "security.capability", capability)
    write_beside(FILES, folder, b"copy", lambda fd: write_all(fd, b"x"), _state(tmp_path / "model"), with_times=True)
    copy, model = _state(tmp_path / "copy"), _state(tmp_path / "model")
    assert copy.xattrs == model.xattrs == {"system.posix_acl_access": acl, "security.capability": capability}
    assert (copy.mode, copy.mtime_ns, copy.atime_ns) == (model.mode, model.mtime_ns, model.atime_ns)


def test_attributes_that_a_new_file_inherits_are_taken_off_again(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    inherited = bytes.fromhex(
        "02000000 01000600ffffffff 0200040001000000 04000400ffffffff 10000600ffffffff 20000000ffffffff"
    )
    os.setxattr(tmp_path, "system.posix_acl_default", inherited)
    write_beside(FILES, folder, b"copy", lambda fd: write_all(fd, b"x"), _state(tmp_path / "model"), with_times=False)
    assert _state(tmp_path / "copy").xattrs == {}


def test_a_locked_folder_is_open_for_one_act_and_locked_again(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert set_immutable(tmp_path, on=True)
    before = _state(tmp_path)
    with folder.unlocked(before):
        (tmp_path / "a").unlink()
    with pytest.raises(PermissionError):
        (tmp_path / "b").write_bytes(b"")
    set_immutable(tmp_path, on=False)


def test_flags_that_are_not_a_user_s_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    flags = read_flags(fd)
    assert flags is not None
    write_flags(fd, flags ^ 0x80000)  # extents: a matter of the file system
    assert read_flags(fd) == flags
    write_flags(fd, None)
    os.close(fd)


def test_a_state_comes_back_from_its_journal_form(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    os.setxattr(tmp_path / "a", "user.n", b"\0\xff")
    state = _state(tmp_path / "a")
    assert FileState.from_json(state.as_json()) == state
