"""Reminders go out by mail, once; the unit above gets one list; what cannot be reached is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.letters.models import Dispatch, ParentDigest
from quetsach.web.office.letters.services.acknowledge import dispatch_acknowledge
from quetsach.web.office.letters.services.remind import reminders_queue
from quetsach.web.office.letters.services.send import Actor, dispatch_forward, letter_send
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.models import Person

DUE = NOW.date() + timedelta(days=10)


@pytest.fixture
def letter(issued, units, person, reachable):
    """A letter that a province has acknowledged and passed on to both its districts."""
    letter = issued(due=DUE)
    letter_send(letter=letter, units=[units["31-2020"], units["01-2020"]], by=person(Role.OPERATOR), now=NOW)
    hand = Actor(None, "link")
    above = Dispatch.objects.get(to_unit=units["31-2020"])
    dispatch_forward(
        dispatch=above, units=[units["303-2020"], units["304-2020"]], note="", hand=hand, now=NOW + timedelta(days=1)
    )
    return letter


def remind(day: int) -> int:
    return reminders_queue(now=NOW + timedelta(days=10 + day))


def keys(kind: str) -> list[str]:
    return sorted(Message.objects.filter(kind=kind).values_list("recipient", flat=True))


def test_nobody_is_reminded_long_before_the_due_day(letter) -> None:
    assert remind(-4) == 0


def test_who_has_not_answered_is_reminded_and_who_has_is_not(letter) -> None:
    assert remind(-3) == 3
    assert keys("reminder") == ["u01-2020@xa.example", "u303-2020@xa.example", "u304-2020@xa.example"]


def test_run_again_on_the_same_day_it_adds_nothing(letter) -> None:
    remind(-3)
    assert remind(-3) == 0
    assert remind(-2) == 0


def test_who_acknowledges_after_a_reminder_gets_no_other(letter, units) -> None:
    remind(-3)
    dispatch = Dispatch.objects.get(to_unit=units["303-2020"])
    dispatch_acknowledge(dispatch=dispatch, hand=Actor(None, "link"), now=NOW)
    assert remind(0) == 2


def test_the_unit_above_gets_one_list_of_its_late_units(letter, units) -> None:
    remind(1)
    (digest,) = Message.objects.filter(kind="digest")
    assert digest.recipient == "u31-2020@xa.example"
    assert "Quận Hồng Bàng" in digest.text
    assert "Quận Ngô Quyền" in digest.text
    assert "Hà Nội" not in digest.text
    told = {d.unit.key: d.late for d in ParentDigest.objects.all()}
    assert told == {"31-2020": ["303-2020", "304-2020"], "tw": ["01-2020"]}


def test_the_list_says_whom_no_mail_reaches(letter, reachable) -> None:
    reachable["304-2020"].bounced_on = NOW.date()
    reachable["304-2020"].save()
    remind(1)
    assert "gọi điện" in Message.objects.get(kind="digest").text
    assert keys("reminder") == ["u01-2020@xa.example", "u303-2020@xa.example"]


def test_a_reminder_names_the_letter_and_holds_the_units_link(letter) -> None:
    remind(1)
    message = Message.objects.get(recipient="u303-2020@xa.example")
    assert message.subject.startswith("Công văn 01/CATTT-NCSC: đã quá hạn trả lời")
    assert "https://centre.example/cong-van/" in message.text
    assert message.text.endswith("Khi bạn cần giúp:\nTrên mạng: centre.example/giup-do\n")


def test_of_a_letter_long_past_nobody_is_reminded(letter) -> None:
    assert remind(90) == 0


def test_a_reminder_is_in_the_language_that_its_reader_chose_in_the_office(letter) -> None:
    Person.objects.create_user("u303-2020@xa.example", "x", name="Mai", language="en")
    remind(1)
    assert Message.objects.get(recipient="u303-2020@xa.example").subject.startswith("Letter 01/CATTT-NCSC: the answer")


def test_after_a_reform_the_list_goes_to_who_stood_above_on_the_day_of_the_letter(
    issued, units, person, reachable
) -> None:
    before = datetime(2025, 6, 27, 3, tzinfo=UTC)
    letter = issued(due=date(2025, 7, 3), now=before)
    letter_send(letter=letter, units=[units["303-2020"]], by=person(Role.OPERATOR), now=before)
    reminders_queue(now=before + timedelta(days=7))
    assert [digest.unit.key for digest in ParentDigest.objects.all()] == ["31-2020"]
    assert keys("digest") == ["u31-2020@xa.example"]
