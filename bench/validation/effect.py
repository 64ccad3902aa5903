"""What the intervals and verdicts of ``assess effect`` promise, on campaigns whose true effect is known.

Campaigns are drawn as campaigns are measured: daily national series with controls, and weekly
provincial series that begin one step after the other. The national ones of a scenario are computed at once, by the very
functions that the command uses on one (a test holds both against each other); wedges one by one, a quarter as many.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bench.validation.effect_oracles import drawn_panel
from bench.validation.table import Row
from scipy import signal, stats

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.cits import against, ramp_slope
from quetsach.assess.effect.did import fit_two_way
from quetsach.assess.effect.panel import Floats, Ints, Periods, parse_period, periods_of
from quetsach.assess.effect.wedge import DUMMIES
from quetsach.assess.estimate import NotEstimable

FULL, SHORT = 1_000, 120
HALF = np.log(0.5)
_CONTRAST = "not used: for contrast"
_BEFORE, _AFTER, _RAMP = 150, 92, 60
_WEEKS, _STEPS, _STEP_WEEKS, _FIRST_STEP = 26, 6, 3, 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """Estimates of many campaigns with the ends of their intervals (campaigns): logarithms; and the truth."""

    value: Floats
    low: Floats
    high: Floats
    truth: float

    @classmethod
    def by_t(cls, value: Floats, error: Floats, degrees: float, truth: float) -> "Outcome":
        """Make intervals of standard errors."""
        reach = stats.t.ppf(0.975, degrees) * error
        return cls(value, value - reach, value + reach, truth)

    @property
    def cover(self) -> float:
        """Share of the intervals that hold the truth."""
        return float(((self.low <= self.truth) & (self.truth <= self.high)).mean())

    @property
    def bias_points(self) -> float:
        """Mean error of the reduction, in percentage points."""
        return float(100 * (np.exp(self.truth) - np.exp(self.value)).mean())

    @property
    def width_points(self) -> float:
        """Mean width of the interval of the reduction, in percentage points."""
        return float(100 * (np.exp(self.high) - np.exp(self.low)).mean())

    def achieved(self, target: float) -> float:
        """Share of the campaigns with the verdict "achieved"."""
        return float((-np.expm1(self.high) >= target).mean())


def days() -> Periods:
    """The days of a campaign, the first a Monday."""
    labels = np.datetime64("2026-01-05") + np.arange(_BEFORE + _AFTER).astype("timedelta64[D]")
    return periods_of(parse_period(str(labels[0]))[0], ((parse_period(str(day))[1], str(day)) for day in labels))


def weeks() -> Periods:
    """The weeks of a wedge."""
    labels = [f"2026-W{week:02}" for week in range(1, _WEEKS + 1)]
    return periods_of(parse_period(labels[0])[0], ((parse_period(week)[1], week) for week in labels))


def national(
    generator: np.random.Generator,
    campaigns: int,
    *,
    effect: float,
    controls: int = 6,
    scenario: str = "ordinary",
) -> Floats:
    """Return log series (campaigns x units x days), the treated unit first.

    Decay of 37 % a year, AR(1) noise (0.7; standard deviation 6 %), weekdays, a shared random walk (0.8 % a day).
    """
    shape, time = (campaigns, controls + 1, _BEFORE + _AFTER), np.arange(_BEFORE + _AFTER)
    steps = 0.008 * generator.standard_normal((campaigns, 1, shape[2]))
    series = _autoregressive(generator, shape, 0.7, 0.06) - 0.009 / 7 * time + steps.cumsum(axis=2)
    series += np.where(time % 7 >= 5, -0.15, 0.0)
    if scenario == "feed loss":
        series += np.log(0.8) * (time >= _BEFORE + 40)
    if scenario == "own trends":
        series += 0.2 / 365 * generator.standard_normal((campaigns, controls + 1, 1)) * time
    if scenario == "unequal noise":
        series += _autoregressive(generator, shape, 0.7, 0.06) * np.linspace(0, 2, controls + 1)[None, :, None]
    series[:, 0] += effect * np.clip((time - _BEFORE + 1) / _RAMP, 0, 1)
    return series


def starts_of(units: int) -> Ints:
    """The first treated week of each unit: six steps, three weeks apart (units are alike: any order is random)."""
    return np.asarray(_FIRST_STEP + _STEP_WEEKS * (np.arange(units) * _STEPS // units), dtype=np.int64)


SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "at once": np.ones_like,
    "builds up over 6 weeks": lambda since: np.clip((since + 1) / 7, 0, 1),
    "fades to half in 6 weeks": lambda since: 1 - np.clip(since / 12, 0, 0.5),
}


def provinces(
    generator: np.random.Generator,
    campaigns: int,
    *,
    effect: float,
    units: int = 63,
    shape: str = "at once",
    scenario: str = "ordinary",
) -> Floats:
    """Return log series (campaigns x units x weeks): AR(1) noise (0.5; 6 %), national shocks, trends of provinces."""
    size, time = (campaigns, units, _WEEKS), np.arange(_WEEKS)
    shocks = 0.05 * generator.standard_normal((campaigns, 1, _WEEKS))
    series = _autoregressive(generator, size, 0.5, 0.06) + shocks.cumsum(axis=2)
    if scenario == "feed loss":
        series += np.log(0.7) * (time >= 12)
    spread = 0.006 if scenario == "own trends" else 0.002
    series += spread * generator.standard_normal((campaigns, units, 1)) * time
    since = time - starts_of(units)[:, None]
    series += np.where(since >= 0, effect * SHAPES[shape](since.astype(np.float64)), 0.0)
    return series


def few_machines(generator: np.random.Generator, campaigns: int, *, reduction: float, units: int = 24) -> Floats:
    """Return mean weekly machines (campaigns x units x weeks), about 20 a unit, half of them soon freed.

    Infections last 120 days on the average; from the start of its unit on, each machine is freed for good within a week
    with the probability of the reduction. So its logarithm is the true effect on the expected number of machines.
    """
    days, life, alike = 7.0 * _WEEKS, 120.0, 20
    starts, edges = 7.0 * starts_of(units), 7.0 * np.arange(_WEEKS + 1)
    made = np.empty((campaigns, units, _WEEKS))
    for campaign in range(campaigns):
        new = generator.poisson(alike * units * days / life)
        unit = generator.integers(units, size=alike * units + new)
        begin = np.append(np.zeros(alike * units), generator.uniform(0, days, new))
        lot = generator.random(len(unit))
        freed = np.where(lot < reduction, starts[unit] + 7 * lot / max(reduction, 1e-9), np.inf)
        end = np.minimum(begin + generator.exponential(life, len(unit)), freed)
        inside = np.minimum(end[:, None], edges[1:]) - np.maximum(begin[:, None], edges[:-1])
        for week, time in enumerate(np.clip(inside, 0, None).T / 7):
            made[campaign, :, week] = np.bincount(unit, time, units)
    return made


def _autoregressive(generator: np.random.Generator, shape: tuple[int, ...], rho: float, deviation: float) -> Floats:
    noise = deviation * np.sqrt(1 - rho**2) * generator.standard_normal(shape)
    noise[..., 0] /= np.sqrt(1 - rho**2)
    return np.asarray(signal.lfilter([1], [1, -rho], noise, axis=-1))


def by_series(series: Floats, effect: float) -> Outcome:
    """Analyse national series."""
    slopes = series @ ramp_slope(days(), _BEFORE, _RAMP)
    value, error = against(slopes[:, 0], slopes[:, 1:])
    return Outcome.by_t(value, error, slopes.shape[1] - 2.0, effect)


def by_wedge(series: Floats, effect: float, *, shape: str = "at once") -> Outcome:
    """Analyse provincial series as the command does; the truth is the effect at the times that it is told for."""
    starts, ends = starts_of(series.shape[1]), []
    for one in series:
        panel = Panel(tuple(f"u{unit}" for unit in range(len(one))), weeks(), one, starts)
        found = analyse(panel, Design(Method.WEDGE, Scale.LEVEL))
        assert isinstance(found, Finding)
        ends.append((found.effect.value, found.effect.low, found.effect.high))
    value, low, high = np.array(ends).T
    return Outcome(value, low, high, effect * float(SHAPES[shape](np.array(float(DUMMIES)))))


def by_one_coefficient(series: Floats, effect: float) -> Outcome:
    """Analyse provincial series by a regression with one coefficient."""
    under = np.arange(_WEEKS) >= starts_of(series.shape[1])[:, None]
    fit = fit_two_way(series, under[:, :, None].astype(np.float64))
    assert not isinstance(fit, NotEstimable)
    return Outcome.by_t(fit.coefficients[:, 0], np.sqrt(fit.covariance[:, 0, 0]), fit.degrees, effect)


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the table; the full one takes about two minutes of CPU."""
    generator, campaigns = np.random.default_rng(seed), SHORT if short else FULL
    return [
        *_cover_rows(generator, campaigns),
        *_panel_rows(generator, campaigns // 4),
        *_few_rows(generator, campaigns),
        *_verdict_rows(generator, campaigns),
        *_contrast_rows(generator, campaigns),
    ]


def _cover_rows(generator: np.random.Generator, campaigns: int) -> list[Row]:
    made, wedges = [], campaigns // 4
    for scenario in ("ordinary", "feed loss", "own trends"):
        for effect, name in ((HALF, "50 %"), (0.0, "none")):
            cits = by_series(national(generator, campaigns, effect=effect, scenario=scenario), effect)
            made.append(_cover_row(f"cits, {scenario}, effect {name}", cits, campaigns))
    for scenario in ("ordinary", "feed loss", "own trends"):
        for effect, name in ((HALF, "50 %"), (0.0, "none")):
            wedge = by_wedge(provinces(generator, wedges, effect=effect, scenario=scenario), effect)
            made.append(_cover_row(f"wedge, {scenario}, effect {name}", wedge, wedges))
    for shape in SHAPES:
        wedge = by_wedge(provinces(generator, wedges, effect=HALF, shape=shape), HALF, shape=shape)
        made.append(_cover_row(f"wedge, effect {shape}", wedge, wedges))
    wedge = by_wedge(provinces(generator, wedges, effect=HALF, units=34), HALF)
    made.append(_cover_row("wedge, 34 provinces, effect 50 %", wedge, wedges))
    return made


def _panel_rows(generator: np.random.Generator, panels: int) -> list[Row]:
    """Cover the methods for anyone's panel, on levels with two factors: one at a time, so fewer of them."""
    made = []
    for method, treated, controls in (
        (Method.SDID, 1, 20),
        (Method.SDID, 10, 15),
        (Method.SC, 1, 20),
        (Method.DID, 1, 20),
        (Method.DID, 20, 20),
    ):
        starts = np.array([20] * treated + [30] * controls)
        answers = [analyse(drawn_panel(generator, starts), Design(method, Scale.LEVEL)) for _ in range(panels)]
        cover = float(np.mean([isinstance(a, Finding) and a.effect.low <= -10 <= a.effect.high for a in answers]))
        low = 0.93 - 3 * np.sqrt(0.93 * 0.07 / panels)  # 93 % and what chance takes of so few
        what = f"cover of 95 % intervals: {method}, {treated} treated, {controls} controls"
        made.append(Row(what, f">= {low:.0%} ({panels} panels)", f"{cover:.1%}", cover >= low))
    return made


def _few_rows(generator: np.random.Generator, campaigns: int) -> list[Row]:
    """Cover a wedge of few machines, and show what plain logarithms would make of it."""
    wedges = campaigns // 4
    counts = few_machines(generator, wedges, reduction=0.5)
    made = [_cover_row("wedge, 20 machines a unit, effect 50 %", by_wedge(Scale.COUNT.of(counts), HALF), wedges)]
    none = few_machines(generator, wedges, reduction=0.0)
    made.append(_cover_row("wedge, 20 machines a unit, effect none", by_wedge(Scale.COUNT.of(none), 0.0), wedges))
    plain = by_wedge(Scale.LOG.of(np.maximum(counts, 0.1)), HALF)
    return [*made, Row("wedge, 20 machines a unit, plain logarithms", _CONTRAST, _contrast(plain), passed=True)]


def _cover_row(what: str, outcome: Outcome, campaigns: int) -> Row:
    """Judge a cover; of few campaigns the promise is widened by what chance alone does."""
    slack = _chance(0.05, campaigns)
    low, high = 0.93 - slack, min(1.0, 0.97 + slack)
    got = f"{outcome.cover:.1%}, bias {outcome.bias_points:+.1f}, width {outcome.width_points:.1f} points"
    return Row(f"cover of 95 % intervals: {what}", f"{low:.0%} to {high:.0%}", got, low <= outcome.cover <= high)


def _chance(share: float, campaigns: int) -> float:
    """Return what chance may add to a share in the short version: three standard errors."""
    return 0.0 if campaigns >= FULL else float(3 * np.sqrt(share * (1 - share) / campaigns))


def _verdict_rows(generator: np.random.Generator, campaigns: int) -> list[Row]:
    made = []
    for effect, name in ((0.0, "null campaigns"), (np.log(1 - 0.49), "campaigns of 49 %, target 50 %")):
        for method, outcome in (
            ("cits", by_series(national(generator, campaigns, effect=effect), effect)),
            ("wedge", by_wedge(provinces(generator, campaigns // 4, effect=effect), effect)),
        ):
            wrong = outcome.achieved(0.5)
            most = 0.025 + _chance(0.025, len(outcome.value))
            made.append(Row(f'false "achieved": {method}, {name}', f"<= {most:.1%}", f"{wrong:.1%}", wrong <= most))
    return made


def _contrast_rows(generator: np.random.Generator, campaigns: int) -> list[Row]:
    """Show what is not done, and why."""
    shape = "builds up over 6 weeks"
    one = by_one_coefficient(provinces(generator, campaigns, effect=HALF, shape=shape), HALF)
    series = national(generator, campaigns, effect=0.0)[:, 0]
    after, before = (np.exp(part).mean(axis=1) for part in (series[:, -28:], series[:, _BEFORE - 28 : _BEFORE]))
    poisson = np.sqrt(1 / (28 * 10_000 * after) + 1 / (28 * 10_000 * before))
    plain = Outcome.by_t(np.log(after / before), poisson, 1e9, 0.0)
    return [
        Row(f"wedge with one dummy, effect {shape}", _CONTRAST, _contrast(one), passed=True),
        Row("before/after with a Poisson interval, null campaigns", _CONTRAST, _contrast(plain), passed=True),
    ]


def _contrast(outcome: Outcome) -> str:
    return f"cover {outcome.cover:.1%}, bias {outcome.bias_points:+.1f} points"
