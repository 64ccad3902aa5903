from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.hosts.clock import DAY_MINUTES, Clock, DayRecord, read_clock, record_day, uptime_minutes

MONDAY = date(2020, 6, 1)


def minutes(**silent: tuple[int, int]) -> np.ndarray:
    made = np.full(DAY_MINUTES, 10, dtype=np.int64)
    for start, end in silent.values():
        made[start:end] = 0
    return made


def days(records: list[DayRecord]) -> dict[date, DayRecord]:
    return {MONDAY + timedelta(days=n): record for n, record in enumerate(records)}


def test_a_long_silence_of_a_busy_sensor_is_a_candidate() -> None:
    assert record_day(minutes(a=(600, 700))).silences == ((600, 700),)


def test_a_silence_that_chance_can_make_is_none() -> None:
    assert record_day(minutes(a=(600, 614))).silences == ()
    quiet = np.zeros(DAY_MINUTES, dtype=np.int64)
    quiet[::100] = 1
    assert record_day(quiet).silences == ()


def test_a_day_without_sightings_has_no_silences() -> None:
    assert record_day(np.zeros(DAY_MINUTES, dtype=np.int64)) == DayRecord((0,) * 24)


def test_a_silence_that_other_days_do_not_have_is_an_outage() -> None:
    clock = read_clock(days([record_day(minutes(a=(600, 720))), *[record_day(minutes())] * 6]))
    assert clock.outages[MONDAY] == ((600, 720),)
    assert clock.uptime_hours == pytest.approx(7 * 24 - 2, rel=0.01)
    assert clock.hours_alive[10] == 6


def test_a_silence_that_every_day_has_is_a_night() -> None:
    clock = read_clock(days([record_day(minutes(night=(0, 480)))] * 7))
    assert set(clock.outages.values()) == {()}
    assert clock.uptime_hours == 7 * 24


def test_a_quiet_sunday_is_no_outage_where_sundays_are_quiet() -> None:
    week = [record_day(minutes())] * 6 + [record_day(minutes(day=(120, 1300)))]
    clock = read_clock(days(week * 4))
    assert clock.outages[MONDAY + timedelta(days=6)] == ()


def test_an_outage_at_night_takes_less_away_than_one_by_day() -> None:
    usual = minutes()
    usual[:480] = 1
    by_night, by_day = usual.copy(), usual.copy()
    by_night[60:180] = 0
    by_day[720:840] = 0
    lost = [
        7 * 24 - read_clock(days([record_day(first), *[record_day(usual)] * 6])).uptime_hours
        for first in (by_night, by_day)
    ]
    assert lost[0] < lost[1] / 5


def test_a_single_day_takes_its_candidates_for_outages() -> None:
    assert read_clock(days([record_day(minutes(a=(600, 720)))])).outages[MONDAY] == ((600, 720),)


def test_hours_that_were_never_seen_alive_count_as_lost() -> None:
    assert read_clock(days([record_day(minutes(a=(600, 1200)))])).uptime_hours == pytest.approx(14)


def test_uptime_is_what_outages_leave() -> None:
    assert uptime_minutes(((0, 60), (600, 630))) == DAY_MINUTES - 90


def test_an_outage_that_runs_into_a_night_ends_with_the_working_day() -> None:
    """Taken out of the clock, the night would join this working day and the next to one session."""
    usual = record_day(minutes(night=(600, DAY_MINUTES)))
    clock = read_clock(days([record_day(minutes(down=(540, DAY_MINUTES))), *[usual] * 6]))
    assert clock.outages[MONDAY] == ((540, 600),)


def test_a_night_after_a_day_that_ended_early_is_none() -> None:
    usual, early = minutes(night=(600, DAY_MINUTES)), minutes(night=(595, DAY_MINUTES))
    clock = read_clock(days([record_day(early), *[record_day(usual)] * 6]))
    assert clock.outages[MONDAY] == ((595, 600),)
    assert clock.uptime_hours == pytest.approx(7 * 24, rel=0.01)


def test_an_outage_that_runs_through_midnight_is_one_break() -> None:
    first = date(2020, 6, 1)
    days = [first + timedelta(days=n) for n in range(4)]
    outages = {days[0]: ((600, 660), (1380, 1440)), days[1]: ((0, 60), (700, 760)), days[3]: ()}
    assert Clock(outages, 0.0, np.zeros(24)).breaks == 4
