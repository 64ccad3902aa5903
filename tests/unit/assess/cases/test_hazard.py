import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from quetsach.assess.cases import Spells, hazard_ratio, time_to_clean
from quetsach.assess.cases.survival import _cells, _ratios
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what lifelines itself imports
    from lifelines import CoxPHFitter


def country(number: int, providers: int, seed: int = 3) -> tuple[Spells, np.ndarray, np.ndarray]:
    """Subjects of providers whose hazards differ; treatment multiplies each by e^0.5."""
    rng = np.random.default_rng(seed)
    provider = rng.integers(0, providers, number)
    treated = rng.random(number) < 0.5
    hazard = 0.05 * rng.gamma(5, 0.2, providers)[provider] * np.exp(0.5 * treated)
    ends, censored = rng.exponential(1 / hazard), rng.exponential(60, number)
    return Spells.of(np.zeros(number), np.minimum(ends, censored), ends <= censored), treated, provider


def test_the_ratio_is_that_of_the_stratified_cox_model() -> None:
    spells, treated, provider = country(20_000, 20)
    answer = hazard_ratio(spells, treated, provider, rng=np.random.default_rng(1), repetitions=100)
    assert isinstance(answer, Estimate)
    frame = pd.DataFrame(
        {"days": spells.exit, "event": spells.event, "treated": treated.astype(float), "provider": provider}
    )
    theirs = CoxPHFitter().fit(frame, "days", "event", strata=["provider"])
    assert np.log(answer.value) == pytest.approx(float(theirs.params_["treated"]), abs=5e-3)
    assert answer.low < np.exp(0.5) < answer.high


def test_with_a_cut_at_every_event_it_is_the_model_of_cox() -> None:
    """Censoring is moved back to the event before it, where Cox's risk sets put it."""
    spells, treated, provider = country(600, 12)
    cuts = np.append(0.0, np.unique(spells.exit[spells.event]))
    before = cuts[np.searchsorted(cuts, spells.exit, side="right") - 1]
    exit_ = np.where(spells.event, spells.exit, before)
    kept = exit_ > 0
    moved = Spells.of(spells.entry, exit_, spells.event)
    answer = hazard_ratio(
        moved, treated[kept], provider[kept], rng=np.random.default_rng(1), repetitions=2, cuts=tuple(cuts)
    )
    assert isinstance(answer, Estimate)
    frame = pd.get_dummies(pd.Series(provider[kept]), drop_first=True, dtype=float).add_prefix("isp")
    frame = frame.assign(days=moved.exit, event=moved.event, treated=treated[kept].astype(float))
    theirs = CoxPHFitter().fit(frame, "days", "event")
    assert np.log(answer.value) == pytest.approx(float(theirs.params_["treated"]), abs=1e-4)


def test_the_fit_is_that_of_statsmodels() -> None:
    spells, treated, provider = country(3000, 12)
    cells = _cells(spells, treated, provider)
    side, piece, place = (index[cells.days > 0] for index in np.indices(cells.days.shape))
    design = np.column_stack([side, piece[:, None] == np.arange(13), place[:, None] == np.arange(1, 12)]).astype(float)
    known = np.bincount(piece, weights=cells.events[cells.days > 0])[piece] > 0
    days, events = cells.days[cells.days > 0], cells.events[cells.days > 0]
    used = design[known][:, design[known].any(axis=0)]
    theirs = sm.GLM(events[known], used, family=sm.families.Poisson(), offset=np.log(days[known])).fit()
    assert np.log(_ratios(cells, np.ones((1, 12)))[0]) == pytest.approx(theirs.params[0], abs=1e-8)


def test_few_providers_are_refused() -> None:
    spells, treated, provider = country(2000, 5)
    refused = hazard_ratio(spells, treated, provider, rng=np.random.default_rng(1))
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.FEW_PROVIDERS


def test_a_provider_without_a_single_end_does_not_break_the_fit() -> None:
    spells, treated, provider = country(5000, 12)
    event = spells.event & (provider != 3)
    quiet = Spells(spells.entry, spells.exit, event, spells.source)
    assert isinstance(hazard_ratio(quiet, treated, provider, rng=np.random.default_rng(1), repetitions=30), Estimate)


def test_figures_of_few_clean_ups_are_not_published() -> None:
    spells, _, _ = country(60, 2)
    refused = time_to_clean(spells.where(np.arange(60) < 40))
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.FEW_EVENTS


def test_the_published_figures_of_a_group() -> None:
    spells, _, _ = country(1000, 2)
    figures = time_to_clean(spells)
    assert not isinstance(figures, NotEstimable)
    assert set(figures.as_json()["still_infected"]) == {"14", "30"}
