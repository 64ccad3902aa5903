"""Who may decide is told by mail that something waits: the nearest, in their language, once, without its content."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from quetsach.campaign.authority import Role
from quetsach.web.office.approvals.mail import approvers_tell
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_decide
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.people.models import Person

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)
TITLE = "Figures as of 28/02/2021: 9,175 addresses"


@pytest.fixture
def ask(units):
    def make(by: Person, *, kind: str = "numbers", unit: str = "tw", subject: str = "figures:1") -> Approval:
        return approval_ask(kind=kind, subject=subject, digest="a" * 64, title=TITLE, by=by, unit=units[unit], now=NOW)

    return make


def told() -> set[str]:
    return set(Message.objects.filter(key__startswith="approval:").values_list("recipient", flat=True))


def test_all_who_may_decide_are_told_once_and_who_asked_is_not(person, ask) -> None:
    analyst, second, press, auditor = (person(r) for r in (Role.ANALYST, Role.ANALYST, Role.PRESS, Role.AUDITOR))
    ask(analyst)
    assert approvers_tell(now=NOW) == 2
    assert told() == {second.email, press.email}
    assert auditor.email not in told()
    assert approvers_tell(now=NOW + timedelta(minutes=1)) == 0


def test_the_mail_is_in_the_language_of_its_reader_and_holds_no_content(person, ask) -> None:
    analyst, second, other = person(Role.ANALYST, name="Lê Thị Lan"), person(Role.ANALYST), person(Role.ANALYST)
    Person.objects.filter(pk=other.pk).update(language="en")
    asked = ask(analyst)
    approvers_tell(now=NOW)
    mail = {one.recipient: one for one in Message.objects.all()}
    vietnamese, english = mail[second.email], mail[other.email]
    assert "chờ bạn quyết định" in vietnamese.subject
    assert f"https://centre.example/van-phong/phe-duyet/{asked.pk}/" in vietnamese.text
    assert "Lê Thị Lan" in vietnamese.text
    assert "waits for your decision" in english.subject
    assert f"https://centre.example/en/office/approvals/{asked.pk}/" in english.text
    assert "10:00, 29" in english.text.replace("\u00a0", " "), "the time is that of Viet Nam"
    for one in (vietnamese, english):
        assert "9,175" not in one.subject + one.text
        assert "28/02/2021" not in one.subject + one.text


def test_a_province_decides_its_letters_and_the_centre_only_where_nobody_else_can(person, ask) -> None:
    operator = person(Role.OPERATOR)
    writer, approver = person(Role.EDITOR, "31-2020"), person(Role.APPROVER, "31-2020")  # a duty of before the reform
    ask(writer, kind="letter", unit="31-2025", subject="letter:1")
    ask(approver, kind="letter", unit="31-2025", subject="letter:2")
    approvers_tell(now=NOW)
    by_subject = {one.key: one.recipient for one in Message.objects.all()}
    first, second = Approval.objects.order_by("pk")
    assert by_subject == {
        f"approval:{first.pk}.{approver.pk}": approver.email,
        f"approval:{second.pk}.{operator.pk}": operator.email,
    }


def test_who_cannot_sign_in_or_was_not_vouched_for_is_not_told(person, ask) -> None:
    analyst, gone, unvouched, barred = (person(Role.ANALYST) for _ in range(4))
    Person.objects.filter(pk=gone.pk).update(is_active=False)
    Person.objects.filter(pk=unvouched.pk).update(brought_by=analyst)
    barred.set_unusable_password()
    barred.save()
    ask(analyst)
    assert approvers_tell(now=NOW) == 0


def test_what_was_decided_before_the_mail_left_is_not_told(person, ask) -> None:
    analyst, second, third = (person(Role.ANALYST) for _ in range(3))
    asked = ask(analyst)
    approvers_tell(now=NOW)
    Message.objects.filter(recipient=third.email).update(state=MessageState.SENT)
    approval_decide(approval=asked, is_granted=False, reason="sai", by=second, now=NOW)
    approvers_tell(now=NOW)
    assert told() == {third.email}, "what has left stays in the list of mail"


def test_old_requests_and_a_centre_without_mail_tell_nobody(person, ask, settings) -> None:
    analyst, _second = person(Role.ANALYST), person(Role.ANALYST)
    ask(analyst)
    assert approvers_tell(now=NOW + timedelta(days=8)) == 0
    settings.CENTER = dataclasses.replace(settings.CENTER, mail_server=None)
    assert approvers_tell(now=NOW) == 0
