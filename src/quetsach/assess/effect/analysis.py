"""From a panel to a finding: the method that was asked for, on the scale that fits, or a refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from quetsach.assess.effect.cits import interrupted_series
from quetsach.assess.effect.did import difference_in_differences
from quetsach.assess.effect.finding import Answer, Method, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.synthetic import synthetic_control, synthetic_difference
from quetsach.assess.effect.wedge import DUMMIES, stepped_wedge
from quetsach.assess.refusal import Refusal, RefusalReason

SEED: Final = 2020
"""Of the random draws of placebos and permutations, unless another is given: the same panel gives the same answer."""


@dataclass(frozen=True, slots=True)
class Design:
    """How a panel is analysed; ``scale`` and ``ramp`` None take the usual ones."""

    method: Method
    scale: Scale | None = None
    ramp: int | None = None
    dummies: int = DUMMIES
    seed: int = SEED


def usual_scale(method: Method, panel: Panel) -> Scale:
    """Return the scale of a method: logarithms for the count series of cits and wedge, levels for the others."""
    is_positive = bool((panel.outcome[~np.isnan(panel.outcome)] > 0).all())
    return Scale.LOG if method in (Method.CITS, Method.WEDGE) and is_positive else Scale.LEVEL


def analyse(panel: Panel, design: Design) -> Answer:
    """Return what a method finds in a panel."""
    scale = design.scale or usual_scale(design.method, panel)
    if obstacle := _obstacle(panel, scale):
        return obstacle
    panel = panel.with_outcome(scale.of(panel.outcome))
    generator = np.random.default_rng(design.seed)
    methods: dict[Method, Callable[[], Answer]] = {
        Method.DID: lambda: difference_in_differences(panel, scale, generator),
        Method.SC: lambda: synthetic_control(panel, scale, generator),
        Method.SDID: lambda: synthetic_difference(panel, scale, generator),
        Method.CITS: lambda: interrupted_series(panel, scale, ramp=design.ramp),
        Method.WEDGE: lambda: stepped_wedge(panel, scale, generator, dummies=design.dummies),
    }
    return methods[design.method]()


def _obstacle(panel: Panel, scale: Scale) -> Refusal | None:
    """Say what no method gets over."""
    if np.isnan(panel.outcome).all():
        return Refusal(RefusalReason.NO_DATA)
    if not panel.treated.any():
        return Refusal(RefusalReason.NOBODY_TREATED)
    if panel.ended:
        return Refusal(RefusalReason.TREATMENT_ENDS, {"units": float(len(panel.ended))})
    if panel.cohorts[0] == 0:
        return Refusal(RefusalReason.NO_BEFORE, {"units": float((panel.starts == 0).sum())})
    least = -0.5 if scale is Scale.COUNT else 0.0
    if scale.is_log and (bad := int((panel.outcome <= least).sum())):
        return Refusal(RefusalReason.NOT_POSITIVE, {"cells": float(bad)})
    return None
