"""Duties are given and ended within one's subtree; leaving closes everything at once."""

from uuid import uuid4

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from tests.unit.web.office.conftest import NOW, TODAY

from quetsach.campaign.authority import Permission, Role
from quetsach.campaign.helpdesk import CaseState
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.helpdesk.models import Case
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people import selectors
from quetsach.web.office.people.access import duties_of, may_do, may_manage
from quetsach.web.office.people.models import Duty, PeopleError
from quetsach.web.office.people.services.account import duty_end, duty_give, person_leave
from quetsach.web.office.people.services.invitation import invitation_issue, invitation_of
from quetsach.web.office.refusal import AccessError


def test_an_approver_gives_a_duty_below_him(units, person) -> None:
    who = person(None)
    duty_give(person=who, role=Role.EDITOR, unit=units["303-2020"], by=person(Role.APPROVER, "31-2020"), now=NOW)
    assert may_do(who, Permission.ENTER_RETURN, units["11296-2020"], day=TODAY)


def test_giving_a_duty_twice_gives_one(units, person) -> None:
    who, by = person(None), person(Role.APPROVER, "31-2020")
    one = duty_give(person=who, role=Role.EDITOR, unit=units["303-2020"], by=by, now=NOW)
    assert duty_give(person=who, role=Role.EDITOR, unit=units["303-2020"], by=by, now=NOW) == one
    assert LogEntry.objects.count() == 1


def test_nobody_gives_himself_a_duty(units, person) -> None:
    by = person(Role.OPERATOR)
    with pytest.raises(PeopleError):
        duty_give(person=by, role=Role.PRESS, unit=units["tw"], by=by, now=NOW)


def test_a_duty_over_another_subtree_is_hidden_from_who_would_end_it(units, person) -> None:
    duty = Duty.objects.get(person=person(Role.EDITOR, "01-2020"))
    with pytest.raises(AccessError) as refusal:
        duty_end(duty=duty, by=person(Role.APPROVER, "31-2020"), now=NOW)
    assert refusal.value.is_hidden


def test_an_approver_does_not_end_a_duty_above_him(units, person) -> None:
    duty = Duty.objects.get(person=person(Role.APPROVER, "31-2020"))
    with pytest.raises(AccessError):
        duty_end(duty=duty, by=person(Role.APPROVER, "303-2020"), now=NOW)


def test_an_ended_duty_holds_no_longer_on_the_same_day(units, person) -> None:
    who = person(Role.EDITOR, "303-2020")
    duty_end(duty=Duty.objects.get(person=who), by=person(Role.APPROVER, "31-2020"), now=NOW)
    assert duties_of(who, day=TODAY) == ()


def test_the_last_operator_stays(person) -> None:
    only = person(Role.OPERATOR)
    with pytest.raises(PeopleError, match="cuối cùng"):
        duty_end(duty=Duty.objects.get(person=only), by=None, now=NOW)
    with pytest.raises(PeopleError, match="cuối cùng"):
        person_leave(person=only, by=None, now=NOW)


def test_leaving_ends_duties_second_factor_password_and_links(units, person) -> None:
    who, by = person(Role.APPROVER, "303-2020"), person(Role.OPERATOR)
    TOTP.activate(who, "JBSWY3DPEHPK3PXP")
    _, given = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["11296-2020"], by=who, now=NOW)
    person_leave(person=who, by=by, now=NOW)
    who.refresh_from_db()
    assert (who.is_active, who.has_usable_password(), who.authenticator_set.exists()) == (False, False, False)
    assert not Duty.objects.on(TODAY).filter(person=who).exists()
    assert invitation_of(given, now=NOW) is None
    entry = LogEntry.objects.get(act="person-leave")
    assert entry.detail == {"name": who.name, "duties": ["approver"], "sessions": 0, "invitations": 1}


def test_leaving_ends_open_sessions(person, signed_in) -> None:
    who = person(Role.EDITOR, "31-2020")
    client = signed_in(who)
    assert client.get("/van-phong/").status_code == 200
    person_leave(person=who, by=None, now=NOW)
    assert client.get("/van-phong/").status_code == 302


def test_who_holds_a_duty_elsewhere_is_not_sent_away_by_one_of_two_approvers(units, person) -> None:
    who = person(Role.EDITOR, "31-2020")
    Duty.objects.create(person=who, role=Role.EDITOR, unit=units["01-2020"], first=TODAY)
    with pytest.raises(AccessError):
        person_leave(person=who, by=person(Role.APPROVER, "31-2020"), now=NOW)


def test_what_is_left_for_others_is_told_before(units, person) -> None:
    who = person(Role.APPROVER, "303-2020")
    person(Role.EDITOR, "303-2020")
    approval_ask(
        kind="letter", subject="letter:1", digest="0" * 64, title="Công văn 12", by=who, unit=units["303-2020"], now=NOW
    )
    invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["11296-2020"], by=who, now=NOW)
    left = selectors.left_behind(who, day=TODAY, now=NOW)
    assert [duty.role for duty in left.alone] == ["approver"]
    assert left.asked == ("Công văn 12",)
    assert [invitation.email for invitation in left.invited] == ["a@b.vn"]


def test_cases_of_who_leaves_go_back_to_their_unit(units, person) -> None:
    who = person(Role.PRESS)
    case = Case.objects.create(
        code="2020-ABCD", form=uuid4(), kind="listed", language="vi", unit=units["tw"], state=CaseState.OPEN,
        assignee=who, notice="2026-11", arrived_at=NOW, changed_at=NOW,
    )  # fmt: skip
    assert selectors.left_behind(who, day=TODAY, now=NOW).cases == (case,)
    person_leave(person=who, by=None, now=NOW)
    case.refresh_from_db()
    assert case.assignee is None
    assert LogEntry.objects.filter(act="case-give-back", subject="case:2020-ABCD").exists()


def test_a_duty_that_another_one_shares_is_not_left_alone(units, person) -> None:
    who = person(Role.EDITOR, "303-2020")
    person(Role.EDITOR, "303-2020")
    assert selectors.left_behind(who, day=TODAY, now=NOW).alone == ()


def test_the_list_shows_the_people_of_the_subtree_and_no_others(units, person) -> None:
    near, _far, _above = person(Role.EDITOR, "303-2020"), person(Role.EDITOR, "01-2020"), person(Role.OPERATOR)
    by = person(Role.APPROVER, "31-2020")
    assert {duty.person for duty in selectors.duties_below(by, day=TODAY)} == {near, by}


def test_an_editor_sees_nobody_in_the_list(person) -> None:
    assert not selectors.duties_below(person(Role.EDITOR, "31-2020"), day=TODAY).exists()


def test_a_duty_over_a_unit_that_left_nothing_behind_is_cleared_away_by_the_centre(units, person) -> None:
    after = NOW.replace(year=2026)
    duty = Duty.objects.get(person=person(Role.EDITOR, "303-2020"))
    assert duties_of(duty.person, day=after.date()) == ()
    approver, operator = person(Role.APPROVER, "31-2025"), person(Role.OPERATOR)
    with pytest.raises(AccessError):
        duty_end(duty=duty, by=approver, now=after)
    assert duty in selectors.duties_below(operator, day=after.date())
    duty_end(duty=duty, by=operator, now=after)
    assert not Duty.objects.on(after.date()).filter(pk=duty.pk).exists()


def test_a_duty_that_opens_nothing_any_more_keeps_no_one_from_managing_the_person(units, person) -> None:
    day = NOW.replace(year=2026).date()
    who = person(Role.EDITOR, "303-2020")
    Duty.objects.create(person=who, role=Role.EDITOR, unit=units["11296-2025"], first=day)
    assert may_manage(person(Role.APPROVER, "31-2025"), who, day=day)
    assert not may_manage(person(Role.APPROVER, "01-2025"), who, day=day)


def test_a_duty_held_over_what_a_unit_was_before_the_reform_is_in_the_list(units, person) -> None:
    duty = Duty.objects.get(person=person(Role.EDITOR, "11296-2020"))
    day = NOW.replace(year=2026).date()
    assert duty in selectors.duties_below(person(Role.APPROVER, "31-2025"), day=day)
    assert duty not in selectors.duties_below(person(Role.APPROVER, "01-2025"), day=day)
