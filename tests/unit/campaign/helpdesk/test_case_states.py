import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import CaseError
from quetsach.campaign.helpdesk import CaseState, Step, state_after, steps_from


def test_the_usual_course_of_a_case() -> None:
    state = CaseState.NEW
    for step, following in (
        (Step.TAKE, CaseState.OPEN),
        (Step.ASK, CaseState.WAITING),
        (Step.WRITE, CaseState.OPEN),
        (Step.ANSWER, CaseState.ANSWERED),
        (Step.CLOSE, CaseState.CLOSED),
    ):
        state = state_after(state, step)
        assert state is following


@pytest.mark.parametrize("state", [CaseState.WAITING, CaseState.ANSWERED, CaseState.CLOSED])
def test_when_the_person_writes_again_somebody_has_work(state: CaseState) -> None:
    assert state_after(state, Step.WRITE) is CaseState.OPEN


def test_only_what_waits_for_the_person_lapses() -> None:
    assert {state for state in CaseState if Step.LAPSE in steps_from(state)} == {CaseState.WAITING, CaseState.ANSWERED}


def test_a_closed_case_is_not_answered() -> None:
    with pytest.raises(CaseError):
        state_after(CaseState.CLOSED, Step.ANSWER)


@given(st.lists(st.sampled_from(list(Step)), max_size=30))
def test_whatever_is_done_a_case_can_always_be_closed_or_written_to(steps: list[Step]) -> None:
    state = CaseState.NEW
    for step in steps:
        if step in steps_from(state):
            state = state_after(state, step)
    assert Step.WRITE in steps_from(state)
    assert state is CaseState.CLOSED or Step.CLOSE in steps_from(state)
