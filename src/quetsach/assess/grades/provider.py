"""Grades of providers from weekly counts of machines and the regulator's subscribers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from quetsach.assess.errors import AssessError
from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.grades.counted import OwnChange, Rates, graded_rates, own_change
from quetsach.assess.grades.grade import GradedRow
from quetsach.assess.refusal import Refusal
from quetsach.assess.rows import read_rows

MAX_PROVIDERS: Final = 5000

type Weeks = Sequence[Mapping[str, Answer]]
"""Of each week, the machines of each provider; who is not there had none."""


@dataclass(frozen=True, slots=True)
class GradedProvider:
    """A provider with its mean weekly machines; ``change`` is against the earlier window, where there is one."""

    isp: str
    subscribers: float
    machines: float
    graded: GradedRow
    change: OwnChange | None

    def as_json(self) -> dict[str, object]:
        """Return the provider for machines."""
        change = {**self.change.change.as_json(), "probability_fell": self.change.fell} if self.change else None
        counts = {"isp": self.isp, "subscribers": self.subscribers, "machines": self.machines}
        return {**counts, "per_thousand": self.graded.as_json(), "own_change": change}


@dataclass(frozen=True, slots=True)
class ProviderGrades:
    """The graded from best to worst; ``refused`` could not be counted, by provider."""

    providers: tuple[GradedProvider, ...]
    refused: Mapping[str, Refusal]
    without_subscribers: tuple[str, ...]
    excess: float

    def as_json(self) -> dict[str, object]:
        """Return the grades for machines."""
        return {
            "excess": self.excess,
            "providers": [provider.as_json() for provider in self.providers],
            "refused": {name: refusal.as_json() for name, refusal in self.refused.items()},
            "without_subscribers": list(self.without_subscribers),
        }


def read_subscribers(
    content: bytes, *, where: str, columns: tuple[str, str] = ("isp", "subscribers")
) -> Mapping[str, float]:
    """Read a table of a name and how many there are, each 1 or more.

    Args:
        content: CSV in UTF-8.
        where: the file's name, for errors.
        columns: what the name and the number are called.

    Raises:
        AssessError: it is no such table; the error names line and column.
    """
    found: dict[str, float] = {}
    for line in read_rows(content, columns, where=where):
        name, number = line.text(columns[0]), line.number(columns[1])
        if not 1 <= number <= 1e10:
            raise AssessError(f"{columns[1]} must be 1 or more", where=line.where)
        if name in found or len(found) == MAX_PROVIDERS:
            raise AssessError(f"{name!r} is there twice, or there are too many lines", where=line.where)
        found[name] = number
    return found


def grade_providers(
    subscribers: Mapping[str, float], weeks: Weeks, before: Weeks | None = None, *, rng: np.random.Generator
) -> ProviderGrades | Refusal:
    """Grade providers; whoever could not be counted in one week is not graded.

    Args:
        subscribers: of each provider.
        weeks: the window to grade.
        before: an earlier window, for each one's own change.
        rng: draws changes; ranks and grades do not depend on it.
    """
    seen = {name for week in weeks for name in week}
    refused = {
        name: answer
        for week in (*weeks, *(before or ()))
        for name, answer in week.items()
        if isinstance(answer, Refusal) and name in subscribers
    }
    names = sorted(subscribers.keys() - refused.keys())
    exposure = np.array([subscribers[name] for name in names]) / 1000
    counts = _counts(weeks, names)
    now = graded_rates(counts, exposure)
    if isinstance(now, Refusal):
        return now
    then = graded_rates(_counts(before, names), exposure) if before else None
    changes = own_change(then, now, rng=rng) if isinstance(then, Rates) else [None] * len(names)
    rows = [
        GradedProvider(name, subscribers[name], float(count), row, change)
        for name, count, row, change in zip(names, counts.mean(axis=0), now.rows, changes, strict=True)
    ]
    rows.sort(key=lambda provider: provider.graded.shrunk.value)
    return ProviderGrades(tuple(rows), refused, tuple(sorted(seen - subscribers.keys())), now.excess)


def _counts(weeks: Weeks, names: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    def count(answer: Answer | None) -> float:
        return answer.value if isinstance(answer, Estimate) else 0.0

    return np.array([[count(week.get(name)) for name in names] for week in weeks]).reshape(len(weeks), len(names))
