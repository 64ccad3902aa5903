"""Whether an instrument is one: a feed that keeps one row a day, sends differences or falls silent measures nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median

from quetsach.assess.refusal import RefusalReason

FEWEST_ROWS = 100
"""Rows of (family, address, day) below which nothing is said about a feed's mode, or about a family's machines."""
FEWEST_HOURS = 100
"""Addresses of all hours of a day together below which a day without any says nothing about machines or domains."""
DEDUPLICATED_SHARE = 0.995
SUNDAY_TIMES = 2.0
FEWEST_SUNDAYS = 2
CUT_MINUTES = 5
CUT_SHARE = 0.5

LARGEST_DENSITY = 0.03
"""Share of an AS's announced IPv4 addresses that may be infected at once."""

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class SensorDays:
    """A sensor through a period: rows of (family, address) by day.

    Of all rows ``single`` have one sighting, and of ``cut`` the first and the last are at a multiple of
    ``CUT_MINUTES``.
    """

    rows: Mapping[date, int]
    single: int
    cut: int = 0


def feed_mode(sensor: SensorDays) -> RefusalReason | None:
    """Return what makes a feed unfit for counting machines, if anything.

    De-duplicated: hardly any address is seen twice on a day. Differences: Sundays have at least twice the addresses of
    other days, again and again; no machines do that. Cut stamps: half of the rows begin and end on the five minutes.
    """
    total = sum(sensor.rows.values())
    if total < FEWEST_ROWS:
        return None
    sundays = [rows for day, rows in sensor.rows.items() if day.weekday() == _SUNDAY]
    others = [rows for day, rows in sensor.rows.items() if day.weekday() != _SUNDAY]
    if (
        len(sundays) >= FEWEST_SUNDAYS
        and len(others) >= FEWEST_SUNDAYS
        and min(sundays) >= SUNDAY_TIMES * median(others)
    ):
        return RefusalReason.DELTA_MODE
    if sensor.single >= DEDUPLICATED_SHARE * total:
        return RefusalReason.DEDUPLICATED
    if sensor.cut >= CUT_SHARE * total:
        return RefusalReason.STAMPS_CUT
    return None


def is_dense(machines: float, announced: int) -> bool:
    """Whether more of an AS's addresses are infected at once than the session-hours can tell apart."""
    return announced > 0 and machines > LARGEST_DENSITY * announced
