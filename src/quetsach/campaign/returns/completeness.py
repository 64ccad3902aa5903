"""How complete and how timely the returns of a period are; no total is told without it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quetsach.campaign.returns.period import Deadline
from quetsach.campaign.returns.state import NOT_FILED, Filed, ReturnStatus, Scope, State, children_of, covered, standing
from quetsach.core.text import LocalText, Number, Text

_DONE = frozenset({ReturnStatus.APPROVED, ReturnStatus.COVERED})
_SILENT = frozenset({ReturnStatus.EXPECTED, ReturnStatus.OVERDUE, ReturnStatus.LOCKED, ReturnStatus.SENT_BACK})
"""Nothing is received and nobody stands for it."""

KINDS: Mapping[str, LocalText] = {
    "centre": Text("centres"),
    "province": Text("provinces"),
    "district": Text("districts"),
    "commune": Text("communes"),
    "ministry": Text("ministries"),
    "agency": Text("agencies"),
    "enterprise": Text("enterprises"),
}
"""How kinds of units are named in a sentence."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A unit that owes a return for the period, where it stands in the tree of the period's last day."""

    path: str
    kind: str
    deadline: Deadline
    filed: Filed = NOT_FILED


@dataclass(frozen=True, slots=True)
class Completeness:
    """Counts of expected returns. ``covered`` ones are counted by a unit above and are no return of their own.

    ``received`` counts approved ones, too; ``on_time`` those that first arrived in time and are received. A covered
    unit is as timely as the return that covers it.
    """

    expected: int = 0
    received: int = 0
    approved: int = 0
    covered: int = 0
    covered_by_approved: int = 0
    on_time: int = 0
    missing: int = 0

    @property
    def accounted(self) -> int:
        """Units whose machines are in the received returns."""
        return self.received + self.covered

    @property
    def accounted_approved(self) -> int:
        """Units whose machines are in the approved returns: what totals for the public stand on."""
        return self.approved + self.covered_by_approved

    @property
    def late(self) -> int:
        """Units that are in the received returns, but came after their due day."""
        return self.accounted - self.on_time

    def share_percent(self, *, is_approved_only: bool = False) -> float | None:
        """Return how much of what is expected is there; ``None`` where nothing is."""
        part = self.accounted_approved if is_approved_only else self.accounted
        return 100 * part / self.expected if self.expected else None

    @property
    def on_time_percent(self) -> float | None:
        """Return how much of what is expected came in time; ``None`` where nothing is expected."""
        return 100 * self.on_time / self.expected if self.expected else None

    def __add__(self, other: "Completeness") -> "Completeness":
        """Count two sets of different units together."""
        return Completeness(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def as_json(self) -> dict[str, int]:
        """Return plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Completeness":
        """Read what ``as_json`` wrote."""
        return cls(**{name: int(document[name]) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Survey:
    """All expected returns of a period, looked at once: standing and what covers whom."""

    expected: Mapping[str, Expected]
    standings: Mapping[str, ReturnStatus]
    covered_by: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]]

    def completeness_by[Group](self, groups: Mapping[str, Group]) -> dict[Group, Completeness]:
        """Count by any grouping of the paths; a path without a group is not counted."""
        counted: dict[Group, Completeness] = {}
        for path, group in groups.items():
            counted[group] = counted.get(group, Completeness()) + self.of(path)
        return counted

    def of(self, path: str) -> Completeness:
        """Count one expected return."""
        one, above = self.expected[path], self.covered_by.get(path)
        source = self.expected[above].filed if above else one.filed
        is_received = one.filed.is_received
        is_timely = source.submitted_at is not None and one.deadline.is_on_time(source.submitted_at)
        return Completeness(
            expected=1,
            received=int(is_received),
            approved=int(one.filed.state is State.APPROVED),
            covered=int(not is_received and above is not None),
            covered_by_approved=int(not is_received and above is not None and source.state is State.APPROVED),
            on_time=int((is_received or above is not None) and is_timely),
            missing=int(not is_received and above is None),
        )

    def waiting_for(self, path: str) -> tuple[str, ...]:
        """Return what keeps a unit's return from approval: expected ones directly below that are not done."""
        return tuple(
            below
            for below in self.children.get(path, ())
            if self.standings[below] not in _DONE | {ReturnStatus.SIGNED_OFF}
        )

    def missing_below(self, path: str) -> tuple[str, ...]:
        """Return the expected ones directly below that did not come and that nobody stands for."""
        return tuple(below for below in self.children.get(path, ()) if self.standings[below] in _SILENT)


def survey(
    expected: Iterable[Expected], *, now: datetime, signed_off: Mapping[str, frozenset[str]] | None = None
) -> Survey:
    """Look at the expected returns of one period.

    Args:
        expected: one for each unit assigned and open, in any order.
        now: the moment of asking (UTC).
        signed_off: by a unit's path, the paths below that it signed off as missing, each named. It ends for a unit
            that reports after all.
    """
    by_path = {one.path: one for one in expected}
    children = children_of(by_path)
    received = {path: one.filed for path, one in by_path.items() if one.filed.is_received}
    subtrees = [path for path, filed in received.items() if filed.scope is Scope.SUBTREE]
    covered_by = covered(by_path, subtrees)
    excused = frozenset[str]().union(*(signed_off or {}).values())
    found: dict[str, ReturnStatus] = {}
    for path in sorted(by_path, key=len, reverse=True):  # those below before those above
        one = by_path[path]
        is_clear = all(found[below] in _DONE | {ReturnStatus.SIGNED_OFF} for below in children.get(path, ()))
        is_whole = one.filed.is_received and one.filed.scope is Scope.SUBTREE
        found[path] = standing(
            one.filed,
            one.deadline,
            now=now,
            is_covered=path in covered_by,
            is_clear_below=is_clear or is_whole,
            is_signed_off=path in excused,
        )
    return Survey(by_path, found, covered_by, children)


def in_order(by_kind: Mapping[str, Completeness]) -> dict[str, Completeness]:
    """Return counts by kind from the top of the tree down, as they are told."""
    return {kind: by_kind[kind] for kind in KINDS if kind in by_kind}


def completeness_text(kind: str, counted: Completeness, *, is_approved_only: bool = False) -> LocalText:
    """Return "38 of 63 provinces (60.3 %), 54.0 % on time" in both languages; for the public of approved ones."""
    part = counted.accounted_approved if is_approved_only else counted.accounted
    share = counted.share_percent(is_approved_only=is_approved_only)
    timely = counted.on_time_percent
    name = KINDS.get(kind, LocalText(kind, kind))
    if share is None or timely is None:
        return Text("no {name} expected to report", name=name)
    return Text(
        "{part} of {expected} {name} ({share} %), {timely} % on time",
        part=Number(part),
        expected=Number(counted.expected),
        name=name,
        share=Number(share, decimals=1),
        timely=Number(timely, decimals=1),
    )
