"""What returns say of loudspeakers and posters stands beside visits and is never added to them."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from tests.unit.web.office.conftest import TODAY

from quetsach.campaign.authority import Role
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Scope
from quetsach.core.period import Period
from quetsach.installation import bundled
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.models import Visit
from quetsach.web.office.publicity.selectors.reach import Reach, reach_of
from quetsach.web.office.returns.models import Assignment
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.tree.models import Unit, UnitKind

IN_TIME = datetime(2020, 10, 12, 3, tzinfo=UTC)
WEEK = Period(date(2020, 10, 5), date(2020, 10, 11))
CELLS = {
    "contact": "Nguyễn Thị Hòa",
    "staff-informed": "5",
    "machines-in-scope": "6",
    "machines-scanned": "6",
    "scan-turns": "6",
    "machines-infected": "0",
    "machines-cleaned": "0",
    "machines-reinstalled": "0",
    "machines-unresolved": "0",
    "channels.portal": "2",
    "channels.loudspeaker": "14",
    "channels.zalo": "0",
    "channels.facebook": "0",
    "channels.posters": "60",
    "channels.other": "0",
}


@pytest.fixture
def assignment(units: dict[str, Unit], campaign: Campaign) -> Assignment:
    path = bundled("data") / "forms" / "unit-return-1.toml"
    return assignment_make(
        by=None,
        campaign=campaign,
        form=form_load(content=path.read_bytes(), file=path.name),
        period_kind=PeriodKind.WEEK,
        periods=weeks(WEEK.first, WEEK.last),
        targets=[Target(units["tw"], UnitKind.COMMUNE)],
        due_days=3,
        lock_days=10,
        now=IN_TIME,
    )


@pytest.fixture
def filed(units: dict[str, Unit], assignment: Assignment, person: Callable[..., Person]) -> None:
    operator = person(Role.OPERATOR)
    for key in ("11296-2020", "11320-2020"):
        return_submit(
            author=operator,
            period=assignment.periods.get(),
            unit=units[key],
            scope=Scope.OWN,
            cells=CELLS,
            has_seen_notes=True,
            now=IN_TIME,
        )


def report(unit: Unit, period: Period = WEEK) -> Reach:
    found = reach_of(unit, period, person=None, day=TODAY)
    assert found is not None
    return found


def test_channels_add_up_over_the_units_below(units: dict[str, Unit], filed: None) -> None:
    (table,) = report(units["31-2020"]).channels
    assert {use.label.en: (use.times, use.units) for use in table.rows}["Loudspeakers (broadcasts)"] == (28, 2)


def test_channels_of_other_subtrees_stay_out(units: dict[str, Unit], filed: None) -> None:
    (table,) = report(units["303-2020"]).channels
    assert {use.label.en: use.times for use in table.rows}["Posters and leaflets (sheets)"] == 60


def test_what_nobody_approved_yet_is_told_apart(units: dict[str, Unit], filed: None) -> None:
    (table,) = report(units["31-2020"]).channels
    assert all(use.waiting == use.times for use in table.rows)


def test_a_period_that_lies_in_the_span_in_part_is_left_out(units: dict[str, Unit], filed: None) -> None:
    assert report(units["31-2020"], Period(WEEK.first, date(2020, 10, 10))).channels == ()


def test_visits_know_nothing_of_channels(units: dict[str, Unit], filed: None) -> None:
    Visit.objects.create(unit=units["31-2020"], day=WEEK.first, count=11)
    assert report(units["31-2020"]).total == 11


def test_the_page_shows_both_apart(
    units: dict[str, Unit], filed: None, person: Callable[..., Person], signed_in: Callable[[Person], Client]
) -> None:
    page = signed_in(person(Role.OPERATOR)).get(
        "/van-phong/truyen-thong/den-voi/", {"unit": "tw", "first": "2020-10-05", "last": "2020-10-11"}
    )
    text = page.content.decode()
    assert "Đài truyền thanh cơ sở (buổi phát)" in text
    assert "không bao giờ cộng với nhau" in text


def test_the_unit_is_chosen_by_name(units: dict[str, Unit], person, signed_in) -> None:
    client = signed_in(person(Role.OPERATOR))
    page = client.get("/van-phong/truyen-thong/den-voi/").content.decode()
    assert f'value="{units["tw"].name}"' in page
    assert 'value="tw"' not in page
    days = {"first": "2020-10-05", "last": "2020-10-11"}
    for named in ("31-2020", "Thành phố Hải Phòng (31-2020)"):
        found = client.get("/van-phong/truyen-thong/den-voi/", {"unit": named, **days}).content.decode()
        assert "Thành phố Hải Phòng" in found.partition("</h1>")[0]
    lost = client.get("/van-phong/truyen-thong/den-voi/", {"unit": "nowhere", **days})
    assert "Không có đơn vị nào mang tên hoặc mã này." in lost.content.decode()
