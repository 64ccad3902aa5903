"""A number with its uncertainty, what its reader must know beside it, and the error where none must be given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from quetsach.assess.not_estimable import NotEstimable
from quetsach.core.errors import QuetsachError
from quetsach.core.number import number_text
from quetsach.core.text import LocalText

# A number with its uncertainty, and the refusal that stands where there is none.

CONFIDENCE: Final = 0.95
"""Of every interval, unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval, in the unit of what was asked for.

    ``low`` and ``high`` are what the method's text says they are: a confidence interval of ``CONFIDENCE``, or the
    assumed budget of a method whose bias dominates. ``measured`` has what the method read off the data on its way
    (gaps, coverage, degrees of freedom), by name, for those who check.
    """

    value: float
    low: float
    high: float
    measured: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the estimate for machines; an end that is open is null."""
        ends = (end if math.isfinite(end) else None for end in (self.low, self.high))
        return {"value": self.value, **dict(zip(("low", "high"), ends, strict=True)), "measured": dict(self.measured)}

    def percent_text(self) -> LocalText:
        """Write a value in percent, with its interval in brackets unless it was counted and has none."""
        told = []
        for language, sign, to in (("vi", "%", "đến"), ("en", " %", "to")):
            value, low, high = (
                f"{number_text(n, language, decimals=1)}{sign}" for n in (self.value, self.low, self.high)
            )
            told.append(f"{value} ({low} {to} {high})" if self.low < self.high else value)
        return LocalText(*told)


type Answer = Estimate | NotEstimable
"""What an estimator returns: a number, or why there is none."""


# When a number must not be given.


class AssessError(QuetsachError):
    """The data do not carry the number that was asked for; the hint says what would."""


# What a reader of a figure must know beside it.


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning with a code that stays, and its text in both languages; ``percent`` where it is about one."""

    code: str
    text: LocalText
    percent: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the notice for machines."""
        made: dict[str, object] = {"code": self.code, "text": {"vi": self.text.vi, "en": self.text.en}}
        if self.percent is not None:
            made["percent"] = self.percent
        return made
