"""A report that is corrected: the later state of a run takes the place of the earlier one, and of nothing else."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from quetsach.web.api import services
from quetsach.web.api.models import ReportDay, ReportedFinding, ToolReport
from quetsach.web.api.services import SubmissionError, report_submit, tally_refresh
from quetsach.web.client_address import Source

DAY = date(2026, 11, 20)
HOME = Source("a" * 16)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("report_centre")]


def report(outcome: str = "removed", **changes: Any) -> dict[str, Any]:
    return {
        "format": "quetsach-submission/1",
        "report_id": str(uuid.uuid4()),
        "install_id": str(uuid.uuid4()),
        "tool_version": "0.1.0",
        "platform": "linux",
        "day": str(DAY),
        "kind": "clean" if outcome in ("removed", "restored") else "scan",
        "scope": "full",
        "files_scanned": 1234,
        "duration_seconds": 56,
        "exit_code": {"removed": 11, "restored": 11}.get(outcome, 10),
        "packs": [{"family": "eicar", "version": "2026.11.25"}],
        "findings": [{"family": "eicar", "kind": "file", "action": "quarantine", "outcome": outcome, "count": 2}],
    } | changes


def send(document: dict[str, Any], on: date = DAY, source: Source = HOME) -> bool:
    return report_submit(body=json.dumps(document).encode(), received_on=on, source=source).is_new


def corrected(document: dict[str, Any], outcome: str, revision: int = 1) -> dict[str, Any]:
    kept = {name: document[name] for name in ("report_id", "install_id", "day")}
    return report(outcome, revision=revision, **kept)


def cleaned() -> int:
    return tally_refresh(now=datetime.now(UTC)).installs_cleaned


def test_corrections_add_no_more_rows_to_a_day_than_reports_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_ROWS_A_DAY", 4)
    first = report()
    finding = first["findings"][0]
    kinds = ("file", "process", "service", "socket", "registry-key")
    many = [finding | {"kind": kind} for kind in kinds[:3]]
    assert send(first)
    for revision in range(1, 5):
        findings = many if revision % 2 else [finding]
        assert send(corrected(first, "removed", revision) | {"findings": findings})
        assert (ReportedFinding.objects.count(), ReportDay.objects.get().rows) == (len(findings), len(findings))
    assert send(corrected(first, "removed", 9) | {"findings": [finding | {"kind": kind} for kind in kinds]})
    assert ReportedFinding.objects.get().family == "other"
    assert ReportDay.objects.get().rows == 1


def test_a_machine_that_was_undone_is_not_counted_as_cleaned_any_more() -> None:
    first = report()
    assert send(first)
    assert cleaned() == 1
    assert send(corrected(first, "restored"), DAY + timedelta(days=2))
    assert cleaned() == 0
    kept = ToolReport.objects.get()
    assert (kept.revision, kept.received_on, kept.corrected_on) == (1, DAY, DAY + timedelta(days=2))
    assert [finding.outcome for finding in ReportedFinding.objects.all()] == ["restored"]


def test_a_correction_that_comes_again_or_late_changes_nothing() -> None:
    first = report()
    second, third = corrected(first, "restored", 1), corrected(first, "removed", 2)
    assert [send(document) for document in (first, third, second, third, first)] == [True, True, False, False, False]
    assert ToolReport.objects.get().revision == 2
    assert cleaned() == 1


def test_a_correction_whose_first_report_never_arrived_is_a_report() -> None:
    assert send(corrected(report(), "restored", 3))
    assert (ToolReport.objects.get().revision, cleaned()) == (3, 0)


def test_revision_0_is_the_same_as_none() -> None:
    first = report()
    assert send(first)
    assert not send(first | {"revision": 0})


@pytest.mark.parametrize("change", [{"files_scanned": 1}, {"install_id": str(uuid.uuid4()), "revision": 5}])
def test_another_report_under_the_code_and_another_machine_are_refused(change: dict[str, Any]) -> None:
    first = report()
    send(first)
    with pytest.raises(SubmissionError) as refusal:
        send(first | change)
    assert (refusal.value.status, refusal.value.code) == (409, "conflict")
    assert cleaned() == 1


@pytest.mark.parametrize("revision", [-1, 1001, "1", 1.5, None])
def test_a_revision_of_another_form_is_refused(revision: Any) -> None:
    with pytest.raises(SubmissionError) as refusal:
        send(report(revision=revision))
    assert refusal.value.status == 422


def test_a_correction_counts_as_the_first_report_did() -> None:
    first = report()
    send(first)
    ToolReport.objects.update(is_counted=False)
    send(corrected(first, "removed"), source=Source("b" * 16))
    kept = ToolReport.objects.get()
    assert (kept.is_counted, kept.source) == (False, "a" * 16)


def test_a_clean_up_after_the_undo_counts_again() -> None:
    first = report()
    send(first)
    send(corrected(first, "restored"), DAY + timedelta(days=2))
    again = report(install_id=first["install_id"], day=str(DAY + timedelta(days=2)))
    send(again, DAY + timedelta(days=2))
    assert cleaned() == 0, "put back on that day, perhaps after it was cleaned"
    send(report(install_id=first["install_id"], day=str(DAY + timedelta(days=3))), DAY + timedelta(days=3))
    assert cleaned() == 1


def test_a_machine_that_is_found_infected_later_is_not_counted_as_cleaned() -> None:
    machine = str(uuid.uuid4())
    send(report("found", install_id=machine))
    send(report(install_id=machine))
    assert cleaned() == 1, "found and cleaned on one day"
    send(report("found", install_id=machine, day=str(DAY + timedelta(days=1))), DAY + timedelta(days=1))
    assert cleaned() == 0


def test_a_report_over_the_ceiling_cannot_make_a_machine_cleaned_but_takes_it_back() -> None:
    machine = str(uuid.uuid4())
    send(report(install_id=machine))
    ToolReport.objects.update(is_counted=False)
    assert cleaned() == 0
    other = report()
    send(other)
    send(report("found", install_id=other["install_id"], day=str(DAY + timedelta(days=1))), DAY + timedelta(days=1))
    ToolReport.objects.filter(state="found").update(is_counted=False)
    assert cleaned() == 0
