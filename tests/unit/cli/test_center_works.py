"""Work behind the pages is watched, told of and started again."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.feed_server import CSV, Server, describe, running, send
from tests.waiting import until

from quetsach.centre.centre import Centre
from quetsach.centre.sources import pulling
from quetsach.centre.sources.pulling import Pulled, State
from quetsach.centre.sources.source import Source
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

    work = Behind("letters", breaks, 60)
    with working(tmp_path, [work]):
        until(lambda: told() >= 3)
        found = Heartbeats.read(tmp_path)
        assert found is not None
        assert "times in a row" in found.troubles(datetime.now(UTC))["letters"]
    assert "letters: broke off" in caplog.text
    assert "RuntimeError: broken" in caplog.text


def test_work_that_broke_off_once_and_goes_on_is_no_trouble(tmp_path: Path) -> None:
    begun: list[int] = []

    def breaks_once(_data: Path, stopped: threading.Event, _beat: Callable[[], None]) -> None:
        begun.append(1)
        if len(begun) == 1:
            raise RuntimeError("broken")
        stopped.wait()

    def state() -> dict[str, str]:
        found = Heartbeats.read(tmp_path)
        return found.troubles(datetime.now(UTC)) if found else {"": ""}

    with working(tmp_path, [Behind("letters", breaks_once, 60)]):
        until(lambda: len(begun) == 2)
        until(lambda: state() == {})


def test_rests_grow_while_work_breaks_off_and_end_when_it_is_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(works, "AGAIN_SECONDS", 30)
    monkeypatch.setattr(works, "monotonic", lambda: now[0])
    work = Behind("pages", lambda _data, _stopped, _beat: None, 60)

    def breaks_after(seconds: float) -> float:
        work.begin()
        now[0] += seconds
        return work.break_off()

    assert [breaks_after(1) for _ in range(7)] == [30, 60, 120, 240, 480, 600, 600]
    assert work.state().in_a_row == 7
    work.begin()
    now[0] += works.STEADY_SECONDS
    assert work.state().in_a_row == 0
    assert work.break_off() == 30


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


def test_work_in_turns_goes_on_until_the_centre_stops_or_it_breaks_off(db) -> None:
    stopped, turns = threading.Event(), []

    def work() -> None:
        turns.append(1)
        if len(turns) == 3:
            stopped.set()

    works.again(work, 0, stopped, lambda: None)
    assert len(turns) == 3
    stopped.clear()

    def breaks() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):  # who runs it names it and starts it again
        works.again(breaks, 0, stopped, lambda: None)


def test_a_centre_that_stops_begins_nothing(db, tmp_path) -> None:
    stopped = threading.Event()
    stopped.set()
    works.take_in_reports(tmp_path, stopped, lambda: None)
    works.erase_cases(tmp_path, stopped, lambda: None)
    works.clear_sessions(tmp_path, stopped, lambda: None)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as one:
        one.answers["/today.csv"] = lambda to: send(to, 200, CSV)
        yield one


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "sources").mkdir()
    tmp_path.chmod(0o700)
    return tmp_path


def _sources() -> Behind:
    return next(work for work in works.works_of_a_centre() if work.name == "sources")


def test_a_source_that_is_due_is_taken_in_while_a_centre_serves(db, server: Server, data: Path) -> None:
    describe(data, "http", f'url = "{server.url}/today.csv"')
    work = _sources()
    with working(data, [work]):
        until(lambda: bool(State.read(data / "pulled" / "one").succeeded_at))
    assert work.thread is not None
    assert not work.thread.is_alive()
    assert len(list((data / "lake" / "deliveries").glob("*.json"))) == 1
    works.sources_work(data, threading.Event(), lambda: None, set())
    assert len(server.asked) == 1, "it is not due again"


def test_a_centre_that_stops_takes_in_no_further_file(server: Server, data: Path) -> None:
    stopped = threading.Event()
    uuids = [f"5f2a9c1e-0000-4000-8000-00000000000{number}" for number in range(3)]
    manifest = json.dumps({uuid: {"timestamp": "1"} for uuid in uuids}).encode()
    server.answers["/manifest.json"] = lambda to: send(to, 200, manifest)
    for uuid in uuids:
        server.answers[f"/{uuid}.json"] = lambda to: stopped.set() or send(to, 200, b"{}")  # type: ignore[func-returns-value]
    describe(data, "misp", f'url = "{server.url}"')
    works.sources_work(data, stopped, lambda: None, set())
    assert [path for _, path, _, _ in server.asked] == ["/manifest.json", f"/{uuids[0]}.json"]
    state = State.read(data / "pulled" / "one")
    assert list(state.marks["events"]) == uuids[:1]
    assert not state.succeeded_at, "the next start goes on"


def test_a_source_that_breaks_off_keeps_no_other_back(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    describe(data, "http", f'url = "{server.url}/today.csv"')
    one = (data / "sources" / "one.toml").read_text()
    (data / "sources" / "a.toml").write_text(one.replace('"one"', '"a"'))
    real = pulling.pull

    def breaks(centre: Centre, source: Source, **named: Any) -> Iterator[Pulled]:
        if source.name == "a":
            raise RuntimeError("broken")
        return real(centre, source, **named)

    monkeypatch.setattr(works, "pull", breaks)
    works.sources_work(data, threading.Event(), lambda: None, set())
    assert "source a: broke off" in caplog.text
    assert State.read(data / "pulled" / "one").succeeded_at


def test_a_file_that_is_no_source_keeps_no_other_back_and_is_logged_once(
    server: Server, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    describe(data, "http", f'url = "{server.url}/today.csv"')
    (data / "sources" / "a.toml").write_text("name =")
    told: set[str] = set()
    for _turn in range(2):
        works.sources_work(data, threading.Event(), lambda: None, told)
    assert State.read(data / "pulled" / "one").succeeded_at
    assert caplog.text.count("source not asked: sources/a.toml:1:") == 1
    (data / "sources" / "a.toml").unlink()
    works.sources_work(data, threading.Event(), lambda: None, told)
    assert not told
