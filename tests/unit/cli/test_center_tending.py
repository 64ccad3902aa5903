"""What goes on behind the pages."""

import dataclasses
import threading

import pytest

from quetsach.cli.center import tending
from quetsach.web.api.tally import report_tally


def test_work_that_breaks_off_is_tried_again_until_the_centre_stops(db, caplog: pytest.LogCaptureFixture) -> None:
    stopped, turns = threading.Event(), []

    def work() -> None:
        turns.append(1)
        if len(turns) == 3:
            stopped.set()
        raise RuntimeError("broken")

    tending._again(work, 0, stopped)
    assert len(turns) == 3
    assert "tried again" in caplog.text


def test_a_centre_that_stops_begins_nothing(db, tmp_path) -> None:
    stopped = threading.Event()
    stopped.set()
    tending.take_in_reports(tmp_path, stopped)
    tending.count_reports(tmp_path, stopped)
    tending.erase_cases(tmp_path, stopped)
    tending.clear_sessions(tmp_path, stopped)


def test_reports_are_counted_into_a_file_that_pages_read(db, settings, tmp_path) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    assert report_tally() is None
    stopped = StopsAfter(turns=1)
    tending.count_reports(tmp_path, stopped)
    tally = report_tally()
    assert tally is not None
    assert (tally.reports, stopped.pauses) == (0, [tending.TALLY_SECONDS])


def test_counting_that_takes_long_rests_longer(db, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 30.0])
    monkeypatch.setattr(tending, "monotonic", lambda: next(clock))
    stopped = StopsAfter(turns=1)
    tending._again(lambda: None, 60, stopped, share=20)
    assert stopped.pauses == [600]


class StopsAfter(threading.Event):
    """Is set after so many pauses, and remembers how long they were to be."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.turns, self.pauses = turns, []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == self.turns:
            self.set()
        return self.is_set()
