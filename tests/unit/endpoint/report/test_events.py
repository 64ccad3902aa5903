"""What the system's own log is told of a report."""

from pathlib import Path

import pytest
from tests.report_samples import NOW, REPORT_ID, sample_report, sample_scan

from quetsach.endpoint.report import Kind, build, save_report
from quetsach.endpoint.report.store import event_text


def test_each_report_that_is_kept_is_told_to_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(
        "quetsach.endpoint.report.store.log_event",
        lambda number, text, *, is_warning: told.append((number, text, is_warning)),
    )
    report = sample_report()
    path = save_report(report, tmp_path / "state")
    assert told == [(100 + report.exit_code, event_text(report, path), True)]


def test_an_event_names_families_and_counts_but_no_files(tmp_path: Path) -> None:
    report = sample_report()
    text = event_text(report, tmp_path / "r.json")
    assert text.splitlines()[:2] == ["kind: clean", f"exit code: {report.exit_code}"]
    assert "eicar (1)" in text
    assert not any(finding.where in text for finding in report.findings)


def test_a_scan_that_found_nothing_is_no_warning_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(
        "quetsach.endpoint.report.store.log_event",
        lambda number, text, *, is_warning: told.append((number, is_warning)),
    )
    report = build(sample_scan(), kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=0)
    save_report(report, tmp_path / "state")
    assert told == [(100, False)]
