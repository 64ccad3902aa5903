"""The life of one return, and its place in the tree: who waits for whom, and whose machines are counted twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quetsach.campaign.errors import StateError
from quetsach.campaign.returns.period import Deadline
from quetsach.core.text import Text

# The life of one return: four states that are stored, made by events, and the standing that is derived from them.


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


class ReturnStatus(StrEnum):
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
        told = Text("a return that is {state} cannot be given: {act}", state=state, act=act)
        raise StateError(told, hint=Text("possible: {acts}", acts=acts)) from None


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
) -> ReturnStatus:
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
        return ReturnStatus.APPROVED
    if filed.state is State.SUBMITTED:
        return ReturnStatus.READY if is_clear_below else ReturnStatus.WAITING
    if is_covered or is_signed_off:
        return ReturnStatus.COVERED if is_covered else ReturnStatus.SIGNED_OFF
    if filed.state is State.RETURNED:
        return ReturnStatus.SENT_BACK
    if deadline.is_locked(now):
        return ReturnStatus.LOCKED
    return ReturnStatus.OVERDUE if deadline.is_overdue(now) else ReturnStatus.EXPECTED


# Expected returns as places in the tree: who waits for whom, and the guard against counting a machine twice.
#
# A path is the tree's own spelling of a unit's place on the day: ``/tw/31-2020/303-2020/``, every ancestor in it.


@dataclass(frozen=True, slots=True)
class Conflict:
    """A return of a whole subtree, and one of a unit inside it: together they count machines twice."""

    above: str
    below: str


def ancestors(path: str) -> Iterator[str]:
    """Yield the paths of the units above, the nearest first."""
    parts = path.strip("/").split("/")
    for depth in range(len(parts) - 1, 0, -1):
        yield f"/{'/'.join(parts[:depth])}/"


def nearest_above(paths: Iterable[str]) -> Mapping[str, str]:
    """Return for each path the nearest one above it among ``paths``; one that has none is left out."""
    known = set(paths)
    found = {path: next((above for above in ancestors(path) if above in known), "") for path in known}
    return {path: above for path, above in found.items() if above}


def children_of(paths: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return for each path those that wait directly below it, in order."""
    children: dict[str, list[str]] = {}
    for path, above in sorted(nearest_above(paths).items()):
        children.setdefault(above, []).append(path)
    return {above: tuple(below) for above, below in children.items()}


def covered(paths: Iterable[str], subtrees: Iterable[str]) -> Mapping[str, str]:
    """Return for each path that lies inside a subtree return the path of the nearest such return."""
    whole = set(subtrees)
    found = {path: next((above for above in ancestors(path) if above in whole), "") for path in paths} if whole else {}
    return {path: above for path, above in found.items() if above}


def conflicts(filed: Mapping[str, Scope]) -> tuple[Conflict, ...]:
    """Return every pair of received returns of which one counts the other's machines, in order.

    Args:
        filed: the scope of each received return by its unit's path.
    """
    subtrees = [path for path, scope in filed.items() if scope is Scope.SUBTREE]
    return tuple(Conflict(above, below) for below, above in sorted(covered(filed, subtrees).items()))


def conflicts_of(path: str, scope: Scope, filed: Mapping[str, Scope]) -> tuple[Conflict, ...]:
    """Return the conflicts that one more return would make with those already received."""
    return tuple(c for c in conflicts({**filed, path: scope}) if path in {c.above, c.below})
