from datetime import date
from pathlib import Path

import pytest
from tests.unit.web.office.campaigns.conftest import NOW, decide_botnets, freeze, grant, offer_tool

from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.plan import Need
from quetsach.campaign.schedule.status import PhaseState
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.services import ApprovalError
from quetsach.web.office.campaigns.selectors.boards import standing_of
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_of, outcome_read, published_campaigns
from quetsach.web.office.campaigns.services.plans import campaign_clone, plan_move
from quetsach.web.office.campaigns.services.steps import close_ask, gate_ask
from quetsach.web.office.plans.models import CLOSE, Campaign
from quetsach.web.office.plans.selectors import is_closed, steps_asked, steps_taken

TODAY = date(2020, 10, 6)


@pytest.fixture
def before_open(campaign: Campaign, operator, second) -> Campaign:
    grant(gate_ask(campaign=campaign, phase="before", by=operator, now=NOW), second)
    return campaign


def test_a_phase_is_open_only_once_a_second_person_granted_it(campaign: Campaign, operator, second) -> None:
    passage = gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    assert steps_taken(campaign) == {}
    assert list(steps_asked(campaign)) == ["before"]
    grant(passage, second)
    assert steps_taken(campaign)["before"].on == TODAY


def test_who_asks_cannot_grant(campaign: Campaign, operator) -> None:
    passage = gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    with pytest.raises(ApprovalError):
        grant(passage, operator)


def test_phases_are_opened_one_after_the_other(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError, match="one after the other"):
        gate_ask(campaign=campaign, phase="during", by=operator, now=NOW)


def test_a_gate_stays_shut_and_says_what_is_missing(before_open: Campaign, operator) -> None:
    with pytest.raises(ScheduleError) as refused:
        gate_ask(campaign=before_open, phase="during", by=operator, now=NOW)
    assert "baseline" in refused.value.text.en
    assert "Mốc so sánh" in refused.value.text.vi
    assert "0/10" in refused.value.text.vi


def test_the_gate_opens_when_all_conditions_hold(before_open: Campaign, operator, second, data: Path) -> None:
    freeze(data)
    offer_tool(data)
    decide_botnets(before_open, operator)
    grant(gate_ask(campaign=before_open, phase="during", by=operator, now=NOW), second)
    running = standing_of(before_open, day=TODAY).running
    assert running
    assert running.phase.id == "during"
    assert running.state is PhaseState.RUNNING


def test_evidence_comes_from_the_things_themselves(before_open: Campaign, operator, data: Path) -> None:
    gate = standing_of(before_open, day=TODAY).next_gate
    assert gate
    assert {f.condition.needs for f in gate.missing} == {
        Need.BASELINE_FROZEN,
        Need.BOTNETS_DECIDED,
        Need.TOOL_OFFERED,
    }
    freeze(data)
    gate = standing_of(before_open, day=TODAY).next_gate
    assert gate
    assert Need.BASELINE_FROZEN not in {f.condition.needs for f in gate.missing}


def test_a_damaged_baseline_is_no_baseline(before_open: Campaign, data: Path) -> None:
    freeze(data)
    path = data / "campaigns" / before_open.key / "baseline.json"
    path.write_bytes(path.read_bytes().replace(b"20145", b"10000"))
    gate = standing_of(before_open, day=TODAY).next_gate
    assert gate
    assert Need.BASELINE_FROZEN in {f.condition.needs for f in gate.missing}


def test_a_campaign_with_open_points_is_closed_for_a_reason_only(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError, match="still open"):
        close_ask(campaign=campaign, reason="", by=operator, now=NOW)


def test_closing_seals_the_facts_of_that_moment(campaign: Campaign, operator, second) -> None:
    passage = close_ask(campaign=campaign, reason="Dừng theo chỉ đạo", by=operator, now=NOW)
    assert not is_closed(campaign)
    grant(passage, second)
    assert is_closed(campaign)
    outcome = outcome_of(campaign, now=NOW)
    assert outcome.is_final
    assert outcome.as_of == TODAY
    assert outcome.open_points


def test_facts_come_back_from_their_json(campaign: Campaign, operator, centre_figures) -> None:
    decide_botnets(campaign, operator)
    outcome = outcome_of(campaign, now=NOW)
    assert outcome.addresses
    assert outcome.addresses.baseline.addresses == 20
    assert outcome_read(outcome_json(outcome)) == outcome


def test_sealed_facts_that_were_damaged_are_refused(campaign: Campaign) -> None:
    with pytest.raises(ScheduleError, match="damaged"):
        outcome_read({"campaign": 7})


def test_after_the_close_nothing_changes_any_more(campaign: Campaign, operator, second) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    assert list(steps_taken(campaign)) == [CLOSE]
    days = {"milestone:launch": Period(TODAY, TODAY)}
    with pytest.raises(ScheduleError, match="closed"):
        plan_move(campaign=campaign, days=days, reason="x", by=operator, now=NOW)
    with pytest.raises(ScheduleError, match="closed"):
        decide_botnets(campaign, operator)
    with pytest.raises(ScheduleError, match="closed"):
        gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)


def test_figures_are_published_for_every_campaign_that_was_opened(
    campaign: Campaign, operator, second, centre_figures
) -> None:
    def published() -> list[tuple[str, bool]]:
        return [(one.plan.id, one.sealed is not None) for one in published_campaigns()]

    assert published() == []
    name = LocalText("Sau", "Next")
    later = campaign_clone(pattern=campaign, key="next", name=name, first=date(2027, 3, 1), by=operator, now=NOW)
    grant(gate_ask(campaign=campaign, phase="before", by=operator, now=NOW), second)
    assert published() == [("viet-nam-2020", False)]
    grant(gate_ask(campaign=later, phase="before", by=operator, now=NOW), second)
    assert published() == [("next", False), ("viet-nam-2020", False)]
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    assert published() == [("next", False), ("viet-nam-2020", True)]
    grant(close_ask(campaign=later, reason="Dừng", by=operator, now=NOW), second)
    assert published() == [("viet-nam-2020", True)]  # the other was closed without any figures


def test_what_waits_is_void_once_the_plan_changes(campaign: Campaign, operator, second) -> None:
    passage = gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    days = {"milestone:launch": Period(date(2020, 9, 25), date(2020, 9, 25))}
    plan_move(campaign=campaign, days=days, reason="Hoãn", by=operator, now=NOW)
    assert steps_asked(campaign) == {}
    with pytest.raises(ApprovalError, match="đã thay đổi"):
        grant(passage, second)


def test_a_close_that_waits_is_void_once_something_is_decided(campaign: Campaign, operator) -> None:
    close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW)
    decide_botnets(campaign, operator)
    assert steps_asked(campaign) == {}
