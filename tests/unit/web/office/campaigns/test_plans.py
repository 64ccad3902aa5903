from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from tests.unit.web.office.campaigns.conftest import NOW, bundled_document, decide_botnets, freeze

from quetsach.campaign import CampaignError
from quetsach.campaign.authority import Role
from quetsach.campaign.errors import ScheduleError
from quetsach.centre.tables import load_campaign
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.office.campaigns.services.plans import campaign_begin, campaign_clone, plan_move, plan_replace
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import campaign_names, campaigns, decisions_of
from quetsach.web.office.refusal import AccessError

LATER = {"milestone:launch": Period(date(2020, 9, 25), date(2020, 9, 25))}
NAME = LocalText("Chiến dịch 2027", "Campaign 2027")


def test_a_campaign_begins_with_its_first_plan_and_is_logged(campaign: Campaign) -> None:
    assert (campaign.key, campaign.revision.number) == ("viet-nam-2020", 1)
    assert LogEntry.objects.latest("number").act == "campaign-begin"


def test_the_plan_lies_where_the_centre_measures_by_it(
    data: Path, operator, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        campaign = campaign_begin(document=bundled_document(), by=operator, now=NOW)
    assert (data / "campaigns" / "viet-nam-2020" / "campaign.toml").read_text("utf-8") == campaign.revision.document
    assert load_campaign("viet-nam-2020", data) == campaign.plan


def test_the_same_campaign_cannot_begin_twice(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError, match="already"):
        campaign_begin(document=bundled_document(), by=operator, now=NOW)


@pytest.mark.parametrize("role", [Role.ANALYST, Role.AUDITOR, Role.PRESS])
def test_only_who_runs_campaigns_may_begin_one(data: Path, person, role: Role) -> None:
    with pytest.raises(AccessError):
        campaign_begin(document=bundled_document(), by=person(role), now=NOW)


def test_moving_dates_makes_a_revision_and_a_decision_with_its_reason(campaign: Campaign, operator) -> None:
    plan_move(campaign=campaign, days=LATER, reason="Hoãn lễ phát động do mưa bão", by=operator, now=NOW)
    assert campaign.revision.number == 2
    (decision,) = decisions_of(campaign)
    assert decision.grounds == "Hoãn lễ phát động do mưa bão"
    assert decision.figures["changes"] == [
        {
            "item": "milestone:launch",
            "name": {"vi": "Lễ phát động trên toàn quốc", "en": "Public launch"},
            "before": "2020-09-18..2020-09-18",
            "after": "2020-09-25..2020-09-25",
        }
    ]


def test_what_was_planned_before_stays_readable(campaign: Campaign, operator) -> None:
    before = campaign.plan
    plan_move(campaign=campaign, days=LATER, reason="Hoãn", by=operator, now=NOW)
    assert campaign.revisions.get(number=1).plan == before


@pytest.mark.parametrize("reason", ["", "  "])
def test_dates_are_not_moved_without_a_reason(campaign: Campaign, operator, reason: str) -> None:
    with pytest.raises(ScheduleError, match="reason"):
        plan_move(campaign=campaign, days=LATER, reason=reason, by=operator, now=NOW)
    assert campaign.revision.number == 1


def test_dates_that_overlap_are_told_in_both_languages(campaign: Campaign, operator) -> None:
    days = {"phase:during": Period(date(2020, 9, 1), date(2020, 12, 15))}
    with pytest.raises(CampaignError) as refused:
        plan_move(campaign=campaign, days=days, reason="Sớm hơn", by=operator, now=NOW)
    assert "chưa kết thúc" in refused.value.text.vi
    assert "is over" in refused.value.text.en


def test_a_plan_that_says_the_same_is_no_change(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError, match="nothing would change"):
        plan_replace(campaign=campaign, document=bundled_document(), reason="x", by=operator, now=NOW)


def test_the_window_of_a_frozen_baseline_stays(campaign: Campaign, operator, data: Path) -> None:
    freeze(data)
    document = bundled_document().replace(b'baseline = "baseline"', b'baseline = "close"')
    with pytest.raises(ScheduleError, match="frozen over 16 June 2020"):
        plan_replace(campaign=campaign, document=document, reason="x", by=operator, now=NOW)


def test_a_file_of_another_campaign_is_refused(campaign: Campaign, operator) -> None:
    document = bundled_document().replace(b'id = "viet-nam-2020"', b'id = "other"')
    with pytest.raises(ScheduleError, match="another campaign"):
        plan_replace(campaign=campaign, document=document, reason="x", by=operator, now=NOW)


def test_the_next_campaign_takes_neither_decisions_nor_baseline_along(campaign: Campaign, operator, data: Path) -> None:
    freeze(data)
    decide_botnets(campaign, operator)
    made = campaign_clone(pattern=campaign, key="next-2027", name=NAME, first=date(2027, 3, 1), by=operator, now=NOW)
    assert decisions_of(made) == ()
    assert not (data / "campaigns" / "next-2027" / "baseline.json").exists()
    assert made.pattern == campaign
    assert made.plan.phases[0].period.first == date(2027, 3, 1)
    assert [c.key for c in campaigns()] == ["next-2027", "viet-nam-2020"]


@pytest.mark.parametrize("key", ["Next 2027", "a" * 61, "../x", ""])
def test_an_identifier_that_cannot_be_one_is_refused(campaign: Campaign, operator, key: str) -> None:
    with pytest.raises(CampaignError):
        campaign_clone(pattern=campaign, key=key, name=NAME, first=date(2027, 3, 1), by=operator, now=NOW)


def test_the_list_of_campaigns_costs_few_queries(campaign: Campaign, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(2):
        campaigns()
    assert connection.vendor in {"sqlite", "postgresql"}


def test_naming_campaigns_in_the_log_takes_one_query(campaign: Campaign, operator, django_assert_num_queries) -> None:
    plan_move(campaign=campaign, days=LATER, reason="Hoãn", by=operator, now=NOW)
    campaign_clone(pattern=campaign, key="next-2027", name=NAME, first=date(2027, 3, 1), by=operator, now=NOW)
    keys = ["viet-nam-2020#1", f"{campaign.pk}:during", f"{campaign.pk}:close", "next-2027", "gone"]
    with django_assert_num_queries(1):
        names = campaign_names(keys)
    long = "Chiến dịch rà soát và bóc gỡ mã độc trên toàn quốc năm 2020"
    assert names == {
        "viet-nam-2020#1": f"{long}, quyết định số 1",
        f"{campaign.pk}:during": f"{long}, Trong chiến dịch: rà soát và bóc gỡ",
        f"{campaign.pk}:close": f"{long}, kết thúc chiến dịch",
        "next-2027": "Chiến dịch 2027",
    }
