"""The zone of the country at the edge: a day of Viet Nam. Inside everything is UTC."""

from datetime import date, datetime, timedelta, timezone

VIET_NAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""One offset since 1975, no summer time: no table of zones has to be read."""


def day_of(moment: datetime) -> date:
    """Return the day of Viet Nam that a moment (of any zone) lies in."""
    return moment.astimezone(VIET_NAM).date()
