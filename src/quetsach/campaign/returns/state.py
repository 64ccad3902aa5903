"""The life of one return: four states that are stored, made by events, and the standing that is derived from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quetsach.campaign.returns.errors import StateError
from quetsach.campaign.returns.period import Deadline


class Scope(StrEnum):
    """What a return counts."""

    OWN = "own"  # the unit's own machines
    SUBTREE = "subtree"  # those of every unit below, too, which then do not report


class State(StrEnum):
    """What is stored of a return."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"


class Act(StrEnum):
    """What happens to a return."""

    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    REOPEN = "reopen"


class Standing(StrEnum):
    """Where an expected return stands today; derived, never stored."""

    EXPECTED = "expected"  # not due yet
    OVERDUE = "overdue"
    LOCKED = "locked"  # never came, and entry is closed
    COVERED = "covered"  # a unit above counts this one in its own return
    SIGNED_OFF = "signed-off"  # did not report; a unit above stands for that by name
    SENT_BACK = "sent-back"
    WAITING = "waiting"  # submitted; units below are not done
    READY = "ready"  # submitted; may be approved
    APPROVED = "approved"


_COURSE: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Act.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Act.SUBMIT): State.SUBMITTED,  # a correction before anybody decided
    (State.SUBMITTED, Act.RETURN): State.RETURNED,
    (State.SUBMITTED, Act.APPROVE): State.APPROVED,
    (State.APPROVED, Act.REOPEN): State.SUBMITTED,
}
RECEIVED = frozenset({State.SUBMITTED, State.APPROVED})
"""The states in which a return counts as received."""


def after(state: State, act: Act) -> State:
    """Return the state that an act leads to.

    Raises:
        StateError: the act does not belong to the state.
    """
    try:
        return _COURSE[state, act]
    except KeyError:
        acts = ", ".join(a for s, a in _COURSE if s is state)
        raise StateError(f"a return that is {state} cannot be given: {act}", hint=f"possible: {acts}") from None


def state_of(acts: Iterable[Act]) -> State:
    """Return the state that a history leads to.

    Raises:
        StateError: the history is none.
    """
    state = State.DRAFT
    for act in acts:
        state = after(state, act)
    return state


@dataclass(frozen=True, slots=True)
class Filed:
    """What is known of one unit's return. ``submitted_at`` is of the first submission: it decides on timeliness."""

    state: State = State.DRAFT
    scope: Scope = Scope.OWN
    submitted_at: datetime | None = None

    @property
    def is_received(self) -> bool:
        """Whether it is there; a return that was sent back is not."""
        return self.state in RECEIVED


NOT_FILED = Filed()
"""What is known of a return that nobody has begun."""


def standing(
    filed: Filed,
    deadline: Deadline,
    *,
    now: datetime,
    is_covered: bool = False,
    is_clear_below: bool = True,
    is_signed_off: bool = False,
) -> Standing:
    """Return where an expected return stands.

    Args:
        filed: the return as it is; a draft where there is none.
        deadline: of this unit, extensions included.
        now: the moment of asking (UTC).
        is_covered: a unit above reports for this one.
        is_clear_below: every expected unit below is approved, covered or signed off.
        is_signed_off: a unit above stands for it by name; that ends when the unit reports after all.
    """
    if filed.state is State.APPROVED:
        return Standing.APPROVED
    if filed.state is State.SUBMITTED:
        return Standing.READY if is_clear_below else Standing.WAITING
    if is_covered or is_signed_off:
        return Standing.COVERED if is_covered else Standing.SIGNED_OFF
    if filed.state is State.RETURNED:
        return Standing.SENT_BACK
    if deadline.is_locked(now):
        return Standing.LOCKED
    return Standing.OVERDUE if deadline.is_overdue(now) else Standing.EXPECTED
