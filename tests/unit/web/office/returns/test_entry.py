from datetime import UTC, date, datetime

import pytest
from tests.unit.web.office.returns.conftest import CLOSED, GOOD, IN_TIME, LATE

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import Act, Scope, State, state_of
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Return, ReturnFigure
from quetsach.web.office.returns.services.decision import extension_give, return_decide
from quetsach.web.office.returns.services.entry import MOST_REVISIONS, FaultyError, return_save, return_submit


def submission(period, unit, author, cells=None, **changes):
    return {
        "author": author, "period": period, "unit": unit, "scope": Scope.OWN, "cells": GOOD if cells is None else cells,
        "has_seen_notes": False, "now": IN_TIME, **changes,
    }  # fmt: skip


def test_a_draft_keeps_what_was_typed_with_its_faults(units, period, person) -> None:
    editor = person("editor", "11296-2020")
    cells = {"machines-scanned": "mười", "difficulties": "Máy cũ"}
    filed = return_save(
        author=editor, period=period, unit=units["11296-2020"], scope=Scope.OWN, cells=cells, now=IN_TIME
    )
    assert filed.state == State.DRAFT
    assert filed.cells == cells
    assert not ReturnFigure.objects.exists()


def test_a_good_return_is_kept_with_its_figures_and_logged(units, period, person) -> None:
    editor = person("editor", "11296-2020")
    filed = return_submit(**submission(period, units["11296-2020"], editor))
    assert (filed.state, filed.revision, filed.submitted_at) == (State.SUBMITTED, 1, IN_TIME)
    assert filed.figures.get(name__code="machines-scanned").value == 55
    assert filed.revisions.get().submitted_by == editor
    entry = LogEntry.objects.get(act="return-submit")
    assert (entry.person, entry.unit, entry.subject) == (editor, units["11296-2020"], filed.log_subject)


def test_a_missing_figure_leaves_no_row_and_a_zero_leaves_one(submit) -> None:
    filed = submit("11296-2020", scan_turns="", machines_reinstalled="0", machines_cleaned="11")
    codes = set(filed.figures.values_list("name__code", flat=True))
    assert "scan-turns" not in codes
    assert "machines-reinstalled" in codes


def test_a_faulty_return_is_refused_and_nothing_is_kept(units, period, person) -> None:
    editor = person("editor", "11296-2020")
    cells = {**GOOD, "machines-scanned": "61"}
    with pytest.raises(FaultyError) as caught:
        return_submit(**submission(period, units["11296-2020"], editor, cells))
    assert [fault.field for fault in caught.value.answers.errors] == ["machines-scanned"]
    assert not Return.objects.exists()


def test_notes_must_be_confirmed(units, period, person) -> None:
    editor, cells = person("editor", "11296-2020"), {**GOOD, "difficulties": "gọi 0912 345 678"}
    with pytest.raises(FaultyError):
        return_submit(**submission(period, units["11296-2020"], editor, cells))
    filed = return_submit(**submission(period, units["11296-2020"], editor, cells, has_seen_notes=True))
    assert filed.state == State.SUBMITTED


def test_a_figure_to_date_is_compared_with_the_return_before(units, assignment, submit, person) -> None:
    submit("11296-2020", machines_scanned=50, at=IN_TIME)
    following = assignment.periods.get(key="2020-W42")
    with pytest.raises(FaultyError) as caught:
        return_submit(
            **submission(following, units["11296-2020"], person("operator"), {**GOOD, "machines-scanned": "49"})
        )
    assert [fault.field for fault in caught.value.answers.notes] == ["machines-scanned"]


def test_a_correction_before_the_decision_is_a_new_revision(submit) -> None:
    submit("11296-2020", machines_scanned=50)
    filed = submit("11296-2020", at=LATE, machines_scanned=52)
    assert filed.revision == 2
    assert filed.submitted_at == IN_TIME  # timeliness is that of the first
    assert [r.cells["machines-scanned"] for r in filed.revisions.all()] == ["50", "52"]
    assert filed.figures.get(name__code="machines-scanned").value == 52


def test_a_unit_that_owes_nothing_cannot_report(units, period, operator) -> None:
    with pytest.raises(ReturnError, match="expected"):
        return_submit(**submission(period, units["tw"], operator))


def test_a_unit_of_another_time_cannot_report(units, period, operator) -> None:
    now = datetime(2025, 8, 1, tzinfo=UTC)
    with pytest.raises(ReturnError, match="expected"):
        return_submit(**submission(period, units["31-2025"], operator, now=now))


def test_a_period_that_has_not_begun_cannot_be_reported(units, assignment, operator) -> None:
    with pytest.raises(ReturnError, match="begun"):
        return_submit(**submission(assignment.periods.get(key="2020-W43"), units["31-2020"], operator))


def test_entry_is_closed_after_the_last_day_and_an_extension_opens_it(units, period, operator) -> None:
    with pytest.raises(ReturnError, match="closed"):
        return_submit(**submission(period, units["11296-2020"], operator, now=CLOSED))
    extension_give(
        period=period, units=[units["11296-2020"]], until=date(2020, 10, 25), reason="Mất điện", by=operator, now=CLOSED
    )
    assert return_submit(**submission(period, units["11296-2020"], operator, now=CLOSED)).state == State.SUBMITTED


def test_a_return_that_was_sent_back_may_be_corrected_after_closing(units, period, operator, submit) -> None:
    filed = submit("11296-2020")
    return_decide(filed=filed, act=Act.RETURN, reason="Kiểm tra lại", by=operator, now=CLOSED)
    assert return_submit(**submission(period, units["11296-2020"], operator, now=CLOSED)).revision == 2


def test_an_editor_of_another_subtree_can_neither_see_nor_report(units, period, person) -> None:
    with pytest.raises(AccessError) as caught:
        return_submit(**submission(period, units["11296-2020"], person("editor", "304-2020")))
    assert caught.value.is_hidden


def test_a_viewer_cannot_report(units, period, person) -> None:
    with pytest.raises(AccessError) as caught:
        return_submit(**submission(period, units["11296-2020"], person("viewer", "303-2020")))
    assert not caught.value.is_hidden


def test_a_subtree_cannot_be_reported_when_a_unit_below_has_reported(submit) -> None:
    submit("11296-2020")
    with pytest.raises(ReturnError, match="Quan Toan"):
        submit("303-2020", scope=Scope.SUBTREE)


def test_a_unit_cannot_report_when_one_above_has_reported_for_it(submit) -> None:
    submit("31-2020", scope=Scope.SUBTREE)
    with pytest.raises(ReturnError, match="Hai Phong"):
        submit("11296-2020")


def test_a_subtree_that_was_sent_back_frees_the_units_below(submit, operator) -> None:
    filed = submit("303-2020", scope=Scope.SUBTREE)
    return_decide(filed=filed, act=Act.RETURN, reason="Xã tự báo cáo", by=operator, now=IN_TIME)
    assert submit("11296-2020").state == State.SUBMITTED


def test_a_subtree_of_another_province_does_not_stand_in_the_way(submit) -> None:
    submit("01-2020", scope=Scope.SUBTREE)
    assert submit("11296-2020").state == State.SUBMITTED


def test_the_stored_state_is_the_one_its_history_leads_to(submit, operator) -> None:
    filed = submit("11296-2020")
    return_decide(filed=filed, act=Act.RETURN, reason="x", by=operator, now=IN_TIME)
    filed = submit("11296-2020", at=LATE)
    filed = return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=LATE)
    history = [(r.submitted_at, Act.SUBMIT) for r in filed.revisions.all()]
    history += [(d.decided_at, Act(d.act)) for d in filed.decisions.all()]
    assert filed.state == state_of(act for _, act in sorted(history, key=lambda entry: entry[0]))


def test_a_return_is_not_submitted_without_end(submit) -> None:
    Return.objects.filter(pk=submit("11296-2020").pk).update(revision=MOST_REVISIONS)
    with pytest.raises(ReturnError, match="too often"):
        submit("11296-2020")


@pytest.mark.parametrize("day", ["2031-01-01", "2020-10-13", "2018-01-01"])
def test_a_day_that_cannot_be_is_refused(units, period, operator, day: str) -> None:
    with pytest.raises(FaultyError) as caught:
        return_submit(
            **submission(
                period, units["11296-2020"], operator, {**GOOD, "letter-received-on": day}, has_seen_notes=True
            )
        )
    assert [fault.field for fault in caught.value.answers.errors] == ["letter-received-on"]


def test_a_day_before_the_campaign_is_pointed_at(units, period, operator) -> None:
    cells = {**GOOD, "letter-received-on": "2020-09-01"}
    with pytest.raises(FaultyError) as caught:
        return_submit(**submission(period, units["11296-2020"], operator, cells))
    assert [fault.field for fault in caught.value.answers.notes] == ["letter-received-on"]
    assert return_submit(**submission(period, units["11296-2020"], operator, cells, has_seen_notes=True)).revision == 1
