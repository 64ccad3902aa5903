"""Days at the edge: inside everything is UTC, and a day is one of a country's zone."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day of a zone that a moment (of any zone) lies in."""
    return moment.astimezone(zone).date()


def midnight_after(day: date, zone: tzinfo) -> datetime:
    """Return the moment (UTC) at which a day of a zone is over; where clocks change at midnight, the first such one."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
