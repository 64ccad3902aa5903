"""Survival against an independent implementation, and against known truth."""

import time
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from bench.validation.table import Row

from quetsach.assess.cases import (
    Spells,
    SubjectKind,
    Watch,
    episodes_of,
    hazard_ratio,
    log_rank,
    spells_of,
    survival_curve,
)
from quetsach.assess.cases.episode import QUIET_DAYS
from quetsach.assess.cases.survival import Curve
from quetsach.assess.estimate import Estimate, NotEstimable
from quetsach.core.period import Period
from quetsach.simulate import country, read_country
from quetsach.simulate.machines.infections import OPEN
from quetsach.simulate.machines.scenario import ActivityProfile, CheckIns, Family, Lease, LeaseKind, Schedule

ROOT = Path(__file__).parents[2]
HALF_LIVES = (10.0, 45.0)
RATIO = 0.5
"""True logarithm of the hazard ratio of the treated."""


def rows(*, short: bool, seed: int) -> list[Row]:
    """Return the rows of the table."""
    rng = np.random.default_rng(seed)
    found = [*_against_lifelines(rng), *_intervals(400 if short else 4000, rng)]
    for half_life in HALF_LIVES[: 1 if short else 2]:
        found += _simulated(half_life, seed, hosts=300 if short else 3000, days=90 if short else 180)
    found.append(_treatment(40 if short else 400, rng))
    return found if short else [*found, *_speed(rng)]


def _spells(number: int, rng: np.random.Generator, *, half_life: float = 10.0, late: bool = False) -> Spells:
    ends = rng.exponential(half_life / np.log(2), number)
    censored = rng.uniform(30, 120, number)
    entry = np.where(rng.random(number) < 0.3, rng.uniform(0, 5, number), 0.0) if late else np.zeros(number)
    return Spells.of(entry, np.minimum(ends, censored), ends <= censored)


def _against_lifelines(rng: np.random.Generator) -> list[Row]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what lifelines itself imports
        from lifelines import CoxPHFitter, KaplanMeierFitter
        from lifelines.statistics import multivariate_logrank_test
    import pandas as pd

    spells = _spells(5000, rng, late=True)
    theirs = KaplanMeierFitter().fit(spells.exit, spells.event, entry=spells.entry)
    curve = _curve(spells)
    gap = float(np.abs(curve.share - theirs.predict(curve.days).to_numpy()).max())
    found = [Row("Kaplan-Meier with late entries, against lifelines", "1e-9", f"{gap:.1e}", gap <= 1e-9)]

    spells = _spells(5000, rng)
    group = rng.integers(0, 3, len(spells))
    tested = log_rank(spells, group)
    assert not isinstance(tested, NotEstimable)
    oracle = multivariate_logrank_test(spells.exit, group, spells.event)
    gap = abs(tested.statistic - float(oracle.test_statistic))
    found.append(Row("log-rank chi-squared of 3 groups, against lifelines", "1e-6", f"{gap:.1e}", gap <= 1e-6))

    spells, treated, provider = _country(600, 12, rng)
    cuts = np.append(0.0, np.unique(spells.exit[spells.event]))
    before = cuts[np.searchsorted(cuts, spells.exit, side="right") - 1]
    moved = Spells.of(spells.entry, np.where(spells.event, spells.exit, before), spells.event)
    answer = hazard_ratio(
        moved, treated[moved.source], provider[moved.source], rng=rng, repetitions=2, cuts=tuple(cuts)
    )
    assert isinstance(answer, Estimate)
    frame = pd.get_dummies(pd.Series(provider[moved.source]), drop_first=True, dtype=float).add_prefix("isp")
    frame = frame.assign(days=moved.exit, event=moved.event, treated=treated[moved.source].astype(float))
    gap = abs(float(np.log(answer.value)) - float(CoxPHFitter().fit(frame, "days", "event").params_["treated"]))
    found.append(Row("Cox: cells cut at every event, against lifelines", "1e-3", f"{gap:.1e}", gap <= 1e-3))

    spells, treated, provider = _country(20_000, 20, rng)
    answer = hazard_ratio(spells, treated, provider, rng=rng)
    assert isinstance(answer, Estimate)
    frame = pd.DataFrame({"days": spells.exit, "event": spells.event, "treated": treated * 1.0, "isp": provider})
    fitted = CoxPHFitter().fit(frame, "days", "event", strata=["isp"])
    gap = abs(float(np.log(answer.value)) - float(fitted.params_["treated"]))
    error = float(fitted.standard_errors_["treated"])
    got = f"{gap:.1e}, its standard error {error:.1e}"
    found.append(Row("Cox stratified by provider, against 13 pieces of time", "1/4 of its s.e.", got, gap <= error / 4))
    return found


def _intervals(runs: int, rng: np.random.Generator) -> list[Row]:
    found = []
    for half_life in HALF_LIVES:
        for late in (False, True):
            inside = {"median": 0, "S(14)": 0, "S(30)": 0}
            told = dict(inside)
            for _ in range(runs):
                curve = survival_curve(_spells(100, rng, half_life=half_life, late=late))
                if isinstance(curve, NotEstimable):
                    continue
                answers = {"median": curve.median(), "S(14)": curve.at(14), "S(30)": curve.at(30)}
                true = {"median": half_life, "S(14)": 0.5 ** (14 / half_life), "S(30)": 0.5 ** (30 / half_life)}
                for name, answer in answers.items():
                    if isinstance(answer, Estimate):
                        told[name] += 1
                        inside[name] += answer.low <= true[name] <= answer.high
            entries = "late entries" if late else "100 cases"
            for name, count in inside.items():
                cover = 100 * count / told[name]
                slack = 300 * np.sqrt(0.05 * 0.95 / told[name])
                measure = f"interval of {name} covers (half-life {half_life:.0f} d, n = 100, {entries})"
                got = f"{cover:.1f} % of {told[name]}"
                found.append(Row(measure, "93 to 97 %", got, 93 - slack <= cover <= 97 + slack))
    return found


def _simulated(half_life: float, seed: int, *, hosts: int, days: int) -> list[Row]:
    """A country whose machines change their address every day: time to clean by bot ID, and what addresses say."""
    scenario = read_country((ROOT / "data" / "scenarios" / "lease-change.toml").read_bytes(), file="lease-change.toml")
    first = scenario.period.first
    check_ins = (CheckIns(first, Schedule.POISSON, 3600.0, 0.0),)
    family = Family("x", 1.0, check_ins, {ActivityProfile.ALWAYS: 1.0}, mean_days=half_life / np.log(2))
    leases = (Lease(first, LeaseKind.PPPOE, 1.0, 24.0),)
    scenario = replace(
        scenario,
        seed=seed,
        hosts=hosts,
        period=Period(first, first + timedelta(days=days - 1)),
        families=(family,),
        isps=tuple(replace(isp, leases=leases) for isp in scenario.isps[:1]),
        measures=(),
    )
    seen: dict[str, list[np.ndarray]] = {"bot": [], "address": [], "at": []}
    begins, ends = [], []
    for day in country(scenario):
        at, infected = day.events.stretches, day.levels.infections
        _, first_of = np.unique(at, return_index=True)
        last_of = len(at) - 1 - np.unique(at[::-1], return_index=True)[1]
        for events in (first_of, last_of):  # a stretch is one machine at one address
            seen["bot"].append(day.bots[day.stretches.infections[at[events]]])
            seen["address"].append(day.sources.keys()[at[events]])
            seen["at"].append(day.number + day.events.seconds[events] / 86_400)
        ended = infected.causes != OPEN
        told = ended | (day.number == days - 1)
        begins.append(infected.begins[told] / 86_400)
        ends.append(np.where(ended, infected.ends / 86_400, np.inf)[told])
    begin, end = np.concatenate(begins), np.concatenate(ends)
    horizon = days - QUIET_DAYS
    fresh = (begin > QUIET_DAYS) & (begin < horizon)
    true = _curve(
        Spells.of(np.zeros(fresh.sum()), np.minimum(end, horizon)[fresh] - begin[fresh], end[fresh] <= horizon)
    )
    truth = true.median()
    assert isinstance(truth, Estimate)
    when = np.concatenate(seen["at"])
    medians = {}
    for name in ("bot", "address"):
        _, subject = np.unique(np.concatenate(seen[name]), return_inverse=True)
        found = episodes_of(subject, np.zeros_like(subject), when, Watch(0.0, float(days)), kind=SubjectKind.BOT_ID)
        assert not isinstance(found, NotEstimable)
        medians[name] = _curve(spells_of(found, observed_from=0.0)).median()
    bot, address = medians["bot"], medians["address"]
    assert isinstance(bot, Estimate)
    got = f"{bot.value:.1f} ({bot.low:.1f} to {bot.high:.1f}) against {truth.value:.1f} d"
    trap = f"{address.value:.1f} d" if isinstance(address, Estimate) else "none"
    return [
        Row(
            f"median by bot ID in a simulated country (half-life {half_life:.0f} d)",
            "within its interval",
            got,
            bot.low <= truth.value <= bot.high,
        ),
        Row("the same by address, which is refused (leases of 24 h)", "contrast", trap, passed=True),
    ]


def _treatment(runs: int, rng: np.random.Generator) -> Row:
    inside, found = 0, []
    for _ in range(runs):
        spells, treated, provider = _country(4000, 30, rng)
        answer = hazard_ratio(spells, treated, provider, rng=rng)
        assert isinstance(answer, Estimate)
        inside += answer.low <= np.exp(RATIO) <= answer.high
        found.append(np.log(answer.value))
    cover, slack = 100 * inside / runs, 300 * np.sqrt(0.05 * 0.95 / runs)
    got = f"{cover:.1f} % of {runs}, bias of the logarithm {np.mean(found) - RATIO:+.3f}"
    return Row(
        "interval of the hazard ratio covers (30 providers)", "93 to 97 %", got, 93 - slack <= cover <= 97 + slack
    )


def _country(number: int, providers: int, rng: np.random.Generator) -> tuple[Spells, np.ndarray, np.ndarray]:
    """Hazards of providers differ (Gamma 5, 1/5) and fall with time; treatment multiplies them by e^0.5."""
    provider = rng.integers(0, providers, number)
    treated = rng.random(number) < 0.5
    rate = 0.05 * rng.gamma(5, 0.2, providers)[provider] * np.exp(RATIO * treated)
    ends = (rng.exponential(1 / rate)) ** 1.25  # Weibull, shape 0.8
    censored = rng.uniform(30, 120, number)
    return Spells.of(np.zeros(number), np.minimum(ends, censored), ends <= censored), treated, provider


def _speed(rng: np.random.Generator) -> list[Row]:
    spells, treated, provider = _country(1_000_000, 40, rng)
    started = time.process_time()
    _curve(spells)
    curve = time.process_time() - started
    started = time.process_time()
    hazard_ratio(spells, treated, provider, rng=rng)
    ratio = time.process_time() - started
    return [
        Row("a curve of 1,000,000 cases", "< 1 CPU s", f"{curve:.2f} s", curve < 1),
        Row("a hazard ratio of 1,000,000 cases with its interval", "< 5 CPU s", f"{ratio:.2f} s", ratio < 5),
    ]


def _curve(spells: Spells) -> Curve:
    curve = survival_curve(spells)
    assert not isinstance(curve, NotEstimable)
    return curve
