"""The desk shows how the campaign that runs stands, and never that nothing waits where units owe an answer."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from tests.browser import barriers, fits
from tests.page_text import page_text
from tests.unit.web.office.campaigns.conftest import bundled_document, grant
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.campaign_status import status_of
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.campaigns.services.steps import close_ask, gate_ask
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.selectors.answers import Answers
from quetsach.web.office.letters.services.acknowledge import dispatch_acknowledge
from quetsach.web.office.letters.services.send import Actor, letter_send
from quetsach.web.office.plans.models import Campaign

TODAY = datetime.now(UTC).date()
NOTHING = "Hiện bạn không có việc nào cần xử lý."


@pytest.fixture
def campaign(operator) -> Campaign:
    return campaign_begin(document=bundled_document(), by=operator, now=NOW)


@pytest.fixture
def opened(campaign: Campaign, operator, person) -> Campaign:
    grant(gate_ask(campaign=campaign, phase="before", by=operator, now=NOW), person(Role.OPERATOR))
    return campaign


@pytest.fixture
def sent(opened: Campaign, issued, units, operator) -> None:
    """Send a letter to two provinces, one of which acknowledges it."""
    letter = issued()
    letter_send(letter=letter, units=[units[key] for key in ("31-2020", "01-2020")], by=operator, now=NOW)
    answered = Dispatch.objects.get(letter=letter, to_unit__key="01-2020")
    dispatch_acknowledge(dispatch=answered, hand=Actor(None, "link"), now=NOW + timedelta(hours=5))


def answers(who) -> Answers | None:
    found = status_of(who, day=TODAY)
    return found.answers if found else None


def test_answers_are_counted_within_the_sight_of_who_looks(sent: None, person) -> None:
    assert answers(person(Role.VIEWER)) == Answers(sent=2, acknowledged=1, waiting=1)
    assert answers(person(Role.VIEWER, "31-2025")) == Answers(sent=1, acknowledged=0, waiting=1)
    assert answers(person(Role.VIEWER, "01-2025")) == Answers(sent=1, acknowledged=1, waiting=0)
    assert answers(person(Role.VIEWER, "11296-2025")) == Answers()


def test_nothing_waits_only_where_no_unit_in_sight_owes_an_answer(sent: None, person, signed_in) -> None:
    said = {
        unit: page_text(signed_in(person(Role.VIEWER, unit)).get("/van-phong/"))
        for unit in ("tw", "31-2025", "01-2025", "11296-2025")
    }
    assert {unit: NOTHING in page for unit, page in said.items()} == {
        "tw": False, "31-2025": False, "01-2025": True, "11296-2025": True,
    }  # fmt: skip
    assert "Chưa có trả lời: 1." in said["31-2025"]
    assert "1/2" in said["tw"]
    assert "đã được xác nhận" not in said["11296-2025"]


def test_the_phase_that_runs_says_which_day_it_is_and_how_many_are_left(opened: Campaign, person) -> None:
    phase = opened.plan.phases[0].period
    who = person(Role.VIEWER)
    found = [status_of(who, day=day) for day in (phase.first, phase.last, date(2026, 11, 29))]
    running = [one.running if one else None for one in found]
    assert [(one.day_number, one.days_left) if one else None for one in running] == [
        (1, phase.days - 1),
        (phase.days, 0),
        None,
    ]


def test_a_campaign_that_is_not_opened_or_is_closed_stands_on_no_desk(campaign: Campaign, operator, person) -> None:
    who = person(Role.VIEWER)
    assert status_of(who, day=TODAY) is None
    grant(gate_ask(campaign=campaign, phase="before", by=operator, now=NOW), person(Role.OPERATOR))
    assert status_of(who, day=TODAY) is not None
    grant(close_ask(campaign=campaign, reason="Đã xong.", by=operator, now=NOW), person(Role.OPERATOR))
    assert status_of(who, day=TODAY) is None


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_the_desk_is_fit_for_a_phone_and_for_everyone(
    browser: Browser, sent: None, person, signed_in, live_server
) -> None:
    key = signed_in(person(Role.OPERATOR)).cookies["office"].value
    faults: list[object] = []
    for width in (360, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            context.add_cookies([{"name": "office", "value": key, "path": "/", "domain": "localhost"}])
            page = context.new_page()
            page.goto(live_server.url + reverse("office:dashboard"))
            assert page.locator(".funnel li").count() == 1
            faults += [] if fits(page) else [(width, "wider than the screen")]
            faults += barriers(page)
    assert faults == []
