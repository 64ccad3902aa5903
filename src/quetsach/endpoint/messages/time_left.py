"""How long work will still take, in words that promise no more than is known."""

from quetsach.core.time_left import rounded_minutes
from quetsach.endpoint.messages import messages


def told_time_left(seconds: float, language: str) -> str:
    """Return how long something still takes, roughly."""
    words = messages("scan", language)
    hours, minutes = divmod(rounded_minutes(seconds), 60)
    if not hours:
        return words["left-minutes" if minutes else "left-moment"].format(minutes=minutes)
    return words["left-hours-minutes" if minutes else "left-hours"].format(hours=hours, minutes=minutes)
