"""What a scan could not see, in one calm sentence and the next step: a look with gaps is never called clean."""

from collections.abc import Mapping
from enum import StrEnum

from quetsach.endpoint.report.document import Report
from quetsach.endpoint.trouble import Reason


class Gap(StrEnum):
    """Why a scan did not see all that it was asked to; the first that holds decides what to do next."""

    ENDED = "ended"
    RIGHTS = "rights"
    STALE = "stale"
    UNREAD = "unread"
    ARCHIVES = "archives"
    LARGE = "large"


_GAP_OF = {
    Reason.NOT_REACHED: Gap.ENDED,
    Reason.STALE: Gap.STALE,
    Reason.UNREADABLE: Gap.UNREAD,
    Reason.CHANGED: Gap.UNREAD,
    Reason.TIMED_OUT: Gap.UNREAD,
    Reason.CRASHED: Gap.UNREAD,
    Reason.DAMAGED: Gap.UNREAD,
    Reason.OVERFULL: Gap.UNREAD,
    Reason.OWN: Gap.UNREAD,
    Reason.ENCRYPTED: Gap.ARCHIVES,
    Reason.NOT_OPENED: Gap.ARCHIVES,
    Reason.LIMIT: Gap.ARCHIVES,
    Reason.TOO_LARGE: Gap.LARGE,
    Reason.TOO_DEEP: Gap.LARGE,
}
"""What has no content of its own, lies on another machine or vanished by itself leaves no gap."""


def gaps_of(report: Report) -> Mapping[Gap, int]:
    """Return the gaps of a scan, worst first, and how many things each is about."""
    counts = dict.fromkeys(Gap, 0)
    for reason, count in (*report.scan.failed.items(), *report.scan.skipped.items()):
        gap = _GAP_OF.get(Reason(reason)) if reason in list(Reason) else Gap.UNREAD
        if gap is not None:
            counts[gap] += count
    counts[Gap.ENDED] |= not report.scan.complete
    counts[Gap.RIGHTS] = int(report.machine.live and not report.machine.elevated)
    return {gap: count for gap, count in counts.items() if count}


def gap_text(report: Report, words: Mapping[str, str]) -> str:
    """Return what was not seen and what to do about it; empty when the scan was whole."""
    gaps = gaps_of(report)
    if not gaps:
        return ""
    told = "; ".join(words[f"gap-{gap}"].format(count=number(count, words)) for gap, count in gaps.items())
    return f"{words['gap'].format(gaps=told)} {words[f'gap-next-{next(iter(gaps))}']}"


def number(value: int, words: Mapping[str, str]) -> str:
    """Return a count with the thousands separator of the language."""
    return f"{value:,}".replace(",", words["thousands"])
