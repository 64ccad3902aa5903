"""Figures go out at most once a minute, and what is due is never forgotten."""

import fcntl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.cli.center import publishing
from quetsach.cli.center.publishing import (
    is_due,
    is_serving,
    later_text,
    publish_due,
    publish_now_or_later,
    publish_what_is_due,
    work_off,
)
from quetsach.core.errors import QuetsachError

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which a centre was laid out."""
    (tmp_path / "secret.key").touch()
    return tmp_path


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When figures were published."""
    times: list[datetime] = []
    monkeypatch.setattr(publishing, "publish_figures", lambda _data, *, now, progress: times.append(now))
    return times


def test_the_first_goes_out_at_once_and_the_next_a_minute_later(data: Path, published: list[datetime]) -> None:
    assert publish_now_or_later(data, now=NOW) is None
    assert publish_now_or_later(data, now=NOW + MINUTE / 2) == NOW + MINUTE
    assert (published, is_due(data)) == ([NOW], True)
    assert work_off(data, now=NOW + MINUTE / 2) == NOW + MINUTE
    assert work_off(data, now=NOW + MINUTE) is None
    assert (published, is_due(data)) == ([NOW, NOW + MINUTE], False)
    assert work_off(data, now=NOW + 9 * MINUTE) is None
    assert len(published) == 2


def test_the_next_command_publishes_what_is_due_though_it_brings_nothing(data: Path, published: list[datetime]) -> None:
    for seconds in (0, 1):
        publish_now_or_later(data, now=NOW + timedelta(seconds=seconds))
    assert publish_what_is_due(data, now=NOW + MINUTE) is None
    assert publish_what_is_due(data, now=NOW + 3 * MINUTE) is None
    assert published == [NOW, NOW + MINUTE]


def test_where_a_centre_serves_it_publishes(data: Path, published: list[datetime]) -> None:
    (data / "publication").mkdir()
    with (data / "publication" / "serving").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        at = publish_now_or_later(data, now=NOW)
        assert at
        assert NOW < at < NOW + MINUTE
        assert "Trung tâm đang chạy" in later_text(data, at, "vi")
        assert published == []
        assert work_off(data, now=at) is None  # as its thread does
    assert (published, is_due(data)) == ([at], False)
    assert "next center ingest" in later_text(data, at, "en")


def test_the_thread_of_a_serving_centre_publishes_what_a_command_left(
    data: Path, published: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_LOOK_SECONDS", 0.02)
    stopped = threading.Event()
    thread = threading.Thread(target=publish_due, args=(data, stopped, lambda: None))
    thread.start()
    until(lambda: is_serving(data))
    assert publish_now_or_later(data, now=datetime.now(UTC))
    until(lambda: not is_due(data))
    stopped.set()
    thread.join()
    assert len(published) == 1
    assert not is_serving(data)


def test_a_publication_that_fails_or_is_killed_stays_due(
    data: Path, published: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise QuetsachError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "publish_figures", fail)
        with pytest.raises(QuetsachError, match="full"):
            publish_now_or_later(data, now=NOW)
    assert is_due(data)
    assert work_off(data, now=NOW + MINUTE) is None
    assert (published, is_due(data)) == ([NOW + MINUTE], False)


def test_what_is_committed_while_figures_are_counted_is_due_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        publishing, "publish_figures", lambda data, *, now, progress: publish_now_or_later(data, now=now)
    )
    publish_now_or_later(data, now=NOW)
    assert is_due(data)


def test_a_clock_that_was_set_back_holds_nothing_up(data: Path, published: list[datetime]) -> None:
    publish_now_or_later(data, now=NOW)
    assert publish_now_or_later(data, now=NOW - timedelta(days=1)) is None
    assert len(published) == 2


def test_a_folder_without_a_centre_is_left_alone(tmp_path: Path, published: list[datetime]) -> None:
    assert publish_now_or_later(tmp_path, now=NOW) is None
    assert (published, list(tmp_path.iterdir())) == ([], [])
