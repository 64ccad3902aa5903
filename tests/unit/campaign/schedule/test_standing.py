from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign import Campaign
from quetsach.campaign.schedule.plan import Evidence, Need
from quetsach.campaign.schedule.status import MilestoneState, PhaseState, plan_status
from quetsach.centre.tables import load_campaign

CAMPAIGN: Campaign = load_campaign("viet-nam-2020", Path("/nonexistent"))
READY = Evidence({Need.BASELINE_FROZEN: 1, Need.BOTNETS_DECIDED: 10, Need.PACKS_PUBLISHED: 5})
BOTH = frozenset({"before", "during"})


def test_an_open_phase_runs_from_its_first_day_to_its_last() -> None:
    for day in (date(2020, 9, 17), date(2020, 12, 15)):
        running = plan_status(CAMPAIGN, day, READY, opened=BOTH).running
        assert running
        assert running.phase.id == "during"


def test_a_phase_with_a_shut_gate_waits_and_is_late_by_whole_days() -> None:
    standing = plan_status(CAMPAIGN, date(2020, 9, 20), Evidence(), opened=frozenset({"before"}))
    during = standing.phase("during")
    assert during
    assert (during.state, during.days_late) == (PhaseState.WAITING, 3)


def test_on_its_first_day_a_waiting_phase_is_not_late_yet() -> None:
    during = plan_status(CAMPAIGN, date(2020, 9, 17), READY, opened=frozenset({"before"})).phase("during")
    assert during
    assert (during.state, during.days_late) == (PhaseState.WAITING, 0)


def test_a_gate_says_which_of_its_conditions_are_missing() -> None:
    evidence = Evidence({Need.BASELINE_FROZEN: 1, Need.BOTNETS_DECIDED: 9})
    during = plan_status(CAMPAIGN, date(2020, 9, 16), evidence, opened=frozenset({"before"})).phase("during")
    assert during
    assert [f.condition.needs for f in during.missing] == [Need.BOTNETS_DECIDED, Need.PACKS_PUBLISHED]
    assert not during.may_be_opened


def test_a_plan_knows_when_it_begins_and_when_it_ended() -> None:
    def around(day: date) -> tuple[date | None, date | None]:
        standing = plan_status(CAMPAIGN, day, READY, opened=BOTH)
        return standing.begins_on, standing.ended_on

    first, last = CAMPAIGN.phases[0].period.first, CAMPAIGN.phases[-1].period.last
    assert around(first - timedelta(days=1)) == (first, None)
    assert around(first) == around(last) == (None, None)
    assert around(last + timedelta(days=1)) == (None, last)


def test_the_next_gate_is_the_first_that_is_shut() -> None:
    gate = plan_status(CAMPAIGN, date(2020, 9, 16), READY, opened=frozenset({"before"})).next_gate
    assert gate
    assert gate.phase.id == "during"
    assert gate.may_be_opened


def test_the_part_of_the_day_is_named() -> None:
    running = plan_status(CAMPAIGN, date(2020, 10, 11), READY, opened=BOTH).running
    assert running
    assert running.part
    assert running.part.id == "dot-2"


def test_a_milestone_whose_day_has_passed_without_evidence_is_missed() -> None:
    standing = plan_status(CAMPAIGN, date(2020, 9, 24), READY, opened=BOTH)
    letter = next(m for m in standing.milestones if m.milestone.id == "first-letter")
    assert (letter.state, letter.days_late) == (MilestoneState.MISSED, 2)
    assert letter in standing.late


def test_what_a_campaign_that_is_over_left_undone_gets_no_later() -> None:
    standing = plan_status(CAMPAIGN, date(2026, 11, 28), Evidence(), opened=frozenset({"before"}))
    during = standing.phase("during")
    assert during
    assert during.days_late == (CAMPAIGN.days.last - during.phase.period.first).days
    assert max(m.days_late for m in standing.milestones) < 365
    assert all(m.state is not MilestoneState.AHEAD for m in standing.milestones)


def test_a_milestone_reached_late_counts_as_reached() -> None:
    evidence = Evidence({Need.LETTERS_ISSUED: 1})
    standing = plan_status(CAMPAIGN, date(2020, 12, 1), evidence, opened=BOTH)
    assert next(m for m in standing.milestones if m.milestone.id == "first-letter").state is MilestoneState.REACHED


def test_a_milestone_without_conditions_is_reached_when_its_day_comes() -> None:
    for day, state in ((date(2020, 9, 17), MilestoneState.AHEAD), (date(2020, 9, 18), MilestoneState.REACHED)):
        standing = plan_status(CAMPAIGN, day, READY, opened=BOTH)
        assert next(m for m in standing.milestones if m.milestone.id == "launch").state is state


@pytest.mark.parametrize("opened", [frozenset(), BOTH, frozenset({"before", "during", "after"})])
@given(st.integers(-100, 600))
def test_at_most_one_phase_runs_on_any_day(opened: frozenset[str], offset: int) -> None:
    day = CAMPAIGN.phases[0].period.first + timedelta(days=offset)
    standing = plan_status(CAMPAIGN, day, READY, opened=opened)
    running = [p for p in standing.phases if p.state is PhaseState.RUNNING]
    assert len(running) <= 1
    assert all(day in p.phase.period and p.is_open for p in running)
