import numpy as np
import pytest
from tests.known_country import MONDAY, a_country, a_day, a_family, an_isp

from quetsach.simulate import Country, country
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.population import DAY
from quetsach.simulate.machines.scenario import ActivityProfile, CheckIns, Family, Lease, LeaseKind, Schedule

OFFICE = {ActivityProfile.OFFICE: 1.0}


def _periodic(minutes: float, jitter: float = 0.0, *, at_start: bool = False, **changes: object) -> Family:
    check_ins = CheckIns(MONDAY, Schedule.PERIODIC, minutes * 60, jitter, at_start)
    return a_family(check_ins=(check_ins,), mean_days=5000, **changes)


def _moments(scenario: Country) -> dict[int, list[int]]:
    """The seconds of check-ins by machine."""
    found: dict[int, list[int]] = {}
    for day in country(scenario):
        hosts = day.levels.infections.hosts[day.stretches.infections[day.events.stretches]]
        for host, second in zip(hosts.tolist(), day.events.seconds.tolist(), strict=True):
            found.setdefault(host, []).append(day.number * DAY + second)
    return found


def _online_seconds(day: Day) -> int:
    return int((day.levels.off - day.levels.on).sum())


@pytest.mark.parametrize("duties", [{ActivityProfile.ALWAYS: 1.0}, OFFICE])
def test_random_check_ins_come_at_their_rate_while_on_line(duties: dict[ActivityProfile, float]) -> None:
    scenario = a_country(hosts=3000, days=4, families=(a_family(duties=duties),))
    days = list(country(scenario))
    events, hours = sum(len(day.events) for day in days), sum(map(_online_seconds, days)) / 3600
    assert events / hours == pytest.approx(1, rel=0.02)


def test_machines_that_are_always_on_keep_their_beat_through_midnight_and_changes_of_address() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 3.0), addresses=4000)
    moments = _moments(a_country(hosts=100, days=4, isps=(isp,), families=(_periodic(50),)))
    assert {gap for found in moments.values() for gap in np.diff(found).tolist()} == {3000}


def test_jitter_moves_each_check_in_by_at_most_half_of_it() -> None:
    moments = _moments(a_country(hosts=200, days=4, families=(_periodic(60, 0.4),)))
    gaps = np.concatenate([np.diff(found) for found in moments.values()])
    assert gaps.min() >= 3600 * 0.6 - 1
    assert gaps.max() <= 3600 * 1.4 + 1
    assert gaps.mean() == pytest.approx(3600, rel=0.001)
    assert gaps.std() == pytest.approx(3600 * 0.4 / np.sqrt(6), rel=0.05)


def test_a_periodic_bot_of_an_office_begins_anew_every_day_at_a_random_phase() -> None:
    scenario = a_country(hosts=3000, days=2, families=(_periodic(60, duties=OFFICE),))
    for day in country(scenario):
        first = np.full(len(day.levels.infections), DAY)
        np.minimum.at(first, day.stretches.infections[day.events.stretches], day.events.seconds)
        waits = (first - day.levels.on)[(day.levels.on > 0) & (first < DAY)]
        assert waits.mean() == pytest.approx(1800, rel=0.03)
        assert waits.max() < 3600


def test_a_bot_may_check_in_as_soon_as_its_machine_is_on() -> None:
    scenario = a_country(hosts=300, days=1, families=(_periodic(60, at_start=True, duties=OFFICE),))
    (day,) = country(scenario)
    first = np.full(len(day.levels.infections), DAY)
    np.minimum.at(first, day.stretches.infections[day.events.stretches], day.events.seconds)
    whole = (day.levels.infections.begins < 0) & (first < DAY)
    assert whole.sum() > 200
    assert first[whole].tolist() == day.levels.on[whole].tolist()


def test_a_schedule_changes_on_its_day() -> None:
    schedules = (CheckIns(MONDAY, Schedule.POISSON, 3600.0), CheckIns(a_day(2), Schedule.POISSON, 7200.0))
    days = list(country(a_country(hosts=3000, days=4, families=(a_family(check_ins=schedules),))))
    rates = [len(day.events) / _online_seconds(day) * 3600 for day in days]
    assert rates == pytest.approx([1, 1, 0.5, 0.5], rel=0.02)


def test_check_ins_lie_in_the_time_in_which_their_machine_is_infected_on_line_and_under_that_lease() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 3.0), addresses=9000)
    families = (a_family(mean_days=2), _periodic(30, 0.3, spelling="necurs", duties=OFFICE))
    for day in country(a_country(hosts=1000, days=4, isps=(isp,), families=families)):
        of, second = day.events.stretches, day.events.seconds
        infection, lease = day.stretches.infections[of], day.stretches.leases[of]
        moment = day.number * DAY + second
        infected = day.levels.infections
        assert np.all((infected.begins[infection] <= moment) & (moment < infected.ends[infection]))
        assert np.all((day.levels.on[infection] <= second) & (second < day.levels.off[infection]))
        assert np.all((day.leases.begins[lease] <= second) & (second < day.leases.ends[lease]))
        assert np.all(day.leases.of.numbers[day.leases.lines[lease]] == infected.lines[infection])


def test_check_ins_are_in_the_order_of_time() -> None:
    for day in country(a_country()):
        assert np.all(np.diff(day.events.seconds) >= 0)


def test_stretches_cover_exactly_the_time_on_line() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 2.0), addresses=9000)
    families = (a_family(duties={ActivityProfile.ALWAYS: 0.5, ActivityProfile.HOME: 0.5}, mean_days=3),)
    for day in country(a_country(hosts=800, isps=(isp,), families=families)):
        seconds = np.bincount(
            day.stretches.infections,
            weights=day.stretches.ends - day.stretches.begins,
            minlength=len(day.levels.infections),
        )
        assert seconds.tolist() == (day.levels.off - day.levels.on).tolist()
