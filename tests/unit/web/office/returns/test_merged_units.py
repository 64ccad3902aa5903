"""People of a merged unit see its returns, those of its parts, and wait for as many queries as anybody."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.unit.web.office.returns.test_pages import PLAN

from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.web.office.plans.models import Campaign, PlanRevision
from quetsach.web.office.returns.models import Assignment
from quetsach.web.office.returns.selectors.owing import owed_by, owed_of
from quetsach.web.office.returns.selectors.tally import inbox_of
from quetsach.web.office.returns.services.assignment import Target, assignment_make
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.views import dashboard_of

from .conftest import GOOD

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
KINDS = (UnitKind.PROVINCE, UnitKind.COMMUNE)


@pytest.fixture
def ask(units, form):
    """Return a maker of weekly assignments of a campaign of today."""

    def make(key: str, first: date, last: date) -> Assignment:
        campaign = Campaign.objects.create(key=key, begun_at=NOW)
        PlanRevision.objects.create(campaign=campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=NOW)
        return assignment_make(
            by=None, campaign=campaign, form=form, period_kind=PeriodKind.WEEK, periods=weeks(first, last),
            targets=[Target(units["tw"], kind) for kind in KINDS], due_days=10, lock_days=120,
            now=datetime(2026, 9, 1, tzinfo=UTC),
        )  # fmt: skip

    return make


@pytest.fixture
def week(ask) -> Assignment:
    return ask("viet-nam-2026", date(2026, 11, 16), date(2026, 11, 16))


@pytest.mark.parametrize("unit", ["31-2020", "31-2025"])
def test_who_looked_after_a_part_sees_the_return_of_the_whole(week, person, unit: str) -> None:
    who = person("approver", unit)
    assert [one.unit.key for one in owed_of(who, now=NOW)] == ["31-2025"]
    assert [one.unit.key for one in inbox_of(who, now=NOW).to_write] == ["31-2025"]
    assert {waiting.count for waiting in dashboard_of(who, now=NOW).waiting} == {1}


@pytest.mark.parametrize("unit", ["31-2020", "31-2025"])
def test_they_decide_on_the_returns_below_it(week, units, operator, person, unit: str) -> None:
    facts = {"scope": "own", "cells": GOOD, "has_seen_notes": True, "now": NOW}
    return_submit(author=operator, period=week.periods.get(), unit=units["11296-2025"], **facts)
    desk = inbox_of(person("approver", unit), now=NOW)
    assert [one.place.key for one in desk.to_decide] == ["11296-2025"]
    assert desk.to_decide_count == 1


def test_returns_of_the_days_before_the_reform_wait_for_the_successors_people(ask, person) -> None:
    made = ask("cu", date(2025, 6, 2), date(2025, 6, 2))
    made.in_force_at = datetime(2025, 5, 1, tzinfo=UTC)
    made.save()
    keys = {one.unit.key for one in owed_of(person("approver", "31-2025"), now=datetime(2025, 7, 10, tzinfo=UTC))}
    assert keys == {"31-2020"}


def queries(do) -> int:
    with CaptureQueriesContext(connection) as caught:
        do()
    return len(caught)


@pytest.mark.parametrize(("role", "unit"), [("editor", "11296-2025"), ("approver", "31-2025"), ("operator", "tw")])
def test_twice_as_many_periods_and_campaigns_take_as_many_queries(ask, units, operator, person, role, unit) -> None:
    who, facts = person(role, unit), {"scope": "own", "cells": GOOD, "has_seen_notes": True, "now": NOW}
    first = ask("mot", date(2026, 10, 5), date(2026, 11, 8))
    return_submit(author=operator, period=first.periods.first(), unit=units["11296-2025"], **facts)
    asked = (
        lambda: inbox_of(who, now=NOW),
        lambda: dashboard_of(who, now=NOW),
        lambda: owed_by(units["11296-2025"], campaign=None, now=NOW),
    )
    before = [queries(do) for do in asked]
    for key in ("hai", "ba"):
        made = ask(key, date(2026, 9, 7), date(2026, 11, 15))
        for period in made.periods.all()[:4]:
            return_submit(author=operator, period=period, unit=units["11296-2025"], **facts)
    assert [queries(do) for do in asked] == before


def test_the_pages_of_returns_take_as_many_queries_for_twice_as_much(
    ask, units, operator, signed_in, person, empty_centre
) -> None:
    client = signed_in(person("operator"))
    first = ask("mot", date(2026, 10, 5), date(2026, 11, 8))
    period = first.periods.last()
    room = "/van-phong/bao-cao/"
    board = f"{room}{first.pk}/{period.key}/tw/bang/"
    pages = [room, f"{room}{first.pk}/", board, board.replace("bang", "so-lieu")]
    for page in pages:
        client.get(page)
    before = {page: queries(lambda page=page: client.get(page)) for page in pages}
    for key in ("hai", "ba"):
        ask(key, date(2026, 9, 7), date(2026, 11, 15))
    Assignment.objects.get(pk=first.pk).periods.bulk_create(
        type(period)(assignment=first, key=one.key, first=one.first, last=one.last)
        for one in weeks(date(2026, 8, 3), date(2026, 9, 27))
    )
    assert {page: queries(lambda page=page: client.get(page)) for page in pages} == before
    assert max(before.values()) <= 30, before
