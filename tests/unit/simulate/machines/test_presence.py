from datetime import timedelta

import numpy as np
from tests.known_country import MONDAY, a_country

from quetsach.simulate import Country
from quetsach.simulate.machines.population import DAY, DUTIES, Presence
from quetsach.simulate.machines.random_streams import RandomStreams
from quetsach.simulate.machines.scenario import ActivityProfile

HOSTS = np.arange(5000)
LOCAL = 7 * 3600
"""Seconds by which the known country is ahead of UTC."""


def _hours(day: int, duty: ActivityProfile, country: Country | None = None) -> tuple[np.ndarray, np.ndarray]:
    scenario = country or a_country()
    presence = Presence(scenario, RandomStreams(scenario.seed))
    return presence.of(day, HOSTS, np.full(len(HOSTS), DUTIES.index(duty)))


def test_what_is_always_on_is_on_all_day() -> None:
    begins, ends = _hours(5, ActivityProfile.ALWAYS)
    assert set(begins.tolist()) == {0}
    assert set(ends.tolist()) == {DAY}


def test_offices_work_from_eight_to_five_of_their_own_time() -> None:
    begins, ends = _hours(0, ActivityProfile.OFFICE)
    on = ends > begins
    assert 0.94 < on.mean() < 0.96
    local = (begins[on] + LOCAL) / 3600, (ends[on] + LOCAL) / 3600
    assert abs(local[0].mean() - 8) < 0.05
    assert abs(local[1].mean() - 17) < 0.05
    assert local[0].min() >= 7.25
    assert local[1].max() <= 17.75


def test_offices_are_off_at_weekends_and_on_holidays() -> None:
    country = a_country(holidays=frozenset({MONDAY + timedelta(days=2)}))
    shares = []
    for day in range(7):
        begins, ends = _hours(day, ActivityProfile.OFFICE, country)
        shares.append(float((ends > begins).mean()))
    assert [round(share, 1) for share in shares] == [0.9, 1.0, 0.0, 0.9, 1.0, 0.0, 0.0] or (
        [share > 0 for share in shares] == [True, True, False, True, True, False, False]
    )


def test_a_country_behind_utc_works_at_its_own_hours_and_rests_on_its_own_days() -> None:
    country = a_country(hours_ahead=-4, rest_days=frozenset({1}))
    begins, ends = _hours(0, ActivityProfile.OFFICE, country)
    on = ends > begins
    assert abs((begins[on] / 3600).mean() - 12) < 0.05
    assert abs((ends[on] / 3600).mean() - 21) < 0.05
    assert [bool((np.subtract(*_hours(day, ActivityProfile.OFFICE, country)) != 0).any()) for day in range(7)] == [
        day != 1 for day in range(7)
    ]


def test_homes_are_on_in_the_evening_of_every_day() -> None:
    for day in (0, 5, 6):
        begins, ends = _hours(day, ActivityProfile.HOME)
        on = ends > begins
        assert 0.78 < on.mean() < 0.82
        assert abs(((begins[on] + LOCAL) / 3600).mean() - 18.5) < 0.05
        assert abs(((ends[on] + LOCAL) / 3600).mean() - 22.5) < 0.05


def test_a_machine_keeps_other_hours_on_another_day() -> None:
    assert not np.any(_hours(0, ActivityProfile.OFFICE)[0][:20] == _hours(1, ActivityProfile.OFFICE)[0][:20]).all()
