from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.estimators import BUDGET, WIDE_BUDGET, session_hours
from quetsach.assess.hosts.schedule import (
    STEP_HOURS,
    GapLadder,
    Schedule,
    crosses_midnight,
    daily_rhythm,
    read_schedule,
    step_of,
)

WEEKS = 28 * 24.0


def always_on(
    machines: int, per_hour: float, rng: np.random.Generator, *, is_periodic: bool = False
) -> tuple[GapLadder, int]:
    """Machines that keep their address for four weeks."""
    gaps, events = [], 0
    for _ in range(machines):
        count = int(rng.poisson(per_hour * WEEKS)) if not is_periodic else int(per_hour * WEEKS)
        times = np.sort(rng.random(count) * WEEKS) if not is_periodic else (np.arange(count) + rng.random()) / per_hour
        gaps.append(np.diff(times))
        events += count
    return GapLadder.of(np.concatenate(gaps)), events


@pytest.mark.parametrize(("per_hour", "is_periodic"), [(1.0, False), (4.0, False), (0.25, False), (2.0, True)])
def test_machines_that_keep_their_addresses_are_counted(per_hour: float, is_periodic: bool) -> None:
    ladder, events = always_on(60, per_hour, np.random.default_rng(1), is_periodic=is_periodic)
    answer = session_hours(ladder, events, read_schedule(ladder), WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(60, rel=0.01)
    assert (answer.low, answer.high) == pytest.approx((answer.value * (1 - BUDGET), answer.value * (1 + BUDGET)))


def test_several_connections_of_one_check_in_are_one() -> None:
    ladder, events = always_on(60, 1.0, np.random.default_rng(1))
    burst = GapLadder.of(np.full(4 * events, 1 / 3600))
    answer = session_hours(ladder + burst, 5 * events, read_schedule(ladder + burst), WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(60, rel=0.02)


def test_regular_check_ins_may_be_few_in_a_session() -> None:
    ladder = GapLadder.of(np.full(100, 6.0))
    answer = session_hours(ladder, 140, read_schedule(ladder), WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(140 * 6.0 / WEEKS)


@pytest.mark.parametrize(
    ("gaps", "events"), [(np.full(100, 6.0), 190), (np.random.default_rng(1).exponential(6.0, 1000), 1400)]
)
def test_rare_check_ins_are_refused(gaps: NDArray[np.float64], events: float) -> None:
    ladder = GapLadder.of(gaps)
    answer = session_hours(ladder, events, read_schedule(ladder), WEEKS)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.RARE_CHECK_INS
    assert answer.measured["q"] > 0.2


def test_an_estimate_near_the_edge_of_the_domain_has_the_wider_budget() -> None:
    ladder = GapLadder.of(np.random.default_rng(1).exponential(1, 1000))
    answer = session_hours(ladder, 1170, read_schedule(ladder), WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.high == pytest.approx(answer.value * (1 + WIDE_BUDGET))


def test_addresses_without_any_gap_are_refused() -> None:
    ladder = GapLadder.empty()
    answer = session_hours(ladder, 10, read_schedule(ladder), WEEKS)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.RARE_CHECK_INS


@pytest.mark.parametrize(("events", "uptime"), [(0, WEEKS), (10, 0.0)])
def test_without_data_there_is_no_number(events: int, uptime: float) -> None:
    answer = session_hours(GapLadder.empty(), events, None, uptime)
    assert answer == NotEstimable(NotEstimableReason.NO_DATA)


def test_machines_that_are_off_at_night_are_not_counted_through_it() -> None:
    rng = np.random.default_rng(1)
    days = [np.sort(rng.random(16) * 8) + 24 * day for _ in range(60) for day in range(28)]
    gaps = np.concatenate([np.diff(np.concatenate(days[28 * m : 28 * m + 28])) for m in range(60)])
    hourly = np.where(np.arange(24) < 8, 60.0 * 28, 0.0)
    schedule = read_schedule(GapLadder.of(gaps), daily_rhythm(hourly, np.full(24, 28.0)))
    answer = session_hours(GapLadder.of(gaps), 60 * 28 * 16, schedule, WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(20, rel=0.03)


@pytest.mark.parametrize("each", [4.5, 8])
def test_few_check_ins_of_a_working_day_lack_what_is_added(each: float) -> None:
    rng = np.random.default_rng(1)
    days = [[np.sort(rng.random(rng.poisson(each)) * 8) + 24 * day for day in range(28)] for _ in range(200)]
    events = sum(len(day) for machine in days for day in machine)
    ladder = GapLadder.of(np.concatenate([np.diff(np.concatenate(machine)) for machine in days]))
    hourly = np.where(np.arange(24) < 8, 60.0 * 28, 0.0)
    answer = session_hours(ladder, events, read_schedule(ladder, daily_rhythm(hourly, np.full(24, 28.0))), WEEKS)
    assert isinstance(answer, Estimate)
    assert answer.value == pytest.approx(200 / 3, rel=0.03)


def test_nights_that_check_ins_are_too_rare_to_see_are_refused() -> None:
    gaps = GapLadder.of(np.random.default_rng(1).exponential(5, 5000))
    hourly = np.where(np.arange(24) < 8, 1000.0, 0.0)
    assert read_schedule(gaps, daily_rhythm(hourly, np.full(24, 28.0))) is None


def test_the_rate_of_one_machine_is_read_off_long_gaps_which_shared_addresses_have_not() -> None:
    """Fifteen in a hundred gaps are of one that checks in three times as often; the mean gap would say 1.12 an hour."""
    rng = np.random.default_rng(1)
    schedule = read_schedule(GapLadder.of(np.concatenate([rng.exponential(1.0, 85_000), rng.exponential(0.3, 15_000)])))
    assert schedule is not None
    assert schedule.per_hour == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(("interval", "per_hour"), [(0.5, 2.0), (6.0, 1 / 6)])
def test_regular_check_ins_tell_their_rate_by_their_mean_gap(interval: float, per_hour: float) -> None:
    gaps = np.random.default_rng(1).gamma(25, interval / 25, 10_000)
    schedule = read_schedule(GapLadder.of(gaps))
    assert schedule is not None
    assert schedule.is_periodic
    assert schedule.per_hour == pytest.approx(per_hour, rel=0.01)
    assert schedule.dispersion == pytest.approx(1 / 25, rel=0.05)
    assert schedule.edge_hours == pytest.approx(interval * (1 + 1 / 25), rel=0.01)
    assert not schedule.has_bursts


def test_nights_are_in_no_session_however_short_they_are() -> None:
    """Gaps of a day by chance, 1.2 hours long on the average, and nights of seven and a half hours and more."""
    rng = np.random.default_rng(1)
    day, night = rng.exponential(1.2, 40_000), rng.uniform(7.5, 10.0, 10_000)
    by_night = read_schedule(GapLadder.of(np.concatenate([day, night])), rhythm=0.3)
    assert by_night is not None
    assert by_night.has_nights
    assert STEP_HOURS[by_night.gap_step] <= 7.25 < STEP_HOURS[by_night.gap_step + 1]
    short = day[day <= STEP_HOURS[by_night.gap_step]]
    assert by_night.edge_hours == pytest.approx((short**2).sum() / short.sum())


def test_a_rhythm_is_the_first_harmonic_less_three_times_chance() -> None:
    """Of one hour it is 1, of two hours that are six apart the half of the square root of 2, of opposite ones 0."""
    many = 1_000_000.0
    for hours, length in (((3,), 1.0), ((3, 9), np.sqrt(2) / 2), ((3, 15), 0.0)):
        hourly = np.isin(np.arange(24), hours) * many
        expected = max(0.0, length - 3 / np.sqrt(many * len(hours)))
        assert daily_rhythm(hourly, np.full(24, 28.0)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("first", "last", "crosses"), [(25, 25, True), (24, 30, False), (30, 24, False)])
def test_a_day_runs_through_midnight_where_both_hours_beside_it_have_a_quarter(
    first: float, last: float, *, crosses: bool
) -> None:
    hourly = np.full(24, (2400.0 - first - last) / 22)
    hourly[0], hourly[-1] = first, last
    assert crosses_midnight(hourly) is crosses
    assert not crosses_midnight(np.zeros(24))


def test_hours_that_differ_by_chance_are_no_rhythm() -> None:
    hourly = np.random.default_rng(1).poisson(400, 24).astype(np.float64)
    assert daily_rhythm(hourly, np.full(24, 28.0)) < 0.02
    assert daily_rhythm(np.zeros(24), np.zeros(24)) == 0


def test_hours_that_the_sensor_lost_make_no_rhythm() -> None:
    alive = np.where(np.arange(24) < 8, 14.0, 28.0)
    assert daily_rhythm(100 * alive, alive) < 0.02


def test_tries_are_the_gaps_up_to_their_step_and_no_longer_one() -> None:
    gaps = np.geomspace(0.01, 2, 200)
    steps = step_of(gaps)
    schedule = Schedule(
        int(steps[-1]), 0.0, 1.0, 1.0, tries_step=int(steps[60]), has_nights=False, per_hour=1.0, is_periodic=False
    )
    tries = gaps[steps <= steps[60]]
    assert 0 < len(tries) < (steps <= steps[60] + 1).sum() < len(gaps)
    assert schedule.tries_hours(GapLadder.of(gaps)) == pytest.approx(tries.mean())
    assert schedule.repeated(GapLadder.of(gaps)) == len(tries)
    assert replace(schedule, tries_step=-1).tries_hours(GapLadder.of(gaps)) == 0.0
