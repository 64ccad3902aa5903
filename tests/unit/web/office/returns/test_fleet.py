from datetime import date
from uuid import UUID

import pytest

from quetsach.web.api.models import ToolReport
from quetsach.web.office.returns.selectors.filed import FleetReport, fleet_report
from quetsach.web.office.returns.selectors.totals import totals_by_level


def run(number: int, *, unit: str, install: int, day: date = date(2020, 10, 7), findings: int = 0) -> None:
    ToolReport.objects.create(
        report_id=UUID(int=number), digest=b"x", received_on=day, day=day, install_id=UUID(int=install), unit=unit,
        tool_version="1", platform="windows", kind="scan", exit_code=0, findings_count=findings,
    )  # fmt: skip


def test_runs_of_a_fleet_are_counted_by_installation(units, period) -> None:
    run(1, unit="11296", install=1, findings=2)
    run(2, unit="11296-2020", install=1)
    run(3, unit="11296", install=2, findings=1)
    run(4, unit="11299", install=3, findings=9)
    assert fleet_report(units["11296-2020"], period) == FleetReport(machines=2, runs=3, findings=3)


@pytest.mark.parametrize("day", [date(2020, 10, 4), date(2020, 10, 12)])
def test_runs_of_another_period_are_not_of_this_one(units, period, day: date) -> None:
    run(1, unit="11296", install=1, day=day)
    assert fleet_report(units["11296-2020"], period) == FleetReport(0, 0, 0)


def test_a_code_that_means_another_unit_by_now_is_not_this_one(units, period) -> None:
    run(1, unit="11296", install=1)
    assert fleet_report(units["11296-2025"], period) == FleetReport(0, 0, 0)


def test_the_fleet_is_never_added_to_the_returns(assignment, period, submit) -> None:
    run(1, unit="11296", install=1, findings=2)
    submit("11296-2020")
    element = assignment.form.form.element("machines-scanned")
    totals = totals_by_level(assignment, [period], [element], level=0, is_approved_only=False)
    assert totals["/tw/"]["machines-scanned"].value == 55
