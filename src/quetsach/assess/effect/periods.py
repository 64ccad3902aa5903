"""The periods of a panel: years, quarters, months, weeks or days, in order and with even steps between them."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from quetsach.core.errors import InputError

_DAYS_A_WEEK = 7


class Step(StrEnum):
    """What one period is."""

    NUMBER = "number"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Periods:
    """Labels in the order of time; ``positions`` (int64) count steps from the first, gaps included."""

    step: Step
    labels: tuple[str, ...]
    positions: NDArray[np.int64]
    first_weekday: int | None
    """0 is Monday; None unless the periods are single days, one step a day."""

    @property
    def weekdays(self) -> NDArray[np.int64] | None:
        """The day of the week of each period, 0 is Monday; None unless a step is one day."""
        return None if self.first_weekday is None else (self.positions + self.first_weekday) % _DAYS_A_WEEK

    def first(self, count: int) -> "Periods":
        """Return the first periods alone."""
        return Periods(self.step, self.labels[:count], self.positions[:count], self.first_weekday)


def _week(found: re.Match[str]) -> int:
    return date.fromisocalendar(int(found[1]), int(found[2]), 1).toordinal() // _DAYS_A_WEEK


_FORMS: tuple[tuple[Step, re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
    (
        Step.DAY,
        re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]00:00(?::00)?)?"),
        lambda m: date(int(m[1]), int(m[2]), int(m[3])).toordinal(),
    ),
    (Step.WEEK, re.compile(r"(\d{4})-?W(\d\d)", re.IGNORECASE), _week),
    (Step.QUARTER, re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE), lambda m: int(m[1]) * 4 + int(m[2]) - 1),
    (Step.MONTH, re.compile(r"(\d{4})-(0[1-9]|1[0-2])"), lambda m: int(m[1]) * 12 + int(m[2]) - 1),
    (Step.NUMBER, re.compile(r"([+-]?\d{1,7})(?:\.0+)?"), lambda m: int(m[1])),
)


def parse_period(text: str) -> tuple[Step, int]:
    """Read one period: a whole number such as a year, or an ISO day, week, month or quarter; return its place in time.

    Raises:
        InputError: it is none of these.
    """
    for step, form, place in _FORMS:
        if found := form.fullmatch(text):
            try:
                return step, place(found)
            except ValueError:
                break
    raise InputError(
        f"not a period: {text[:60]!r}", hint="a whole number such as 1988, or 2020-06-16, 2020-W25, 2020-06, 2020-Q2"
    )


def periods_of(step: Step, places: Iterable[tuple[int, str]]) -> Periods:
    """Make the axis of the periods that a panel has, given the place in time and label of each."""
    ordered = sorted(places)
    at = np.array([place for place, _ in ordered], dtype=np.int64)
    even = math.gcd(*(int(gap) for gap in np.diff(at))) or 1
    daily = step is Step.DAY and even == 1
    return Periods(
        step,
        tuple(label for _, label in ordered),
        (at - at[0]) // even,
        date.fromordinal(int(at[0])).weekday() if daily else None,
    )
