"""How long work will still take, said only when it is known well enough."""

import math
from bisect import bisect_right

_LEAST_SECONDS, _LEAST_SHARE = 10.0, 0.02
"""Work that has gone on for less, or of which less is done, tells nothing about the rest."""
_MOST_DIFFERENT = 1.6
"""The pace of late and the pace of the whole may differ so much; beyond that nobody knows yet."""
_PARTS = (0.0, 0.5, 0.75)
"""Since when the paces are taken: since the beginning, over the last half and over the last quarter of the time."""
_MARK_SECONDS = 1.0
_MINUTE, _HOUR = 60, 3600


class TimeLeft:
    """Watches work go on. The first files of a scan are no measure of the rest, so one pace alone is not believed."""

    def __init__(self) -> None:
        self._seconds: list[float] = [0.0]
        self._shares: list[float] = [0.0]

    def seconds(self, worked_seconds: float, share: float) -> float | None:
        """Return how many seconds are left; ``None`` while that is not known well enough.

        Args:
            worked_seconds: how long the work has gone on, pauses not counted; it only grows.
            share: how much of it is done, from 0 to 1.
        """
        if worked_seconds - self._seconds[-1] >= _MARK_SECONDS:
            self._seconds.append(worked_seconds)
            self._shares.append(share)
        if worked_seconds < _LEAST_SECONDS or share < _LEAST_SHARE:
            return None
        paces = [self._pace(part * worked_seconds, worked_seconds, share) for part in _PARTS]
        if min(paces) * _MOST_DIFFERENT < max(paces) or min(paces) <= 0:
            return None
        return (1 - share) / min(paces)  # a promise that is kept early hurts nobody

    def _pace(self, since: float, worked_seconds: float, share: float) -> float:
        """Return how much was done a second since the last mark before some moment."""
        mark = bisect_right(self._seconds, since) - 1
        return (share - self._shares[mark]) / (worked_seconds - self._seconds[mark])


def rounded_minutes(seconds: float) -> int:
    """Return a time as people say it, in minutes rounded up: 0 below one, steps of 5 from ten, of 10 from an hour."""
    if seconds < _MINUTE:
        return 0
    minutes = math.ceil(seconds / _MINUTE)
    step = 10 if seconds >= _HOUR else 5 if minutes > 10 else 1
    return math.ceil(minutes / step) * step
