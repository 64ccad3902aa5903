from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.web.office.returns.conftest import IN_TIME, LATE

from quetsach.campaign.returns.form import Span
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Act, Scope, State, conflicts_of
from quetsach.web.office.returns.models import FigureName, Return, ReturnFigure
from quetsach.web.office.returns.selectors.tally import ancestor, tally_of
from quetsach.web.office.returns.selectors.totals import Total, totals_by_level, whole
from quetsach.web.office.returns.services.assignment import Target, assignment_make
from quetsach.web.office.returns.services.decision import return_decide
from quetsach.web.office.tree.models import UnitKind

PATHS = {
    "01-2020": "/tw/01-2020/",
    "001-2020": "/tw/01-2020/001-2020/",
    "31-2020": "/tw/31-2020/",
    "303-2020": "/tw/31-2020/303-2020/",
    "11296-2020": "/tw/31-2020/303-2020/11296-2020/",
    "11299-2020": "/tw/31-2020/303-2020/11299-2020/",
    "304-2020": "/tw/31-2020/304-2020/",
    "11320-2020": "/tw/31-2020/304-2020/11320-2020/",
}
WEEKS = ("2020-W41", "2020-W42", "2020-W43")


def ask(assignment, keys=WEEKS, *, level=1, approved=False, names=("machines-scanned", "scan-turns")):
    form = assignment.form.form
    periods = [period for period in assignment.periods.all() if period.key in keys]
    elements = [form.element(name) for name in names]
    return totals_by_level(assignment, periods, elements, level=level, is_approved_only=approved)


def test_returns_add_up_by_province(assignment, submit) -> None:
    submit("11296-2020", machines_scanned=50)
    submit("304-2020", machines_scanned=20)
    submit("01-2020", machines_scanned=40)
    totals = ask(assignment, WEEKS[:1])
    assert totals["/tw/31-2020/"]["machines-scanned"] == Total(70, 2)
    assert totals["/tw/01-2020/"]["machines-scanned"] == Total(40, 1)
    assert whole(totals)["machines-scanned"] == Total(110, 3)


def test_only_approved_returns_count_for_the_public(assignment, submit, operator) -> None:
    filed = submit("11296-2020", machines_scanned=50)
    submit("304-2020", machines_scanned=20)
    return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    assert whole(ask(assignment, WEEKS[:1], approved=True))["machines-scanned"] == Total(50, 1)


def test_turns_add_up_over_weeks_and_machines_do_not(assignment, submit) -> None:
    submit("11296-2020", machines_scanned=40, scan_turns=100)
    submit("11296-2020", at=LATE, within=assignment.periods.get(key="2020-W42"), machines_scanned=55, scan_turns=30)
    totals = whole(ask(assignment, WEEKS[:2]))
    assert totals["scan-turns"] == Total(130, 2)
    assert totals["machines-scanned"] == Total(55, 1)


def test_a_figure_that_nobody_gave_is_no_zero(assignment, submit) -> None:
    submit("11296-2020", scan_turns="")
    assert "scan-turns" not in whole(ask(assignment, WEEKS[:1]))


def test_a_district_stands_for_itself_when_communes_are_asked(assignment, submit) -> None:
    submit("303-2020", machines_scanned=20)
    submit("11296-2020", machines_scanned=50)
    totals = ask(assignment, WEEKS[:1], level=3)
    assert totals[PATHS["303-2020"]]["machines-scanned"] == Total(20, 1)
    assert totals[PATHS["11296-2020"]]["machines-scanned"] == Total(50, 1)


def test_rollup_uses_tree_of_the_period(units, form, assignment, operator) -> None:
    """The reform of 1 July 2025 lies between two weeks: each is added up on its own tree."""
    reform = assignment_make(
        by=None, campaign=assignment.campaign, form=form, period_kind=PeriodKind.WEEK,
        periods=weeks(date(2025, 6, 23), date(2025, 7, 6)), targets=[Target(units["tw"], UnitKind.COMMUNE)],
        due_days=3, lock_days=10, now=IN_TIME,
    )  # fmt: skip
    for period, key, turns in zip(reform.periods.all(), ("11296-2020", "11296-2025"), (100, 7), strict=True):
        keep(period, units[key], {"scan-turns": turns})
    totals = totals_by_level(
        reform, list(reform.periods.all()), [form.form.element("scan-turns")], level=1, is_approved_only=False
    )
    assert totals == {"/tw/31-2020/": {"scan-turns": Total(100, 1)}, "/tw/31-2025/": {"scan-turns": Total(7, 1)}}
    old, new = reform.periods.all()
    now = datetime(2025, 8, 1, tzinfo=UTC)
    assert {p.key for p in tally_of(old, now=now).places.values()} == {"11296-2020", "11299-2020", "11320-2020"}
    assert {p.key for p in tally_of(new, now=now).places.values()} == {"11296-2025"}


def keep(period, unit, figures, *, scope=Scope.OWN, state=State.SUBMITTED):
    filed = Return.objects.create(
        period=period, unit=unit, scope=scope, state=state, revision=1, submitted_at=IN_TIME, changed_at=IN_TIME
    )
    ReturnFigure.objects.bulk_create(
        ReturnFigure(
            filed=filed, assignment_id=period.assignment_id, period=period, unit=unit,
            name=FigureName.objects.get_or_create(code=code)[0], value=value, is_approved=state is State.APPROVED,
        )
        for code, value in figures.items()
    )  # fmt: skip


FILED = st.lists(
    st.tuples(
        st.sampled_from(WEEKS),
        st.sampled_from(sorted(PATHS)),
        st.sampled_from(Scope),
        st.sampled_from([State.SUBMITTED, State.APPROVED]),
        st.dictionaries(st.sampled_from(["machines-scanned", "scan-turns"]), st.integers(0, 1000)),
    ),
    max_size=16,
    unique_by=lambda filed: filed[:2],
)


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filed=FILED, approved=st.booleans())
def test_totals_equal_a_naive_recount(units, assignment, level: int, filed, approved: bool) -> None:
    Return.objects.all().delete()
    periods = {period.key: period for period in assignment.periods.all()}
    elements = {e.id: e for e in assignment.form.form.elements()}
    naive: dict[str, dict[str, Total]] = {}
    taken: dict[str, dict[str, Scope]] = {}
    for week, key, scope, state, figures in filed:
        received = taken.setdefault(week, {})
        if conflicts_of(PATHS[key], scope, received):
            continue  # the office refuses it
        received[PATHS[key]] = scope
        keep(periods[week], units[key], figures, scope=scope, state=state)
        if approved and state is not State.APPROVED:
            continue
        for name, value in figures.items():
            if elements[name].span is Span.PERIOD or week == WEEKS[-1]:
                group = naive.setdefault(ancestor(PATHS[key], level), {})
                group[name] = group.get(name, Total()) + Total(value, 1)
    assert ask(assignment, level=level, approved=approved) == naive
    for period in periods.values():
        assert tally_of(period, now=LATE).conflicts() == ()
