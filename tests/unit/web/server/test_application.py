"""Requests are taken in whole, in time and within bounds before Django sees them."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.unit.web.server.test_environment import Head, head
from tests.waiting import PATIENCE_SECONDS

from quetsach.web.limits import SMALL_BODY_BYTES
from quetsach.web.server import request as body_module
from quetsach.web.server.answer import BARE_HEADERS, LARGE_FILE_BYTES
from quetsach.web.server.application import PAGE_THREADS, CentreApplication
from quetsach.web.server.looks import Looks
from quetsach.web.server.pages import WrittenPages


@dataclass
class Line:
    """The connection of one request: what arrives, and what was answered."""

    pieces: list[bytes] = field(default_factory=list)
    stalls: bool = False
    status: int = 0
    content: bytes = b""
    file: str = ""
    taken: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += len(piece)
            yield piece
        if self.stalls:
            await asyncio.Event().wait()

    def response_empty(self, status: int, _headers: list[tuple[str, str]]) -> None:
        self.status = status

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.content, self.headers = status, body, dict(headers)

    def response_file(self, status: int, _headers: list[tuple[str, str]], file: str) -> None:
        self.status, self.file = status, file


def echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


def application(wsgi: Any = echo, *, known: bool = False) -> CentreApplication:
    written = WrittenPages(None, mark="", is_ours=lambda _host: True)
    return CentreApplication(
        wsgi,
        folder=None,
        proxy_hops=0,
        is_known_sender=lambda _environ: known,
        written=written,
        looks=Looks(wsgi),
    )


def post(length: int, path: str = "/en/help/") -> Head:
    asked = head(("content-length", str(length)))
    asked.method, asked.path = "POST", path
    return asked


def test_a_body_arrives_whole() -> None:
    line = Line([b"one ", b"two"])
    asyncio.run(application().__rsgi__(post(7), line))
    assert (line.status, line.content) == (200, b"one two")


def test_a_body_that_stalls_ends_with_408_and_django_never_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def impatient(*arguments: Any, **options: Any) -> Any:
        return await body_module.body_received(*arguments, **options, read_seconds=0.05)

    monkeypatch.setattr("quetsach.web.server.application.body_received", impatient)
    line = Line([b"x"], stalls=True)
    asyncio.run(application(lambda *_: pytest.fail("Django was called")).__rsgi__(post(5000), line))
    assert line.status == 408


def test_a_body_dripping_for_ever_is_ended_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping(Line):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                await asyncio.sleep(0.01)
                yield b"x"

    monkeypatch.setattr(body_module, "FIRST_SECONDS", 0.1)
    line = Dripping()
    asyncio.run(application().__rsgi__(post(1000), line))
    assert line.status == 408


def test_a_body_that_breaks_off_is_refused_to_people_and_to_programs() -> None:
    line, program = Line([b"xy"]), Line([b"xy"])
    asyncio.run(application().__rsgi__(post(3), line))
    asyncio.run(application().__rsgi__(post(3, "/api/v1/reports"), program))
    assert (line.status, program.status) == (400, 400)
    assert "not well-formed" in line.content.decode()
    assert json.loads(program.content)["error"] == "cut-body"


@pytest.mark.parametrize(("known", "taken"), [(False, 0), (True, SMALL_BODY_BYTES + 1)])
def test_much_is_taken_in_only_from_who_is_known(known: bool, taken: int) -> None:
    line = Line([b"x" * (SMALL_BODY_BYTES + 1)])
    asyncio.run(application(known=known).__rsgi__(post(SMALL_BODY_BYTES + 1, "/en/office/units/"), line))
    assert (line.taken, len(line.content)) == (taken, taken)


def test_more_than_an_address_takes_is_left_on_the_line() -> None:
    line = Line([b"x" * (SMALL_BODY_BYTES + 1)])
    asyncio.run(application(known=True).__rsgi__(post(SMALL_BODY_BYTES + 1), line))
    assert (line.taken, line.content) == (0, b"")


def test_two_hundred_hanging_bodies_of_one_source_leave_the_threads_free() -> None:
    async def attack() -> tuple[list[Line], Line]:
        centre = application()
        hanging = [Line([b"x"], stalls=True) for _ in range(200)]
        tasks = [
            asyncio.create_task(centre.__rsgi__(post(5000, f"/{n % 10}/"), line)) for n, line in enumerate(hanging)
        ]
        await asyncio.sleep(0.05)
        page = Line()
        await asyncio.wait_for(centre.__rsgi__(Head(), page), PATIENCE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return hanging, page

    hanging, page = asyncio.run(attack())
    assert page.status == 200
    turned_away = [line for line in hanging if line.status == 503]
    assert len(turned_away) == 200 - 32
    assert all(dict(BARE_HEADERS).items() <= line.headers.items() for line in turned_away)


def test_monitoring_is_answered_while_every_page_is_slow() -> None:
    free = threading.Event()

    def slow(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            free.wait(PATIENCE_SECONDS)
        return echo(environ, start)

    async def watch() -> tuple[Line, list[Line]]:
        centre = application(slow)
        pages = [Line() for _ in range(2 * PAGE_THREADS + 100)]
        tasks = [asyncio.create_task(centre.__rsgi__(Head(), page)) for page in pages]
        await asyncio.sleep(0.05)
        health = Line()
        await asyncio.wait_for(centre.__rsgi__(Head(path="/healthz"), health), PATIENCE_SECONDS)
        free.set()
        await asyncio.gather(*tasks)
        return health, pages

    health, pages = asyncio.run(watch())
    assert health.status == 200
    assert {page.status for page in pages} == {200, 503}, "one source waits with 64 pages at most"


def test_one_source_that_asks_for_the_state_without_end_keeps_nobody_else_from_asking() -> None:
    free = threading.Event()

    def slow(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        free.wait(PATIENCE_SECONDS)
        return echo(environ, start)

    async def watch() -> tuple[Line, list[Line]]:
        centre = application(slow)
        asking = [Line() for _ in range(40)]
        tasks = [asyncio.create_task(centre.__rsgi__(Head(path="/healthz"), line)) for line in asking]
        await asyncio.sleep(0.05)
        monitor = Line()
        watching = asyncio.create_task(centre.__rsgi__(Head(path="/healthz", client="192.0.2.7:4242"), monitor))
        await asyncio.sleep(0.05)
        free.set()
        await asyncio.gather(*tasks, watching)
        return monitor, asking

    monitor, asking = asyncio.run(watch())
    assert monitor.status == 200
    assert [line.status for line in asking].count(503) == 40 - 4


def test_a_fault_of_ours_is_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    line = Line()
    asyncio.run(application(lambda *_: 1 / 0).__rsgi__(Head(), line))
    assert (line.status, "ZeroDivisionError" in caplog.text) == (500, True)


@pytest.mark.parametrize("size", [LARGE_FILE_BYTES, LARGE_FILE_BYTES + 1])
def test_a_large_file_is_sent_by_the_server_and_a_small_one_from_memory(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    opened = path.open("rb")

    def files(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](opened, 8192)
        return wrapped

    line = Line()
    asyncio.run(application(files).__rsgi__(Head(), line))
    assert (line.file, len(line.content)) == ((str(path), 0) if size > LARGE_FILE_BYTES else ("", size))
    assert opened.closed


def test_large_bodies_wait_in_a_file_without_a_name(tmp_path: Path) -> None:
    async def receive() -> bytes:
        pieces = Line([b"x" * 50_000] * 4)
        with await body_module.body_received(pieces, 200_000, folder=tmp_path) as kept:
            assert os.listdir(tmp_path) == []  # noqa: PTH208  (a folder of the test)
            return kept.read()

    assert len(asyncio.run(receive())) == 200_000


def test_lists_of_stolen_accounts_never_wait_in_a_file(tmp_path: Path) -> None:
    async def receive() -> None:
        pieces = Line([b"x" * 50_000] * 4)
        with await body_module.body_received(pieces, 200_000, folder=tmp_path / "none", in_memory=True) as kept:
            assert len(kept.read()) == 200_000

    asyncio.run(receive())
