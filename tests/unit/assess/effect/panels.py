"""Panels with a known effect, for the tests of this folder."""

import numpy as np

from quetsach.assess.effect import Panel
from quetsach.assess.effect.periods import Step, periods_of


def panel_of(outcome: np.ndarray, starts: list[int], *, first_year: int = 1970) -> Panel:
    """Units ``u0``… over years; a start past the last year is never."""
    units, periods = outcome.shape
    axis = periods_of(Step.NUMBER, ((year, str(year)) for year in range(first_year, first_year + periods)))
    return Panel(tuple(f"u{n}" for n in range(units)), axis, outcome.astype(float), np.array(starts))


def noisy(units: int, periods: int, *, seed: int = 1, deviation: float = 1.0) -> np.ndarray:
    """Levels of units, a shared path, and noise."""
    generator = np.random.default_rng(seed)
    path = 50 + 5 * generator.standard_normal((units, 1)) + generator.standard_normal(periods).cumsum()
    return path + deviation * generator.standard_normal((units, periods))


def csv_of(panel: Panel) -> bytes:
    """The panel as the command reads it."""
    lines = ["unit,period,outcome,treated"]
    for unit, values, under in zip(panel.units, panel.outcome, panel.is_under_treatment, strict=True):
        for label, value, is_treated in zip(panel.periods.labels, values, under, strict=True):
            lines.append(f"{unit},{label},{'' if np.isnan(value) else value},{int(is_treated)}")
    return "\n".join(lines).encode()
