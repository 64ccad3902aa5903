"""Units that owe a return are reminded, once a day of the policy; the unit above gets one digest."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.unit.web.office.returns.conftest import ASKED
from tests.unit.web.office.returns.test_pages import PLAN, text

from quetsach.campaign.letters.reminders import Policy
from quetsach.web.configuration import MailServer
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import PlanRevision
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Invitation, Period, Return
from quetsach.web.office.returns.services.assignment import assignment_remind
from quetsach.web.office.returns.services.decision import extension_give
from quetsach.web.office.returns.services.remind import returns_remind
from quetsach.web.office.tree.models import Contact, Unit

BEFORE = datetime(2020, 10, 12, 3, tzinfo=UTC)  # due on 14 October
DUE = datetime(2020, 10, 14, 3, tzinfo=UTC)
AFTER = datetime(2020, 10, 15, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _post(settings, tmp_path: Path, units: dict[str, Unit], period: Period) -> None:
    """Two communes and their district have an address; the third unit of the district has none."""
    server = MailServer("127.0.0.1", 1, "none")
    settings.CENTER = dataclasses.replace(
        settings.CENTER,
        data=tmp_path,
        public_url="https://centre.example",
        mail_from="o@centre.example",
        mail_server=server,
    )
    for key in ("11296-2020", "303-2020"):
        Contact.objects.create(unit=units[key], email=f"a{key}@unit.example", is_primary=True)
        Invitation.objects.create(assignment=period.assignment, unit=units[key], at=ASKED)


def mails(kind: str) -> list[str]:
    return sorted(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_before_the_due_day_a_unit_is_reminded_with_a_link() -> None:
    assert returns_remind(now=BEFORE) == 2
    assert mails("reminder") == ["a11296-2020@unit.example", "a303-2020@unit.example"]
    text = Message.objects.get(recipient="a11296-2020@unit.example").text
    assert "https://centre.example/bao-cao/" in text
    assert "14/10/2020" in text


def test_the_same_day_again_adds_nothing() -> None:
    returns_remind(now=BEFORE)
    assert returns_remind(now=BEFORE) == 0


def test_who_has_submitted_is_left_in_peace(submit: Callable[..., Return]) -> None:
    submit("11296-2020")
    returns_remind(now=BEFORE)
    assert mails("reminder") == ["a303-2020@unit.example"]


def test_the_unit_above_gets_one_digest_of_all_that_are_late_and_who_cannot_be_reached() -> None:
    returns_remind(now=AFTER)
    assert mails("digest") == ["a303-2020@unit.example"]
    text = Message.objects.get(kind="digest").text
    assert "Phường Quán Toan\n" in text
    assert "Phường Hùng Vương (không gửi được thư điện tử)" in text


def test_a_unit_with_more_time_is_reminded_by_its_own_day(units, period: Period, operator) -> None:
    extension_give(
        period=period, units=[units["11296-2020"]], until=date(2020, 10, 18), reason="Bão", by=operator, now=DUE
    )
    returns_remind(now=DUE)
    assert mails("reminder") == ["a303-2020@unit.example"]


def test_what_went_out_is_in_the_log() -> None:
    returns_remind(now=AFTER)
    assert LogEntry.objects.filter(act="returns-remind").exists()


def test_reminders_follow_the_days_of_the_assignment(period: Period, operator) -> None:
    assignment_remind(assignment=period.assignment, policy=Policy((5,), ()), by=operator, now=BEFORE)
    assert returns_remind(now=DUE) == 0
    assert returns_remind(now=datetime(2020, 10, 19, 3, tzinfo=UTC)) == 2
    assert mails("digest") == []


def test_only_operators_say_when_units_are_reminded(period: Period, person) -> None:
    with pytest.raises(AccessError):
        assignment_remind(assignment=period.assignment, policy=Policy(), by=person("approver", "31-2020"), now=BEFORE)


@pytest.mark.usefixtures("empty_centre")
def test_days_of_reminders_are_set_on_the_page(period: Period, signed_in, operator) -> None:
    campaign = period.assignment.campaign
    PlanRevision.objects.create(
        campaign=campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=BEFORE, made_by=operator
    )
    browser, address = signed_in(operator), f"/van-phong/bao-cao/{period.assignment_id}/"
    assert "\u22123, \u22121, 0, 1, 3" in text(browser.get(address))
    assert browser.post(address, {"unit_days": "-2, 0", "parent_days": ""}).status_code == 302
    assert period.assignment.__class__.objects.get(pk=period.assignment_id).policy == Policy((-2, 0), ())
    answer = browser.post(address, {"unit_days": "0, -2", "parent_days": ""})
    assert answer.status_code == 422
    assert "phải tăng dần" in text(answer)


def test_mail_is_in_the_language_that_its_reader_chose_in_the_office() -> None:
    Person.objects.create_user("a11296-2020@unit.example", "x", name="Mai", language="en")
    returns_remind(now=AFTER)
    english = Message.objects.get(recipient="a11296-2020@unit.example")
    assert english.subject.endswith("late, it was due by 14 October 2020")
    assert "The return of Quan Toan Ward for Week 41/2020 (5–11 October 2020) has not come yet" in english.text
    assert "https://centre.example/en/" in english.text
    vietnamese = Message.objects.filter(recipient="a303-2020@unit.example", kind="reminder").get()
    assert "báo cáo Tuần 41/2020 (05/10–11/10/2020) của Quận Hồng Bàng" in vietnamese.text


def test_nobody_is_reminded_or_told_of_after_entry_is_closed(period: Period, operator) -> None:
    assignment_remind(assignment=period.assignment, policy=Policy((9, 12), (9, 12)), by=operator, now=BEFORE)
    locked = datetime(2020, 10, 26, 3, tzinfo=UTC)  # twelve days after the due day, entry closed on the 21st
    assert returns_remind(now=locked) == 0
