"""The report of a scan or clean-up: the document, its page for people, and what of it may be sent to a centre."""

from quetsach.endpoint.report.build import build, build_begun, build_clean, build_plan
from quetsach.endpoint.report.document import FindingOutcome, Kind, Report
from quetsach.endpoint.report.store import latest_report, read_report, save_report, write_report

__all__ = [
    "FindingOutcome",
    "Kind",
    "Report",
    "build",
    "build_begun",
    "build_clean",
    "build_plan",
    "latest_report",
    "read_report",
    "save_report",
    "write_report",
]
