"""What is stored is whole or not there, private from the first byte, and never under another writer's name."""

import os
import socket
import stat
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach import storage


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    """Leave nothing to the umask: what is private here is so by itself."""
    former = os.umask(0)
    yield
    os.umask(former)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_written_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    storage.write(tmp_path / "a", b"x")
    storage.write_once(tmp_path / "b", "x")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}


def test_a_made_folder_and_its_parents_are_private(tmp_path: Path) -> None:
    storage.make_folder(tmp_path / "a" / "b")
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_what_a_person_asked_for_has_the_mode_of_their_umask(tmp_path: Path) -> None:
    os.umask(0o022)
    storage.write(tmp_path / "a", b"x", mode=storage.SHARED)
    storage.make_folder(tmp_path / "b", mode=storage.SHARED_FOLDER)
    assert (mode(tmp_path / "a"), mode(tmp_path / "b")) == (0o644, 0o755)


def test_a_folder_for_everybody_is_readable_whatever_the_umask_and_shares_what_it_is_given(tmp_path: Path) -> None:
    os.umask(0o077)
    files = [("a/index.html", b"x", storage.SHARED), ("b.html", b"y", storage.SHARED)]
    storage.write_folder(tmp_path / "old", files, is_for_everybody=True)
    shared = [("c/d.html", tmp_path / "old" / "b.html", storage.SHARED)]
    storage.write_folder(tmp_path / "new", shared, is_for_everybody=True)
    made = [path for top in ("old", "new") for path in (tmp_path / top, *(tmp_path / top).rglob("*"))]
    assert {mode(path) for path in made if path.is_dir()} == {0o755}
    assert {mode(path) for path in made if path.is_file()} == {0o644}
    assert (tmp_path / "new" / "c" / "d.html").samefile(tmp_path / "old" / "b.html")


def test_a_link_leads_from_one_to_the_other_in_one_step(tmp_path: Path) -> None:
    link = tmp_path / "current"
    for target in ("one", "two"):
        (tmp_path / target).mkdir()
        storage.point(link, target)
        assert link.readlink() == Path(target)
    assert {path.name for path in tmp_path.iterdir()} == {"current", "one", "two"}
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        storage.point(tmp_path / "folder", "one")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_writer_that_fails_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    storage.write(path, b"former")

    def fail() -> None:
        with storage.replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [("figures.json", b"former")]


def test_content_is_on_the_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, list[str]]] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append((kind, sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith("."))))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    storage.write(tmp_path / "a", b"x")
    storage.write_once(tmp_path / "b", b"x")
    assert seen == [("file", []), ("folder", ["a"]), ("file", ["a"]), ("folder", ["a", "b"])]


def test_of_many_writers_at_once_exactly_one_writes_a_file_that_is_written_once(tmp_path: Path) -> None:
    start, won, lost = threading.Barrier(8), [], []

    def register(number: int) -> None:
        start.wait()
        try:
            storage.write_once(tmp_path / "registration", str(number) * 1000)
            won.append(number)
        except FileExistsError:
            lost.append(number)

    writers = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert (len(won), len(lost)) == (1, 7)
    assert (tmp_path / "registration").read_text() == str(won[0]) * 1000
    assert len(list(tmp_path.iterdir())) == 1


def test_two_writers_at_once_never_mix_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with storage.replacing(path) as first, storage.replacing(path) as second:
        first.write(b"1" * 10)
        second.write(b"2" * 10)
    assert path.read_bytes() == b"1" * 10


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "a").symlink_to("elsewhere")
    storage.write(tmp_path / "a", b"x")
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"
    assert not (tmp_path / "a").is_symlink()


def test_a_pipe_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        storage.write(pipe, b"report")
        assert os.read(descriptor, 100) == b"report"
    finally:
        os.close(descriptor)
    assert [(path.name, path.is_fifo()) for path in tmp_path.iterdir()] == [("pipe", True)]
    with pytest.raises(FileExistsError):
        storage.write_once(pipe, b"x")


def test_what_a_process_has_open_is_written_to() -> None:
    reader, writer = os.pipe()
    try:
        storage.write(Path(f"/proc/self/fd/{writer}"), b"report")
        assert os.read(reader, 100) == b"report"
    finally:
        os.close(reader)
        os.close(writer)


def test_a_socket_is_neither_written_to_nor_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="Invalid argument"):
            storage.write(tmp_path / "s", b"x")
    assert (tmp_path / "s").is_socket()


@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 40, b"short\n", b"a" * 20 + b"\0" * 20])
def test_a_secret_that_a_power_cut_left_empty_or_short_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    with pytest.raises(storage.StorageError) as refused:
        storage.read_secret(path, hint="restore it")
    assert (refused.value.where, refused.value.hint) == (str(path), "restore it")


def test_a_whole_secret_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"k" * 64 + b"\n")
    assert storage.read_secret(tmp_path / "secret.key", hint="") == b"k" * 64 + b"\n"


def test_a_secret_that_is_a_folder_is_refused_and_one_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(storage.StorageError):
        storage.read_secret(tmp_path, hint="")
    with pytest.raises(FileNotFoundError):
        storage.read_secret(tmp_path / "none", hint="")


def test_what_killed_writers_left_is_removed_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    with storage.replacing(tmp_path / "deep" / "a") as file:
        file.write(b"x")
        unfinished = next((tmp_path / "deep").iterdir())
        changed = unfinished.stat().st_mtime
        assert storage.remove_unfinished(tmp_path, before=changed) == 0
    old = tmp_path / "deep" / unfinished.name
    old.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert storage.remove_unfinished(tmp_path, before=changed) == 1
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a"]


def test_a_writer_that_finishes_while_leftovers_are_removed_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with storage.replacing(tmp_path / "a") as file:
        file.write(b"x")
        seen = [(str(tmp_path), [], [path.name for path in tmp_path.iterdir()])]
    monkeypatch.setattr(os, "walk", lambda _folder: seen)
    assert storage.remove_unfinished(tmp_path, before=2**40) == 0


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5000])
def test_a_file_is_read_up_to_a_limit_and_one_byte_more(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    with path.open("rb") as file:
        assert storage.read_up_to(file, 1000) == b"x" * min(size, 1001)


def test_a_limit_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"small")
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert storage.read_up_to(file, 1 << 30) == b"small"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_file_of_the_kernel_which_tells_no_size_is_read_whole() -> None:
    with Path("/proc/self/maps").open("rb") as file:
        assert len(storage.read_up_to(file, 1 << 30)) > 1000
