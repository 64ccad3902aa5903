"""Stepped wedge: units begin one step after the other, in a random order, and all in the end.

Effects of units and of periods take up whatever is the same everywhere; a coefficient for each time since the start
(the last for that and longer) lets the effect build up. One coefficient for "treated" instead would report about half
of an effect that builds up (``measurement.md`` 3.3; Kenny, Voldal, Xia, Heagerty and Hughes 2022).
"""

from typing import Final

import numpy as np

from quetsach.assess.effect.finding import (
    HOLDS_AT_LEAST,
    Answer,
    Check,
    Course,
    Finding,
    Method,
    Part,
    Scale,
    observed_change,
)
from quetsach.assess.effect.panel import Floats, Ints, Panel
from quetsach.assess.effect.periods import Periods, Step
from quetsach.assess.effect.two_way import TwoWayFit, fit_two_way, within
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

UNITS_AT_LEAST: Final = 12
PERMUTATIONS: Final = 999
DUMMIES: Final = 6
"""Times since the start that have a coefficient of their own, before that of all longer ones."""
_LEAD: Final = 4
"""Periods before the start that are looked at, where there are so many."""
_DAYS_A_WEEK: Final = 7


def stepped_wedge(panel: Panel, scale: Scale, generator: np.random.Generator, *, dummies: int = DUMMIES) -> Answer:
    """Return the long-term effect (the longest times since the start), and the average over times since it.

    Args:
        panel: its outcome is already on the scale; gaps are allowed.
        scale: which one it is.
        generator: draws the orders of the permutation test.
        dummies: how many times since the start (periods, or weeks of a daily panel) have a coefficient of their own.
    """
    units = panel.shape[0]
    if len(panel.cohorts) < 2:
        return Refusal(RefusalReason.NOT_STAGGERED, {"starts": float(len(panel.cohorts))})
    if units < UNITS_AT_LEAST:
        return Refusal(RefusalReason.TOO_FEW_UNITS, {"units": float(units), "needed": float(UNITS_AT_LEAST)})
    times = exposure_times(panel.starts, panel.periods)
    last = min(dummies, int(times.max()))
    regressors = exposure_dummies(times, last)
    fit = fit_two_way(panel.outcome, regressors)
    if isinstance(fit, Refusal):
        return fit
    long_term = fit.combination(np.eye(last + 1)[last])
    averaged = fit.combination(np.full(last + 1, 1 / (last + 1)))
    if isinstance(long_term, Refusal):
        return long_term
    if isinstance(averaged, Refusal):
        return averaged
    after = float(np.nanmean(panel.outcome[times >= last]))
    before = float(np.nanmean(panel.outcome[panel.treated & (panel.starts > 0)][:, : panel.cohorts[0]]))
    return Finding(
        Method.WEDGE,
        scale,
        long_term,
        long_term.interval(_sizes(panel)),
        after,
        observed_change(after, before, scale),
        parts=(Part("time-averaged", _AVERAGED, averaged.interval()), *_by_time(fit, last, panel.periods)),
        checks=(
            *_before_start(panel, regressors),
            *(() if panel.missing else (_permutation(panel.outcome, panel.starts, regressors, generator),)),
        ),
        course=_course(panel, fit, regressors),
    )


def exposure_times(starts: Ints, periods: Periods) -> Ints:
    """Return the time since the start of each cell (units x periods): periods, or weeks of daily ones; -1 before."""
    places = np.append(periods.positions, np.iinfo(np.int64).max // 2)
    since = periods.positions - places[starts][:, None]
    width = _DAYS_A_WEEK if periods.step is Step.DAY and periods.first_weekday is not None else 1
    return np.asarray(np.where(since < 0, -1, since // width))


def exposure_dummies(times: Ints, last: int) -> Floats:
    """Return a column (units x periods x last + 1) for each time since the start, the last for that and longer."""
    return np.asarray(np.minimum(times, last)[:, :, None] == np.arange(last + 1), dtype=np.float64)


_AVERAGED = LocalText("Trung bình theo thời gian kể từ khi bắt đầu", "Averaged over the time since the start")


def _course(panel: Panel, fit: TwoWayFit, regressors: Floats) -> Course:
    """Take the effects away from the treated in each period in which some have begun and others have not."""
    cells = (~np.isnan(panel.outcome) & panel.treated[:, None]).astype(np.float64)
    counts = np.maximum(cells.sum(axis=0), 1)
    shares = (regressors * cells[:, :, None]).sum(axis=0) / counts[:, None]
    is_told = shares.any(axis=1) & (~panel.is_under_treatment).any(axis=0)
    apart = [fit.combination(share) if one else None for share, one in zip(shares, is_told, strict=True)]
    observed = np.where(cells.any(axis=0), (np.nan_to_num(panel.outcome) * cells).sum(axis=0) / counts, np.nan)
    return Course.of(panel.periods.labels, panel.cohorts[0], observed, apart)


def _by_time(fit: TwoWayFit, last: int, periods: Periods) -> list[Part]:
    weekly = periods.first_weekday is not None
    parts = []
    for since in range(last + 1):
        spread = fit.combination(np.eye(last + 1)[since])
        if isinstance(spread, Refusal):
            continue
        more = (" trở lên", " or more") if since == last else ("", "")
        vi, en = ("Tuần", "Week") if weekly else ("Kỳ", "Period")
        name = LocalText(
            f"{vi} thứ {since + 1}{more[0]} kể từ khi bắt đầu", f"{en} {since + 1}{more[1]} since the start"
        )
        parts.append(Part(f"since-{since}", name, spread.interval()))
    return parts


def _sizes(panel: Panel) -> dict[str, float]:
    units, periods = panel.shape
    return {
        "units_treated": float(panel.treated.sum()),
        "units_control": float((~panel.treated).sum()),
        "periods": float(periods),
        "steps": float(len(panel.cohorts)),
        "cells_missing": float(panel.missing),
    } | ({"units": float(units)})


def _before_start(panel: Panel, regressors: Floats) -> tuple[Check, ...]:
    """Look for an effect in the last periods before each start, where there can be none.

    There is one where the worst began first, or where the campaign arrived before its day.
    """
    lead = min(_LEAD, panel.cohorts[0] - 1)
    if lead < 1:
        return ()
    ahead = panel.starts[:, None] - np.arange(panel.shape[1])
    is_lead = (ahead > 0) & (ahead <= lead) & panel.treated[:, None]
    fit = fit_two_way(panel.outcome, np.concatenate([regressors, is_lead[:, :, None].astype(np.float64)], axis=-1))
    if isinstance(fit, Refusal):
        return ()
    apart = fit.combination(np.eye(regressors.shape[-1] + 1)[-1])
    if isinstance(apart, Refusal):
        return ()
    text = LocalText(
        f"Trong {lead} kỳ ngay trước khi bắt đầu, các đơn vị có khác những đơn vị còn lại không (trị số p; nhỏ hơn "
        "0,05 là có: thứ tự triển khai khi đó không ngẫu nhiên, hoặc tác động đến sớm)",
        f"Do units differ from the others in the {lead} periods just before their start (p value; under 0.05 they do: "
        "the order was not random then, or the effect came early)",
    )
    return (Check("trends-before", text, apart.p_value, least=HOLDS_AT_LEAST),)


def _permutation(outcome: Floats, starts: Ints, regressors: Floats, generator: np.random.Generator) -> Check:
    """Give the starts to other units, again and again: how often is the averaged effect as large by chance?

    Exchanging units leaves the regressors' products with each other as they are, so each order costs one sum.
    """
    kinds, kind = np.unique(starts, return_inverse=True)
    first = np.array([int(np.argmax(starts == start)) for start in kinds])
    y, x = within(outcome), np.moveaxis(within(np.moveaxis(regressors, -1, 0)), 0, -1)
    flat = x.reshape(-1, x.shape[-1])
    average = np.linalg.inv(flat.T @ flat).mean(axis=0)
    pairs = y @ (x[first] @ average).T  # what each unit gives with each of the starts
    units = np.arange(len(starts))
    own = abs(pairs[units, kind].sum())
    by_chance = np.array([abs(pairs[units, generator.permutation(kind)].sum()) for _ in range(PERMUTATIONS)])
    text = LocalText(
        f"Phép thử hoán vị thứ tự triển khai ({PERMUTATIONS} lần rút): tỷ lệ thứ tự cho tác động lớn bằng hoặc hơn",
        f"Permutation of the roll-out order ({PERMUTATIONS} draws): share of orders with an effect as large or larger",
    )
    extreme = int((by_chance >= own * (1 - 1e-12)).sum())
    return Check("permutation", text, (1 + extreme) / (1 + PERMUTATIONS))
