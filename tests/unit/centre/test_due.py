"""Figures go out at most once a minute, and what is due is never forgotten."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quetsach.centre.publication.due import (
    Publish,
    is_due,
    note_change,
    publish_now_or_later,
    publish_what_is_due,
    serving,
    standing,
    work_off,
)
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which a centre was laid out."""
    (tmp_path / "secret.key").touch()
    return tmp_path


@pytest.fixture
def published() -> list[datetime]:
    """When figures were published."""
    return []


@pytest.fixture
def publish(published: list[datetime]) -> Publish:
    """Note when figures would be counted."""
    return lambda _data, now: published.append(now)


def test_the_first_goes_out_at_once_and_the_next_a_minute_later(
    data: Path, published: list[datetime], publish: Publish
) -> None:
    assert publish_now_or_later(data, publish, now=NOW) is None
    assert publish_now_or_later(data, publish, now=NOW + MINUTE / 2) == NOW + MINUTE
    assert (published, is_due(data)) == ([NOW], True)
    assert work_off(data, publish, now=NOW + MINUTE / 2) == NOW + MINUTE
    assert work_off(data, publish, now=NOW + MINUTE) is None
    assert (published, is_due(data)) == ([NOW, NOW + MINUTE], False)
    assert work_off(data, publish, now=NOW + 9 * MINUTE) is None
    assert len(published) == 2


def test_the_next_command_publishes_what_is_due_though_it_brings_nothing(
    data: Path, published: list[datetime], publish: Publish
) -> None:
    for seconds in (0, 1):
        publish_now_or_later(data, publish, now=NOW + timedelta(seconds=seconds))
    assert publish_what_is_due(data, publish, now=NOW + MINUTE) is None
    assert publish_what_is_due(data, publish, now=NOW + 3 * MINUTE) is None
    assert published == [NOW, NOW + MINUTE]


def test_where_a_centre_serves_it_publishes(data: Path, published: list[datetime], publish: Publish) -> None:
    with serving(data):
        at = publish_now_or_later(data, publish, now=NOW)
        assert at
        assert NOW < at < NOW + MINUTE
        assert published == []
        assert work_off(data, publish, now=at) is None  # as its thread does
    assert (published, is_due(data)) == ([at], False)


def test_a_publication_that_fails_or_is_killed_stays_due(
    data: Path, published: list[datetime], publish: Publish
) -> None:
    def fail(_data: Path, _now: datetime) -> None:
        raise QuetsachError("the disk is full")

    with pytest.raises(QuetsachError, match="full"):
        publish_now_or_later(data, fail, now=NOW)
    assert is_due(data)
    assert work_off(data, publish, now=NOW + MINUTE) is None
    assert (published, is_due(data)) == ([NOW + MINUTE], False)


def test_what_is_committed_while_figures_are_counted_is_due_again(data: Path) -> None:
    def publish(data: Path, now: datetime) -> None:
        publish_now_or_later(data, publish, now=now)

    publish_now_or_later(data, publish, now=NOW)
    assert is_due(data)


def test_a_clock_that_was_set_back_holds_nothing_up(data: Path, published: list[datetime], publish: Publish) -> None:
    publish_now_or_later(data, publish, now=NOW)
    assert publish_now_or_later(data, publish, now=NOW - timedelta(days=1)) is None
    assert len(published) == 2


def test_a_folder_without_a_centre_is_left_alone(tmp_path: Path, published: list[datetime], publish: Publish) -> None:
    assert publish_now_or_later(tmp_path, publish, now=NOW) is None
    assert (published, list(tmp_path.iterdir())) == ([], [])


def test_why_it_failed_is_told_in_both_languages_until_it_succeeds(data: Path, publish: Publish) -> None:
    def fail(_data: Path, _now: datetime) -> None:
        raise QuetsachError(LocalText("hỏng", "damaged"), where="x.parquet", hint=LocalText("khôi phục", "restore it"))

    note_change(data)
    with pytest.raises(QuetsachError):
        work_off(data, fail, now=NOW)
    told = standing(data)
    assert (told.is_due, told.counted_at) == (True, NOW)
    assert told.trouble == LocalText("x.parquet: hỏng. khôi phục", "x.parquet: damaged. restore it")
    work_off(data, publish, now=NOW + MINUTE)
    assert (standing(data).is_due, standing(data).trouble) == (False, None)


def test_of_a_centre_where_nothing_was_counted_yet_nothing_is_told(data: Path) -> None:
    told = standing(data)
    assert (told.is_due, told.counted_at, told.trouble) == (False, None, None)
