"""What the daily sightings of a report tell of its instrument: changes at one stroke, differences for whole lists."""

from collections.abc import Mapping
from datetime import date

from quetsach.assess.estimate import NotEstimableReason
from quetsach.assess.hosts.breaks import Break, DaySeen, find_breaks
from quetsach.assess.hosts.clock import FEWEST_ROWS, SensorDays, feed_mode

LOOKED_AT_DAYS = 120
"""With data: older ones tell nothing of how a report is."""
FEWEST_DAYS = 28
"""With data, before anything is said of its weeks."""


def level_breaks(sightings: Mapping[date, int]) -> tuple[Break, ...]:
    """Find the days at which the level of sightings changes at one stroke, among the newest days; instruments do that.

    Args:
        sightings: of each day (UTC) with data.
    """
    newest = sorted(sightings)[-LOOKED_AT_DAYS:]
    if not newest or (newest[-1] - newest[0]).days > 2 * LOOKED_AT_DAYS:
        return ()  # too few days of too many to tell
    return find_breaks({day: DaySeen(sightings[day]) for day in newest})


def sends_differences(sightings: Mapping[date, int]) -> bool | None:
    """Say whether Sundays have at least twice as much as other days, which no machines do; ``None`` with too few days.

    Args:
        sightings: of each day (UTC) with data; the newest are looked at.
    """
    newest = dict(sorted(sightings.items())[-LOOKED_AT_DAYS:])
    if len(newest) < FEWEST_DAYS or sum(newest.values()) < FEWEST_ROWS:
        return None
    return feed_mode(SensorDays(newest, single=0)) is NotEstimableReason.DELTA_MODE
