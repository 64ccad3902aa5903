"""Invitations: signed, expiring, once; never more than the inviter has, never an account that holds more."""

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core import signing
from tests.unit.web.office.conftest import NOW, TODAY

from quetsach.campaign.authority import Role
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Duty, Invitation, PeopleError, Person
from quetsach.web.office.people.services.account import duty_give, person_leave
from quetsach.web.office.people.services.invitation import (
    invitation_accept,
    invitation_issue,
    invitation_of,
    invitation_renew,
    invitation_withdraw,
)
from quetsach.web.office.refusal import AccessError

PASSWORD = "một câu dài dễ nhớ 2020"


def accept(token: str) -> Person:
    return invitation_accept(token=token, name="Lê Thị Lan", title="", language="vi", password=PASSWORD, now=NOW)


@pytest.fixture
def approver(person) -> Person:
    return person(Role.APPROVER, "31-2020")


def test_who_accepts_has_the_duty_and_the_password(units, approver) -> None:
    _, token = invitation_issue(
        email=" Lan@HaiPhong.gov.vn ", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW
    )
    lan = accept(token)
    assert (lan.email, lan.check_password(PASSWORD)) == ("lan@haiphong.gov.vn", True)
    duty = Duty.objects.get(person=lan)
    assert (duty.role, duty.unit.key, duty.given_by, duty.first) == ("editor", "303-2020", approver, TODAY)


def test_a_link_works_once(units, approver) -> None:
    _, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    accept(token)
    with pytest.raises(PeopleError, match="không còn hiệu lực"):
        accept(token)


def test_looking_at_a_link_uses_nothing_up(units, approver) -> None:
    invitation, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    assert invitation_of(token, now=NOW) == invitation_of(token, now=NOW) == invitation


def test_a_link_expires_after_seven_days(units, approver) -> None:
    _, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    assert invitation_of(token, now=NOW + timedelta(days=7) - timedelta(seconds=1))
    assert invitation_of(token, now=NOW + timedelta(days=7)) is None


@pytest.mark.parametrize("change", [lambda t: t + "x", lambda t: "", lambda t: "x" * 5000, lambda t: t[1:]])
def test_an_invented_link_is_none(units, approver, change) -> None:
    _, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    assert invitation_of(change(token), now=NOW) is None


def test_the_database_does_not_hold_what_makes_a_link(units, approver) -> None:
    invitation, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    forged = signing.dumps(invitation.digest, salt="quetsach.office.invitation")
    assert invitation_of(forged, now=NOW) is None
    assert token.split(":")[0] not in str(Invitation.objects.values().get())


def test_a_withdrawn_link_is_worthless(units, approver) -> None:
    invitation, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    invitation_withdraw(invitation=invitation, by=approver, now=NOW)
    assert invitation_of(token, now=NOW) is None


def test_inviting_again_withdraws_the_first_link(units, approver) -> None:
    asked = {"email": "a@b.vn", "role": Role.EDITOR, "unit": units["303-2020"], "by": approver, "now": NOW}
    _, first = invitation_issue(**asked)
    _, second = invitation_issue(**asked)
    assert invitation_of(first, now=NOW) is None
    assert invitation_of(second, now=NOW)


@pytest.mark.parametrize(("role", "unit"), [(Role.EDITOR, "01-2020"), (Role.EDITOR, "tw")])
def test_nobody_invites_outside_his_subtree(units, approver, role, unit) -> None:
    with pytest.raises(AccessError):
        invitation_issue(email="a@b.vn", role=role, unit=units[unit], by=approver, now=NOW)


def test_an_editor_invites_nobody(units, person) -> None:
    with pytest.raises(AccessError):
        invitation_issue(
            email="a@b.vn", role=Role.VIEWER, unit=units["303-2020"], by=person(Role.EDITOR, "303-2020"), now=NOW
        )


def test_a_role_of_the_centre_is_not_given_over_a_province(units, person) -> None:
    with pytest.raises(PeopleError):
        invitation_issue(email="a@b.vn", role=Role.OPERATOR, unit=units["31-2020"], by=person(Role.OPERATOR), now=NOW)


def test_a_link_does_not_outlive_the_power_of_who_gave_it(units, person, approver) -> None:
    _, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    person_leave(person=approver, by=person(Role.OPERATOR), now=NOW)
    assert invitation_of(token, now=NOW) is None


def test_an_old_link_cannot_take_over_the_account_of_who_joined_otherwise(units, person, approver) -> None:
    _, held_back = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    _, used = invitation_issue(email="a@b.vn", role=Role.OPERATOR, unit=units["tw"], by=person(Role.OPERATOR), now=NOW)
    accept(used)
    assert invitation_of(held_back, now=NOW) is None


def test_who_works_here_already_is_given_the_duty_instead(units, person, approver) -> None:
    known = person(Role.EDITOR, "303-2020")
    with pytest.raises(PeopleError, match="làm việc tại đây"):
        invitation_issue(email=known.email, role=Role.EDITOR, unit=units["304-2020"], by=approver, now=NOW)


def test_beginning_anew_takes_the_old_second_factor_away(person, approver) -> None:
    who = person(Role.EDITOR, "303-2020")
    TOTP.activate(who, "JBSWY3DPEHPK3PXP")
    _, token = invitation_renew(person=who, by=approver, now=NOW)
    assert who.authenticator_set.exists()
    accept(token)
    who.refresh_from_db()
    assert who.check_password(PASSWORD)
    assert not who.authenticator_set.exists()
    assert Duty.objects.filter(person=who).count() == 1


def test_nobody_resets_an_account_that_holds_more_than_he_has(units, person, approver) -> None:
    who = person(Role.EDITOR, "303-2020")
    Duty.objects.create(person=who, role=Role.ANALYST, unit=units["tw"], first=TODAY)
    with pytest.raises(AccessError):
        invitation_renew(person=who, by=approver, now=NOW)


def test_a_reset_link_is_void_once_the_account_holds_more_than_its_giver(units, person, approver) -> None:
    who = person(Role.EDITOR, "303-2020")
    _, token = invitation_renew(person=who, by=approver, now=NOW)
    duty_give(person=who, role=Role.ANALYST, unit=units["tw"], by=person(Role.OPERATOR), now=NOW)
    assert invitation_of(token, now=NOW) is None


def test_nobody_resets_his_own_account_so(approver) -> None:
    with pytest.raises(AccessError):
        invitation_renew(person=approver, by=approver, now=NOW)


def test_who_reads_the_log_of_a_unit_sees_that_an_account_there_was_reset(units, person, approver) -> None:
    who = person(Role.EDITOR, "303-2020")
    _, token = invitation_renew(person=who, by=approver, now=NOW)
    accept(token)
    entries = LogEntry.objects.filter(subject=f"person:{who.pk}").order_by("number")
    noted = [("person-renew", "303-2020"), ("person-begin-anew", "303-2020")]
    assert list(entries.values_list("act", "unit__key")) == noted


def test_what_was_done_is_logged_without_the_link(units, approver) -> None:
    _, token = invitation_issue(email="a@b.vn", role=Role.EDITOR, unit=units["303-2020"], by=approver, now=NOW)
    accept(token)
    assert list(LogEntry.objects.order_by("number").values_list("act", flat=True)) == [
        "person-invite",
        "person-join",
        "duty-give",
    ]
    assert token not in str(list(LogEntry.objects.values()))
