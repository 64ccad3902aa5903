"""Comparative interrupted series: a change of course at the start, less the same change of the controls.

``d_t = y_t - mean_c y_ct`` is regressed on 1, t, ramp and weekdays; the effect is the coefficient of the ramp. It is
linear in the series, so each unit has a slope of its own on the ramp, and the treated one stands against the spread of
those of the controls (``measurement.md`` 3.2: standard error by placebos).
"""

from typing import Final

import numpy as np

from quetsach.assess.effect.finding import (
    Answer,
    Check,
    Finding,
    Method,
    Part,
    Scale,
    Spread,
    is_nothing,
    observed_change,
)
from quetsach.assess.effect.panel import Block, Floats, Panel, block_of
from quetsach.assess.effect.periods import Periods, Step
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

CONTROLS_AT_LEAST: Final = 6
_BEFORE_AT_LEAST: Final = 8
_AFTER_AT_LEAST: Final = 3
_WEEKS_FOR_WEEKDAYS: Final = 3
_TWO_MONTHS: Final = {Step.DAY: 60, Step.WEEK: 9, Step.MONTH: 2}


def interrupted_series(panel: Panel, scale: Scale, *, ramp: int | None = None) -> Answer:
    """Return the effect once the ramp is complete.

    Several treated units are taken together as one, since a campaign that they share moves them together.

    Args:
        panel: its outcome is already on the scale.
        scale: which one it is.
        ramp: over how many periods the effect builds up evenly. None takes it to be whole at once, says so, and tells
            beside it what two months would give.
    """
    block = block_of(panel, controls_at_least=CONTROLS_AT_LEAST)
    if isinstance(block, Refusal):
        return block
    lengths = block.measured | {"ramp": float(ramp or 1)}
    left = block.treated.shape[1] - block.start
    if block.start < _BEFORE_AT_LEAST or left < max(_AFTER_AT_LEAST, ramp or 1):
        return Refusal(RefusalReason.TOO_SHORT, lengths)
    spread, others = _spread(panel.periods, block, ramp or 1)
    if is_nothing(spread.error, block.controls):
        return Refusal(RefusalReason.NO_SPREAD, lengths | {"effect": spread.value})
    slower = min(_TWO_MONTHS.get(panel.periods.step, 1), left)
    is_open = ramp is None and slower > 1
    target = block.treated.mean(axis=0)
    after, before = float(target[block.start :].mean()), float(target[: block.start].mean())
    return Finding(
        Method.CITS,
        scale,
        spread,
        spread.interval(lengths),
        after,
        observed_change(after, before, scale),
        parts=(_slower(_spread(panel.periods, block, slower)[0], slower),) if is_open else (),
        checks=(_placebo_check(spread.value, others),),
        notices=(_AT_ONCE,) if is_open else (),
    )


def ramp_slope(periods: Periods, start: int, ramp: int) -> Floats:
    """Return the weights (periods) by which a series gives its coefficient of the ramp, least squares."""
    time = periods.positions.astype(np.float64)
    since = time - time[start] + 1
    columns = [np.ones_like(time), time - time.mean(), np.clip(since / ramp, 0, 1)]
    weekdays = periods.weekdays
    if weekdays is not None and len(time) >= _WEEKS_FOR_WEEKDAYS * 7:
        columns += [(weekdays == day).astype(np.float64) for day in range(6)]
    return np.asarray(np.linalg.pinv(np.column_stack(columns))[2])


def against(own: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Return how a value (…) differs from the mean of others (… x controls), and the error of that difference.

    The same as the root mean square of placebos (each control against the rest) times
    ``sqrt((1 + 1/C) / (1 + 1/(C - 1)))``.
    """
    count = others.shape[-1]
    return own - others.mean(axis=-1), others.std(axis=-1, ddof=1) * np.sqrt(1 + 1 / count)


_AT_ONCE = Notice(
    "ramp-not-stated",
    LocalText(
        "Không nêu bao nhiêu kỳ thì tác động đạt đủ (--ramp), nên coi là đạt đủ ngay. Nếu tác động tăng dần thì mức "
        "nêu ở đây là sai.",
        "It was not stated over how many periods the effect builds up (--ramp), so it is taken to be whole at once. If "
        "it builds up, this figure is wrong.",
    ),
)


def _spread(periods: Periods, block: Block, ramp: int) -> tuple[Spread, Floats]:
    """Return the effect with this ramp, and the slopes (controls) that it stands against."""
    slope = ramp_slope(periods, block.start, ramp)
    others = block.controls @ slope
    effect, error = against(np.array(slope @ block.treated.mean(axis=0)), others)
    return Spread(float(effect), float(error), len(others) - 1.0), others


def _slower(spread: Spread, ramp: int) -> Part:
    name = LocalText(f"Nếu tác động tăng dần trong {ramp} kỳ", f"If the effect builds up over {ramp} periods")
    return Part(f"ramp-{ramp}", name, spread.interval())


def _placebo_check(effect: float, others: Floats) -> Check:
    placebos = (others - others.mean()) * len(others) / (len(others) - 1)
    text = LocalText(
        "Tỷ lệ phép thử giả (mỗi đơn vị đối chứng so với các đơn vị còn lại) cho tác động lớn bằng hoặc hơn",
        "Share of placebos (each control against the rest) with an effect as large or larger",
    )
    return Check("placebo-effect", text, float((1 + (np.abs(placebos) >= abs(effect)).sum()) / (1 + len(others))))
