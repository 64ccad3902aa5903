"""Gaps of one schedule are told from others whatever share of them the feed loses."""

import numpy as np
import pytest

from quetsach.assess.hosts.schedule import STEP_HOURS, GapLadder, Renewal, Shape, _shares, fit_renewal, read_schedule

GAPS = 100_000
NOT_ONE_SCHEDULE = 0.02


def fitted(gaps: np.ndarray) -> Renewal:
    ladder = GapLadder.of(gaps)
    schedule = read_schedule(ladder)
    assert schedule is not None
    found = fit_renewal(ladder, schedule, 1e-3)
    assert found is not None
    return found


def lost(intervals: np.ndarray, share_seen: float, rng: np.random.Generator) -> np.ndarray:
    at = intervals.cumsum()
    return np.diff(at[rng.random(len(at)) < share_seen])


@pytest.mark.parametrize("share_seen", [1.0, 0.8, 0.5, 0.35])
@pytest.mark.parametrize("spread", [0.02, 0.1, 0.3, 1.0])
def test_what_is_lost_leaves_gaps_of_one_schedule(spread: float, share_seen: float) -> None:
    rng = np.random.default_rng(3)
    found = fitted(lost(rng.gamma(1 / spread**2, spread**2, GAPS), share_seen, rng))
    assert found.misfit < NOT_ONE_SCHEDULE
    if spread < 0.5:
        assert found.interval_hours == pytest.approx(1, rel=0.05)
        assert found.seen == pytest.approx(share_seen, rel=0.05)


@pytest.mark.parametrize("share_seen", [1.0, 0.5])
def test_intervals_drawn_evenly_from_a_range_are_one_schedule(share_seen: float) -> None:
    rng = np.random.default_rng(3)
    assert fitted(lost(rng.uniform(0.5, 1.5, GAPS), share_seen, rng)).misfit < NOT_ONE_SCHEDULE


@pytest.mark.parametrize("share_seen", [1.0, 0.5])
def test_moments_that_keep_their_places_are_one_schedule(share_seen: float) -> None:
    rng = np.random.default_rng(3)
    at = np.arange(GAPS) + rng.uniform(-0.1, 0.1, GAPS)
    assert fitted(np.diff(at[rng.random(GAPS) < share_seen])).misfit < NOT_ONE_SCHEDULE


@pytest.mark.parametrize("limit", [0.2, 0.5])
def test_a_limit_of_the_feed_is_told(limit: float) -> None:
    gaps = limit + np.random.default_rng(3).exponential(1 - limit, GAPS)
    assert fitted(gaps).misfit < NOT_ONE_SCHEDULE
    assert fitted(gaps).limit == pytest.approx(limit, abs=0.05)


def test_chance_has_no_limit() -> None:
    assert fitted(np.random.default_rng(3).exponential(1.0, GAPS)).limit == 0


@pytest.mark.parametrize("share_seen", [1.0, 0.5])
def test_pauses_are_not(share_seen: float) -> None:
    """After one check-in in three the machine is away for a while, and begins anew at any time."""
    rng = np.random.default_rng(3)
    pause = np.where(rng.random(GAPS) < 1 / 3, rng.exponential(1.0, GAPS) - rng.random(GAPS) * 0.5, 0.0)
    assert fitted(lost(np.maximum(0.1, rng.normal(1, 0.05, GAPS) + pause), share_seen, rng)).misfit > NOT_ONE_SCHEDULE


def test_check_ins_that_follow_are_counted() -> None:
    assert Renewal(1.0, 0.02, 1.0, 0.0, 0.0).check_ins_within(2.5) == pytest.approx(2, abs=0.01)
    assert Renewal(1.0, 1.0, 0.5, 0.0, 0.0).check_ins_within(3.0) == pytest.approx(1.5, abs=0.01)


def test_hardly_any_gaps_say_nothing() -> None:
    ladder = GapLadder.of(np.full(3, 1 / 60))
    schedule = read_schedule(GapLadder.of(np.full(1000, 1.0)))
    assert schedule is not None
    assert fit_renewal(GapLadder.empty(), schedule, 0.0) is None
    assert fit_renewal(ladder, schedule, 0.0) is not None


HOURS = np.array([0.2, 0.4, 0.7, 1.0, 1.3, 1.9])


@pytest.mark.parametrize("seen", [0.3, 0.9])
def test_check_ins_by_chance_of_which_some_are_lost_are_by_chance(seen: float) -> None:
    """Geometric sums of exponential intervals are exponential again."""
    found = _shares(1.5, 1.0, seen, HOURS, Shape.GAMMA)
    assert found == pytest.approx(-np.diff(np.exp(-seen / 1.5 * HOURS)), abs=2e-5)


@pytest.mark.parametrize("seen", [0.4, 0.95])
@pytest.mark.parametrize("shape", list(Shape))
def test_shares_of_gaps_are_those_of_gaps_that_are_drawn(shape: Shape, seen: float) -> None:
    """Of intervals with a mean of 2 hours and a spread of a third (of those beyond a limit, two thirds are free)."""
    rng, count, spread = np.random.default_rng(2), 400_000, 1 / 3
    intervals = {
        Shape.GAMMA: lambda: rng.gamma(9, 2 / 9, count),
        Shape.EVEN: lambda: 2 + 2 * np.sqrt(3) * spread * rng.uniform(-1, 1, count),
        # two moments that are each off by so much at most: their difference has a spread of a third
        Shape.TIMETABLE: lambda: np.diff(2 * np.arange(count) + np.sqrt(6) * spread * rng.uniform(-1, 1, count)),
        Shape.LIMITED: lambda: 2 * (1 - spread) + rng.exponential(2 * spread, count),
    }[shape]()
    gaps = lost(intervals, seen, rng)
    edges = np.array([0.0, 1.0, 1.4, 1.8, 2.2, 2.6, 3.5, 4.5, 6.0, 200.0])
    drawn = np.histogram(gaps, edges)[0] / len(gaps)
    coarse = 0.02 if shape is Shape.EVEN else 0.005  # sums of several even ones are taken for gammas
    assert _shares(2.0, spread, seen, edges, shape) == pytest.approx(drawn, abs=coarse)


def test_what_chance_makes_of_a_misfit_is_what_draws_of_the_schedule_have() -> None:
    gaps = np.random.default_rng(3).exponential(1.0, 20_000)
    found = fitted(gaps)
    edges = np.concatenate(([0.0], STEP_HOURS[STEP_HOURS < 12]))
    share = -np.diff(np.exp(-edges))
    drawn = np.random.default_rng(4).multinomial(len(gaps), share / share.sum(), size=500) / len(gaps)
    assert found.chance == pytest.approx(np.abs(drawn - share).sum(axis=1).mean() / 2, rel=0.05)
