"""Work behind the pages is watched, told of and started again."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.cli.center import works
from quetsach.cli.center.works import Behind, working
from quetsach.web.health import Heartbeats


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "BEAT_SECONDS", 0.02)
    monkeypatch.setattr(works, "AGAIN_SECONDS", 0.02)


def test_work_that_breaks_off_is_started_again_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(_data: Path, _stopped: threading.Event, beat: Callable[[], None]) -> None:
        beat()
        raise RuntimeError("broken")

    def told() -> int:
        found = Heartbeats.read(tmp_path)
        return found.works["letters"].broke_off if found else 0

    with working(tmp_path, [Behind("letters", breaks, 60)]):
        until(lambda: told() >= 2)
        found = Heartbeats.read(tmp_path)
        assert found is not None
        assert found.troubles(datetime.now(UTC)) == {}
    assert "letters: broke off" in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_in_spite_of_everything_is_started_again(tmp_path: Path) -> None:
    begun: list[int] = []

    def leaves(_data: Path, stopped: threading.Event, _beat: Callable[[], None]) -> None:
        begun.append(1)
        if len(begun) == 1:
            raise KeyboardInterrupt  # nothing catches it
        stopped.wait()

    with working(tmp_path, [Behind("erasure", leaves, 60)]):
        until(lambda: len(begun) == 2)


def test_work_that_hangs_is_told(tmp_path: Path) -> None:
    def hangs(_data: Path, stopped: threading.Event, _beat: Callable[[], None]) -> None:
        stopped.wait()

    def is_told() -> bool:
        found = Heartbeats.read(tmp_path)
        return bool(found and "silent" in found.troubles(datetime.now(UTC)).get("sessions", ""))

    with working(tmp_path, [Behind("sessions", hangs, 0.05)]):
        until(is_told)


def test_what_serves_watches_all_of_its_work() -> None:
    names = [work.name for work in works.works_of_a_centre()]
    assert {"signatures", "letters", "partners' reports", "figures", "erasure", "sessions"} <= set(names)
    assert len(names) == len(set(names))


def test_work_that_breaks_off_is_tried_again_until_the_centre_stops(db, caplog: pytest.LogCaptureFixture) -> None:
    stopped, turns = threading.Event(), []

    def work() -> None:
        turns.append(1)
        if len(turns) == 3:
            stopped.set()
        raise RuntimeError("broken")

    works.again(work, 0, stopped, lambda: None)
    assert len(turns) == 3
    assert "tried again" in caplog.text


def test_a_centre_that_stops_begins_nothing(db, tmp_path) -> None:
    stopped = threading.Event()
    stopped.set()
    works.take_in_reports(tmp_path, stopped, lambda: None)
    works.erase_cases(tmp_path, stopped, lambda: None)
    works.clear_sessions(tmp_path, stopped, lambda: None)
