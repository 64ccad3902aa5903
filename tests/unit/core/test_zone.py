from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from quetsach.core.period import day_of, midnight_after

VIET_NAM, PARIS = timezone(timedelta(hours=7)), ZoneInfo("Europe/Paris")


def test_a_day_of_viet_nam_begins_at_five_in_the_afternoon_of_utc() -> None:
    assert day_of(datetime(2020, 10, 5, 16, 59, tzinfo=UTC), VIET_NAM) == date(2020, 10, 5)
    assert day_of(datetime(2020, 10, 5, 17, 0, tzinfo=UTC), VIET_NAM) == date(2020, 10, 6)


def test_a_day_on_which_clocks_change_has_23_or_25_hours() -> None:
    assert midnight_after(date(2026, 3, 29), PARIS) - midnight_after(date(2026, 3, 28), PARIS) == timedelta(hours=23)
    assert midnight_after(date(2026, 10, 25), PARIS) - midnight_after(date(2026, 10, 24), PARIS) == timedelta(hours=25)
