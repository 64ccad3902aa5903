from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.unit.web.office.returns.conftest import GOOD, IN_TIME

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import Scope, State
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import LinkUse, Return, ReturnLink
from quetsach.web.office.returns.services import link as links
from quetsach.web.office.returns.services.entry import link_used, return_submit
from quetsach.web.office.returns.views import entry as entry_views

UNIT = "11296-2020"


@pytest.fixture
def link(units, period, operator) -> ReturnLink:
    return links.link_make(period=period, unit=units[UNIT], days=14, by=operator, now=IN_TIME)


@pytest.fixture
def address(link: ReturnLink, monkeypatch) -> str:
    """Return the path of the link's page, at a time when it opens."""

    class Clock(entry_views.datetime):
        @classmethod
        def now(cls, tz=None):
            return IN_TIME

    monkeypatch.setattr(entry_views, "datetime", Clock)
    return f"/bao-cao/{links.token_of(link)}/"


def test_a_link_leads_to_its_return_only(units, period, assignment, link: ReturnLink) -> None:
    given = {"author": link, "scope": Scope.OWN, "cells": GOOD, "has_seen_notes": False, "now": IN_TIME}
    with pytest.raises(ReturnError, match="does not lead"):
        return_submit(period=period, unit=units["11299-2020"], **given)
    with pytest.raises(ReturnError, match="does not lead"):
        return_submit(period=assignment.periods.get(key="2020-W42"), unit=units[UNIT], **given)
    assert return_submit(period=period, unit=units[UNIT], **given).revisions.get().by_link == link


def test_a_token_that_was_changed_is_refused(link: ReturnLink) -> None:
    token = links.token_of(link)
    for damaged in (token[:-1], f"x{token}", token.replace(":", "-"), "", "a:b", "é" * 500):
        with pytest.raises(links.LinkError):
            links.link_of(damaged, now=IN_TIME)


def test_a_link_expires(link: ReturnLink) -> None:
    token = links.token_of(link)
    assert links.link_of(token, now=link.expires_at - timedelta(seconds=1)) == link
    with pytest.raises(links.LinkError, match="expired"):
        links.link_of(token, now=link.expires_at)


def test_a_link_that_was_withdrawn_is_closed(link: ReturnLink, operator) -> None:
    links.link_withdraw(link=link, by=operator, now=IN_TIME)
    with pytest.raises(links.LinkError):
        links.link_of(links.token_of(link), now=IN_TIME)


def test_the_unit_above_makes_links_and_no_other(units, period, person) -> None:
    assert links.link_make(period=period, unit=units[UNIT], days=1, by=person("editor", "303-2020"), now=IN_TIME)
    with pytest.raises(AccessError):
        links.link_make(period=period, unit=units[UNIT], days=1, by=person("approver", "304-2020"), now=IN_TIME)


@pytest.mark.parametrize("days", [0, 61])
def test_a_link_lives_neither_too_short_nor_too_long(units, period, operator, days: int) -> None:
    with pytest.raises(ReturnError):
        links.link_make(period=period, unit=units[UNIT], days=days, by=operator, now=IN_TIME)


def test_opening_a_link_shows_the_form_and_changes_nothing(empty_centre, address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 200
    assert "Quán Toan" in answer.content.decode()
    assert not Return.objects.exists()
    assert LinkUse.objects.get().act == "shown"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


def test_a_return_is_submitted_by_link(empty_centre, address: str) -> None:
    answer = Client().post(address, {**GOOD, "scope": "own", "submit": "1"})
    assert answer.status_code == 200
    assert "Đã nộp báo cáo." in answer.content.decode()
    assert Return.objects.get().state == State.SUBMITTED
    assert [use.act for use in LinkUse.objects.all()] == ["submitted"]


def test_faults_are_told_beside_their_cells_and_what_was_typed_stays(empty_centre, address: str) -> None:
    answer = Client().post(address, {**GOOD, "machines-scanned": "sáu mươi", "scope": "own", "submit": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="sáu mươi"' in page
    assert page.count('aria-invalid="true"') == 1


def test_another_site_cannot_submit_by_link(empty_centre, address: str) -> None:
    answer = Client().post(address, {**GOOD, "submit": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not Return.objects.exists()


def test_a_dead_link_has_a_page(empty_centre, db) -> None:
    answer = Client().get("/bao-cao/abc/")
    assert answer.status_code == 404
    assert "không mở được" in answer.content.decode()


def test_a_link_that_is_opened_again_and_again_is_noted_once_a_minute(link: ReturnLink) -> None:
    for seconds in (0, 1, 59, 61):
        link_used(link=link, act="shown", now=IN_TIME + timedelta(seconds=seconds))
    assert LinkUse.objects.count() == 2


def test_drafts_that_are_saved_again_and_again_are_noted_once_a_minute(empty_centre, address: str) -> None:
    for number in range(3):
        Client().post(address, {**GOOD, "contact": f"Nguyễn Thị Hòa {number}", "save": "1"})
    assert [use.act for use in LinkUse.objects.all()] == ["saved"]


def test_a_letter_leads_to_one_link_however_often_it_is_asked(units, period, link: ReturnLink) -> None:
    asked = {"period": period, "unit": units[UNIT], "days": 30}
    first = links.link_from_letter(**asked, now=IN_TIME)
    assert first != link  # that one is the unit above's to withdraw
    assert links.link_from_letter(**asked, now=IN_TIME) == first
    assert first.expires_at == datetime(2020, 10, 21, 17, tzinfo=UTC)  # entry is closed from 22 October on
    assert links.link_from_letter(**asked, now=first.expires_at - timedelta(hours=2)) == first
    with pytest.raises(ReturnError, match="closed"):
        links.link_from_letter(**asked, now=first.expires_at)
