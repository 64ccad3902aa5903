"""The methods of ``assess effect`` beside other people's programs, on panels drawn here.

diff-diff and pysyncon (both MIT) solve the same problems by other means: Frank and Wolfe's steps, a quadratic
programme, a regression with dummies. What differs is what their stopping rules leave, so each line has its tolerance.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
from bench.validation.table import Row

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.panel import Step, periods_of


def drawn_panel(generator: np.random.Generator, starts: np.ndarray, periods: int = 30) -> Panel:
    """Return a panel of levels with two factors, noise, and an effect of -10 from each unit's start on."""
    units = len(starts)
    factors = generator.standard_normal((2, periods)).cumsum(axis=1)
    outcome = 100 + 8 * generator.standard_normal((units, 1)) + generator.uniform(0, 3, (units, 2)) @ factors
    outcome += generator.standard_normal((units, periods)) - 10 * (np.arange(periods) >= starts[:, None])
    axis = periods_of(Step.NUMBER, ((year, str(year)) for year in range(1970, 1970 + periods)))
    return Panel(tuple(f"u{index:02}" for index in range(units)), axis, outcome, starts.astype(np.int64))


def long_table(panel: Panel) -> pd.DataFrame:
    """Return a panel as other programs take it."""
    units, periods = panel.shape
    return pd.DataFrame(
        {
            "unit": np.repeat(panel.units, periods),
            "time": np.tile(np.arange(periods), units),
            "y": panel.outcome.ravel(),
            "ever": np.repeat(panel.treated.astype(int), periods),
            "d": panel.is_under_treatment.ravel().astype(int),
            "first": np.repeat(np.where(panel.treated, panel.starts, 0), periods),
        }
    )


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table: seconds of CPU."""
    generator = np.random.default_rng(seed)
    block = drawn_panel(generator, np.array([20] + [30] * 24))
    several = drawn_panel(generator, np.array([20] * 8 + [30] * 24))
    steps = drawn_panel(generator, np.array([12] * 8 + [16] * 8 + [22] * 8 + [30] * 10))
    with _quiet():
        return [
            *_sdid(block, draws=200 if short else 1_000),
            _jackknife(drawn_panel(generator, np.array([20] * 8 + [30] * 15))),
            _sc(block),
            *_did(several),
            *_group_time(steps),
            *_wedge(steps),
        ]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the advice of other programs off the screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _found(panel: Panel, method: Method) -> Finding:
    answer = analyse(panel, Design(method, Scale.LEVEL))
    if not isinstance(answer, Finding):
        raise TypeError(answer.reason)
    return answer


def _row(what: str, ours: float, theirs: float, tolerance: float) -> Row:
    apart = abs(ours / theirs - 1)
    return Row(what, f"within {tolerance:g}", f"{ours:.6f} and {theirs:.6f}: {apart:.1e}", apart <= tolerance)


def _sdid(panel: Panel, draws: int) -> Iterator[Row]:
    from diff_diff import SyntheticDiD

    program = SyntheticDiD(variance_method="placebo", n_bootstrap=draws, seed=1)
    theirs = program.fit(
        long_table(panel), outcome="y", treatment="ever", unit="unit", time="time", post_periods=list(range(20, 30))
    )
    ours = _found(panel, Method.SDID)
    yield _row("sdid: effect, diff-diff", ours.spread.value, theirs.att, 1e-3)
    yield _row(f"sdid: placebo error (theirs by {draws:,} draws), diff-diff", ours.spread.error, theirs.se, 0.2)


def _jackknife(panel: Panel) -> Row:
    from diff_diff import SyntheticDiD

    table = long_table(panel)
    theirs = SyntheticDiD(variance_method="jackknife").fit(
        table, outcome="y", treatment="ever", unit="unit", time="time", post_periods=list(range(20, 30))
    )
    return _row("sdid: jackknife error, diff-diff", _found(panel, Method.SDID).spread.error, theirs.se, 1e-3)


def _sc(panel: Panel) -> Row:
    from pysyncon import Synth

    before, outcome = panel.outcome[:, : panel.cohorts[0]], panel.outcome
    weights, _ = Synth().w_optimize(V_mat=np.eye(before.shape[1]), X0=before[1:].T, X1=before[0])
    theirs = (outcome[0] - weights @ outcome[1:])[panel.cohorts[0] :].mean()
    return _row("sc: effect, pysyncon", _found(panel, Method.SC).spread.value, float(theirs), 1e-3)


def _did(panel: Panel) -> Iterator[Row]:
    from diff_diff import TwoWayFixedEffects

    table = long_table(panel)
    table["post"] = (table["time"] >= 20).astype(int)
    theirs = TwoWayFixedEffects(cluster="unit").fit(table, outcome="y", treatment="ever", post="post", unit="unit")
    ours = _found(panel, Method.DID)
    yield _row("did: effect, diff-diff", ours.spread.value, theirs.att, 1e-9)
    yield _row("did: error (theirs clustered, ours Welch's), diff-diff", ours.spread.error, theirs.se, 0.1)


def _group_time(panel: Panel) -> Iterator[Row]:
    from diff_diff import CallawaySantAnna

    theirs = CallawaySantAnna(estimation_method="reg", control_group="not_yet_treated").fit(
        long_table(panel), outcome="y", unit="unit", time="time", first_treat="first"
    )
    ours = _found(panel, Method.DID)
    yield _row("did, staggered: effect, diff-diff", ours.spread.value, theirs.overall_att, 1e-9)
    yield _row("did, staggered: error (theirs without n - 1), diff-diff", ours.spread.error, theirs.overall_se, 0.15)


def _wedge(panel: Panel) -> Iterator[Row]:
    """Impute what would have been, as they do; all their units begin but those that never do."""
    from diff_diff import ImputationDiD

    theirs = ImputationDiD().fit(
        long_table(panel), outcome="y", unit="unit", time="time", first_treat="first", aggregate="event_study"
    )
    ours = {part.id: part.estimate.value for part in _found(panel, Method.WEDGE).parts}
    for time in (0, 5, 12):
        yield _row(f"wedge: effect {time} after the start, diff-diff", ours[f"since-{time}"], _at(theirs, time), 1e-9)


def _at(theirs: Any, time: int) -> float:
    return float(theirs.event_study_effects[time]["effect"])
