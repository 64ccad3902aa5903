"""Comparative interrupted series: a change of course at the start, less the same change of the controls.

``d_t = y_t - mean_c y_ct`` is regressed on 1, t, ramp and weekdays; the effect is the coefficient of the ramp. It is
linear in the series, so each unit has a slope of its own on the ramp, and the treated one stands against the spread of
those of the controls (standard error by placebos).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from quetsach.assess.effect.clumps import changes_of_treated, with_clumps
from quetsach.assess.effect.contrast import noise_ratios, rank_of
from quetsach.assess.effect.finding import (
    HOLDS_AT_LEAST,
    Answer,
    Check,
    Course,
    Finding,
    Method,
    Part,
    Scale,
    Spread,
    is_nothing,
    observed_change,
)
from quetsach.assess.effect.group_time import Strayed, strayed_among
from quetsach.assess.effect.panel import Block, Floats, Panel, Periods, Step, block_of
from quetsach.assess.effect.sensitivity import Rival, widened
from quetsach.assess.effect.wedge_effects import by_region
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.core.text import Text

CONTROLS_AT_LEAST: Final = 6
_BEFORE_AT_LEAST: Final = 8
_AFTER_AT_LEAST: Final = 3
_NOISE_AT_LEAST: Final = 0.1
_WEEKS_FOR_WEEKDAYS: Final = 3
_PEAK: Final = 8
"""Of the time before the start, the last eighth may be a peak that the start was a response to."""
CONTROLS_TO_JUDGE: Final = round(1 / _NOISE_AT_LEAST)
"""With fewer the check of noise cannot fail, so there is no verdict (``Check.draws_needed``)."""
CONTROLS_TO_CLAIM: Final = round(1 / HOLDS_AT_LEAST) - 1
"""With fewer no effect is told from chance, so no verdict is "achieved"."""
_TWO_MONTHS: Final = {Step.DAY: 60, Step.WEEK: 9, Step.MONTH: 2}


def interrupted_series(
    panel: Panel, scale: Scale, generator: np.random.Generator, *, ramp: int | None = None
) -> Answer:
    """Return the effect once the ramp is complete.

    Several treated units are taken together as one, since a campaign that they share moves them together.

    Args:
        panel: its outcome is already on the scale.
        scale: which one it is.
        generator: draws treated units whose effects differ.
        ramp: over how many periods the effect builds up evenly. None takes it to be whole at once, says so, and tells
            beside it what two months would give.
    """
    block = block_of(by_region(panel), controls_at_least=CONTROLS_AT_LEAST)
    if isinstance(block, NotEstimable):
        return block
    lengths = block.measured | {"ramp": float(ramp or 1)}
    left = block.treated.shape[1] - block.start
    if block.start < _BEFORE_AT_LEAST or left < max(_AFTER_AT_LEAST, ramp or 1):
        return NotEstimable(NotEstimableReason.TOO_SHORT, lengths)
    spread, others = _spread(panel.periods, block, ramp or 1)
    if is_nothing(spread.error, block.controls):
        return NotEstimable(NotEstimableReason.NO_SPREAD, lengths | {"effect": spread.value})
    noisier = _noisier(panel.periods, block)
    slower = min(_TWO_MONTHS.get(panel.periods.step, 1), left)
    is_open = ramp is None and slower > 1
    target = block.target
    after, before = float(target[block.start :].mean()), float(target[: block.start].mean())
    found = Finding(
        Method.CITS,
        scale,
        spread,
        _interval(spread, others, noisier, lengths),
        after,
        observed_change(after, before, scale),
        parts=(_slower(_spread(panel.periods, block, slower)[0], slower),) if is_open else (),
        checks=(_placebo_check(spread.value, others), *_before_start(panel.periods, block, ramp or 1)),
        notices=(_AT_ONCE,) if is_open else (),
        course=_course(panel.periods, block, ramp or 1),
    )
    if strayed := _strayed(panel.periods, block):
        found = found.telling(*strayed.notices())
    wide = widened(found, _rivals(panel.periods, block, ramp or 1, noisier))
    slope = ramp_slope(panel.periods, block.start, ramp or 1)
    return with_clumps(wide, changes_of_treated(block, slope), block.treated_units, generator)


def _interval(spread: Spread, others: Floats, noisier: float, measured: Mapping[str, float]) -> Estimate:
    """Return the interval by t, and no narrower than placebos give it where there are enough for 95 %."""
    by_t = spread.interval(dict(measured) | {"noise_ratio": noisier})
    reach = by_t.high - by_t.value
    if len(others) >= CONTROLS_TO_CLAIM:
        placebos = np.sort(np.abs(_placebos(others)))[::-1]
        reach = max(reach, float(placebos[rank_of(len(others))[0] - 1]))
    return replace(by_t, low=by_t.value - noisier * reach, high=by_t.value + noisier * reach)


def _noisier(periods: Periods, block: Block) -> float:
    """Return how many times as much as the controls the treated moved before the start, at least 1.

    The spread of the controls says nothing of the noise that the treated alone have.
    """
    axis, shared = periods.first(block.start), block.controls[:, : block.start].mean(axis=0)
    own = _residual(axis, (block.target[: block.start] - shared)[None])
    others = _residual(axis, block.controls[:, : block.start] - shared)
    return float(noise_ratios(own, others)[0])


def _rivals(periods: Periods, block: Block, ramp: int, noisier: float) -> Iterator[Rival]:
    """Fit the ramp in other ways, and say how often the controls differ as much between the two."""
    usual, target = ramp_slope(periods, block.start, ramp), block.target
    for name, slope in (
        ("bent", ramp_slope(periods, block.start, ramp, degree=2)),
        ("peak-left-out", ramp_slope(periods, block.start, ramp, left_out=max(2, block.start // _PEAK))),
    ):
        effect, other = _of(block, target, slope), _of(block, target, slope - usual)
        if not is_nothing(other.error, block.controls):
            interval = _interval(effect, block.controls @ slope, noisier, {})
            yield Rival(name, interval, other.p_value, may_hold=name == "bent")


def ramp_slope(periods: Periods, start: int, ramp: int, *, degree: int = 1, left_out: int = 0) -> Floats:
    """Return the weights (periods) by which a series gives its coefficient of the ramp, least squares.

    The undisturbed course is a polynomial of ``degree``; of the periods before the start the last ``left_out`` have no
    weight.
    """
    time = periods.positions.astype(np.float64)
    rise = _rise(periods, start, ramp)
    further = [((time - time.mean()) / len(time)) ** power for power in range(2, degree + 1)]
    kept = np.ones(len(time), dtype=bool)
    kept[start - left_out : start] = False
    columns = np.column_stack([_line(periods), *further, rise])
    weights = np.zeros(len(time))
    weights[kept] = np.linalg.pinv(columns[kept])[-1]
    return weights


def _rise(periods: Periods, start: int, ramp: int) -> Floats:
    """Return how much of the effect there is in each period."""
    time = periods.positions.astype(np.float64)
    return np.asarray(np.clip((time - time[start] + 1) / ramp, 0, 1))


def _line(periods: Periods) -> Floats:
    """Return the regressors of an undisturbed course (periods x k): one, time, and weekdays of a daily series."""
    time = periods.positions.astype(np.float64)
    columns, weekdays = [np.ones_like(time), time - time.mean()], periods.weekdays
    if weekdays is not None and len(time) >= _WEEKS_FOR_WEEKDAYS * 7:
        columns += [(weekdays == day).astype(np.float64) for day in range(6)]
    return np.column_stack(columns)


def against(own: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Return how a value (…) differs from the mean of others (… x controls), and the error of that difference.

    The same as the root mean square of placebos (each control against the rest) times
    ``sqrt((1 + 1/C) / (1 + 1/(C - 1)))``.
    """
    count = others.shape[-1]
    return own - others.mean(axis=-1), others.std(axis=-1, ddof=1) * np.sqrt(1 + 1 / count)


_AT_ONCE = Notice(
    "ramp-not-stated",
    Text(
        "It was not stated over how many periods the effect builds up, so it is taken to be whole at once. If "
        "it builds up, this figure is wrong."
    ),
)


def _spread(periods: Periods, block: Block, ramp: int) -> tuple[Spread, Floats]:
    """Return the effect with this ramp, and the slopes (controls) that it stands against."""
    slope = ramp_slope(periods, block.start, ramp)
    return _of(block, block.target, slope), block.controls @ slope


def _of(block: Block, target: Floats, slope: Floats) -> Spread:
    """Return a weighted sum of the treated, against the same of the controls."""
    effect, error = against(np.array(slope @ target), block.controls @ slope)
    return Spread(float(effect), float(error), len(block.controls) - 1.0)


def _course(periods: Periods, block: Block, ramp: int) -> Course:
    """Compare the treated with the undisturbed course that the regression gives their gap to the controls."""
    line, rise = _line(periods), _rise(periods, block.start, ramp)
    left = np.eye(len(line)) - line @ np.linalg.pinv(np.column_stack([line, rise]))[:-1]
    values, errors = against(left @ block.target, left @ block.controls.T)
    spreads = [Spread(float(v), float(e), len(block.controls) - 1.0) for v, e in zip(values, errors, strict=True)]
    return Course.of(periods.labels, block.start, block.target, spreads)


def _slower(spread: Spread, ramp: int) -> Part:
    name = Text("If the effect builds up over {ramp} periods", ramp=ramp)
    return Part(f"ramp-{ramp}", name, spread.interval())


def _before_start(periods: Periods, block: Block, ramp: int) -> tuple[Check, ...]:
    """Look at the time before the start alone: an effect where there can be none, and noise that controls lack."""
    earlier = replace(block, treated=block.treated[:, : block.start], controls=block.controls[:, : block.start])
    axis = periods.first(block.start)
    noise = _noise_check(_residual(axis, earlier.target[None]), _residual(axis, earlier.controls))
    middle = replace(earlier, start=block.start // 2)
    if block.start - middle.start < _AFTER_AT_LEAST or middle.start < _AFTER_AT_LEAST:
        return (noise,)
    placebo, _ = _spread(axis, middle, min(ramp, block.start - middle.start))
    if is_nothing(placebo.error, earlier.controls):
        return (noise,)
    text = Text(
        "With a start pretended in the middle of the time before, is there an effect (p value; under 0.05 there is: "
        "the courses differed already)"
    )
    return (Check("trends-before", text, placebo.p_value, least=HOLDS_AT_LEAST), noise)


def _strayed(periods: Periods, block: Block) -> Strayed | None:
    """Look whether the gap left its line just before the start, more than each control left the rest."""
    before = np.vstack([block.target, block.controls])[:, : block.start]
    own, *others = _left(periods.first(block.start), before)
    return strayed_among(own - np.mean(others, axis=0), _placebos(np.array(others)), block.start)


def _left(periods: Periods, series: Floats) -> Floats:
    """Return what is left of each series (units x periods) without its own line and weekdays."""
    columns = _line(periods)
    return np.asarray(series - series @ np.linalg.pinv(columns).T @ columns.T)


def _residual(periods: Periods, series: Floats) -> Floats:
    """Return how far each series (units x periods) lies from its own line and weekdays, root mean square (units)."""
    return np.asarray(np.sqrt((_left(periods, series) ** 2).mean(axis=1)))


def _noise_check(own: Floats, others: Floats) -> Check:
    text = Text(
        "Share of controls that move as much before the start, or more (under 0.1 the interval, which comes from the "
        "controls, is too narrow)"
    )
    share = float((1 + (others >= own[0]).sum()) / (1 + len(others)))
    return Check("noise-before", text, share, least=_NOISE_AT_LEAST, draws=len(others))


def _placebo_check(effect: float, others: Floats) -> Check:
    text = Text("Share of placebos (each control against the rest) with an effect as large or larger")
    share = float((1 + (np.abs(_placebos(others)) >= abs(effect)).sum()) / (1 + len(others)))
    return Check("placebo-effect", text, share, draws=len(others))


def _placebos(others: Floats) -> Floats:
    """Return each control (controls, or controls x periods) against the rest."""
    return np.asarray((others - others.mean(axis=0)) * len(others) / (len(others) - 1))
