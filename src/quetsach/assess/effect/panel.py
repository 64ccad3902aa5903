"""A panel: the outcome of units over periods with even steps, and from when on each unit was treated."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason
from quetsach.core.errors import InputError
from quetsach.core.text import Text

# The periods of a panel: years, quarters, months, weeks or days, in order and with even steps between them.

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
        Text("not a period: {text}", text=repr(text[:60])),
        hint=Text("a whole number such as 1988, or 2020-06-16, 2020-W25, 2020-06, 2020-Q2"),
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


# A panel: the outcome of units over periods, and from when on each unit was treated.

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


_NEXT_TO_NOTHING = 1e-6
_STRATA_HINT = Text("analyse the units that were drawn and registered: quetsach center assess panel")


@dataclass(frozen=True, slots=True)
class Panel:
    """Units in rows, periods in columns.

    ``outcome`` (units x periods) is NaN where there is no figure. ``starts`` (units) is the index of the first treated
    period, or the number of periods for a unit that was never treated. ``ended`` are units whose treatment ended.
    ``sha256`` (hex) is of the file that it was read from, empty where it was not read from one. ``weights`` (units)
    say how much each treated unit counts in a mean, 1 on the average; None counts all alike. ``covariates`` (units x k)
    are what was known of each unit before the first start; None where none were asked for. ``regions`` (units) are what
    was drawn by lot, where that was whole regions, which begin together; empty where units were drawn. ``strata``
    (units) are what the lot was drawn within; empty where all were drawn together.
    """

    units: tuple[str, ...]
    periods: Periods
    outcome: Floats
    starts: Ints
    ended: tuple[str, ...] = ()
    sha256: str = ""
    weights: Floats | None = None
    covariates: Floats | None = None
    regions: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()

    @property
    def weight(self) -> Floats:
        """How much each unit (units) counts."""
        return np.ones(len(self.units)) if self.weights is None else self.weights

    def weighted_by_size(self) -> "Panel":
        """Return the panel with units that count by their mean before the first start; its outcome is as it was read.

        A unit with nothing before the first start, or less, counts next to nothing.
        """
        before = self.outcome[:, : self.cohorts[0]]
        has = ~np.isnan(before)
        sizes = np.maximum(np.where(has, before, 0.0).sum(axis=1) / np.maximum(has.sum(axis=1), 1), 0.0)
        if not sizes.any():
            return self
        return replace(self, weights=np.maximum(sizes / sizes.mean(), _NEXT_TO_NOTHING))

    @property
    def shape(self) -> tuple[int, int]:
        """How many units and periods."""
        return len(self.units), len(self.periods.labels)

    @property
    def missing(self) -> int:
        """Cells without a figure."""
        return int(np.isnan(self.outcome).sum())

    @property
    def treated(self) -> Bools:
        """Which units (units) are treated at some time."""
        return self.starts < self.shape[1]

    @property
    def cohorts(self) -> tuple[int, ...]:
        """The indices of periods in which treatment of some unit began."""
        return tuple(int(start) for start in np.unique(self.starts[self.treated]))

    @property
    def is_under_treatment(self) -> Bools:
        """Which cells (units x periods) are treated."""
        return np.arange(self.shape[1]) >= self.starts[:, None]

    def with_outcome(self, outcome: Floats) -> "Panel":
        """Return the panel with other figures, such as their logarithms."""
        return replace(self, outcome=outcome)

    def drawn_within(self, strata: Sequence[Sequence[str]]) -> "Panel":
        """Return the panel with the strata that its order was drawn within; who never begins may be in none.

        Raises:
            AssessError: a unit that begins is in none, or units of a region are in several.
        """
        named = {unit: str(number) for number, units in enumerate(strata, 1) for unit in units}
        for unit, begins in zip(self.units, self.treated, strict=True):
            if begins and unit not in named:
                raise AssessError(
                    Text("the unit {unit} begins, and the order was drawn without it", unit=repr(unit)),
                    hint=_STRATA_HINT,
                )
        found = tuple(named.get(unit, "") for unit in self.units)
        if self.regions and len(set(zip(self.regions, found, strict=True))) > len(set(self.regions)):
            raise AssessError(Text("units of one region are in several strata of the order"), hint=_STRATA_HINT)
        return replace(self, strata=found)

    def only(self, units: Bools) -> "Panel":
        """Return the panel of some of its units."""
        kept = tuple(unit for unit, keep in zip(self.units, units, strict=True) if keep)
        weights = None if self.weights is None else self.weights[units]
        covariates = None if self.covariates is None else self.covariates[units]
        regions = tuple(one for one, keep in zip(self.regions, units, strict=True) if keep) if self.regions else ()
        strata = tuple(one for one, keep in zip(self.strata, units, strict=True) if keep) if self.strata else ()
        some = replace(self, weights=weights, covariates=covariates, regions=regions, strata=strata)
        return replace(some, units=kept, outcome=self.outcome[units], starts=self.starts[units])


@dataclass(frozen=True, slots=True)
class Block:
    """A complete panel in which all treated units began together, in period ``start``.

    ``treated_weights`` and ``control_weights`` say how much each unit counts in a mean of treated ones (or of controls
    that play them). ``periods`` are their names, ``treated_covariates`` and ``control_covariates`` (units x k) what is
    known of them; k may be 0.
    """

    treated: Floats
    controls: Floats
    start: int
    treated_units: tuple[str, ...]
    control_units: tuple[str, ...]
    treated_weights: Floats
    control_weights: Floats
    periods: tuple[str, ...]
    treated_covariates: Floats
    control_covariates: Floats

    @property
    def target(self) -> Floats:
        """The mean of the treated (periods)."""
        return _mean(self.treated, self.treated_weights)

    def playing(self, group: Ints) -> Floats:
        """The mean of controls (indices) that play the treated (periods)."""
        return _mean(self.controls[group], self.control_weights[group])

    @property
    def covariates(self) -> Floats:
        """The mean covariates of the treated (k)."""
        return _mean(self.treated_covariates, self.treated_weights)

    def covariates_of(self, group: Ints) -> Floats:
        """The mean covariates of controls (indices) that play the treated (k)."""
        return _mean(self.control_covariates[group], self.control_weights[group])

    @property
    def measured(self) -> dict[str, float]:
        """How large it is, by name."""
        return {
            "units_treated": float(len(self.treated)),
            "units_control": float(len(self.controls)),
            "periods_before": float(self.start),
            "periods_after": float(self.treated.shape[1] - self.start),
        }


def _mean(rows: Floats, weights: Floats) -> Floats:
    """Return the weighted mean of rows."""
    return np.asarray(weights @ rows / weights.sum())


def block_of(panel: Panel, *, controls_at_least: int = 1) -> Block | NotEstimable:
    """Return the panel as a block, or why it is none: a cell is missing, starts differ, or too few controls."""
    measured = {"units_control": float((~panel.treated).sum()), "periods_before": float(min(panel.cohorts))}
    if len(panel.cohorts) > 1:
        return NotEstimable(NotEstimableReason.STAGGERED, {"starts": float(len(panel.cohorts))})
    if panel.missing:
        return NotEstimable(NotEstimableReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    if panel.treated.all():
        return NotEstimable(NotEstimableReason.NO_CONTROLS, measured)
    if measured["units_control"] < controls_at_least:
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, measured | {"needed": float(controls_at_least)})
    is_treated = panel.treated
    known = np.zeros((len(panel.units), 0)) if panel.covariates is None else panel.covariates
    return Block(
        panel.outcome[is_treated],
        panel.outcome[~is_treated],
        panel.cohorts[0],
        tuple(unit for unit, of in zip(panel.units, is_treated, strict=True) if of),
        tuple(unit for unit, of in zip(panel.units, is_treated, strict=True) if not of),
        panel.weight[is_treated],
        panel.weight[~is_treated],
        panel.periods.labels,
        known[is_treated],
        known[~is_treated],
    )
