"""Visits: a number by unit and day; nobody is followed, programs are not counted, bursts cost one write."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client, RequestFactory

from quetsach.core.address import Address
from quetsach.web.limits import RateLimit
from quetsach.web.office.publicity import services
from quetsach.web.office.publicity.models import Visit
from quetsach.web.office.publicity.services import FLUSH_SECONDS, VisitTally, is_person, visits_flush, visits_store
from quetsach.web.office.tree.models import Unit

PHONE = "Mozilla/5.0 (Linux; Android 9; SM-A105G) AppleWebKit/537.36 Chrome/85.0 Mobile Safari/537.36"
DAY = date(2020, 10, 6)


def counted(key: str) -> int:
    return sum(Visit.objects.filter(unit__key=key).values_list("count", flat=True))


def test_a_visit_leads_home_and_is_counted(client: Client, units: dict[str, Unit]) -> None:
    answer = client.get("/t/31-2020", headers={"user-agent": PHONE})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert counted("31-2020") == 1


def test_the_english_sheet_leads_to_the_english_page(client: Client, units: dict[str, Unit]) -> None:
    assert client.get("/en/t/31-2020", headers={"user-agent": PHONE})["Location"] == "/en/"
    assert counted("31-2020") == 1


def test_a_visit_sets_no_cookie_and_is_never_cached(client: Client, units: dict[str, Unit]) -> None:
    answer = client.get("/t/31-2020", headers={"user-agent": PHONE})
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def test_nothing_but_unit_day_and_count_is_kept() -> None:
    assert {field.name for field in Visit._meta.get_fields()} == {"id", "unit", "day", "count"}


def test_a_key_that_is_no_unit_leads_home_and_is_not_counted(client: Client, units: dict[str, Unit]) -> None:
    assert client.get("/t/nowhere", headers={"user-agent": PHONE})["Location"] == "/"
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": "facebookexternalhit/1.1"},
        {"user-agent": "curl/8.5"},
        {"user-agent": ""},
        {"user-agent": PHONE, "sec-purpose": "prefetch;prerender"},
        {"user-agent": PHONE, "purpose": "prefetch"},
        {"user-agent": PHONE, "x-moz": "prefetch"},
    ],
)
def test_programs_and_early_fetches_are_led_home_uncounted(
    client: Client, units: dict[str, Unit], headers: dict[str, str]
) -> None:
    assert client.get("/t/31-2020", headers=headers).status_code == 302
    assert not Visit.objects.exists()


def test_a_question_for_the_head_alone_is_not_a_visit() -> None:
    assert not is_person(RequestFactory().head("/t/31-2020", headers={"user-agent": PHONE}))


def test_a_burst_is_written_once(
    client: Client, units: dict[str, Unit], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Callable
) -> None:
    moment = [100.0]
    monkeypatch.setattr(services, "monotonic", lambda: moment[0])
    client.get("/t/31-2020", headers={"user-agent": PHONE})
    with django_assert_num_queries(0):
        for _ in range(50):
            client.get("/t/31-2020", headers={"user-agent": PHONE})
    assert counted("31-2020") == 1
    moment[0] += FLUSH_SECONDS
    client.get("/robots.txt")
    assert counted("31-2020") == 51


def test_what_cannot_be_written_waits(
    units: dict[str, Unit], tally: VisitTally, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_waiting: object) -> None:
        raise DatabaseError("locked")

    tally.add("31-2020", DAY, 3)
    with monkeypatch.context() as broken:
        broken.setattr(services, "visits_store", fail)
        visits_flush()
    assert "wait" in caplog.text
    assert tally.take(at=1e12) == {("31-2020", DAY): 3}


def test_days_are_those_of_utc(units: dict[str, Unit], tally: VisitTally) -> None:
    request = RequestFactory().get("/t/31-2020", headers={"user-agent": PHONE})
    services.visit_count(key="31-2020", request=request, now=datetime(2020, 10, 6, 23, 30, tzinfo=UTC))
    assert tally.take(at=1e12) == {("31-2020", DAY): 1}


def test_counts_of_several_servers_add_up(units: dict[str, Unit]) -> None:
    visits_store({("31-2020", DAY): 4, ("11296-2020", DAY): 1})
    visits_store({("31-2020", DAY): 5})
    assert (counted("31-2020"), counted("11296-2020")) == (9, 1)


def test_invented_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_MAX_WAITING", 3)
    tally = VisitTally()
    for number in range(10):
        tally.add(f"key-{number}", DAY)
    tally.add("key-0", DAY)
    assert sum(tally.take(at=0.0).values()) == 4


@pytest.mark.parametrize(("changing", "most"), [(0, 500), (1, 5_000)], ids=["a line", "a network"])
def test_no_more_visits_count_in_a_day_than_the_definition_says(changing: int, most: int) -> None:
    day = datetime(2031, 10, 6 + changing, tzinfo=UTC)  # a day of its own: buckets are thrown away at midnight
    tries = (
        services.VISIT_LIMIT.take(
            Address.parse(f"203.0.114.{changing * (number % 21)}"), now=day + timedelta(seconds=second)
        )
        for number, second in enumerate([*[0] * 6_000, *range(0, 86_400, 4)])
    )
    assert 0.99 * most <= sum(not seconds for seconds in tries) <= most


def test_one_network_cannot_raise_the_count_without_end(
    client: Client, units: dict[str, Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "VISIT_LIMIT", RateLimit(burst=3, per_minute=0.01))
    monkeypatch.setattr(services, "TALLY", VisitTally())
    for address in ["203.0.114.7"] * 9 + ["203.0.114.8"]:
        answer = client.get("/t/31-2020", headers={"user-agent": PHONE}, REMOTE_ADDR=address)
        assert answer.status_code == 302, "whoever comes is led home"
    assert counted("31-2020") + sum(services.TALLY.take(at=1e12).values()) == 4
