"""Whole UTC days: the only windows that figures are counted over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from quetsach.core.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of whole days in UTC, ``first`` and ``last`` both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError(f"a period ends before it begins: {self.first}..{self.last}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2020-06-16..2020-07-15``.

        Raises:
            InputError: the text is not two ISO dates in order.
        """
        first, separator, last = text.partition("..")
        if not separator:
            raise InputError(
                f"not a period: {text[:60]!r}",
                hint="write it as 2020-06-16..2020-07-15",
            )
        return cls(parse_day(first), parse_day(last))

    @property
    def days(self) -> int:
        """How many days the period has, at least 1."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def parse_day(text: str) -> date:
    """Read one ISO day.

    Raises:
        InputError: the text is not ``YYYY-MM-DD``.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"not a day: {text[:60]!r}", hint="write it as 2020-06-16") from error
