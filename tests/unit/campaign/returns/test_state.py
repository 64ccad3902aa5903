from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import StateError
from quetsach.campaign.returns.period import Deadline, week_of
from quetsach.campaign.returns.state import NOT_FILED, Act, Filed, ReturnStatus, State, after, standing, state_of

DEADLINE = Deadline.of(week_of(date(2020, 10, 5)), due_days=3, lock_days=10, zone=UTC)
BEFORE, LATE, CLOSED = (datetime(2020, 10, d, 3, tzinfo=UTC) for d in (12, 16, 25))


def test_a_return_goes_up_and_comes_back() -> None:
    acts = [Act.SUBMIT, Act.RETURN, Act.SUBMIT, Act.APPROVE, Act.REOPEN]
    assert [state_of(acts[:n]) for n in range(6)] == [
        State.DRAFT, State.SUBMITTED, State.RETURNED, State.SUBMITTED, State.APPROVED, State.SUBMITTED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (State.DRAFT, Act.APPROVE),
        (State.RETURNED, Act.APPROVE),
        (State.APPROVED, Act.SUBMIT),
        (State.DRAFT, Act.RETURN),
    ],
)
def test_what_does_not_belong_to_the_state_is_refused(state: State, act: Act) -> None:
    with pytest.raises(StateError, match="cannot be given"):
        after(state, act)


@pytest.mark.parametrize(
    ("now", "found"), [(BEFORE, ReturnStatus.EXPECTED), (LATE, ReturnStatus.OVERDUE), (CLOSED, ReturnStatus.LOCKED)]
)
def test_a_return_that_never_came_is_expected_overdue_locked(now: datetime, found: ReturnStatus) -> None:
    assert standing(NOT_FILED, DEADLINE, now=now) is found


def test_a_submitted_return_waits_for_those_below() -> None:
    filed = Filed(State.SUBMITTED, submitted_at=BEFORE)
    assert standing(filed, DEADLINE, now=LATE, is_clear_below=False) is ReturnStatus.WAITING
    assert standing(filed, DEADLINE, now=LATE) is ReturnStatus.READY


def test_a_covered_unit_is_not_overdue() -> None:
    assert standing(NOT_FILED, DEADLINE, now=LATE, is_covered=True) is ReturnStatus.COVERED


def test_what_a_unit_above_stands_for_is_neither_overdue_nor_locked() -> None:
    assert standing(NOT_FILED, DEADLINE, now=CLOSED, is_signed_off=True) is ReturnStatus.SIGNED_OFF
    came = Filed(State.SUBMITTED, submitted_at=LATE)
    assert standing(came, DEADLINE, now=LATE, is_signed_off=True) is ReturnStatus.READY


def test_a_return_that_was_sent_back_is_said_to_be() -> None:
    assert standing(Filed(State.RETURNED), DEADLINE, now=CLOSED) is ReturnStatus.SENT_BACK


@given(st.lists(st.sampled_from(Act)))
def test_a_history_leads_to_a_state_or_is_refused(acts: list[Act]) -> None:
    try:
        assert state_of(acts) in State
    except StateError as error:
        assert error.explain()
