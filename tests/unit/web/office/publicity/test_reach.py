"""Reach: visits by unit and day, small counts of others hidden, offline channels apart."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.web.office.conftest import TODAY

from quetsach.campaign.authority import Role
from quetsach.core.period import Period
from quetsach.web.office.people.models import Person
from quetsach.web.office.publicity.models import Visit
from quetsach.web.office.publicity.selectors.reach import Reach, reach_of, weeks_in, whole_weeks
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit

FIRST = date(2020, 9, 28)
PERIOD = Period(FIRST, date(2020, 10, 4))

type Make = Callable[..., Person]


def visited(units: dict[str, Unit], **counts: int) -> None:
    """Count visits on the first day; keys are written with an underscore."""
    for key, count in counts.items():
        Visit.objects.create(unit=units[key.removeprefix("u").replace("_", "-")], day=FIRST, count=count)


def report(unit: Unit, person: Person | None, period: Period = PERIOD) -> Reach:
    found = reach_of(unit, period, person=person, day=TODAY)
    assert found is not None
    return found


def below(found: Reach) -> dict[str, int | None]:
    return {row.unit.key: row.visits for row in found.below}


def test_visits_are_those_of_the_unit_and_all_below(units: dict[str, Unit], person: Make) -> None:
    visited(units, u31_2020=20, u303_2020=30, u11296_2020=40, u304_2020=50, u01_2020=99)
    found = report(units["31-2020"], person(Role.VIEWER, "31-2020"))
    assert (found.total, found.own) == (140, 20)
    assert below(found) == {"303-2020": 70, "304-2020": 50}


def test_days_outside_the_span_do_not_count(units: dict[str, Unit], person: Make) -> None:
    visited(units, u31_2020=20)
    Visit.objects.create(unit=units["31-2020"], day=FIRST - timedelta(days=1), count=7)
    assert report(units["31-2020"], person(Role.VIEWER, "31-2020")).total == 20


def test_every_day_of_the_span_is_there(units: dict[str, Unit], person: Make) -> None:
    visited(units, u11296_2020=4)
    found = report(units["11296-2020"], person(Role.EDITOR, "11296-2020"))
    assert found.days == ((FIRST, 4), *((FIRST + timedelta(days=n), 0) for n in range(1, 7)))


def test_ones_own_small_count_is_shown(units: dict[str, Unit], person: Make) -> None:
    visited(units, u11296_2020=4)
    found = report(units["11296-2020"], person(Role.EDITOR, "11296-2020"))
    assert (found.own, found.total) == (4, 4)


def test_a_small_count_of_another_unit_is_hidden(units: dict[str, Unit], person: Make) -> None:
    visited(units, u11296_2020=4)
    found = report(units["11296-2020"], person(Role.VIEWER, "31-2020"))
    assert (found.own, found.total, found.days) == (None, None, ())


def test_one_hidden_count_is_not_left_to_a_subtraction(units: dict[str, Unit], person: Make) -> None:
    visited(units, u11296_2020=4, u11299_2020=50)
    found = report(units["303-2020"], person(Role.VIEWER, "303-2020"))
    assert found.total == 54
    assert below(found) == {"11296-2020": None, "11299-2020": None}


def test_ten_days_with_ten_visits_are_not_shown_beside_their_total(units: dict[str, Unit], person: Make) -> None:
    """Zeros are shown, so each of the ten hidden days would be known to have one."""
    for n in range(10):
        Visit.objects.create(unit=units["11296-2020"], day=FIRST + timedelta(days=n), count=1)
    Visit.objects.create(unit=units["11299-2020"], day=FIRST, count=0)
    found = report(units["11296-2020"], person(Role.VIEWER, "303-2020"), Period(FIRST, FIRST + timedelta(days=14)))
    assert (found.own, found.total, found.days) == (None, None, ())


def test_a_total_that_would_give_a_hidden_count_away_is_hidden(units: dict[str, Unit], person: Make) -> None:
    visited(units, u303_2020=20, u11296_2020=4)
    found = report(units["303-2020"], person(Role.VIEWER, "303-2020"))
    assert (found.own, found.total, found.days) == (20, None, ())


def test_where_nobody_came_there_is_nothing_to_hide(units: dict[str, Unit], person: Make) -> None:
    found = report(units["303-2020"], person(Role.VIEWER, "31-2020"))
    assert (found.total, found.own, below(found)) == (0, 0, {"11296-2020": 0, "11299-2020": 0})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 40), min_size=3, max_size=3))
def test_hidden_counts_are_never_fewer_than_ten_together_when_the_total_is_shown(
    units: dict[str, Unit], person: Make, counts: list[int]
) -> None:
    Visit.objects.all().delete()
    visited(units, u303_2020=counts[0], u11296_2020=counts[1], u304_2020=counts[2])
    found = report(units["31-2020"], person(Role.VIEWER, "31-2020"))
    shown = below(found)
    hidden = [key for key, count in shown.items() if count is None]
    true = {"303-2020": counts[0] + counts[1], "304-2020": counts[2]}
    assert all(count is None or count == true[key] for key, count in shown.items())
    assert all(count is None or count == 0 or count >= 10 for count in shown.values())
    if found.total is not None and hidden:
        assert len(hidden) > 1
        assert sum(true[key] for key in hidden) >= 10


SPANS = [Period(FIRST + timedelta(7 * n), FIRST + timedelta(7 * m + 6)) for n in range(3) for m in range(n, 3)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 25), min_size=9, max_size=9))
def test_spans_that_overlap_give_no_more_than_their_weeks(
    units: dict[str, Unit], person: Make, counts: list[int]
) -> None:
    Visit.objects.all().delete()
    for number, count in enumerate(counts):
        key = ("303-2020", "11296-2020", "304-2020")[number % 3]
        Visit.objects.create(unit=units[key], day=FIRST + timedelta(days=7 * (number // 3) + number % 3), count=count)
    who = person(Role.VIEWER, "31-2020")
    found = {span: report(units["31-2020"], who, span) for span in SPANS}
    for span, told in found.items():
        weeks = [found[week] for week in weeks_in(span)]
        for count, parts in [
            (told.total, [week.total for week in weeks]),
            *((below(told)[key], [below(week)[key] for week in weeks]) for key in below(told)),
        ]:
            assert count == (None if None in parts else sum(part for part in parts if part is not None))


def test_a_span_is_widened_to_whole_weeks_that_are_over() -> None:
    asked = Period(date(2020, 10, 1), date(2020, 10, 14))
    assert whole_weeks(asked, utc_day=date(2020, 10, 20)) == Period(FIRST, date(2020, 10, 18))
    assert whole_weeks(asked, utc_day=date(2020, 10, 18)) == Period(FIRST, date(2020, 10, 11))
    assert whole_weeks(asked, utc_day=date(2020, 10, 4)) is None


def test_the_week_that_goes_on_is_not_told(units: dict[str, Unit], person: Make, signed_in: Callable) -> None:
    today = datetime.now(UTC).date().isoformat()
    page = signed_in(person(Role.VIEWER, "31-2025")).get(
        "/van-phong/truyen-thong/den-voi/", {"first": today, "last": today}
    )
    assert "tuần đã kết thúc" in page.content.decode()


def test_units_outside_are_not_shown(units: dict[str, Unit], person: Make) -> None:
    with pytest.raises(AccessError):
        reach_of(units["01-2020"], PERIOD, person=person(Role.APPROVER, "31-2020"), day=TODAY)


def test_visits_follow_the_tree_of_their_day(units: dict[str, Unit], person: Make) -> None:
    Visit.objects.create(unit=units["11296-2025"], day=date(2025, 7, 2), count=30)
    Visit.objects.create(unit=units["11296-2020"], day=date(2025, 6, 30), count=25)
    span = Period(date(2025, 6, 1), date(2025, 7, 30))
    assert report(units["31-2025"], None, span).total == 30
    country = report(units["tw"], None, span)
    assert country.total == 55
    assert below(country)["31-2020"] == 25


def test_a_unit_that_was_not_in_the_tree_has_no_report(units: dict[str, Unit]) -> None:
    assert reach_of(units["31-2025"], PERIOD, person=None, day=TODAY) is None


def test_the_page_shows_the_own_unit_first(units: dict[str, Unit], person: Make, signed_in: Callable) -> None:
    Visit.objects.create(unit=units["31-2025"], day=date(2025, 10, 2), count=12)
    page = signed_in(person(Role.VIEWER, "31-2025")).get(
        "/van-phong/truyen-thong/den-voi/", {"first": "2025-10-01", "last": "2025-10-06"}
    )
    text = page.content.decode()
    assert "Thành phố Hải Phòng" in text
    assert "<strong>12" in text
    assert "không bao giờ cộng với nhau" in text


def test_where_nobody_came_the_page_says_so_instead_of_a_list_of_zeros(
    units: dict[str, Unit], person: Make, signed_in: Callable
) -> None:
    client, nobody = signed_in(person(Role.VIEWER, "31-2025")), "chưa có lượt mở trang nào"
    span = {"first": "2025-09-01", "last": "2025-10-06"}
    empty = client.get("/van-phong/truyen-thong/den-voi/", span).content.decode()
    assert (nobody in empty, "Theo tuần" in empty) == (True, False)
    Visit.objects.create(unit=units["31-2025"], day=date(2025, 10, 2), count=12)
    visited = client.get("/van-phong/truyen-thong/den-voi/", span).content.decode()
    assert (nobody in visited, "Theo tuần" in visited) == (False, True)


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [("2020-10-06", "2020-10-01", "đứng trước"), ("2019-01-01", "2020-10-01", "400 ngày"), ("x", "2020-10-01", "")],
)
def test_days_that_make_no_span_are_said(
    units: dict[str, Unit], person: Make, signed_in: Callable, first: str, last: str, fault: str
) -> None:
    page = signed_in(person(Role.VIEWER, "31-2020")).get(
        "/van-phong/truyen-thong/den-voi/", {"first": first, "last": last}
    )
    assert "error-summary" in page.content.decode()
    assert fault in page.content.decode()


def test_a_foreign_unit_is_not_found(units: dict[str, Unit], person: Make, signed_in: Callable) -> None:
    page = signed_in(person(Role.VIEWER, "31-2020")).get("/van-phong/truyen-thong/den-voi/", {"unit": "01-2020"})
    assert page.status_code == 404
