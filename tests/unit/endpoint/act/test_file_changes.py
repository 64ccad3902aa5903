"""Files are placed whole and never over another one, also where there are no hard links."""

import dataclasses
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from quetsach.endpoint.act.act import ChangedError, Replacement, clear, new_file, replace_file
from quetsach.endpoint.host.disk import write_all
from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.port import Folder
from quetsach.endpoint.host.posix import folder as posix_folder
from quetsach.endpoint.host.posix.files import PosixFiles, read_flags, read_state, write_flags
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.packs.specimen import set_immutable

FILES = PosixFiles()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return PosixTree(tmp_path).folder(b"/")


def _state(path: Path) -> FileState:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_state(fd)
    finally:
        os.close(fd)


@contextmanager
def _new(folder: Folder, write: Callable[[int], None], state: FileState, *, with_times: bool = False) -> Iterator[int]:
    with new_file(FILES, folder, b"t", write, state, with_times=with_times) as descriptor:
        yield descriptor


@pytest.fixture(params=["unnamed", "no unnamed", "no exact rename", "no links"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that can do all, and three that can do less and less."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    if request.param != "unnamed":
        monkeypatch.setattr(posix_folder, "_UNNAMED", os.O_RDWR | os.O_DIRECTORY)  # EISDIR, as old kernels say
    if request.param in ("no exact rename", "no links"):
        monkeypatch.setattr(posix_folder, "_rename_to_free_name", lambda *_: False)
    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("kind")
def test_a_file_gets_its_name(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    with _new(folder, lambda fd: write_all(fd, b"x"), _state(tmp_path / "model")) as descriptor:
        folder.place(descriptor, b"t", b"name")
        assert os.path.samestat(os.fstat(descriptor), (tmp_path / "name").stat())
    clear(folder, b"t")
    assert {p.name for p in tmp_path.iterdir()} == {"model", "name"}


@pytest.mark.usefixtures("kind")
def test_a_name_that_is_taken_is_never_overwritten(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"mine")
    state = _state(tmp_path / "name")
    with pytest.raises(FileExistsError), _new(folder, lambda fd: write_all(fd, b"x"), state) as descriptor:
        folder.place(descriptor, b"t", b"name")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"name": b"mine"}


@pytest.mark.parametrize("is_unnamed", [True, False])
def test_owner_mode_and_times_are_there_before_the_name(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_unnamed: bool
) -> None:
    if not is_unnamed:
        monkeypatch.setattr(posix_folder, "_UNNAMED", os.O_RDWR | os.O_DIRECTORY)
    (tmp_path / "model").write_bytes(b"x")
    os.chown(tmp_path / "model", 1234, 1234)
    (tmp_path / "model").chmod(0o6755)
    os.utime(tmp_path / "model", ns=(5, 7))
    model = _state(tmp_path / "model")
    with _new(folder, lambda fd: write_all(fd, b"x"), model, with_times=True) as descriptor:
        assert not is_unnamed or os.fstat(descriptor).st_nlink == 0
        made = read_state(descriptor)
    assert (made.mode, made.uid, made.gid, made.mtime_ns) == (model.mode, 1234, 1234, 7)


def test_a_link_that_is_exchanged_for_a_file_gives_that_file_no_owner(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"")
    state = FileState.of((tmp_path / "secret").lstat())
    symlink = os.symlink

    def exchanging(target: bytes, name: bytes, *, dir_fd: int) -> None:
        symlink(target, name, dir_fd=dir_fd)
        (tmp_path / "secret").rename(tmp_path / os.fsdecode(name))

    monkeypatch.setattr(os, "symlink", exchanging)
    with pytest.raises(OSError, match="exchanged"):
        folder.symlink(b"link", b"target", dataclasses.replace(state, uid=1234, gid=1234))
    assert FileState.of((tmp_path / "link").lstat()) == state


def test_another_folder_than_the_recorded_one_keeps_its_own_flags(folder: Folder, tmp_path: Path) -> None:
    before = dataclasses.replace(_state(tmp_path), inode=1, flags=0x10)
    with folder.unlocked(before):
        pass
    (tmp_path / "a").write_bytes(b"")  # it did not become immutable


def test_a_file_that_cannot_be_written_leaves_nothing(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")

    def fail(fd: int) -> None:
        write_all(fd, b"half")
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"), _new(folder, fail, _state(tmp_path / "model")):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_access_lists_and_capabilities_come_along(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    acl = bytes.fromhex("02000000 01000600ffffffff 0200040001000000 04000400ffffffff 10000600ffffffff 20000000ffffffff")
    os.setxattr(tmp_path / "model", "system.posix_acl_access", acl)
    capability = bytes.fromhex("0100000200040000000000000000000000000000")
    os.setxattr(tmp_path / "model", "security.capability", capability)
    model = _state(tmp_path / "model")
    with _new(folder, lambda fd: write_all(fd, b"x"), model, with_times=True) as descriptor:
        copy = read_state(descriptor)
    assert copy.xattrs == model.xattrs == {"system.posix_acl_access": acl, "security.capability": capability}
    assert (copy.mode, copy.mtime_ns, copy.atime_ns) == (model.mode, model.mtime_ns, model.atime_ns)


def test_attributes_that_a_new_file_inherits_are_taken_off_again(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"")
    inherited = bytes.fromhex(
        "02000000 01000600ffffffff 0200040001000000 04000400ffffffff 10000600ffffffff 20000000ffffffff"
    )
    os.setxattr(tmp_path, "system.posix_acl_default", inherited)
    with _new(folder, lambda fd: write_all(fd, b"x"), _state(tmp_path / "model")) as descriptor:
        assert read_state(descriptor).xattrs == {}


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


def _replaced(folder: Folder, path: Path, new: bytes, *, former: bytes) -> None:
    hashes = [sha256(content).hexdigest() for content in (former, new)]
    state = _state(path)
    replace_file(
        FILES, folder, b"name", b"t", Replacement(lambda fd: write_all(fd, new), state, *hashes, with_times=False)
    )


def test_a_locked_file_is_replaced_by_one_that_is_locked(folder: Folder, tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"old")
    assert set_immutable(path, on=True)
    try:
        _replaced(folder, path, b"new", former=b"old")
        assert path.read_bytes() == b"new"
        with pytest.raises(PermissionError):
            path.write_bytes(b"newer")
    finally:
        set_immutable(path, on=False)
    assert [p.name for p in tmp_path.iterdir()] == ["name"]


def test_a_file_that_could_not_be_replaced_is_locked_again(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"old")
    assert set_immutable(path, on=True)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "no")

    try:
        with monkeypatch.context() as patch:
            patch.setattr(type(folder), "replace", fail)
            with pytest.raises(OSError, match="no"):
                _replaced(folder, path, b"new", former=b"old")
        with pytest.raises(PermissionError):
            path.write_bytes(b"newer")
    finally:
        set_immutable(path, on=False)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"name": b"old"}


def test_a_file_that_somebody_changed_meanwhile_is_not_replaced(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"theirs")
    with pytest.raises(ChangedError):
        _replaced(folder, tmp_path / "name", b"new", former=b"old")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"name": b"theirs"}


def test_what_is_not_written_as_it_was_to_be_replaces_nothing(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "name").write_bytes(b"old")
    hashes = [sha256(content).hexdigest() for content in (b"old", b"new")]
    torn = Replacement(lambda fd: write_all(fd, b"ne"), _state(tmp_path / "name"), *hashes, with_times=False)
    with pytest.raises(ChangedError):
        replace_file(FILES, folder, b"name", b"t", torn)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"name": b"old"}
