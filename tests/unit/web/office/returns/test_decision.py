from datetime import UTC, date, datetime

import pytest
from tests.unit.web.office.returns.conftest import IN_TIME, LATE

from quetsach.campaign.errors import ReturnError, StateError
from quetsach.campaign.returns.state import Act, ReturnStatus, Scope, State
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import ReturnFigure
from quetsach.web.office.returns.selectors.tally import overdue, tally_of
from quetsach.web.office.returns.services.decision import extension_give, missing_sign_off, return_decide
from quetsach.web.office.units.services.unit import positions_rebuild

COMMUNES = ("11296-2020", "11299-2020")


def decide(filed, by, act=Act.APPROVE, reason="", now=IN_TIME):
    return return_decide(filed=filed, act=act, reason=reason, by=by, now=now)


def test_the_unit_above_approves(submit, person) -> None:
    filed = decide(submit("11296-2020"), person("approver", "303-2020"))
    assert filed.state == State.APPROVED
    assert set(filed.figures.values_list("is_approved", flat=True)) == {True}
    assert LogEntry.objects.filter(act="return-approve", unit=filed.unit).exists()


@pytest.mark.parametrize(
    ("role", "unit"), [("approver", "11296-2020"), ("approver", "304-2020"), ("editor", "303-2020")]
)
def test_nobody_else_approves(submit, person, role: str, unit: str) -> None:
    with pytest.raises(AccessError):
        decide(submit("11296-2020"), person(role, unit))


def test_nobody_approves_figures_that_he_has_not_seen(submit, operator) -> None:
    looked_at = submit("11296-2020")
    newer = submit("11296-2020", **{"staff-informed": "8500"})
    with pytest.raises(StateError, match="another state"):
        decide(looked_at, operator)
    assert decide(newer, operator).state == State.APPROVED


def test_a_return_is_sent_back_with_a_reason_only(submit, operator) -> None:
    filed = submit("11296-2020")
    with pytest.raises(ReturnError, match="reason"):
        decide(filed, operator, Act.RETURN, "  ")
    filed = decide(filed, operator, Act.RETURN, "Số máy nhiễm cao bất thường, đề nghị kiểm tra")
    assert filed.state == State.RETURNED
    assert filed.decisions.get().reason.startswith("Số máy")


def test_figures_of_a_return_that_was_sent_back_count_nowhere(submit, operator) -> None:
    decide(submit("11296-2020"), operator, Act.RETURN, "x")
    assert not ReturnFigure.objects.exists()


def test_a_district_is_approved_only_when_its_communes_are(submit, operator) -> None:
    communes = [submit(key) for key in COMMUNES]
    district = submit("303-2020")
    decide(communes[0], operator)
    with pytest.raises(StateError, match="Hung Vuong Ward"):
        decide(district, operator)
    decide(communes[1], operator)
    assert decide(district, operator).state == State.APPROVED


def test_a_named_missing_commune_may_be_signed_off(units, period, submit, operator, person) -> None:
    decide(submit(COMMUNES[0]), operator)
    district = submit("303-2020")
    missing_sign_off(
        period=period,
        unit=units["303-2020"],
        missing=[units[COMMUNES[1]]],
        reason="Phường đang sáp nhập, không có cán bộ phụ trách",
        by=person("approver", "303-2020"),
        now=LATE,
    )
    assert decide(district, operator).state == State.APPROVED
    entry = LogEntry.objects.get(act="return-sign-off")
    assert entry.detail["missing"] == [COMMUNES[1]]


@pytest.mark.parametrize("named", [[], ["11320-2020"], ["11296-2020"]])
def test_only_missing_units_directly_below_can_be_signed_off(units, period, submit, operator, named: list[str]) -> None:
    decide(submit(COMMUNES[0]), operator)
    with pytest.raises(ReturnError, match="directly below"):
        missing_sign_off(
            period=period, unit=units["303-2020"], missing=[units[k] for k in named], reason="x", by=operator, now=LATE
        )


def test_a_sign_off_needs_a_reason(units, period, operator) -> None:
    with pytest.raises(ReturnError, match="reason"):
        missing_sign_off(
            period=period, unit=units["303-2020"], missing=[units[COMMUNES[1]]], reason=" ", by=operator, now=LATE
        )


def test_a_subtree_return_waits_for_nobody(submit, operator) -> None:
    assert decide(submit("303-2020", scope=Scope.SUBTREE), operator).state == State.APPROVED


def test_what_is_approved_is_opened_from_the_top_down(submit, operator) -> None:
    communes = [decide(submit(key), operator) for key in COMMUNES]
    district = decide(submit("303-2020"), operator)
    with pytest.raises(StateError, match="Hong Bang"):
        decide(communes[0], operator, Act.REOPEN, "Sửa số liệu")
    decide(district, operator, Act.REOPEN, "Sửa số liệu của phường")
    filed = decide(communes[0], operator, Act.REOPEN, "Sửa số liệu")
    assert filed.state == State.SUBMITTED
    assert not filed.figures.filter(is_approved=True).exists()


def test_a_commune_below_an_approved_district_cannot_submit_again(submit, operator) -> None:
    for key in COMMUNES:
        decide(submit(key), operator)
    decide(submit("303-2020"), operator)
    with pytest.raises(StateError, match="approved"):
        submit(COMMUNES[0])


def test_deciding_twice_is_refused(submit, operator) -> None:
    filed = decide(submit("11296-2020"), operator)
    with pytest.raises(StateError, match="another state"):
        decide(filed, operator)


def test_an_extension_makes_the_return_due_later(units, period, operator) -> None:
    unit = units["11296-2020"]
    extension_give(period=period, units=[unit], until=date(2020, 10, 20), reason="Lụt", by=operator, now=LATE)
    tally = tally_of(period, now=LATE)
    assert tally.survey.standings[tally.path_of(unit)] is ReturnStatus.EXPECTED


@pytest.mark.parametrize("until", [date(2020, 10, 14), date(2020, 10, 15), date(2021, 10, 15)])
def test_an_extension_must_give_time_and_not_too_much(units, period, operator, until: date) -> None:
    with pytest.raises(ReturnError):
        extension_give(period=period, units=[units["11296-2020"]], until=until, reason="x", by=operator, now=LATE)


def test_overdue_returns_are_listed_with_the_days(assignment, submit) -> None:
    submit("11296-2020")
    late = overdue(LATE, assignment=assignment)
    assert [one.place.key for one in late] == [
        "01-2020", "001-2020", "31-2020", "303-2020", "11299-2020", "304-2020", "11320-2020",
    ]  # fmt: skip
    assert {one.days_late for one in late} == {2}
    assert overdue(datetime(2020, 10, 14, 16, 59, tzinfo=UTC)) == []


def test_late_and_in_time_are_told_apart_by_level(period, submit) -> None:
    submit("31-2020")
    submit("01-2020", at=LATE)
    counted = tally_of(period, now=LATE).by_kind()
    assert (counted["province"].received, counted["province"].on_time, counted["province"].late) == (2, 1, 1)
    assert counted["commune"].missing == 3


def test_completeness_counts_closed_units_out(units, period) -> None:
    unit = units["11320-2020"]
    unit.closed = date(2020, 10, 8)
    unit.save()
    unit.edges.update(until=unit.closed)
    positions_rebuild()
    assert tally_of(period, now=LATE).by_kind()["commune"].expected == 2
