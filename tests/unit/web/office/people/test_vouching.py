"""Nobody makes a second pair of eyes of himself: an account counts once somebody else has vouched for it."""

import itertools
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.centre import lay_out
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.cli.main import main
from quetsach.core.errors import QuetsachError
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_ask, approval_decide
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import PeopleError, Person
from quetsach.web.office.people.services.account import person_vouch
from quetsach.web.office.people.services.invitation import invitation_accept, invitation_issue, invitation_renew
from quetsach.web.office.tree.models import Unit

PASSWORD = "một câu dài dễ nhớ 2020"


def open_account(token: str) -> Person:
    return invitation_accept(token=token, name="Người mới", title="", language="vi", password=PASSWORD, now=NOW)


def invited(by: Person | None, unit: Unit, role: Role = Role.APPROVER, email: str = "hai@example.vn") -> Person:
    return open_account(invitation_issue(email=email, role=role, unit=unit, by=by, now=NOW)[1])


def grant(asked_by: Person, granted_by: Person, unit: Unit) -> Approval:
    asked = approval_ask(
        kind="letter", subject="letter:1", digest="a" * 64, title="Công văn", by=asked_by, unit=unit, now=NOW
    )
    return approval_decide(approval=asked, is_granted=True, reason="", by=granted_by, now=NOW)


@pytest.fixture
def approver(person: Callable[..., Person]) -> Person:
    return person(Role.APPROVER, "31-2020")


def test_a_second_address_of_ones_own_approves_nothing(units, approver: Person) -> None:
    second = invited(approver, units["31-2020"])
    with pytest.raises(ApprovalError, match="chưa ai xác nhận"):
        grant(approver, second, units["31-2020"])
    Approval.objects.all().delete()
    with pytest.raises(ApprovalError, match="chưa ai xác nhận"):
        grant(second, approver, units["31-2020"])


def test_who_was_vouched_for_by_another_approves(units, approver: Person, person) -> None:
    second = invited(approver, units["31-2020"])
    person_vouch(person=second, by=person(Role.OPERATOR), now=NOW)
    second.refresh_from_db()
    assert grant(approver, second, units["31-2020"]).is_granted
    assert LogEntry.objects.filter(act="person-vouch", subject=f"person:{second.pk}").exists()


def test_who_gave_the_link_does_not_vouch(units, approver: Person) -> None:
    with pytest.raises(PeopleError, match="người khác xác nhận"):
        person_vouch(person=invited(approver, units["31-2020"]), by=approver, now=NOW)


def test_one_person_behind_both_links_does_not_vouch(units, approver: Person) -> None:
    second = invited(approver, units["31-2020"])
    third = invited(second, units["31-2020"], email="ba@example.vn")
    with pytest.raises(PeopleError, match="người khác xác nhận"):
        person_vouch(person=third, by=approver, now=NOW)
    with pytest.raises(PeopleError, match="người khác xác nhận"):
        person_vouch(person=second, by=third, now=NOW)


def test_a_reset_account_has_to_be_vouched_for_anew(units, approver: Person, person) -> None:
    other = person(Role.APPROVER, "31-2020")
    taken = open_account(invitation_renew(person=other, by=approver, now=NOW)[1])
    assert not taken.is_vouched
    with pytest.raises(ApprovalError, match="chưa ai xác nhận"):
        grant(approver, taken, units["31-2020"])


def test_whom_the_command_line_brings_in_needs_nobody_else(units) -> None:
    assert invited(None, units["tw"], Role.OPERATOR).is_vouched


def test_the_command_line_vouches(units, approver: Person, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUETSACH_DATA", "DJANGO_SETTINGS_MODULE"):
        monkeypatch.setenv(name, "")
    lay_out(tmp_path)
    second = invited(approver, units["31-2020"])
    assert main(["center", "people", "vouch", second.email, "--data", str(tmp_path)]) == 0
    second.refresh_from_db()
    assert second.is_vouched


def test_the_page_lets_another_vouch_and_not_the_giver(units, approver: Person, person, signed_in) -> None:
    second = invited(approver, units["31-2020"])
    page = f"/van-phong/nhan-su/{second.pk}/"
    signed_in(approver).post(f"{page}xac-nhan/")
    second.refresh_from_db()
    assert not second.is_vouched
    operator = signed_in(person(Role.OPERATOR))
    assert f"{page}xac-nhan/" in operator.get(page).content.decode()
    operator.post(f"{page}xac-nhan/")
    second.refresh_from_db()
    assert second.is_vouched


def test_the_desk_tells_who_waits_for_another_and_not_the_giver(units, approver: Person, person, signed_in) -> None:
    invited(approver, units["31-2020"])
    assert "Người cần xác nhận" in signed_in(person(Role.OPERATOR)).get("/van-phong/").content.decode()
    assert "Người cần xác nhận" not in signed_in(approver).get("/van-phong/").content.decode()


STEPS = st.tuples(st.sampled_from(["invite", "renew", "vouch"]), st.integers(0, 3), st.integers(0, 5))


class Alone:
    """Somebody with one account that others know, who does all he can to approve what he asked for himself."""

    def __init__(self, me: Person, others: list[Person], unit: Unit) -> None:
        self.mine = [me.pk]
        self.others = [other.pk for other in others]
        self.unit = unit

    def take(self, step: str, one: int, two: int) -> None:
        everybody = self.mine + self.others
        by = Person.objects.get(pk=self.mine[one % len(self.mine)])
        whom = Person.objects.get(pk=everybody[two % len(everybody)])
        if step == "invite":
            self.mine.append(invited(by, self.unit, email=f"p{Person.objects.count()}@example.vn").pk)
        elif step == "renew":
            self.mine.append(open_account(invitation_renew(person=whom, by=by, now=NOW)[1]).pk)
        else:
            person_vouch(person=whom, by=by, now=NOW)

    def grant(self) -> None:
        """Try each of the accounts as asker and as decider."""
        people = Person.objects.filter(pk__in=self.mine)
        for asker, decider in itertools.permutations(people, 2):
            with suppress(QuetsachError), transaction.atomic():
                grant(asker, decider, self.unit)


@settings(  # each example costs a quarter of a second; the cases that are known stand above, one by one
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEPS, min_size=3, max_size=10), role=st.sampled_from([Role.OPERATOR, Role.APPROVER]))
def test_whatever_one_person_does_alone_grants_nothing(units, person, steps, role: Role) -> None:
    with transaction.atomic():
        me = person(role, "tw" if role is Role.OPERATOR else "31-2020")
        alone = Alone(me, [person(Role.OPERATOR), person(Role.APPROVER, "303-2020")], units["31-2020"])
        for step in steps:
            with suppress(QuetsachError), transaction.atomic():
                alone.take(*step)
        alone.grant()
        granted = Approval.objects.filter(is_granted=True).exists()
        transaction.set_rollback(True)
    assert not granted
