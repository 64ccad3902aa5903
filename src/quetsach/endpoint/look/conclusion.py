"""What a scan comes to. One rule for terminal, page, JSON, exit code and whoever reads them.

"Nothing found" means looked for: where something that should have been looked at was not, the scan is not conclusive.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from quetsach.endpoint.trouble import Reason

if TYPE_CHECKING:
    from quetsach.endpoint.look.scan import ScanResult


class Conclusion(StrEnum):
    """What a scan comes to."""

    FOUND = "found"
    NOTHING_FOUND = "nothing-found"
    """All that was to be looked at was looked at, and nothing was found."""
    NOT_CONCLUSIVE = "not-conclusive"
    """Nothing was found in what was looked at, and something was not looked at: see its gaps."""


class Gap(StrEnum):
    """Why a scan did not see all that it was to see, worst first: the first that holds decides what to do next."""

    ENDED = "ended"
    RIGHTS = "rights"
    MISSING = "missing"
    STALE = "stale"
    UNREAD = "unread"
    NOTHING = "nothing"
    """No file at all was looked at."""
    UNSETTLED = "unsettled"
    OWN = "own"
    DAMAGED = "damaged"
    ARCHIVES = "archives"
    MEMORY = "memory"
    """Only what Windows keeps of its memory on a disk."""
    LARGE = "large"
    CLOUD = "cloud"

    @property
    def is_narrow(self) -> bool:
        """Whether it is about single things that are counted, and the rest of the scan stands."""
        return self in _NARROW


_NARROW = frozenset({Gap.OWN, Gap.DAMAGED, Gap.ARCHIVES, Gap.MEMORY, Gap.LARGE, Gap.CLOUD})


GAP_OF: Mapping[Reason, Gap | None] = {
    **dict.fromkeys((Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.VANISHED)),
    Reason.NOT_REACHED: Gap.ENDED,
    Reason.MISSING: Gap.MISSING,
    Reason.STALE: Gap.STALE,
    Reason.UNREADABLE: Gap.UNREAD,
    Reason.CHANGED: Gap.UNREAD,
    Reason.TIMED_OUT: Gap.UNREAD,
    Reason.CRASHED: Gap.UNREAD,
    Reason.OVERFULL: Gap.UNREAD,
    Reason.UNSETTLED: Gap.UNSETTLED,
    Reason.OWN: Gap.OWN,
    Reason.DAMAGED: Gap.DAMAGED,
    Reason.ENCRYPTED: Gap.ARCHIVES,
    Reason.NOT_OPENED: Gap.ARCHIVES,
    Reason.LIMIT: Gap.ARCHIVES,
    Reason.CLOUD: Gap.CLOUD,
    Reason.MEMORY: Gap.MEMORY,
    Reason.TOO_LARGE: Gap.LARGE,
    Reason.TOO_DEEP: Gap.LARGE,
}
"""The gap that a thing leaves which was not looked at, for every reason there is.

``None`` where there is nothing to look at here: no content of its own, of another machine, or no more.
"""


def gaps_of(scan: "ScanResult") -> Mapping[str, int]:
    """Return the gaps of a scan by name (``Gap``), worst first, and how many things each is about."""
    counts = dict.fromkeys(Gap, 0)
    for reason, count in (*scan.failed.items(), *scan.skipped.items()):
        if (gap := GAP_OF[reason]) is not None:
            counts[gap] += count
    counts[Gap.NOTHING] = int(scan.files == 0)
    counts[Gap.RIGHTS] = int(not scan.is_elevated and (scan.needs_rights or Reason.UNREADABLE in scan.failed))
    return {gap: count for gap, count in counts.items() if count}


def conclusion_of(scan: "ScanResult") -> Conclusion:
    """Return what a scan comes to."""
    if scan.findings:
        return Conclusion.FOUND
    return Conclusion.NOT_CONCLUSIVE if gaps_of(scan) else Conclusion.NOTHING_FOUND
