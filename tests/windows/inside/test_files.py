"""Files of a running Windows by the real calls: long paths, other drives, private folders, a lock that dies."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.endpoint import ScanError, StateError
from quetsach.endpoint.host import live
from quetsach.endpoint.host.disk import Own, fstat, open_own, read_at, sync, sync_folder, write_all, write_at
from quetsach.endpoint.host.nt.ffi.files import NtFileCalls
from quetsach.endpoint.host.nt.ffi.system import NtRightsCalls
from quetsach.endpoint.host.nt.file_calls import DACL, OWNER, READ_ATTRIBUTES, READ_CONTROL, nt_path, opened
from quetsach.endpoint.host.nt.security import Descriptor, openings, trusted_by
from quetsach.endpoint.scanner.walk import Candidate, walk
from quetsach.endpoint.store.state import State

HOLDING = """
import sys
from pathlib import Path
from quetsach.endpoint.store.state import State
with State.open(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_tree_of_the_running_windows_has_its_files() -> None:
    host = live.live_host()
    assert (host.is_live, host.platform) == (True, "windows")
    path = host.tree.resolve(b"/WINDOWS/SYSTEM32/../win.INI")
    assert path == b"/windows/win.ini"
    assert host.tree.read(path, 1 << 20) == Path("C:/windows/win.ini").read_bytes()


def test_a_path_of_any_length_is_reached(tmp_path: Path) -> None:
    host, above = live.live_host(), live.tree_path(tmp_path)
    deep = tmp_path
    for number in range(12):
        deep = deep / f"{number}{'ộ' * 60}"
        Path(f"\\\\?\\{deep}").mkdir()
    descriptor = os.open(f"\\\\?\\{deep}\\worm.exe", os.O_CREAT | os.O_WRONLY)
    os.close(descriptor)
    found = [item.path for item in walk(host.tree, above, avoid={}) if isinstance(item, Candidate)]
    assert [path.rpartition(b"/")[2] for path in found] == [b"worm.exe"]
    assert len(found[0].decode()) > 700
    with host.tree.parent(found[0], follow=False) as (folder, name):
        folder.remove(name)
    assert not host.tree.exists(found[0])


def test_numbers_and_times_of_a_descriptor_are_those_of_its_name(tmp_path: Path) -> None:
    host = live.live_host()
    (tmp_path / "ảnh.jpg").write_bytes(b"x")
    path = live.tree_path(tmp_path / "ảnh.jpg")
    descriptor = host.tree.open_read(path)
    try:
        found, named = fstat(descriptor), host.tree.lstat(path)
        fields = ("st_mode", "st_ino", "st_dev", "st_size", "st_mtime_ns", "st_ctime_ns")
        assert [getattr(found, field) for field in fields] == [getattr(named, field) for field in fields]
        assert os.path.samestat(os.fstat(descriptor), named)
    finally:
        os.close(descriptor)


def test_reading_a_file_leaves_its_state_alone(tmp_path: Path) -> None:
    host = live.live_host()
    (tmp_path / "a").write_bytes(b"x")
    path = live.tree_path(tmp_path / "a")
    before = host.tree.stat(path)
    time.sleep(0.05)
    assert host.tree.read(path, 9) == b"x"
    after = host.tree.stat(path)
    assert (after.st_ctime_ns, after.st_mtime_ns) == (before.st_ctime_ns, before.st_mtime_ns)


def test_other_drives_are_in_the_tree_and_in_the_list_of_mounts() -> None:
    drives = {drive for drive in os.listdrives() if not drive.startswith("C:")}
    seen = {entry.name for entry in live.live_host().tree.scandir(b"/") if entry.name.endswith(b":")}
    assert {f"{name.decode()}\\" for name in seen} == drives
    assert {mount.place for mount in live.mounts_now()} >= {b"", *(b"/" + name for name in seen)}


def test_own_files_hold_bytes_as_they_are(tmp_path: Path) -> None:
    content = bytes(range(256)) + b"\r\n\n\x1a end"
    descriptor = open_own(tmp_path / "own", Own.NEW)
    try:
        write_all(descriptor, content)
        assert (write_at(descriptor, b"\x1a", 0), read_at(descriptor, 3, 254)) == (1, content[254:257])
        sync(descriptor)
        (tmp_path / "own").rename(tmp_path / "renamed")  # while it is open, as the tool does
    finally:
        os.close(descriptor)
    sync_folder(tmp_path)
    assert (tmp_path / "renamed").read_bytes() == b"\x1a" + content[1:]
    with pytest.raises(FileExistsError):
        open_own(tmp_path / "renamed", Own.NEW)
    os.close(open_own(tmp_path / "renamed", Own.KEPT))
    assert (tmp_path / "renamed").stat().st_size == len(content)
    os.close(open_own(tmp_path / "renamed", Own.FRESH))
    assert (tmp_path / "renamed").stat().st_size == 0


def test_the_state_folder_lets_nobody_else_in(tmp_path: Path) -> None:
    State.open(tmp_path / "state")
    calls = NtFileCalls()
    with opened(calls, 0, nt_path(tmp_path / "state"), READ_ATTRIBUTES | READ_CONTROL) as handle:
        raw = calls.security(handle, OWNER | DACL)
    trusted = trusted_by(NtRightsCalls())
    assert (Descriptor.of(raw).owner in trusted, openings(raw, trusted)) == (True, ())


def test_a_folder_that_others_may_use_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x")
    with pytest.raises(StateError):
        State.open(tmp_path)


def test_where_state_lies_is_said_by_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ProgramData", "C:\\evil")
    assert live.is_elevated()
    assert live.default_state() == Path("C:\\ProgramData\\QuetSach")


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-c", HOLDING, str(tmp_path / "state")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_lock_dies_with_its_process(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    state = State.open(tmp_path / "state")
    with pytest.raises(StateError, match="running"), state.lock():
        pass
    holder.kill()
    holder.wait()
    with state.lock():
        pass


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("C:\\Windows\\win.ini", b"/Windows/win.ini"),
        ("\\Windows", b"/Windows"),
        ("win.ini", b"/windows/win.ini"),
        ("C:win.ini", b"/windows/win.ini"),
        ("d:", b"/D:"),
        ("..\\windows\\.", b"/windows"),
        ("\\\\?\\C:\\x. ", b"/x. "),
    ],
)
def test_what_a_person_writes_is_a_path_of_the_tree(monkeypatch: pytest.MonkeyPatch, text: str, path: bytes) -> None:
    monkeypatch.chdir("C:\\windows")
    assert live.tree_path(text) == path


def test_another_machine_is_no_path_of_the_tree() -> None:
    with pytest.raises(ScanError, match="another machine"):
        live.tree_path("\\\\server\\share\\x")


def test_a_path_for_comparing_is_where_it_leads(tmp_path: Path) -> None:
    made = tmp_path / "Thư Mục"
    made.mkdir()
    path = live.tree_path(made)
    assert live.real_path(path) == live.real_path(live.tree_path(str(made).upper()))
    assert live.real_path(path + b"/nope/../x").endswith("/THƯ MỤC/NOPE/../X".encode())


def test_this_start_of_the_machine_has_a_name_of_its_own() -> None:
    assert live.boot_id() == live.boot_id() != ""


def test_sessions_begin_and_are_listed(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    identifier, folder = state.new_session(datetime(2026, 11, 28, tzinfo=UTC))
    assert (state.sessions, folder.is_dir()) == ((identifier,), True)
    assert State.existing(tmp_path / "state") == state


def test_whoever_exchanges_a_name_gets_nothing_of_what_is_put_back(tmp_path: Path) -> None:
    host = live.live_host()
    (tmp_path / "prize").write_bytes(b"prize")
    ended, between, tried, won = threading.Event(), threading.Lock(), [], []

    def attack() -> None:
        while not ended.is_set():
            for name in ("new", ".new"):
                with between:
                    if not (tmp_path / name).exists():
                        continue
                    tried.append(name)
                    try:
                        (tmp_path / name).replace(tmp_path / "away")
                        (tmp_path / "prize").replace(tmp_path / name)
                        won.append(name)
                    except OSError:
                        continue

    attacker = threading.Thread(target=attack)
    with host.tree.folder(live.tree_path(tmp_path)) as folder:
        attacker.start()
        try:
            for _ in range(50):
                descriptor = folder.create(b".new")
                time.sleep(0.001)
                os.write(descriptor, b"ours")
                folder.place(descriptor, b".new", b"new")
                time.sleep(0.001)
                assert os.path.samestat(folder.lstat(b"new"), fstat(descriptor))
                with between:  # once it is closed, it is theirs
                    os.close(descriptor)
                    folder.remove(b"new")
        finally:
            ended.set()
            attacker.join()
    assert won == []
    assert set(tried) == {"new", ".new"}
