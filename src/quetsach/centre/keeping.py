"""Keeps a centre's sightings: for as long as they may be kept, and in few files."""

from datetime import datetime, timedelta

from quetsach.centre.centre import Centre
from quetsach.core.errors import InputError
from quetsach.core.text import Text
from quetsach.lake import compaction, keeping
from quetsach.lake.keeping import Expired

LIFETIME_DAYS = 90
"""How long sightings are kept where nobody says otherwise."""


def expire_sightings(centre: Centre, *, days: int = LIFETIME_DAYS, now: datetime, is_dry_run: bool = False) -> Expired:
    """Delete the sightings of all days (UTC) but the last ``days`` before today; roll-ups and counts stay.

    Args:
        centre: whose sightings.
        days: how many days are kept.
        now: the time (UTC).
        is_dry_run: say what would go.

    Raises:
        InputError: nothing would be kept.
        LakeError: the lake cannot be read or written.
    """
    if days < 1:
        raise InputError(Text("sightings are kept for a day at least"), hint=f"--days {LIFETIME_DAYS}")
    return keeping.expire(centre.lake, before=now.date() - timedelta(days=days), is_dry_run=is_dry_run)


def tend_lake(centre: Centre) -> None:
    """Make roll-ups of an older making again, and put the small files of a day together; nothing without a lake.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    if centre.has_lake:
        keeping.renew(centre.lake)
        compaction.compact(centre.lake)
