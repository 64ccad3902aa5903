"""Whom to remind of a letter or a return, when, and what the unit above is told.

A reminder is due on a day counted from the due day. What was missed while the office was down is not made up for: only
the latest reminder that is due goes out, and nothing goes out twice. The unit above gets one digest of all its late
units rather than a mail for each.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from quetsach.campaign.errors import PolicyError
from quetsach.core.text import Text

MAX_DAYS = 366
_DAY = re.compile(r"[+-]?\d{1,3}")
_RISING = Text("days of reminders must rise and lie within a year of the due day")
_AS_IN = Text("write them as in −3, −1, 0, 1, 3")
_LATE = Text("the unit above is told of what is late: its days begin at 1")
_NO_DAYS = Text("these are no days")


@dataclass(frozen=True, slots=True)
class Policy:
    """Days from the due day on which reminders go out: negative before it, 0 on it, positive after it.

    ``unit_days`` are for the unit that owes an answer, ``parent_days`` for the digest of the unit above it; none of
    them is never.
    """

    unit_days: tuple[int, ...] = (-3, -1, 0, 1, 3)
    parent_days: tuple[int, ...] = (1, 3, 7)

    def __post_init__(self) -> None:
        for days in (self.unit_days, self.parent_days):
            if list(days) != sorted(set(days)) or any(abs(day) > MAX_DAYS for day in days):
                raise PolicyError(_RISING, advice=_AS_IN)
        if any(day < 1 for day in self.parent_days):
            raise PolicyError(_LATE)

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last day on which anything goes out; ``None`` where nothing ever does."""
        days = (*self.unit_days, *self.parent_days)
        return (min(days), max(days)) if days else None


def read_days(text: str) -> tuple[int, ...]:
    """Read days as people write them, such as ``-3, -1, 0, 1, 3``; empty is none.

    Raises:
        PolicyError: it is no list of days.
    """
    words = text.replace("\u2212", "-").replace(",", " ").replace(";", " ").split()
    if not all(_DAY.fullmatch(word) for word in words):
        raise PolicyError(_NO_DAYS, advice=_AS_IN)
    return tuple(int(word) for word in words)


def days_text(days: tuple[int, ...]) -> str:
    """Return days as :func:`read_days` reads them, for people."""
    return ", ".join(str(day) for day in days).replace("-", "\u2212")


@dataclass(frozen=True, slots=True)
class Pending:
    """A dispatch that waits for an answer. ``reminded`` holds the days for which the unit was reminded already.

    ``due`` is the unit's own last day where it has another than the rest. ``since`` is the day on which it was asked:
    who was asked on the last day, or after it, is not told on that same day that it has come.
    """

    unit: str
    parent: str
    is_reachable: bool = True
    reminded: frozenset[int] = frozenset()
    due: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """Remind one unit; ``day`` is that of the policy it is sent for."""

    unit: str
    day: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Tell one unit above which of its units are late, and which of those nobody can reach by mail."""

    parent: str
    day: int
    late: tuple[str, ...]
    unreachable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to go out now."""

    reminders: tuple[Reminder, ...]
    digests: tuple[Digest, ...]


def plan(
    pending: Iterable[Pending],
    *,
    due: date,
    today: date,
    policy: Policy,
    told: frozenset[tuple[str, int]] = frozenset(),
) -> Plan:
    """Return what is to go out on a day (of Viet Nam) for one letter, or the returns of one period.

    Args:
        pending: dispatches that wait for an answer.
        due: the last day on which an answer of a unit without a day of its own is on time.
        today: the day of sending.
        policy: when to remind.
        told: units above and days of digests that went out already.
    """
    waiting = sorted(pending, key=lambda p: p.unit)
    reminders = [
        Reminder(p.unit, day)
        for p, day in _come(waiting, policy.unit_days, due=due, today=today)
        if p.is_reachable and not any(done >= day for done in p.reminded)
    ]
    late = _come(waiting, policy.parent_days, due=due, today=today)
    return Plan(tuple(reminders), _digests(late, told))


def latest_day(days: tuple[int, ...], *, due: date, today: date) -> int | None:
    """Return the last day of a policy that has come; ``None`` before the first."""
    return max((day for day in days if due + timedelta(days=day) <= today), default=None)


def _come(waiting: list[Pending], days: tuple[int, ...], *, due: date, today: date) -> list[tuple[Pending, int]]:
    """Return for whom a day of the policy has come since it was asked, each with the last one."""
    found = []
    for item in waiting:
        last = item.due or due
        day = latest_day(days, due=last, today=today)
        if day is not None and (item.since is None or last + timedelta(days=day) > item.since):
            found.append((item, day))
    return found


def _digests(late: list[tuple[Pending, int]], told: frozenset[tuple[str, int]]) -> tuple[Digest, ...]:
    """Return one digest for each unit above; where its units have days of their own, for the latest one."""
    families: dict[str, list[tuple[Pending, int]]] = {}
    for item, day in late:
        families.setdefault(item.parent, []).append((item, day))
    digests = []
    for parent, family in sorted(families.items()):
        day = max(day for _item, day in family)
        if parent and not any(done >= day for known, done in told if known == parent):
            units = tuple(item.unit for item, _day in family)
            unreachable = tuple(item.unit for item, _day in family if not item.is_reachable)
            digests.append(Digest(parent, day, units, unreachable))
    return tuple(digests)
