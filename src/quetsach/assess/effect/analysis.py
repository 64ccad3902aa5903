"""From a panel to a finding: the method that was asked for, on the scale that fits, or a refusal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.cits import interrupted_series
from quetsach.assess.effect.did import difference_in_differences
from quetsach.assess.effect.finding import Answer, Counted, Finding, Method, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.sensitivity import PERIODS_FOR, with_spill_over
from quetsach.assess.effect.synthetic import synthetic_control, synthetic_difference
from quetsach.assess.effect.wedge import DUMMIES, stepped_wedge
from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason, Notice
from quetsach.core.text import Text

SEED: Final = 2020
"""Of the random draws of placebos and permutations, unless another is given: the same panel gives the same answer."""


UNEQUAL_AT_LEAST: Final = 1.1
"""Largest to smallest unit before the start from which levels are called wrong.

On levels a decline of a half that all units share looks, for a unit a tenth larger than its controls, like an effect of
8 points.
"""
LEVELS_OF_UNEQUAL: Final = Notice(
    "levels-of-unequal-units",
    Text(
        "Units are of unequal size and no logarithms are taken: where all fall by the same share, a large one falls by "
        "more, which looks like the campaign. Compare logarithms."
    ),
)
COURSE_NOT_TOLD: Final = Notice(
    "course-not-told",
    Text(
        "This panel cannot tell whether the gap between the groups was on a curve of its own: that takes "
        "at least {periods} periods before the start, no cell missing, and enough controls. The figure "
        "holds only if the groups would have gone on alike without a campaign.",
        periods=PERIODS_FOR["bent"],
    ),
)
_BY_COURSE: Final = (Method.DID, Method.SC, Method.SDID)
"""Methods that stand on how the groups went on, and on nothing that was drawn by lot."""


@dataclass(frozen=True, slots=True)
class Design:
    """How a panel is analysed; ``scale`` and ``ramp`` None take the usual ones.

    ``spill_over`` is the share of the effect, at most, that reaches the units it is held against; ``covariates`` are
    columns of the panel that units are made comparable by.

    Raises:
        AssessError: all of the effect is to reach the controls, or the method takes no covariates.
    """

    method: Method
    scale: Scale | None = None
    ramp: int | None = None
    dummies: int = DUMMIES
    seed: int = SEED
    counted: Counted = Counted.UNITS
    spill_over: float = 0.0
    covariates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.spill_over < 1:
            raise AssessError(Text("the share that reaches the controls is not from 0 to less than 1"))
        if self.covariates and self.method not in (Method.SC, Method.SDID):
            raise AssessError(
                Text("{method} takes no covariates", method=self.method), hint=Text("--covariate is for sc and sdid")
            )


def usual_scale(panel: Panel) -> Scale:
    """Return logarithms, with a half added where some figure is zero; levels where one is negative.

    What all units share changes each by a share of its size. On levels, a large unit would seem to have an effect of
    its own (``UNEQUAL_AT_LEAST``).
    """
    least = float(np.nanmin(panel.outcome))
    if least < 0:
        return Scale.LEVEL
    return Scale.LOG if least else Scale.COUNT


def analyse(panel: Panel, design: Design) -> Answer:
    """Return what a method finds in a panel.

    Raises:
        AssessError: the panel was read without the covariates of the design.
    """
    if len(design.covariates) != (0 if panel.covariates is None else panel.covariates.shape[1]):
        raise AssessError(Text("the panel does not have the covariates of the analysis"))
    if np.isnan(panel.outcome).all():
        return NotEstimable(NotEstimableReason.NO_DATA)
    scale = design.scale or usual_scale(panel)
    if obstacle := _obstacle(panel, scale):
        return obstacle
    weighted = panel.weighted_by_size() if design.counted is Counted.SIZE else panel
    answer = _by_method(weighted.with_outcome(scale.of(panel.outcome)), scale, design)
    if isinstance(answer, NotEstimable):
        return answer
    found = replace(answer, counted=design.counted, notices=(*_warnings(panel, answer, scale), *answer.notices))
    return with_spill_over(found, design.spill_over)


def _warnings(panel: Panel, found: Finding, scale: Scale) -> Iterator[Notice]:
    """Say what is known to be wrong with a figure, or cannot be known."""
    if not scale.is_log and size_ratio(panel) > UNEQUAL_AT_LEAST:
        yield LEVELS_OF_UNEQUAL
    has_curve = panel.cohorts[0] >= PERIODS_FOR["bent"] and any(part.id == "bent" for part in found.parts)
    if found.method in _BY_COURSE and not has_curve:
        yield COURSE_NOT_TOLD


def size_ratio(panel: Panel) -> float:
    """Return the largest mean of a unit before the first start over the smallest; infinite where one is none."""
    before = panel.outcome[:, : panel.cohorts[0]]
    sizes = np.array([np.nanmean(row) if not np.isnan(row).all() else np.nan for row in before])
    return float(np.nanmax(sizes) / np.nanmin(sizes)) if np.nanmin(sizes) > 0 else np.inf


def _by_method(panel: Panel, scale: Scale, design: Design) -> Answer:
    generator = np.random.default_rng(design.seed)
    methods: dict[Method, Callable[[], Answer]] = {
        Method.DID: lambda: difference_in_differences(panel, scale, generator),
        Method.SC: lambda: synthetic_control(panel, scale, generator),
        Method.SDID: lambda: synthetic_difference(panel, scale, generator),
        Method.CITS: lambda: interrupted_series(panel, scale, generator, ramp=design.ramp),
        Method.WEDGE: lambda: stepped_wedge(panel, scale, generator, dummies=design.dummies),
    }
    return methods[design.method]()


def _obstacle(panel: Panel, scale: Scale) -> NotEstimable | None:
    """Say what no method gets over."""
    if not panel.treated.any():
        return NotEstimable(NotEstimableReason.NOBODY_TREATED)
    if panel.ended:
        return NotEstimable(NotEstimableReason.TREATMENT_ENDS, {"units": float(len(panel.ended))})
    if panel.cohorts[0] == 0:
        return NotEstimable(NotEstimableReason.NO_BEFORE, {"units": float((panel.starts == 0).sum())})
    least = -0.5 if scale is Scale.COUNT else 0.0
    if scale.is_log and (bad := int((panel.outcome <= least).sum())):
        return NotEstimable(NotEstimableReason.NOT_POSITIVE, {"cells": float(bad)})
    return None
