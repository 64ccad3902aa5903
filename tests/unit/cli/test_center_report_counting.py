"""Reports are counted behind the pages: once a minute, and never for more than a small part of the time."""

import dataclasses
import threading
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from quetsach.cli.center import works
from quetsach.cli.center.works import TALLY_SECONDS, count_reports
from quetsach.web.api.selectors import report_tally


@pytest.fixture(autouse=True)
def _connection_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep it open from one turn to the next."""
    monkeypatch.setattr(works, "close_old_connections", lambda: None)


class StopsAfter(threading.Event):
    """Is set after so many pauses, and remembers how long they were to be."""

    def __init__(self, turns: int) -> None:
        super().__init__()
        self.turns = turns
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        if len(self.pauses) == self.turns:
            self.set()
        return self.is_set()


def test_reports_are_counted_into_a_file_that_pages_read(db: None, settings: Any, tmp_path: Path) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    assert report_tally() is None
    beats: list[int] = []
    stopped = StopsAfter(turns=2)
    count_reports(tmp_path, stopped, lambda: beats.append(1))
    tally = report_tally()
    assert tally is not None
    assert (tally.reports, stopped.pauses, len(beats)) == (0, [TALLY_SECONDS] * 2, 2)


def test_counting_that_takes_long_rests_longer(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = chain([0.0], repeat(30.0))
    monkeypatch.setattr(works, "monotonic", lambda: next(clock))
    stopped = StopsAfter(turns=1)
    count_reports(tmp_path, stopped, lambda: None)
    assert stopped.pauses == [600]


def test_counting_that_fails_is_left_to_whoever_starts_it_again(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_facts: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(works, "tally_refresh", fail)
    with pytest.raises(OSError, match="full"):
        count_reports(tmp_path, threading.Event(), lambda: None)


def test_a_centre_that_stops_counts_nothing(db: None, tmp_path: Path) -> None:
    stopped = threading.Event()
    stopped.set()
    count_reports(tmp_path, stopped, lambda: None)
    assert report_tally() is None
