"""From a panel to a finding: the method that was asked for, on the scale that fits, or a refusal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.cits import interrupted_series
from quetsach.assess.effect.did import difference_in_differences
from quetsach.assess.effect.finding import Answer, Counted, Method, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.synthetic import synthetic_control, synthetic_difference
from quetsach.assess.effect.wedge import DUMMIES, stepped_wedge
from quetsach.assess.errors import AssessError
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

SEED: Final = 2020
"""Of the random draws of placebos and permutations, unless another is given: the same panel gives the same answer."""


UNEQUAL_AT_LEAST: Final = 1.1
"""Largest to smallest unit before the start from which levels are called wrong.

On levels a decline of a half that all units share looks, for a unit a tenth larger than its controls, like an effect of
8 points.
"""
LEVELS_OF_UNEQUAL: Final = Notice(
    "levels-of-unequal-units",
    LocalText(
        "Các đơn vị lớn nhỏ khác nhau mà phép so sánh không lấy lôgarit: cùng giảm một tỷ lệ thì đơn vị lớn giảm nhiều "
        "hơn, trông như là nhờ chiến dịch. Hãy dùng thang đo log hoặc count.",
        "Units are of unequal size and no logarithms are taken: where all fall by the same share, a large one falls by "
        "more, which looks like the campaign. Use the scale log or count.",
    ),
)


@dataclass(frozen=True, slots=True)
class Design:
    """How a panel is analysed; ``scale`` and ``ramp`` None take the usual ones.

    Raises:
        AssessError: units are to count by size in a wedge, which counts all alike.
    """

    method: Method
    scale: Scale | None = None
    ramp: int | None = None
    dummies: int = DUMMIES
    seed: int = SEED
    counted: Counted = Counted.UNITS

    def __post_init__(self) -> None:
        if self.method is Method.WEDGE and self.counted is Counted.SIZE:
            raise AssessError("a wedge counts every unit alike", hint="--counted size is for did, sc, sdid and cits")


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
    """Return what a method finds in a panel."""
    if np.isnan(panel.outcome).all():
        return Refusal(RefusalReason.NO_DATA)
    scale = design.scale or usual_scale(panel)
    if obstacle := _obstacle(panel, scale):
        return obstacle
    weighted = panel.weighted_by_size() if design.counted is Counted.SIZE else panel
    answer = _by_method(weighted.with_outcome(scale.of(panel.outcome)), scale, design)
    if isinstance(answer, Refusal):
        return answer
    answer = replace(answer, counted=design.counted)
    if scale.is_log or size_ratio(panel) <= UNEQUAL_AT_LEAST:
        return answer
    return replace(answer, notices=(LEVELS_OF_UNEQUAL, *answer.notices))


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
        Method.CITS: lambda: interrupted_series(panel, scale, ramp=design.ramp),
        Method.WEDGE: lambda: stepped_wedge(panel, scale, generator, dummies=design.dummies),
    }
    return methods[design.method]()


def _obstacle(panel: Panel, scale: Scale) -> Refusal | None:
    """Say what no method gets over."""
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
