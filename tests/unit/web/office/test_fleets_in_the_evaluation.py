"""What the tool reported under units' codes: by province or ministry, small figures kept back."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from quetsach.centre.evaluation.inputs import Fleet
from quetsach.core.text import LocalText
from quetsach.web.api.models import ReportedFinding, ReportWithdrawal, ToolReport
from quetsach.web.evaluation.services import cleaned_by_tool
from quetsach.web.office.tree.models import Unit
from quetsach.web.published.report_counts import State

type Runs = Callable[..., None]
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture
def runs(units: dict[str, Unit]) -> Runs:
    """Return how machines of a unit report: so many scanned, so many with findings, so many cleaned."""

    def made(unit: str, machines: int, found: int = 0, cleaned: int = 0, day: date = date(2020, 10, 6)) -> None:
        ToolReport.objects.bulk_create(
            ToolReport(
                report_id=uuid4(),
                digest=b"",
                received_on=day,
                day=day,
                install_id=uuid4(),
                unit=unit,
                tool_version="1",
                platform="windows",
                kind="scan",
                exit_code=11 if n < cleaned else 10 if n < found else 0,
                findings_count=int(n < found),
                state=State.CLEANED if n < cleaned else State.FOUND if n < found else State.NONE,
            )
            for n in range(machines)
        )

    return made


def named(family: str) -> LocalText:
    return LocalText(family, family)


def fleets() -> dict[str, tuple[int | None, ...]]:
    found = cleaned_by_tool(named, now=NOW)
    assert found is not None
    return {fleet.id: (fleet.installs, fleet.with_findings, fleet.cleaned) for fleet in found.fleets}


def test_reports_of_communes_count_for_their_province(runs: Runs) -> None:
    runs("11296", 40, 20, 15)
    runs("304-2020", 30, 15, 10)
    runs("001", 50, 25, 20)
    assert fleets() == {"31-2020": (70, 40, 30), "01-2020": (50, 30, 20)}


def test_a_machine_that_reports_twice_is_one_machine(runs: Runs) -> None:
    runs("31", 20, 12, 11)
    for report in ToolReport.objects.all():
        report.pk = uuid4()
        report.save(force_insert=True)
    assert fleets() == {"31-2020": (20, 10, 10)}


def test_a_code_means_the_unit_of_the_day_of_the_run(runs: Runs) -> None:
    runs("11296", 20, 12, 11)
    runs("11296", 30, 15, 14, day=date(2025, 8, 1))
    assert fleets() == {"31-2025": (30, 20, 10), "31-2020": (20, 10, 10)}


def test_small_fleets_and_small_figures_are_kept_back(runs: Runs) -> None:
    runs("31", 40, 20, 3)
    runs("01", 9, 9, 9)
    runs("", 100, 50, 40)
    assert fleets() == {"31-2020": (40, 20, None)}


def test_where_every_report_has_a_code_the_total_does_not_give_a_small_fleet_back(runs: Runs) -> None:
    runs("31", 40, 20, 15)
    runs("01", 9, 5, 5)
    assert fleets() == {}


def test_one_more_report_of_a_province_is_not_told_by_the_next_evaluation(runs: Runs) -> None:
    runs("31", 40, 20, 20)
    before = fleets()
    runs("31", 1, 1, 1, day=date(2020, 10, 7))
    assert fleets() == before == {"31-2020": (40, 20, 20)}


def test_a_code_that_nobody_has_and_the_centre_itself_are_no_fleet(runs: Runs) -> None:
    runs("99999", 40, 20, 15)
    runs("tw", 40, 20, 15)
    assert fleets() == {}


def test_a_fleet_is_named_in_both_languages(runs: Runs) -> None:
    runs("31", 40, 20, 15)
    found = cleaned_by_tool(named, now=NOW)
    assert found is not None
    [fleet] = found.fleets
    assert isinstance(fleet, Fleet)
    assert (fleet.name.vi, fleet.name.en) == ("Thành phố Hải Phòng", "Hai Phong City")


def test_without_reports_there_is_nothing(units: dict[str, Unit]) -> None:
    assert cleaned_by_tool(named, now=NOW) is None


def test_what_was_withdrawn_or_is_over_a_ceiling_counts_in_no_fleet(runs: Runs) -> None:
    runs("31", 40, 20, 15)
    runs("01", 40, 20, 15)
    decision = ReportWithdrawal.objects.create(at=NOW, reason="x", criteria={}, reports=40, machines=40, findings=0)
    ToolReport.objects.filter(unit="01").update(withdrawal=decision)
    over = ToolReport.objects.filter(unit="31", state=State.NONE).values_list("pk", flat=True)[:10]
    ToolReport.objects.filter(pk__in=list(over)).update(is_counted=False)
    assert fleets() == {"31-2020": (30, 20, 20)}


def test_a_report_that_nobody_judged_yet_tells_of_no_finding(runs: Runs) -> None:
    runs("31", 40, 30, 20)
    ToolReport.objects.filter(state=State.FOUND).update(state="")
    assert fleets() == {"31-2020": (40, 20, 20)}


def test_reports_that_arrived_while_the_shelf_could_not_be_read_are_judged_for_the_evaluation(
    report_centre: Path, runs: Runs
) -> None:
    runs("31", 40, 20, 15)
    late = list(ToolReport.objects.filter(state=State.FOUND))
    ReportedFinding.objects.bulk_create(
        ReportedFinding(report=report, family="eicar", kind="file", action="none", outcome="reported", count=1)
        for report in late
    )
    ToolReport.objects.filter(pk__in=[report.pk for report in late]).update(state="")
    found = cleaned_by_tool(named, now=NOW)
    assert found is not None
    assert found.with_findings == 20
    assert fleets() == {"31-2020": (40, 20, 20)}
