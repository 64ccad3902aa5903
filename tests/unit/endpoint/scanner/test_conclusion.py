"""What a scan comes to: "nothing found" is said only of what was looked at."""

from dataclasses import replace

import pytest
from tests.report_samples import sample_scan

from quetsach.cli.parser import ExitCode
from quetsach.cli.scan_options import code_of
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.conclusion import GAP_OF, Conclusion, Gap, conclusion_of, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult, Scope

NOTHING = replace(sample_scan(), findings=(), skipped={}, failed={}, failures=())
HAD_NOTHING_TO_LOOK_AT = {Reason.SPECIAL, Reason.VIRTUAL, Reason.NETWORK, Reason.VANISHED}


def left_out(reason: Reason, scan: ScanResult = NOTHING) -> ScanResult:
    return replace(scan, skipped={reason: 1}) if reason.is_intended else replace(scan, failed={reason: 1})


def test_every_reason_is_judged() -> None:
    assert GAP_OF.keys() == set(Reason)
    assert {reason for reason, gap in GAP_OF.items() if gap is None} == HAD_NOTHING_TO_LOOK_AT


def test_every_gap_has_a_cause() -> None:
    assert set(GAP_OF.values()) - {None} == set(Gap) - {Gap.NOTHING, Gap.RIGHTS}


@pytest.mark.parametrize("reason", sorted(set(Reason) - HAD_NOTHING_TO_LOOK_AT))
def test_what_was_not_looked_at_leaves_the_scan_open(reason: Reason) -> None:
    scan = left_out(reason)
    assert conclusion_of(scan) is Conclusion.NOT_CONCLUSIVE
    assert code_of(scan) == ExitCode.NOT_CONCLUSIVE == 2


@pytest.mark.parametrize("reason", sorted(HAD_NOTHING_TO_LOOK_AT))
def test_what_has_nothing_to_look_at_leaves_no_gap(reason: Reason) -> None:
    assert conclusion_of(left_out(reason)) is Conclusion.NOTHING_FOUND
    assert code_of(left_out(reason)) == ExitCode.NOTHING_FOUND


@pytest.mark.parametrize("reason", Reason)
def test_a_finding_is_a_finding_whatever_else_was_not_seen(reason: Reason) -> None:
    assert code_of(left_out(reason, replace(sample_scan(), files=0))) == ExitCode.FOUND


def test_no_file_at_all_is_not_nothing_found() -> None:
    assert gaps_of(replace(NOTHING, files=0)) == {Gap.NOTHING: 1}
    assert code_of(replace(NOTHING, files=0)) == ExitCode.NOT_CONCLUSIVE


def test_rights_are_missing_where_an_administrator_would_see_more() -> None:
    plain = replace(NOTHING, is_elevated=False)
    assert gaps_of(plain) == {Gap.RIGHTS: 1}
    assert gaps_of(replace(plain, scope=Scope.PATHS)) == {}
    assert gaps_of(replace(plain, is_live=False)) == {}
    assert list(gaps_of(left_out(Reason.UNREADABLE, replace(plain, is_live=False)))) == [Gap.RIGHTS, Gap.UNREAD]
    assert list(gaps_of(left_out(Reason.UNREADABLE, replace(NOTHING, is_live=False)))) == [Gap.UNREAD]
