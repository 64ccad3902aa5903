import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.schedule.plan import Condition, Evidence, Need, judge

COUNTED = [need for need in Need if need is not Need.DECISION_RECORDED]


@given(st.sampled_from(COUNTED), st.integers(1, 50), st.integers(0, 100))
def test_a_condition_holds_exactly_when_there_is_enough(need: Need, least: int, count: int) -> None:
    (finding,) = judge((Condition(need, least),), Evidence({need: count}))
    assert finding.holds == (count >= least)


def test_what_nobody_can_show_does_not_hold() -> None:
    assert not any(finding.holds for finding in judge(tuple(Condition(need) for need in Need), Evidence()))


def test_a_decision_counts_for_its_own_subject_only() -> None:
    launch = Condition(Need.DECISION_RECORDED, subject="launch")
    assert judge((launch,), Evidence(subjects=frozenset({"launch"})))[0].holds
    assert not judge((launch,), Evidence(subjects=frozenset({"press"})))[0].holds


@pytest.mark.parametrize("need", Need)
def test_every_condition_is_told_in_both_languages(need: Need) -> None:
    text = judge((Condition(need, 3, "x{y}"),), Evidence({need: 2}))[0].text
    assert text.vi
    assert text.vi != text.en
    assert "{count}" not in text.vi + text.en


def test_a_count_is_told_beside_what_is_asked() -> None:
    text = judge((Condition(Need.BOTNETS_DECIDED, 10),), Evidence({Need.BOTNETS_DECIDED: 7}))[0].text
    assert "(7/10)" in text.vi
    assert "7 of 10" in text.en
