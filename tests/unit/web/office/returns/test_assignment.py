from datetime import date

import pytest
from tests.unit.web.office.returns.conftest import IN_TIME

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod, weeks
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Assignment, ReturnForm
from quetsach.web.office.returns.selectors.owing import expected_positions
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.tree.models import UnitKind


@pytest.fixture
def given(assignment, form, units):
    """What an assignment is made of, in order."""
    return {
        "by": None, "campaign": assignment.campaign, "form": form, "period_kind": PeriodKind.WEEK,
        "periods": weeks(date(2020, 10, 5), date(2020, 10, 11)), "targets": [Target(units["tw"], UnitKind.PROVINCE)],
        "due_days": 3, "lock_days": 10, "now": IN_TIME,
    }  # fmt: skip


def test_a_form_is_kept_once(form: ReturnForm) -> None:
    assert form_load(content=form.document.encode(), file="again.toml") == form


def test_a_version_that_is_in_use_does_not_change(form: ReturnForm) -> None:
    changed = form.document.replace("Nơi", "Chỗ") + "\n# changed\n"
    with pytest.raises(ReturnError, match="in use"):
        form_load(content=changed.encode(), file="x.toml")


def test_an_assignment_is_logged(given, operator) -> None:
    assignment_make(**{**given, "by": operator})
    assert LogEntry.objects.latest("number").detail["targets"] == ["tw province"]


@pytest.mark.parametrize(
    "change",
    [
        {"due_days": 11},
        {"due_days": -1},
        {"lock_days": 366},
        {"periods": ()},
        {"periods": (ReportingPeriod("a", date(2020, 1, 1), date(2020, 1, 2)),) * 2},
        {"targets": []},
    ],
)
def test_what_makes_no_sense_is_refused(given, change) -> None:
    before = Assignment.objects.count()
    with pytest.raises(ReturnError):
        assignment_make(**{**given, **change})
    assert Assignment.objects.count() == before


@pytest.mark.parametrize(("role", "unit"), [("approver", "31-2020"), ("press", "tw"), ("auditor", "tw")])
def test_only_operators_ask_for_returns(given, person, role: str, unit: str) -> None:
    with pytest.raises(AccessError):
        assignment_make(**{**given, "by": person(role, unit)})


def test_one_unit_alone_may_owe_a_return(given, units) -> None:
    made = assignment_make(**{**given, "targets": [Target(units["303-2020"])]})
    assert [position.unit for position in expected_positions(made.periods.get())] == [units["303-2020"]]


def test_a_kind_within_a_subtree_owes(given, units) -> None:
    made = assignment_make(**{**given, "targets": [Target(units["303-2020"], UnitKind.COMMUNE)]})
    keys = sorted(position.unit.key for position in expected_positions(made.periods.get()))
    assert keys == ["11296-2020", "11299-2020"]


def test_a_target_that_was_closed_before_owes_nothing(given, units) -> None:
    later = (ReportingPeriod("2025-W30", date(2025, 7, 21), date(2025, 7, 27)),)
    made = assignment_make(**{**given, "periods": later, "targets": [Target(units["31-2020"], UnitKind.COMMUNE)]})
    assert not expected_positions(made.periods.get()).exists()
