from datetime import UTC, date, datetime

from quetsach.core.zone import VIET_NAM, day_of


def test_a_day_of_viet_nam_begins_at_five_in_the_afternoon_of_utc() -> None:
    assert day_of(datetime(2020, 10, 5, 16, 59, tzinfo=UTC)) == date(2020, 10, 5)
    assert day_of(datetime(2020, 10, 5, 17, 0, tzinfo=UTC)) == date(2020, 10, 6)


def test_the_zone_bears_the_name_that_tables_of_zones_give_it() -> None:
    assert str(VIET_NAM) == "Asia/Ho_Chi_Minh"
