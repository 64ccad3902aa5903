"""Returns by phase: when the plan moves, their periods follow at one press of a button, and that is logged."""

from datetime import date

import pytest
from tests.unit.web.office.returns.conftest import IN_TIME
from tests.unit.web.office.returns.test_pages import PLAN, text

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import PlanRevision
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Assignment, ReturnReminder
from quetsach.web.office.returns.selectors.asking import off_plan, planned_periods
from quetsach.web.office.returns.services.assignment import Target, assignment_follow_plan, assignment_make
from quetsach.web.office.tree.models import UnitKind

MOVED = PLAN.replace("2020-09-17", "2020-09-20").replace("2020-12-15", "2020-12-31")
NEW_DAYS = ReportingPeriod("during", date(2020, 9, 20), date(2020, 12, 31))


def revise(assignment: Assignment, document: str) -> None:
    number = assignment.campaign.revisions.count() + 1
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=number, document=document, sha256="x", reason="x", made_at=IN_TIME
    )


@pytest.fixture
def by_phase(assignment, form, units) -> Assignment:
    """Returns of communes, by phase."""
    revise(assignment, PLAN)
    return assignment_make(
        by=None,
        campaign=assignment.campaign,
        form=form,
        period_kind=PeriodKind.PHASE,
        periods=planned_periods(assignment.campaign.plan),
        targets=[Target(units["tw"], UnitKind.COMMUNE)],
        due_days=3,
        lock_days=10,
        now=IN_TIME,
    )


def test_while_the_plan_stays_nothing_is_to_be_moved(by_phase, operator) -> None:
    assert off_plan(by_phase) == ()
    before = LogEntry.objects.count()
    assert assignment_follow_plan(assignment=by_phase, by=operator, now=IN_TIME) == ()
    assert LogEntry.objects.count() == before


def test_periods_take_the_days_of_the_plan_and_due_days_move_along(by_phase, operator) -> None:
    revise(by_phase, MOVED)
    assert off_plan(by_phase) == (NEW_DAYS,)
    assignment_follow_plan(assignment=by_phase, by=operator, now=IN_TIME)
    period = by_phase.periods.get()
    assert (period.record, period.deadline.due) == (NEW_DAYS, date(2021, 1, 3))
    assert LogEntry.objects.latest("number").detail == {"during": "2020-09-20..2020-12-31"}


def test_weeks_do_not_follow_the_plan(by_phase, assignment) -> None:
    revise(by_phase, MOVED)
    assert off_plan(assignment) == ()


def test_reminders_begin_anew_and_totals_that_waited_are_asked_for_again(by_phase, units, operator) -> None:
    period = by_phase.periods.get()
    ReturnReminder.objects.create(period=period, unit=units["11296-2020"], day=-3, is_digest=False, at=IN_TIME)
    Approval.objects.create(
        kind="numbers", subject=period.log_subject, digest="x", unit=units["tw"], asked_by=operator, asked_at=IN_TIME
    )
    revise(by_phase, MOVED)
    assignment_follow_plan(assignment=by_phase, by=operator, now=IN_TIME)
    assert not ReturnReminder.objects.exists()
    assert not Approval.objects.filter(is_granted=None).exists()


def test_a_period_whose_totals_are_public_keeps_its_days(by_phase, units, operator) -> None:
    subject = by_phase.periods.get().log_subject
    Approval.objects.create(
        kind="numbers",
        subject=subject,
        digest="x",
        unit=units["tw"],
        asked_by=operator,
        asked_at=IN_TIME,
        is_granted=True,
    )
    revise(by_phase, MOVED)
    assert off_plan(by_phase) == ()


def test_no_return_is_lost_to_another_tree(by_phase, submit, operator) -> None:
    submit("11296-2020", within=by_phase.periods.get())
    revise(by_phase, PLAN.replace("2020-12-15", "2025-12-15"))
    with pytest.raises(ReturnError, match="Quan Toan"):
        assignment_follow_plan(assignment=by_phase, by=operator, now=IN_TIME)
    assert by_phase.periods.get().last == date(2020, 12, 15)


def test_only_operators_move_periods(by_phase, person) -> None:
    with pytest.raises(AccessError):
        assignment_follow_plan(assignment=by_phase, by=person("approver", "31-2020"), now=IN_TIME)


@pytest.mark.usefixtures("empty_centre")
def test_pages_say_so_and_one_button_does_it(by_phase, signed_in, operator, person) -> None:
    revise(by_phase, MOVED)
    browser, address = signed_in(operator), f"/van-phong/bao-cao/{by_phase.pk}/"
    for page in ("/van-phong/bao-cao/", address, "/van-phong/chien-dich/viet-nam-2020/"):
        assert "kế hoạch" in text(browser.get(page)), page
    assert "khác ngày trong kế hoạch" in text(browser.get("/van-phong/bao-cao/"))
    assert "20/09–31/12/2020" in text(browser.get(address))
    assert "Kỳ báo cáo đã theo ngày trong kế hoạch." in text(browser.post(f"{address}theo-ke-hoach/", follow=True))
    assert by_phase.periods.get().record == NEW_DAYS
    other = signed_in(person("approver", "31-2020"))
    assert "theo-ke-hoach" not in text(other.get(address))
    assert other.post(f"{address}theo-ke-hoach/").status_code in {403, 404}
