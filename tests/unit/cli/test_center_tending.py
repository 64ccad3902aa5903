"""What goes on behind the pages."""

import threading

import pytest

from quetsach.cli.center import tending


def test_work_that_breaks_off_is_tried_again_until_the_centre_stops(db, caplog: pytest.LogCaptureFixture) -> None:
    stopped, turns = threading.Event(), []

    def work() -> None:
        turns.append(1)
        if len(turns) == 3:
            stopped.set()
        raise RuntimeError("broken")

    tending.again(work, 0, stopped, lambda: None)
    assert len(turns) == 3
    assert "tried again" in caplog.text


def test_a_centre_that_stops_begins_nothing(db, tmp_path) -> None:
    stopped = threading.Event()
    stopped.set()
    tending.take_in_reports(tmp_path, stopped, lambda: None)
    tending.erase_cases(tmp_path, stopped, lambda: None)
    tending.clear_sessions(tmp_path, stopped, lambda: None)
