"""A panel: the outcome of units over periods, and from when on each unit was treated."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.effect.periods import Periods
from quetsach.assess.refusal import Refusal, RefusalReason

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


_NEXT_TO_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Panel:
    """Units in rows, periods in columns.

    ``outcome`` (units x periods) is NaN where there is no figure. ``starts`` (units) is the index of the first treated
    period, or the number of periods for a unit that was never treated. ``ended`` are units whose treatment ended.
    ``sha256`` (hex) is of the file that it was read from, empty where it was not read from one. ``weights`` (units)
    say how much each treated unit counts in a mean, 1 on the average; None counts all alike. ``covariates`` (units x k)
    are what was known of each unit before the first start; None where none were asked for. ``regions`` (units) are what
    was drawn by lot, where that was whole regions, which begin together; empty where units were drawn.
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

    def only(self, units: Bools) -> "Panel":
        """Return the panel of some of its units."""
        kept = tuple(unit for unit, keep in zip(self.units, units, strict=True) if keep)
        weights = None if self.weights is None else self.weights[units]
        covariates = None if self.covariates is None else self.covariates[units]
        regions = tuple(one for one, keep in zip(self.regions, units, strict=True) if keep) if self.regions else ()
        some = replace(self, weights=weights, covariates=covariates, regions=regions)
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
        return np.asarray(np.average(self.treated, axis=0, weights=self.treated_weights))

    def playing(self, group: Ints) -> Floats:
        """The mean of controls (indices) that play the treated (periods)."""
        return np.asarray(np.average(self.controls[group], axis=0, weights=self.control_weights[group]))

    @property
    def covariates(self) -> Floats:
        """The mean covariates of the treated (k)."""
        return np.asarray(np.average(self.treated_covariates, axis=0, weights=self.treated_weights))

    def covariates_of(self, group: Ints) -> Floats:
        """The mean covariates of controls (indices) that play the treated (k)."""
        return np.asarray(np.average(self.control_covariates[group], axis=0, weights=self.control_weights[group]))

    @property
    def measured(self) -> dict[str, float]:
        """How large it is, by name."""
        return {
            "units_treated": float(len(self.treated)),
            "units_control": float(len(self.controls)),
            "periods_before": float(self.start),
            "periods_after": float(self.treated.shape[1] - self.start),
        }


def block_of(panel: Panel, *, controls_at_least: int = 1) -> Block | Refusal:
    """Return the panel as a block, or why it is none: a cell is missing, starts differ, or too few controls."""
    measured = {"units_control": float((~panel.treated).sum()), "periods_before": float(min(panel.cohorts))}
    if len(panel.cohorts) > 1:
        return Refusal(RefusalReason.STAGGERED, {"starts": float(len(panel.cohorts))})
    if panel.missing:
        return Refusal(RefusalReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    if panel.treated.all():
        return Refusal(RefusalReason.NO_CONTROLS, measured)
    if measured["units_control"] < controls_at_least:
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, measured | {"needed": float(controls_at_least)})
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
