"""Days of a wrong clock are found in families that keep hours, and nowhere else."""

from datetime import date, timedelta

import numpy as np
import pytest
from bench.observation import observe
from bench.regimes import DAYS, CheckIns, Regime, play

from quetsach.assess.estimate import NotEstimable, NotEstimableReason
from quetsach.assess.hosts.live_hours import moved_days
from quetsach.assess.hosts.measure import measure

MONDAY = date(2020, 6, 1)
WEEKS = [MONDAY + timedelta(days=n) for n in range(28)]
OFFICE = Regime(machines=200, duty="office", check_ins=CheckIns(0.3, 0.3))


def refusal(regime: Regime) -> NotEstimableReason | None:
    seen = play(regime, np.random.default_rng(1))
    machines = measure(observe(seen.address, seen.hour, DAYS, seen.others)).machines
    return machines.reason if isinstance(machines, NotEstimable) else None


@pytest.mark.parametrize("hours", [-12, -7, 7, 12])
def test_a_wrong_clock_of_some_days_is_noticed(hours: int) -> None:
    assert refusal(OFFICE.but(wrong_days=(2, 3, 10, 16), wrong_hours=hours)) is NotEstimableReason.CLOCK_WRONG


@pytest.mark.parametrize(
    "regime",
    [
        OFFICE,
        OFFICE.but(outages=0.15),
        OFFICE.but(live_days=tuple(range(14))),
        OFFICE.but(live_days=tuple(range(9, 23)), outages=0.05),
        OFFICE.but(live_days=tuple(day for day in range(DAYS) if day % 7 in (1, 4, 5, 6))),
        OFFICE.but(duty="always", live_days=tuple(day for day in range(DAYS) if day % 7 in (1, 4, 6)), live_from=13),
        OFFICE.but(duty="evening", outages=0.05),
        OFFICE.but(duty="always", live_days=tuple(day for day in range(DAYS) if day % 7 in (0, 3)), live_from=5),
        OFFICE.but(duty="always", wrong_days=(3, 4), wrong_hours=7),
    ],
)
def test_nothing_else_is_taken_for_one(regime: Regime) -> None:
    assert refusal(regime) is not NotEstimableReason.CLOCK_WRONG


def test_a_day_says_by_how_many_hours() -> None:
    seen = np.tile(np.array([0.0] * 2 + [50.0] + [100.0] * 7 + [40.0] + [0.0] * 13), (28, 1))
    seen[9] = np.roll(seen[9], 5)
    seen[10] = 0.0  # a holiday
    assert moved_days(WEEKS, seen, np.ones((28, 24))) == {WEEKS[9]: 5}
