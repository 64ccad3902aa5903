"""The state folder is private, one clean-up runs at a time, sessions sort by time."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.endpoint import StateError
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)


def test_a_new_state_is_private_and_keeps_its_key(tmp_path: Path) -> None:
    state = State.open(tmp_path / "s")
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "s" / "key").stat().st_mode & 0o777 == 0o600
    assert State.open(tmp_path / "s").key == state.key != State.open(tmp_path / "other").key


def test_looking_for_a_state_makes_none(tmp_path: Path) -> None:
    assert State.existing(tmp_path / "s") is None
    assert not (tmp_path / "s").exists()


def test_opening_an_existing_state_changes_nothing(tmp_path: Path) -> None:
    state = State.open(tmp_path / "s")
    (tmp_path / "s").chmod(0o750)
    (tmp_path / "s" / "sessions").rmdir()
    found = State.existing(tmp_path / "s")
    assert found == state
    assert found.sessions == ()
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o750
    assert not (tmp_path / "s" / "sessions").exists()


def test_a_state_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "s").symlink_to("real")
    with pytest.raises(StateError, match="link"):
        State.open(tmp_path / "s")


def test_a_state_folder_into_which_others_may_have_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "key").write_bytes(b"planted" * 5)
    (tmp_path / "s").chmod(0o777)
    with pytest.raises(StateError, match="others may write"):
        State.open(tmp_path / "s")


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateError, match="cannot be used"):
        State.open(tmp_path / "file" / "s")


@pytest.mark.parametrize("content", [b"", b"short", bytes(32), b"k" * 33])
def test_a_damaged_key_is_refused(tmp_path: Path, content: bytes) -> None:
    State.open(tmp_path / "s")
    (tmp_path / "s" / "key").write_bytes(content)
    for opened in (State.open, State.existing):
        with pytest.raises(StateError, match="key"):
            opened(tmp_path / "s")


def test_runs_that_begin_at_once_have_one_key(tmp_path: Path) -> None:
    for number in range(20):
        start, keys = threading.Barrier(4), list[bytes]()

        def begin(folder: Path, start: threading.Barrier, keys: list[bytes]) -> None:
            start.wait()
            keys.append(State.open(folder).key)

        runs = [threading.Thread(target=begin, args=(tmp_path / f"{number}", start, keys)) for _ in range(4)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert keys == [(tmp_path / f"{number}" / "key").read_bytes()] * 4


def test_a_run_that_begins_while_another_makes_the_key_takes_that_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[bytes] = []
    exists = Path.exists

    def meanwhile(path: Path) -> bool:
        found = exists(path)
        if path.name == "key" and not others:
            others.append(b"")
            others.append(State.open(tmp_path / "s").key)
        return found

    monkeypatch.setattr(Path, "exists", meanwhile)
    assert State.open(tmp_path / "s").key == others[-1]


def test_only_one_acts_at_a_time(tmp_path: Path) -> None:
    state = State.open(tmp_path / "s")
    with state.lock(), pytest.raises(StateError, match="another clean-up"), state.lock():
        pass
    with state.lock():
        pass


def test_what_is_not_named_as_a_session_is_none(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    for name in ("\x1b[2Jx", "20261125T000000Z-abcdef\n", "..x"):
        (state.folder / "sessions" / name).mkdir()
    (state.folder / "sessions/20261125T000000Z-abcdef").symlink_to(tmp_path)
    assert state.sessions == ()


def test_sessions_sort_by_time(tmp_path: Path) -> None:
    state = State.open(tmp_path / "s")
    later, _ = state.new_session(NOW.replace(hour=2))
    earlier, _ = state.new_session(NOW)
    assert earlier.startswith("20261125T010203Z-")
    assert state.sessions == (earlier, later)


def test_a_session_that_cannot_be_made_is_an_error_that_explains_itself(tmp_path: Path) -> None:
    state = State.open(tmp_path / "s")
    (tmp_path / "s" / "sessions").rmdir()
    (tmp_path / "s" / "sessions").write_bytes(b"")
    with pytest.raises(StateError, match="cannot be used"):
        state.new_session(NOW)
