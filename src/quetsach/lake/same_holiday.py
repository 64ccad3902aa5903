"""Two windows of which one has a holiday, set beside the same holiday of another year."""

from collections.abc import Mapping

from quetsach.assess.events import SIMILAR_DAYS, Calendar
from quetsach.assess.hosts.comparison import Comparison
from quetsach.core.period import Period
from quetsach.lake.hosts import compare_windows
from quetsach.lake.view import LakeView


def compare_same_holiday(
    view: LakeView,
    before: Period,
    after: Period,
    *,
    calendar: Calendar,
    announced: Mapping[int, int] | None = None,
) -> Comparison | None:
    """Compare the window that has more days off with the same holiday of another year.

    A holiday of the later window is held against that of the year before; one of the earlier window against that of
    the year after.

    Returns:
        The comparison; ``None`` where both windows have as many days off, or that year has no sightings.

    Raises:
        LakeError: the lake cannot be read.
    """
    off = calendar.days_off(before), calendar.days_off(after)
    if abs(off[0] - off[1]) <= SIMILAR_DAYS:
        return None
    is_later = off[0] > off[1]
    window = before if is_later else after
    other = calendar.same_holiday(window, later=is_later)
    if other is None or not view.sightings_count(other):
        return None
    first, second = sorted((window, other))
    return compare_windows(view, first, second, announced=announced, calendar=calendar)
