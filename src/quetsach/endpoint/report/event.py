"""What the system's own log is told of each report, for those who watch many machines: Windows keeps such a log.

One event a report, from the source ``QuetSach`` in the log ``Application``. Its number is 100 and the exit code, so
that a fleet can be watched by numbers alone: 100 nothing found, 110 found, 111 cleaned … Its text names families and
counts, no files and no people.
"""

from collections import Counter
from pathlib import Path

from quetsach.endpoint.host.live import log_event
from quetsach.endpoint.report.document import Report

FIRST_NUMBER = 100
"""Of the exit code 0; what the set-up names as the source of texts knows the numbers 1 to 1000."""
_WARNING_FROM = 1
_MOST_FAMILIES = 20


def log_report(report: Report, path: Path) -> None:
    """Tell the log of the system of a report that was kept; what the log does not take is lost without a word.

    The report itself is the record; a log that is full or stopped must not fail a clean-up.
    """
    log_event(FIRST_NUMBER + report.exit_code, event_text(report, path), is_warning=report.exit_code >= _WARNING_FROM)


def event_text(report: Report, path: Path) -> str:
    """Return what an event says: lines of a name and its value."""
    families = Counter(finding.family for finding in report.findings)
    told = [f"{family} ({count})" for family, count in sorted(families.items())]
    more = ["…"] if len(told) > _MOST_FAMILIES else []
    lines = {
        "kind": str(report.kind),
        "exit code": str(report.exit_code),
        "families": ", ".join([*told[:_MOST_FAMILIES], *more]) or "none found",
        "session": report.session or "",
        "report": str(path),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items() if value)
