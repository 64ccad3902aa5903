"""What a report comes to in words: a look with gaps is never called clean."""

from dataclasses import replace

import pytest
from tests.report_samples import NOW, REPORT_ID, sample_report, sample_scan

from quetsach.endpoint.report import Kind, Report, build
from quetsach.endpoint.report.document import FindingOutcome, ReportedVerification
from quetsach.endpoint.report.verdict import title, verdict
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.conclusion import GAP_OF
from quetsach.endpoint.scanner.scan import ScanResult

NOTHING = replace(sample_scan(), findings=(), skipped={Reason.VIRTUAL: 3}, failed={}, failures=())


def report(scan: ScanResult = NOTHING, *, kind: Kind = Kind.SCAN, exit_code: int = 0) -> Report:
    return build(scan, kind=kind, report_id=REPORT_ID, now=NOW, exit_code=exit_code)


def test_a_whole_scan_that_saw_nothing_is_good() -> None:
    told = verdict(report(), "en")
    assert (told.headline, told.is_good) == ("No malware was found", True)


@pytest.mark.parametrize(
    "reason", sorted(set(Reason) - {Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.VANISHED})
)
def test_a_scan_that_left_something_out_is_never_called_clean(reason: Reason) -> None:
    counted = {reason: 1_234}
    scan = replace(NOTHING, skipped=counted) if reason.is_intended else replace(NOTHING, failed=counted)
    told = verdict(report(scan), "en")
    assert not told.is_good
    gap = GAP_OF[reason]
    assert gap is not None
    assert told.headline == ("No malware seen in what was looked at" if gap.is_narrow else "Not conclusive")
    assert told.lines[-1].startswith("This scan did not see everything")


@pytest.mark.parametrize("reason", [Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.VANISHED])
def test_what_has_no_content_here_leaves_no_gap(reason: Reason) -> None:
    assert verdict(report(replace(NOTHING, skipped={reason: 5})), "en").is_good


def test_without_administrator_rights_the_live_system_was_not_seen_whole() -> None:
    told = verdict(report(replace(NOTHING, is_elevated=False), exit_code=2), "en")
    assert "administrator rights" in told.lines[-1]
    assert told.lines[-1].endswith("Scan again as administrator (on Linux: sudo quetsach scan).")
    assert verdict(report(replace(NOTHING, is_elevated=False, is_live=False)), "en").is_good


def test_the_worst_gap_decides_what_to_do_next() -> None:
    scan = replace(NOTHING, failed={Reason.UNREADABLE: 2, Reason.NOT_REACHED: 1}, skipped={Reason.ENCRYPTED: 3})
    told = verdict(report(scan, exit_code=2), "en").lines[-1]
    assert "it ended before it was done" in told
    assert "read in full: 2" in told
    assert told.endswith("Run the scan again: it goes on where it stopped.")


def cleaned(exit_code: int, *, with_left: bool = False) -> Report:
    """A clean-up after which nothing is left but, if wanted, what it only reports."""
    made = sample_report(exit_code=exit_code)
    found = tuple(one for one in made.findings if with_left or one.outcome is not FindingOutcome.LEFT)
    return replace(made, findings=found, verification=ReportedVerification(True, 0, ()))


def test_a_clean_up_after_a_scan_with_gaps_does_not_claim_all() -> None:
    assert verdict(replace(cleaned(11), scan=report().scan), "en").headline == "Cleaned"
    told = verdict(cleaned(11), "en")
    assert (told.headline, told.is_good) == ("What was seen has been removed", False)


@pytest.mark.parametrize("exit_code", [11, 12])
def test_what_a_clean_up_only_reports_is_not_said_to_be_gone(exit_code: int) -> None:
    left = sum(one.outcome is FindingOutcome.LEFT for one in cleaned(exit_code, with_left=True).findings)
    told = verdict(replace(cleaned(exit_code, with_left=True), scan=report().scan), "en")
    assert left > 0
    assert any(f"left alone: {left}" in line for line in told.lines)
    assert (told.headline == f"Cleaned; left alone: {left}") is (exit_code == 11)
    assert not told.is_good
    assert not any("no trace" in line or "does not see them" in line for line in told.lines)


def test_a_second_look_says_whether_it_came_back() -> None:
    assert verdict(report(kind=Kind.VERIFY), "en").headline == "Looked again: no trace is left"
    left = verdict(report(sample_scan(), kind=Kind.VERIFY, exit_code=10), "en")
    assert (left.headline, left.is_good) == ("Looked again: there are traces left", False)


def test_a_second_look_that_sees_only_loose_ends_says_so() -> None:
    loose = replace(
        report(kind=Kind.VERIFY, exit_code=10), verification=ReportedVerification(False, 0, ("/etc/crontab",))
    )
    told = verdict(loose, "en")
    assert (told.headline, told.is_good) == ("Looked again: there are traces left", False)
    assert any("references to removed files: 1" in line for line in told.lines)


def test_a_plan_in_which_nothing_would_be_done_is_called_a_scan() -> None:
    assert title(report(kind=Kind.PLAN), "en") == "Scan report"
    assert title(replace(sample_report(), kind=Kind.PLAN), "en") == "Plan of a clean-up"


def test_a_test_file_alone_is_not_called_malware() -> None:
    scan = sample_scan()
    eicar = replace(scan, findings=tuple(f for f in scan.findings if f.family == "eicar"))
    assert verdict(report(eicar, exit_code=10), "en").headline == "Things worth a look: 1"
    assert verdict(report(scan, exit_code=10), "en").headline.startswith("Traces of malware found")
