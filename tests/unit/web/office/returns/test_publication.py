from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.web.office.returns.conftest import IN_TIME, LATE

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import Act
from quetsach.core.period import midnight_after
from quetsach.installation import bundled_country
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Return
from quetsach.web.office.returns.selectors.publication import published_totals, return_facts
from quetsach.web.office.returns.selectors.totals import returns_for_evaluation
from quetsach.web.office.returns.services.decision import return_decide, totals_publish_ask

CAMPAIGN = "viet-nam-2020"


@pytest.fixture
def approve(submit, operator):
    def make(key: str, **changes: object) -> Return:
        return return_decide(filed=submit(key, **changes), act=Act.APPROVE, reason="", by=operator, now=IN_TIME)

    return make


def let_out(by) -> None:
    approval_decide(approval=Approval.objects.latest("pk"), is_granted=True, reason="", by=by, now=LATE)


def test_totals_are_public_when_a_second_person_let_them_out(period, approve, operator, person) -> None:
    approve("11296-2020")
    totals_publish_ask(period=period, by=operator, now=LATE)
    assert published_totals(CAMPAIGN) is None
    with pytest.raises(ApprovalError):
        let_out(operator)
    let_out(person("press"))
    public = published_totals(CAMPAIGN)
    assert public
    scanned = next(f for f in public.figures if f.id == "machines-scanned")
    assert (scanned.value, scanned.given) == (55, 1)
    assert public.published_at == LATE
    assert public.completeness["commune"].accounted_approved == 1
    communes = next(kind for kind in return_facts(public).kinds if kind.name.en == "communes")
    assert (communes.approved, communes.expected, communes.on_time) == (1, 3, 1)


def test_what_was_published_does_not_change_with_the_returns(period, approve, operator, person) -> None:
    filed = approve("11296-2020")
    totals_publish_ask(period=period, by=operator, now=LATE)
    let_out(person("press"))
    return_decide(filed=filed, act=Act.REOPEN, reason="x", by=operator, now=LATE)
    public = published_totals(CAMPAIGN)
    assert public
    assert public.figures[0].value


def test_changed_totals_need_a_new_approval(period, approve, operator, person) -> None:
    approve("11296-2020")
    totals_publish_ask(period=period, by=operator, now=LATE)
    let_out(person("press"))
    approve("11320-2020", machines_scanned=20)
    totals_publish_ask(period=period, by=operator, now=LATE)
    public = published_totals(CAMPAIGN)
    assert public
    assert next(f for f in public.figures if f.id == "machines-scanned").value == 55


def test_small_cells_are_hidden_and_the_country_is_exact(period, approve, operator, person) -> None:
    approve("11296-2020", machines_infected=45, machines_cleaned=40, machines_unresolved=3)
    approve("001-2020", machines_infected=4, machines_cleaned=4, machines_reinstalled=0, machines_unresolved=0)
    totals_publish_ask(period=period, by=operator, now=LATE)
    let_out(person("press"))
    public = published_totals(CAMPAIGN)
    assert public
    rows = {row.key: row.values for row in public.rows}
    assert next(f for f in public.figures if f.id == "machines-infected").value == 49
    assert rows["01-2020"]["machines-infected"] is None
    assert rows["31-2020"]["machines-infected"] is None  # else 49 - 45 would tell the other
    assert rows["31-2020"]["machines-scanned"] == 55


def test_what_was_hidden_stays_hidden_when_totals_are_published_again(period, approve, operator, person) -> None:
    """Else 49 of the first publication less 45 of the second would tell the 4."""
    approve("11296-2020", machines_infected=45, machines_cleaned=40, machines_unresolved=3)
    approve("001-2020", machines_infected=4, machines_cleaned=4, machines_reinstalled=0, machines_unresolved=0)
    totals_publish_ask(period=period, by=operator, now=LATE)
    let_out(person("press"))
    approve("01-2020", machines_infected=20, machines_cleaned=17)
    totals_publish_ask(period=period, by=operator, now=LATE + timedelta(hours=1))
    let_out(person("press"))
    public = published_totals(CAMPAIGN)
    assert public
    assert next(f for f in public.figures if f.id == "machines-infected").value == 69
    assert {row.values["machines-infected"] for row in public.rows} == {None}


def test_what_was_hidden_stays_hidden_in_the_totals_of_the_next_period(
    assignment, period, approve, operator, person
) -> None:
    """They hold this period's: what is printed later and what was printed before leave nothing between them."""
    approve("11296-2020", machines_infected=45, machines_cleaned=40, machines_unresolved=3)
    approve("001-2020", machines_infected=4, machines_cleaned=4, machines_reinstalled=0, machines_unresolved=0)
    totals_publish_ask(period=period, by=operator, now=LATE)
    let_out(person("press"))
    following = assignment.periods.filter(first__gt=period.last).earliest("first")
    end = midnight_after(following.last, bundled_country().zone)
    approve("11296-2020", within=following, at=end, machines_infected=45, machines_cleaned=40, machines_unresolved=3)
    approve("001-2020", within=following, at=end, machines_infected=24, machines_cleaned=21)
    totals_publish_ask(period=following, by=operator, now=end + timedelta(days=5))
    let_out(person("press"))
    public = published_totals(CAMPAIGN)
    assert public
    assert public.period == following.key
    assert next(f for f in public.figures if f.id == "machines-infected").value == 69
    rows = [row.values for row in public.rows]
    assert [row["machines-infected"] for row in rows] == [None, None]
    assert [row["machines-scanned"] for row in rows] == [55, 55]


def test_totals_of_a_period_that_runs_are_not_published(period, submit, operator) -> None:
    with pytest.raises(ReturnError, match="not over"):
        totals_publish_ask(period=period, by=operator, now=datetime(2020, 10, 11, 16, 59, tzinfo=UTC))


def test_without_an_approved_return_there_is_nothing_to_publish(period, submit, operator) -> None:
    submit("11296-2020")
    with pytest.raises(ReturnError, match="nothing is approved"):
        totals_publish_ask(period=period, by=operator, now=LATE)


def test_machines_that_are_counted_twice_stop_the_publication(period, submit, operator) -> None:
    submit("11296-2020")
    filed = submit("303-2020")
    Return.objects.filter(pk=filed.pk).update(scope="subtree")  # as after a correction of the tree
    with pytest.raises(ReturnError, match="twice"):
        totals_publish_ask(period=period, by=operator, now=LATE)


@pytest.mark.parametrize("role", ["auditor", "viewer"])
def test_who_may_not_publish_cannot_ask(period, approve, person, role: str) -> None:
    approve("11296-2020")
    with pytest.raises(AccessError):
        totals_publish_ask(period=period, by=person(role), now=LATE)


def test_the_evaluation_sees_missing_returns_and_no_texts(assignment, approve) -> None:
    approve("11296-2020", difficulties="Máy cũ", scan_turns="")
    records = list(returns_for_evaluation(CAMPAIGN, now=LATE))
    assert len(records) == 8 * 3
    mine = next(r for r in records if r["unit"] == "11296-2020" and r["period"] == "2020-W41")
    assert mine["figures"]["machines-scanned"] == 55
    assert (mine["standing"], mine["is_on_time"], mine["is_approved"]) == ("approved", True, True)
    assert "Máy cũ" not in str(mine)
    other = next(r for r in records if r["unit"] == "11299-2020" and r["period"] == "2020-W41")
    assert (other["standing"], other["figures"], other["is_on_time"]) == ("overdue", {}, None)


def test_the_evaluation_tells_what_was_not_known(assignment, submit) -> None:
    submit("11296-2020", machines_scanned="", **{"machines-scanned.missing": "Chưa có công cụ"}, scan_turns="")
    record = next(r for r in returns_for_evaluation(CAMPAIGN, now=LATE) if r["unit"] == "11296-2020")
    assert record["not_known"] == ["machines-scanned"]
    assert "machines-scanned" not in record["figures"]
