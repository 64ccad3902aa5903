"""Make holidays.csv: the public holidays of Viet Nam, those of the lunar year by new moons and solar terms at UTC+7.

Sun and moon after J. Meeus, Astronomical Algorithms (1998), chapters 25 and 49, to a few minutes of time: enough, since
no new moon of these years falls so near to midnight (``local_day`` refuses one that does).

By hand:  python data/events/build.py
"""

import csv
import math
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

YEARS = range(2019, 2031)
ZONE_DAYS = 7 / 24
SYNODIC_DAYS = 29.530588861
FIRST_NEW_MOON = 2451550.09766  # of 2000-01-06, in Julian days
NEAREST_MIDNIGHT_DAYS = 5 / 1440

type Row = tuple[str, str, str, str]


def new_moon(number: int) -> float:
    """Return the moment of a new moon, counted from that of January 2000, in Julian days (universal time)."""
    t = number / 1236.85
    mean = FIRST_NEW_MOON + SYNODIC_DAYS * number + 0.00015437 * t * t
    e = 1 - 0.002516 * t
    sun, moon, node = (
        math.radians(start + rate * number)
        for start, rate in ((2.5534, 29.10535670), (201.5643, 385.81693528), (160.7108, 390.67050284))
    )
    terms = (
        (-0.40720, moon), (0.17241 * e, sun), (0.01608, 2 * moon), (0.01039, 2 * node), (0.00739 * e, moon - sun),
        (-0.00514 * e, moon + sun), (0.00208 * e * e, 2 * sun), (-0.00111, moon - 2 * node),
        (-0.00057, moon + 2 * node), (0.00056 * e, 2 * moon + sun), (-0.00042, 3 * moon),
    )  # fmt: skip
    earth_is_slower = 70 / 86400  # seconds between dynamical and universal time in these years
    return mean + sum(factor * math.sin(angle) for factor, angle in terms) - earth_is_slower


def local_day(moment: float) -> date:
    """Return the day in Viet Nam of a moment.

    Raises:
        ValueError: so near to midnight that this arithmetic cannot tell.
    """
    days, part = divmod(moment + 0.5 + ZONE_DAYS, 1)
    if min(part, 1 - part) < NEAREST_MIDNIGHT_DAYS:
        raise ValueError(f"a new moon at Julian day {moment:.4f} is too near to midnight")
    return date(2000, 1, 1) + timedelta(days=int(days) - 2451545)


def solar_longitude(day: date) -> float:
    """Return the sun's apparent longitude in degrees at the end of a day in Viet Nam."""
    moment = 2451545 + (day - date(2000, 1, 1)).days + 0.5 - ZONE_DAYS
    t = (moment - 2451545.0) / 36525
    anomaly = math.radians(357.52911 + 35999.05029 * t)
    centre = 1.914602 * math.sin(anomaly) + 0.019993 * math.sin(2 * anomaly) + 0.000289 * math.sin(3 * anomaly)
    node = math.radians(125.04 - 1934.136 * t)
    return (280.46646 + 36000.76983 * t + centre - 0.00569 - 0.00478 * math.sin(node)) % 360


def lunar_months(year: int) -> list[date]:
    """Return the first days of the months from the eleventh of the last lunar year on: that of the winter solstice."""
    number = round((year - 1 + 0.9 - 2000) * 12.3685) - 2
    starts = [local_day(new_moon(n)) for n in range(number, number + 18)]
    solstice = next(day for day in _days(date(year - 1, 12, 19)) if solar_longitude(day) >= 270)
    eleventh = max(n for n, start in enumerate(starts) if start <= solstice)
    return starts[eleventh:]


def new_year_and_third_month(year: int) -> tuple[date, date]:
    """Return the first days of the first and third lunar months; a month without a principal term repeats a number."""
    starts, numbers = lunar_months(year), [11]
    next_solstice = next(day for day in _days(date(year, 12, 19)) if solar_longitude(day) >= 270)
    has_leap = sum(start <= next_solstice for start in starts) - 1 == 13
    for start, end in pairwise(starts[1:]):
        terms = (solar_longitude(start - timedelta(days=1)) // 30, solar_longitude(end - timedelta(days=1)) // 30)
        if has_leap and terms[0] == terms[1]:
            has_leap = False
            numbers.append(numbers[-1])
        else:
            numbers.append(numbers[-1] % 12 + 1)
    return starts[numbers.index(1)], starts[numbers.index(3)]


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(10))


def rows(year: int) -> Iterator[Row]:
    """Yield the holidays of a year by Article 112 of the Labour Code (45/2019/QH14; one day on 2 September before)."""
    new_year, third = new_year_and_third_month(year)
    kings = third + timedelta(days=9)
    yield f"{year}-01-01", f"{year}-01-01", "Tết Dương lịch", "New Year"
    first, last = new_year - timedelta(days=2), new_year + timedelta(days=3)
    yield str(first), str(last), "Tết Nguyên đán", "Lunar New Year"
    yield str(kings), str(kings), "Giỗ Tổ Hùng Vương", "Hung Kings' Day"
    yield f"{year}-04-30", f"{year}-05-01", "30 tháng 4 và 1 tháng 5", "30 April and 1 May"
    national = ("01", "03") if year >= 2021 else ("02", "02")
    yield f"{year}-09-{national[0]}", f"{year}-09-{national[1]}", "Quốc khánh", "National Day"


def main() -> None:
    """Write holidays.csv beside this script."""
    with Path(__file__).with_name("holidays.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("first", "last", "name_vi", "name_en"))
        table.writerows(sorted(row for year in YEARS for row in rows(year)))


if __name__ == "__main__":
    main()
