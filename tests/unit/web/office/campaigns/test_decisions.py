from datetime import UTC, date, datetime, timedelta

import pytest
from tests.unit.web.office.campaigns.conftest import NOW, TEN, decide_botnets

from quetsach.campaign.authority import Role
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets
from quetsach.campaign.schedule.errors import ScheduleError
from quetsach.web.office.campaigns.models import Campaign
from quetsach.web.office.campaigns.selectors.campaign import decisions_of
from quetsach.web.office.campaigns.services.decisions import decision_record
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.access import AccessError
from quetsach.web.portal.selectors import published_snapshot

PUBLISHED = datetime(2026, 11, 25, 4, tzinfo=UTC)


def test_a_decision_is_kept_with_its_digest_and_logged(campaign: Campaign, operator) -> None:
    made = decide_botnets(campaign, operator)
    assert made.record.digest == made.sha256
    entry = LogEntry.objects.latest("number")
    assert (entry.act, entry.detail["sha256"]) == ("decision", made.sha256)


def test_a_later_decision_takes_the_place_of_the_one_it_names(campaign: Campaign, operator) -> None:
    decide_botnets(campaign, operator)
    decide_botnets(campaign, operator, supersedes=1, names=TEN[:3])
    assert decided_botnets(decisions_of(campaign)) == TEN[:3]


def test_two_lists_of_botnets_never_stand_beside_each_other(campaign: Campaign, operator) -> None:
    decide_botnets(campaign, operator)
    with pytest.raises(ScheduleError, match="already names"):
        decide_botnets(campaign, operator)


def test_the_published_figures_of_the_moment_are_sealed_beside_it(campaign: Campaign, operator, centre_figures) -> None:
    snapshot = published_snapshot()
    assert snapshot
    largest = snapshot.isps[0]
    made = decision_record(
        campaign=campaign,
        kind=DecisionKind.ISPS,
        title="VNPT",
        grounds="Nhiều địa chỉ nhất",
        decided_on=date(2020, 10, 1),
        decided_by="",
        subjects=(largest.id,),
        supersedes=None,
        by=operator,
        now=PUBLISHED,
    )
    (row,) = made.figures["rows"]
    assert (row["id"], row["mean_daily"]) == (largest.id, largest.mean_daily)
    assert made.figures["as_of"] == "2020-11-30"
    assert made.decided_by == str(operator)


def test_figures_of_a_later_day_are_no_grounds(campaign: Campaign, operator, centre_figures) -> None:
    assert decide_botnets(campaign, operator).figures == {}


def test_a_day_to_come_is_refused(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError) as refused:
        decision_record(
            campaign=campaign,
            kind=DecisionKind.OTHER,
            title="x",
            grounds="y",
            decided_on=NOW.date() + timedelta(days=1),
            decided_by="",
            subjects=(),
            supersedes=None,
            by=operator,
            now=NOW,
        )
    assert refused.value.field == "decided_on"


def test_an_analyst_decides_nothing(campaign: Campaign, person) -> None:
    with pytest.raises(AccessError):
        decide_botnets(campaign, person(Role.ANALYST))
