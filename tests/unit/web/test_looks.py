"""Looks at one's own address are answered as Django answers them, and most of them without it."""

import dataclasses
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.web.conftest import NOT_SEEN, SEEN, SEEN_IPV6
from tests.unit.web.server.test_environment import Head

from quetsach.core.address import Address
from quetsach.web.client_address import client_address
from quetsach.web.metrics import REGISTRY
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.published.answer import ADDRESS_PLACE, LOOK, Look, Outcome
from quetsach.web.server.answer import Answer
from quetsach.web.server.looks import KEPT_SECONDS, Looks
from quetsach.web.server.request import environment_of

pytestmark = pytest.mark.usefixtures("kept_connection")
EVERYBODY = [SEEN, NOT_SEEN, SEEN_IPV6, "8.8.8.8", "100.64.3.4", "192.168.1.4", "nonsense"]
SLIP = re.compile(rb'name="slip" value="([^"]*)"')


class Server:
    """What a visitor is answered, and how many pages Django made for it."""

    def __init__(self, **options: Any) -> None:
        self.made, self.time = 0, 1000.0
        django = WSGIHandler()

        def counting(environ: dict[str, Any], start: Any) -> Any:
            self.made += 1
            return django(environ, start)

        self.looks = Looks(counting, clock=lambda: self.time, **options)

    def ask(
        self, address: str, *headers: tuple[str, str], path: str = "/kiem-tra/", host: str = "testserver"
    ) -> Answer | None:
        environ = environ_of(address, *headers, path=path, host=host)
        seen = client_address(environ, proxy_hops=0)
        look = self.looks.look(environ, seen)
        if look is None:
            return None
        return self.looks.known(environ, look) or self.looks.made(environ, look)


def environ_of(
    address: str, *headers: tuple[str, str], path: str = "/kiem-tra/", host: str = "testserver", method: str = "POST"
) -> dict[str, Any]:
    asked = Head([("host", host), ("content-length", "0"), *headers])
    asked.method, asked.path, asked.client = method, path, f"{address}:4242"
    return environment_of(asked)


def without_slip(content: bytes) -> bytes:
    """A slip tells the second in which it was signed."""
    return SLIP.sub(b"", content)


def of(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers if name.lower() not in ("expires", "content-length")}


@pytest.mark.parametrize("path", ["/kiem-tra/", "/en/check/"])
@pytest.mark.parametrize("address", EVERYBODY)
def test_an_answer_is_that_of_django_made_and_kept(centre: Path, client: Client, path: str, address: str) -> None:
    server = Server()
    made = client.post(path, REMOTE_ADDR=address)
    for _ in range(2):
        answer = server.ask(address, path=path)
        assert answer
        assert (answer.status, of(answer.headers)) == (200, of(made.items()))
        assert without_slip(answer.content) == without_slip(made.content)
        assert dict(answer.headers)["content-length"] == str(len(answer.content))
        assert ADDRESS_PLACE not in answer.content.decode()
    assert server.made == 1


def test_nobody_is_shown_the_address_or_the_answer_of_another(centre: Path) -> None:
    server = Server()
    others = ["123.16.200.9", "123.16.200.10", "123.16.0.7", "123.16.0.8", "2405:4800:1:3::77", "100.64.3.4"]
    for address in others * 2:
        answer = server.ask(address)
        assert answer
        shown = re.findall(r'class="hash">([^<]*)<', answer.content.decode())
        assert shown == [address]
        is_seen = address.startswith("123.16.0.")
        assert ("đã bị ghi nhận" in answer.content.decode()) is is_seen
    assert server.made == 3, "seen, not seen, shared: one page each"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(number=st.integers(min_value=0, max_value=2**128 - 1), is_ipv4=st.booleans())
def test_the_answer_to_any_address_is_what_its_look_up_says(centre: Path, number: int, is_ipv4: bool) -> None:
    address = str(Address((0xFFFF << 32) | number % 2**32 if is_ipv4 else number))
    server = Server()
    asked = environ_of(f"[{address}]")
    look = server.looks.look(asked, client_address(asked, proxy_hops=0))
    assert look is not None
    assert look.outcome is not Outcome.SEEN or look.listings
    answer = server.ask(f"[{address}]")
    assert answer
    assert f'class="hash">{address}<' in answer.content.decode()


def test_a_page_is_kept_for_a_minute_and_its_slip_is_good(centre: Path) -> None:
    server = Server()
    first = server.ask(SEEN)
    server.time += KEPT_SECONDS - 1
    second = server.ask(SEEN)
    assert first
    assert second
    assert first.content == second.content
    assert server.made == 1
    server.time += 1
    server.ask(SEEN)
    assert server.made == 2
    slip = SLIP.search(first.content)
    assert slip
    read = CheckResult.read(slip[1].decode())
    assert read
    assert read.outcome is Outcome.SEEN


def test_an_answer_is_of_one_release_whatever_was_kept(centre: Path) -> None:
    found: list[Look] = []

    def look_up(address: Address | None, _now: object) -> Look:
        return dataclasses.replace(found[-1], address=address)

    server = Server(look_up=look_up)
    day = date(2020, 11, 30)
    found.append(Look(Outcome.NOT_SEEN, None, day - timedelta(days=30), day))
    before = server.ask(NOT_SEEN)
    found.append(Look(Outcome.NOT_SEEN, None, day - timedelta(days=29), day + timedelta(days=1)))
    after = server.ask(NOT_SEEN)
    assert before
    assert after
    assert "30/11/2020" in before.content.decode()
    assert "01/12/2020" in after.content.decode()
    assert "30/11/2020" not in after.content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/"},
        {"path": "/kiem-tra"},
        {"host": "evil.example"},
        {"headers": [("sec-fetch-site", "cross-site")]},
        {"headers": [("origin", "https://evil.example")]},
    ],
)
def test_what_is_no_look_or_is_refused_is_django_s(centre: Path, settings: Any, asked: dict[str, Any]) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    server = Server()
    assert server.ask(SEEN, *asked.pop("headers", ()), **asked) is None
    assert server.ask(SEEN, ("origin", "http://testserver")) is not None
    assert server.looks.look(environ_of(SEEN, method="GET"), None) is None


def test_a_body_is_django_s_to_read(centre: Path) -> None:
    asked = Head([("host", "testserver"), ("content-length", "7")])
    asked.method, asked.path = "POST", "/kiem-tra/"
    assert Server().looks.look(environment_of(asked), None) is None


def test_plain_http_is_django_s_where_visitors_come_by_https(centre: Path) -> None:
    server = Server(is_https=True)
    assert server.ask(SEEN) is None
    assert server.ask(SEEN, ("x-forwarded-proto", "https")) is not None


def test_looks_are_counted_once_each_and_no_address_is_logged(centre: Path, caplog: pytest.LogCaptureFixture) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("quetsach_checks_total", {"outcome": "seen"}) or 0

    before, server = count(), Server()
    with caplog.at_level("DEBUG"):
        for _ in range(5):
            server.ask(SEEN)
    assert count() == before + 5
    assert not [record for record in caplog.records if SEEN in str(record.__dict__)]


def test_a_visitor_cannot_name_what_was_found(centre: Path) -> None:
    environ = environ_of(NOT_SEEN, ("quetsach.look", "x"), ("quetsach-look", "x"))
    assert LOOK not in environ
