"""Weights of effects by group and time, for units that began at different times (Callaway and Sant'Anna 2021).

ATT(g, t) is the change of those who began in g, from the period before g to t, less the same change of the units that
have not begun by t. Each mean of such cells is one weighted sum of the outcomes (``contrast``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quetsach.assess.effect.panel import Floats, Ints

type Base = Callable[[int, int], Floats]
"""What is taken away from period t of a group that begins in g: a sum over the periods before g (periods)."""


@dataclass(frozen=True, slots=True)
class Starts:
    """When the kinds of units begin (kinds), how much each counts (its units), and how many periods there are."""

    starts: Ints
    sizes: Floats
    periods: int

    def cells(self) -> list[tuple[int, int]]:
        """Return the groups and periods under treatment for which some unit has not begun."""
        return [
            (int(start), time)
            for start in self.starts[self.starts < self.periods]
            for time in range(int(start), self.periods)
            if (self.starts > time).any()
        ]

    def leads(self) -> list[tuple[int, int]]:
        """Return the groups and periods before their last one before the start."""
        treated = self.starts[self.starts < self.periods]
        return [(int(g), time) for g in treated if (self.starts > g).any() for time in range(int(g) - 1)]

    def cell(self, group: int, time: int, base: Base) -> Floats:
        """Return the weights (kinds x periods) of one ATT(g, t), for each unit of a kind."""
        course = np.zeros(self.periods)
        course[time] = 1
        course -= base(group, time)
        own, others = self.starts == group, self.starts > max(group, time)
        shares = own / self.sizes[own].sum() - others / self.sizes[others].sum()
        return np.asarray(shares[:, None] * course)

    def mean(self, cells: list[tuple[int, int]], base: Base) -> Floats:
        """Return the weights of the mean over cells, each counted by how many units it has."""
        size = {int(start): float(count) for start, count in zip(self.starts, self.sizes, strict=True)}
        total = sum(size[group] for group, _ in cells)
        return np.asarray(sum(size[group] / total * self.cell(group, time, base) for group, time in cells))


def last_before(periods: int) -> Base:
    """Take away the last period before the start."""
    return lambda group, _: np.eye(periods)[group - 1]


def mean_before(periods: int, *, left_out: int = 0) -> Base:
    """Take away the mean of all periods before the start, but for the last ``left_out``."""
    return lambda group, _: (np.arange(periods) < group - left_out) / (group - left_out)


def course_before(positions: Ints, degree: int) -> Base:
    """Take away what the line (degree 1) or curve through all periods before the start would have reached."""
    time = positions.astype(np.float64) / max(1, int(positions[-1]))

    def base(group: int, at: int) -> Floats:
        columns = (time - time[group - 1])[:, None] ** np.arange(degree + 1)
        made = np.zeros(len(time))
        made[:group] = columns[at] @ np.linalg.pinv(columns[:group])
        return made

    return base
