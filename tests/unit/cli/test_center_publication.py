"""What commands say of figures that are published later, and the thread that publishes them."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.centre.publication import due
from quetsach.cli.center import publication
from quetsach.cli.center.works import publish_due


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which a centre was laid out."""
    (tmp_path / "secret.key").touch()
    return tmp_path


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When figures were published."""
    times: list[datetime] = []
    monkeypatch.setattr(publication, "publish_figures", lambda _data, now: times.append(now))
    return times


def test_who_publishes_what_is_left_is_said(
    data: Path, published: list[datetime], capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    with due.serving(data):
        publication.publish_and_tell(data, "vi", now=now)
    assert "Trung tâm đang chạy" in capsys.readouterr().err
    publication.publish_and_tell(data, "en", now=now)
    publication.publish_and_tell(data, "en", now=now)
    assert "next center ingest" in capsys.readouterr().err
    assert published == [now]


def test_the_thread_of_a_serving_centre_publishes_what_a_command_left(
    data: Path, published: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "LOOK_SECONDS", 0.02)
    stopped = threading.Event()
    thread = threading.Thread(target=publish_due, args=(data, stopped, lambda: None))
    thread.start()
    until(lambda: due.is_serving(data))
    assert due.publish_now_or_later(data, publication.publish_figures, now=datetime.now(UTC))
    until(lambda: not due.is_due(data))
    stopped.set()
    thread.join()
    assert len(published) == 1
    assert not due.is_serving(data)
