from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign import CampaignError
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.document import date_changes, dated_items, next_campaign, redated
from quetsach.centre.tables import load_campaign
from quetsach.core.period import Period
from quetsach.core.text import LocalText

CAMPAIGN = load_campaign("viet-nam-2020", Path("/nonexistent"))
NAME = LocalText("Chiến dịch sau", "The next one")


def test_moving_an_item_changes_only_that_item() -> None:
    moved = redated(CAMPAIGN, {"milestone:launch": Period(date(2020, 9, 25), date(2020, 9, 25))})
    (change,) = date_changes(CAMPAIGN, moved)
    assert (change.item, str(change.after)) == ("milestone:launch", "2020-09-25..2020-09-25")


def test_nothing_moved_is_no_change() -> None:
    days = {key: period for key, (_, period) in dated_items(CAMPAIGN).items()}
    assert redated(CAMPAIGN, days) == CAMPAIGN
    assert date_changes(CAMPAIGN, CAMPAIGN) == ()


@pytest.mark.parametrize(
    ("item", "first", "last", "says"),
    [
        ("phase:during", "2020-09-10", "2020-12-15", "begins before"),
        ("phase:during", "2020-09-17", "2020-12-01", "outside"),
        ("part:during/dot-2", "2020-09-30", "2020-10-31", "begins before"),
    ],
)
def test_days_that_overlap_or_leave_their_phase_are_refused(item: str, first: str, last: str, says: str) -> None:
    with pytest.raises(CampaignError, match=says):
        redated(CAMPAIGN, {item: Period.parse(f"{first}..{last}")})


def test_an_item_that_the_plan_does_not_have_is_refused() -> None:
    with pytest.raises(ScheduleError, match="no item"):
        redated(CAMPAIGN, {"phase:never": Period(date(2020, 1, 1), date(2020, 1, 2))})


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_next_campaign_keeps_every_length_and_distance(first: date) -> None:
    made = next_campaign(CAMPAIGN, id="next", name=NAME, first=first)
    shift = first - CAMPAIGN.phases[0].period.first
    old, new = dated_items(CAMPAIGN), dated_items(made)
    assert {k: Period(p.first + shift, p.last + shift) for k, (_, p) in old.items()} == {
        k: p for k, (_, p) in new.items()
    }
    assert [w.period.days for w in made.windows] == [w.period.days for w in CAMPAIGN.windows]


def test_a_next_campaign_takes_no_published_figures_along() -> None:
    made = next_campaign(CAMPAIGN, id="next", name=NAME, first=date(2027, 3, 1))
    assert not any(window.published for window in made.windows)


def test_there_and_back_again_is_the_same_plan() -> None:
    made = next_campaign(CAMPAIGN, id="next", name=NAME, first=date(2027, 3, 1))
    back = next_campaign(made, id=CAMPAIGN.id, name=CAMPAIGN.name, first=CAMPAIGN.phases[0].period.first)
    assert date_changes(CAMPAIGN, back) == ()


def test_a_day_out_of_all_reason_is_refused() -> None:
    with pytest.raises(ScheduleError, match="too far"):
        next_campaign(CAMPAIGN, id="next", name=NAME, first=CAMPAIGN.phases[0].period.first + timedelta(days=40_000))
