"""The clock of a family: days without its domains are no days without infection, week-ends of offices are."""

from dataclasses import replace
from datetime import date, timedelta, timezone

import numpy as np
import pytest

from quetsach.assess.hosts.clock import Clock, DayRecord, read_clock
from quetsach.assess.hosts.live_hours import AddressHours, _keeps_hours, _usual_hours, _wave, read_live_hours
from quetsach.core.country import WEEKEND, Offices
from quetsach.core.period import Period

MONDAY = date(2020, 6, 1)
WEEKS = Period(MONDAY, MONDAY + timedelta(days=27))
AROUND_THE_CLOCK = (200,) * 24
PUNCTUAL = (72, 172, 198) + (200,) * 5 + (166, 76, 14) + (0,) * 13
"""An office whose machines are switched on within an hour and a half."""
OFFICES = Offices(timezone(timedelta(hours=7)), WEEKEND)
OFFICE = (0, 50, 140) + (200,) * 5 + (140, 50) + (0,) * 14
EVENING = (0,) * 10 + (60, 150) + (200,) * 3 + (140, 50) + (0,) * 7
LEFT_ON = (3,) * 24
DAY_AND_SOME_NIGHT = tuple(60 + hour // 2 for hour in OFFICE)


def sensor(days: Period = WEEKS) -> Clock:
    return read_clock({day: DayRecord((3000,) * 24) for day in days})


def clock(
    hours: tuple[int, ...],
    weekdays: tuple[int, ...],
    *,
    at_rest: tuple[int, ...] = (0,) * 24,
    of: Clock | None = None,
    offices: Offices = OFFICES,
) -> Clock:
    """Return the clock of a family with ``hours`` on some days of the week, and ``at_rest`` on the others."""
    seen = {day: hours if day.weekday() in weekdays else at_rest for day in WEEKS}
    return read_live_hours(of or sensor(), {day: of for day, of in seen.items() if any(of)}, WEEKS, offices)


def test_a_family_that_is_always_there_has_the_clock_of_the_sensor() -> None:
    found = clock(AROUND_THE_CLOCK, tuple(range(7)))
    assert found.uptime_hours == pytest.approx(672)
    assert found.outages == sensor().outages


def test_days_on_which_it_could_not_be_seen_are_not_counted() -> None:
    found = clock(AROUND_THE_CLOCK, (0, 3))
    assert found.uptime_hours == pytest.approx(8 * 24)
    assert found.outages[MONDAY] == ()
    assert found.outages[MONDAY + timedelta(days=1)] == ((0, 1440),)


def test_silent_week_ends_of_machines_that_never_rest_are_dead_domains() -> None:
    assert clock(AROUND_THE_CLOCK, (0, 1, 2, 3, 4)).uptime_hours == pytest.approx(20 * 24)


def test_quiet_week_ends_of_offices_count() -> None:
    """The few machines that were left on show that the domains were live."""
    found = clock(OFFICE, (0, 1, 2, 3, 4), at_rest=LEFT_ON)
    assert found.uptime_hours == pytest.approx(672)
    assert found.unsure == 0
    assert found.outages[MONDAY + timedelta(days=5)] == ()


def test_week_ends_without_anybody_leave_offices_open() -> None:
    found = clock(OFFICE, (0, 1, 2, 3, 4))
    assert found.uptime_hours == pytest.approx(20 * 24)
    assert found.unsure == pytest.approx(0.4)


def test_hours_of_a_working_day_elsewhere_are_nobody_on_a_day_of_rest() -> None:
    """Eight hours west of Greenwich, the end of a working Friday is on Saturday by UTC."""
    west = Offices(timezone(timedelta(hours=-8)), WEEKEND)
    morning, evening = (0,) * 15 + (60, 150) + (200,) * 6 + (140,), (60,) + (0,) * 23
    late = tuple(map(sum, zip(morning, evening, strict=True)))
    seen = {day: (morning, *[late] * 4, evening)[day.weekday()] for day in WEEKS if day.weekday() < 6}
    left_on = seen | {day: LEFT_ON for day in WEEKS if day.weekday() == 6}
    assert read_live_hours(sensor(), seen, WEEKS, west).unsure == pytest.approx(0.4)
    assert read_live_hours(sensor(), left_on, WEEKS, west).unsure == 0


@pytest.mark.parametrize("hours", [EVENING, DAY_AND_SOME_NIGHT], ids=["evenings", "some are there at night"])
def test_silent_week_ends_of_what_keeps_no_office_hours_leave_them_open(hours: tuple[int, ...]) -> None:
    """Machines that are there in evenings or at night have week-ends too: the domains may have died."""
    found = clock(hours, (0, 1, 2, 3, 4))
    assert found.uptime_hours == pytest.approx(20 * 24)
    assert found.unsure == pytest.approx(0.4)


def test_week_ends_are_open_where_the_sensor_saw_nobody_at_all() -> None:
    days = {day: DayRecord(OFFICE) for day in WEEKS if day.weekday() < 5}
    assert clock(OFFICE, (0, 1, 2, 3, 4), of=read_clock(days)).unsure == pytest.approx(0.4)


@pytest.mark.parametrize("edge", [0, 90])
def test_a_family_that_comes_and_goes_at_a_stroke_leaves_its_nights_open(edge: int) -> None:
    """Machines that are always on, and domains that are live by day alone: no morning of machines looks like that."""
    found = clock((0,) * 8 + (edge,) + (200,) * 11 + (0,) * 4, tuple(range(7)))
    assert found.unsure == pytest.approx(1.0 if edge == 90 else 13 / 11)
    assert found.uptime_hours * (1 + found.unsure) == pytest.approx(672)
    assert found.outages[MONDAY][0][0] == 0


def test_a_clock_that_is_wrong_on_some_days_hides_no_stroke() -> None:
    """Domains live from 5 to 15, and every fourth day is told twelve hours late: hardly an hour has nobody."""
    live = np.array([[200.0 if 5 <= hour < 15 else 0.0 for hour in range(24)] for _ in WEEKS])
    late = np.zeros(live.size + 12)
    for at, of_day in enumerate(live):
        first = 24 * at + (12 if at % 4 == 2 else 0)
        late[first : first + 24] += of_day
    told = late[: live.size].reshape(-1, 24).astype(int).tolist()
    found = read_live_hours(sensor(), {day: tuple(of) for day, of in zip(WEEKS, told, strict=True)}, WEEKS, OFFICES)
    assert found.unsure > 0.4
    assert found.uptime_hours == pytest.approx(280, rel=0.05)


@pytest.mark.parametrize("hours", [OFFICE, PUNCTUAL, EVENING, AROUND_THE_CLOCK, DAY_AND_SOME_NIGHT])
def test_nights_of_machines_that_come_one_by_one_are_theirs(hours: tuple[int, ...]) -> None:
    found = clock(hours, tuple(range(7)))
    assert (found.uptime_hours, found.unsure) == (pytest.approx(672), 0)


def test_a_week_end_of_which_the_sensor_missed_most_says_nothing_of_offices() -> None:
    """An outage from Saturday to Sunday, and domains that were live for eight days around it."""
    down = MONDAY + timedelta(days=5)
    days = {day: DayRecord((3000,) * 24) for day in WEEKS}
    days[down] = DayRecord((3000,) * 3 + (0,) * 21, ((180, 1440),))
    days[down + timedelta(days=1)] = DayRecord((0,) * 8 + (3000,) * 16, ((0, 480),))
    live = {MONDAY + timedelta(days=n): OFFICE for n in (2, 3, 4, 7, 8, 9)}
    partly = {down: OFFICE[:3] + (0,) * 21, down + timedelta(days=1): (0,) * 8 + OFFICE[8:]}
    found = read_live_hours(read_clock(days), live | partly, WEEKS, OFFICES)
    assert found.unsure > 0 or found.uptime_hours == pytest.approx(7 * 24, abs=24)


def test_offices_rest_on_the_days_of_their_country() -> None:
    """Where Friday and Saturday are days of rest, silent Fridays are an office's; silent Sundays are dead domains."""
    offices = replace(OFFICES, rest_days=frozenset({4, 5}))
    quiet_fridays = clock(OFFICE, (0, 1, 2, 3, 6), at_rest=LEFT_ON, offices=offices)
    silent_sundays = clock(OFFICE, (0, 1, 2, 3, 4), offices=offices)
    assert quiet_fridays.uptime_hours == pytest.approx(672)
    assert quiet_fridays.unsure == 0
    assert silent_sundays.uptime_hours == pytest.approx(20 * 24)


def test_offices_with_domains_on_some_days_leave_the_week_ends_open() -> None:
    found = clock(OFFICE, (0, 2, 4))
    assert found.uptime_hours == pytest.approx(12 * 24)
    assert found.unsure == pytest.approx(0.4)


def test_a_domain_that_begins_in_the_middle_of_a_day_is_live_from_that_hour() -> None:
    seen = {day: AROUND_THE_CLOCK for day in WEEKS if day > MONDAY + timedelta(days=6)}
    seen[MONDAY + timedelta(days=6)] = (0,) * 13 + (200,) * 11
    found = read_live_hours(sensor(), seen, WEEKS, OFFICES)
    assert found.uptime_hours == pytest.approx(21 * 24 + 11)
    assert found.outages[MONDAY + timedelta(days=6)] == ((0, 13 * 60),)


def test_nights_stay_on_the_clock_beside_dead_days() -> None:
    found = clock(OFFICE, (0, 1, 3, 4))
    assert found.outages[MONDAY + timedelta(days=2)] == ((60, 600),)


def test_a_few_addresses_prove_no_dead_day() -> None:
    seen = {day: (1,) * 24 for day in WEEKS if day.weekday() != 2}
    assert read_live_hours(sensor(), seen, WEEKS, OFFICES).uptime_hours == pytest.approx(672)


def test_a_family_that_was_seen_abroad_alone_has_the_clock_of_the_sensor() -> None:
    assert read_live_hours(sensor(), {MONDAY: (0,) * 24}, WEEKS, OFFICES).uptime_hours == pytest.approx(672)


def test_outages_of_the_sensor_stay_outages() -> None:
    days = {day: DayRecord((3000,) * 24) for day in WEEKS}
    days[MONDAY] = DayRecord((3000,) * 12 + (0,) * 12, ((720, 1440),))
    found = clock(AROUND_THE_CLOCK, tuple(range(7)), of=read_clock(days))
    assert found.outages[MONDAY] == ((720, 1440),)
    assert found.uptime_hours == pytest.approx(660, rel=1e-3)
    assert np.isclose(found.hours_alive.sum(), 660)


def test_a_week_end_that_an_outage_halves_is_still_silent() -> None:
    down = MONDAY + timedelta(days=5)
    days = {day: DayRecord((3000,) * 24) for day in WEEKS}
    days[down] = DayRecord((3000,) + (0,) * 5 + (3000,) * 18, ((60, 360),))
    days[down + timedelta(days=1)] = DayRecord((0,) * 11 + (3000,) * 13, ((0, 660),))
    found = clock(OFFICE, (0, 1, 2, 3, 4), at_rest=LEFT_ON, of=read_clock(days))
    assert found.uptime_hours == pytest.approx(672)
    assert found.unsure == 0


def test_a_usual_day_is_the_median_of_watched_hours_of_days_on_which_the_family_was_there_in_full() -> None:
    """Days of 10, 20, 30 and 40 in an hour and 100 in the next; one of 5 and 50, and one that nobody was there."""
    seen = np.zeros((6, 24))
    seen[:, 0] = [10, 20, 30, 40, 5, 0]
    seen[:, 1] = [100, 100, 100, 100, 50, 0]
    alive = np.ones((6, 24))
    assert _usual_hours(seen, alive)[:3].tolist() == [25, 100, 0]
    alive[0, 0] = 0.9  # watched in part is not watched
    assert _usual_hours(seen, alive)[0] == 30
    alive[:, 1] = 0.5
    assert _usual_hours(seen, alive)[1] == 0  # an hour that was never watched
    assert _usual_hours(seen[:3], np.ones((3, 24)))[0] == 20
    assert _usual_hours(seen[:2], np.ones((2, 24))).tolist() == [0] * 24  # two days are too few
    assert _usual_hours(np.zeros((6, 24)), alive).tolist() == [0] * 24


@pytest.mark.parametrize(
    ("night", "coming", "keeps"),
    [(6, 2, True), (5, 2, False), (6, 1, False), (22, 1, False), (21, 2, True)],
)
def test_a_family_keeps_hours_with_six_of_night_and_two_of_coming(night: int, coming: int, *, keeps: bool) -> None:
    hours = [9.0] * night + [10.0, 90.0, 50.0][:coming]
    assert _keeps_hours(np.array(hours + [100.0] * (24 - len(hours)))) is keeps
    assert not _keeps_hours(np.array([10.0] * 8 + [91.0] * 8 + [100.0] * 8))  # all come, or none goes


def test_the_wave_of_a_day_points_to_its_middle() -> None:
    hours = np.zeros(24)
    hours[[5, 6]] = 2.0  # from five to seven
    wave = _wave(hours)
    assert np.angle(wave) == pytest.approx(np.pi / 2)
    assert abs(wave) == pytest.approx(4 * np.cos(np.pi / 24))
    assert abs(_wave(np.ones(24))) < 1e-9


@pytest.mark.parametrize(("by", "is_office"), [(-3, True), (-4, False), (2, True), (3, False)])
def test_the_middle_of_an_office_day_is_between_half_past_nine_and_half_past_three(by: int, *, is_office: bool) -> None:
    """Its middle is at one o'clock, seven and a half hours east of Greenwich; a few machines are left on."""
    east = Offices(timezone(timedelta(hours=7, minutes=30)), WEEKEND)
    found = clock(tuple(np.roll(OFFICE, by).tolist()), (0, 1, 2, 3, 4), at_rest=LEFT_ON, offices=east)
    assert (found.unsure == 0 and found.uptime_hours == pytest.approx(672)) is is_office


@pytest.mark.parametrize(("seen_on", "is_office"), [((5,), True), ((), False)])
def test_somebody_on_half_of_the_days_of_rest_shows_that_domains_were_live(
    seen_on: tuple[int, ...], *, is_office: bool
) -> None:
    """On every Saturday, and on no Sunday: half of the days."""
    seen: AddressHours = {
        day: OFFICE if day.weekday() < 5 else LEFT_ON for day in WEEKS if day.weekday() < 5 or day.weekday() in seen_on
    }
    found = read_live_hours(sensor(), seen, WEEKS, OFFICES)
    assert (found.unsure == 0) is is_office
    less = {day: of for day, of in seen.items() if day.weekday() < 5 or day.day != 6}
    assert read_live_hours(sensor(), less, WEEKS, OFFICES).unsure == pytest.approx(0.4)


@pytest.mark.parametrize("hours", [5, 6])
def test_a_silence_of_six_hours_in_which_others_are_seen_is_dead_domains(hours: int) -> None:
    seen = dict.fromkeys(WEEKS, AROUND_THE_CLOCK)
    seen[MONDAY + timedelta(days=3)] = (200,) * 9 + (0,) * hours + (200,) * (15 - hours)
    found = read_live_hours(sensor(), seen, WEEKS, OFFICES)
    assert found.uptime_hours == pytest.approx(672 - (hours if hours == 6 else 0))
    assert found.outages[MONDAY + timedelta(days=3)] == (((540, 900),) if hours == 6 else ())


@pytest.mark.parametrize(("left", "is_dead"), [(6, True), (7, False)])
def test_a_silence_is_a_thirty_third_of_what_is_usual(left: int, *, is_dead: bool) -> None:
    """Of 200, six are 3 %."""
    seen = dict.fromkeys(WEEKS, AROUND_THE_CLOCK)
    seen[MONDAY + timedelta(days=3)] = (200,) * 9 + (left,) * 8 + (200,) * 7
    assert read_live_hours(sensor(), seen, WEEKS, OFFICES).uptime_hours == pytest.approx(
        664 if is_dead else 672, abs=0.1
    )


@pytest.mark.parametrize(("each", "is_dead"), [(4, False), (5, True)])
def test_a_hundred_addresses_are_missed_in_the_hours_of_dead_domains(each: int, *, is_dead: bool) -> None:
    """Of a day without anybody: 24 hours of 4 are 96, of 5 they are 120."""
    seen = {day: (each,) * 24 for day in WEEKS if day.weekday() != 2}
    uptime = read_live_hours(sensor(), seen, WEEKS, OFFICES).uptime_hours
    assert uptime == pytest.approx(576 if is_dead else 672)
