"""The queue is handed to a real mail server; what it refuses, breaks or sends back is told."""

import dataclasses
import email
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.mail_server import MailServer, mail_server
from tests.unit.campaign.letters.test_delivery_notice import NOTICE
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import DispatchStatus
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.configuration import MailServer as ServerSetting
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.acknowledge import message_retry, message_settle
from quetsach.web.office.letters.services.dispatches import course_of
from quetsach.web.office.letters.services.draft import Reference
from quetsach.web.office.letters.services.send import copies_make, letter_send
from quetsach.web.office.mail.message import ServerError, SmtpSession, mail_bytes
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.mail.queue import RETRY_MINUTES, bounces_read, queue_recover, queue_send
from quetsach.web.office.refusal import AccessError


@pytest.fixture(scope="module")
def running() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def server(running: MailServer, settings) -> MailServer:
    running.taken.clear()
    settings.CENTER = dataclasses.replace(
        settings.CENTER, mail_server=ServerSetting("127.0.0.1", running.port, "none"), mail_per_minute=60_000
    )
    return running


@pytest.fixture
def letter(issued, units, person, reachable):
    """A letter that is sent to both provinces, their mail in the queue."""
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"], units["01-2020"]], by=person(Role.OPERATOR), now=NOW)
    copies_make(now=lambda: NOW)
    return letter


def send(minutes: int = 0, *, most: int | None = None):
    return queue_send(now=lambda: NOW + timedelta(minutes=minutes), stop=threading.Event(), most=most)


def message(unit: str = "31-2020") -> Message:
    return Message.objects.get(dispatch__to_unit__key=unit)


def course(unit: str = "31-2020"):
    return course_of(Dispatch.objects.get(to_unit__key=unit))


def address(unit: str, name: str) -> None:
    Message.objects.filter(dispatch__to_unit__key=unit).update(recipient=f"{name}@xa.example")


def test_each_unit_gets_one_mail_with_its_own_copy_and_link(letter, server) -> None:
    assert send().sent == 2
    assert sorted(t.recipient for t in server.taken) == ["u01-2020@xa.example", "u31-2020@xa.example"]
    one, other = (taken.mail for taken in server.taken)
    assert one["Subject"] == "Công văn 01/CATTT-NCSC: rà soát và bóc gỡ mã độc"
    links = {mail.get_body().get_content().split("https://", 1)[1].split()[0] for mail in (one, other)}
    assert len(links) == 2
    (pdf,) = one.iter_attachments()
    assert pdf.get_filename() == "01-CATTT-NCSC.pdf"
    assert pdf.get_content().startswith(b"%PDF-")
    assert pdf.get_content() != next(iter(other.iter_attachments())).get_content()
    assert course().standing is DispatchStatus.SENT


def test_what_was_sent_is_not_sent_again(letter, server) -> None:
    send()
    assert copies_make(now=lambda: NOW) == 0
    assert send(10_000).sent == 0


def test_the_queue_stops_after_as_many_as_wanted(letter, server) -> None:
    assert send(most=1).sent == 1
    assert len(server.taken) == 1


def test_an_address_that_does_not_exist_is_not_used_again(letter, server, reachable) -> None:
    address("31-2020", "nobody")
    reachable["31-2020"].email = "nobody@xa.example"
    reachable["31-2020"].save()
    tally = send()
    assert (tally.sent, tally.failed) == (1, 1)
    assert (course().standing, course().reason) == (DispatchStatus.BOUNCED, "550 5.1.1 no such mailbox")
    reachable["31-2020"].refresh_from_db()
    assert str(reachable["31-2020"].bounced_on) == "2020-10-06"


def test_a_message_that_is_refused_for_its_text_leaves_the_address_alone(letter, server, reachable) -> None:
    address("31-2020", "spam")
    assert send().failed == 1
    reachable["31-2020"].refresh_from_db()
    assert reachable["31-2020"].bounced_on is None


def test_a_message_put_off_is_tried_again_and_given_up_at_last(letter, server) -> None:
    address("31-2020", "later")
    assert send().put_off == 1
    assert send().put_off == 0, "not before its time"
    minutes = 0
    for pause in RETRY_MINUTES:
        minutes += pause
        send(minutes)
    assert message().state == MessageState.FAILED


def test_without_a_server_mail_waits(letter, settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, mail_server=ServerSetting("127.0.0.1", 1, "none"))
    with pytest.raises(ServerError):
        send()
    assert message().state == MessageState.QUEUED


def test_a_message_found_half_handed_over_is_never_sent_by_itself(letter, server) -> None:
    Message.objects.filter(pk=message().pk).update(state=MessageState.HANDING, handed_at=NOW)
    assert queue_recover() == 1
    assert send().sent == 1
    assert message().state == MessageState.UNCERTAIN
    assert course().standing is DispatchStatus.WAITING


def test_a_person_settles_what_is_uncertain(letter, server, person) -> None:
    Message.objects.update(state=MessageState.UNCERTAIN)
    operator = person(Role.OPERATOR)
    message_settle(message=message("31-2020"), was_sent=True, by=operator, now=NOW)
    message_settle(message=message("01-2020"), was_sent=False, by=operator, now=NOW)
    assert course("31-2020").standing is DispatchStatus.SENT
    send()
    assert [t.recipient for t in server.taken] == ["u01-2020@xa.example"]
    with pytest.raises(LetterError):
        message_settle(message=message("31-2020"), was_sent=True, by=operator, now=NOW)
    with pytest.raises(AccessError):
        message_settle(message=message("31-2020"), was_sent=True, by=person(Role.EDITOR, "31-2020"), now=NOW)


def test_the_use_of_its_link_settles_what_is_uncertain(letter, server) -> None:
    from quetsach.web.office.letters.services.acknowledge import dispatch_acknowledge
    from quetsach.web.office.letters.services.send import Actor

    Message.objects.update(state=MessageState.UNCERTAIN)
    dispatch_acknowledge(dispatch=message().dispatch, hand=Actor(None, "link"), now=NOW)
    assert message().state == MessageState.SENT


def test_mail_of_a_letter_that_was_taken_back_stays_here(letter, issued, server) -> None:
    issued(reference=Reference(earlier=letter, kind=DocumentKind.REVOCATION))
    assert send().sent == 0
    assert message().state == MessageState.FAILED


def test_a_failed_message_goes_to_the_address_that_the_unit_has_now(letter, server, reachable, person) -> None:
    address("31-2020", "nobody")
    send()
    operator = person(Role.OPERATOR)
    reachable["31-2020"].bounced_on = NOW.date()
    reachable["31-2020"].save()
    with pytest.raises(LetterError, match="no address"):
        message_retry(message=message(), by=operator, now=NOW)
    reachable["31-2020"].unit.contacts.create(email="new@xa.example")
    message_retry(message=message(), by=operator, now=NOW)
    send()
    assert server.taken[-1].recipient == "new@xa.example"
    assert course().standing in (DispatchStatus.SENT, DispatchStatus.BOUNCED)


def test_a_line_that_begins_with_a_dot_arrives_as_it_was(server) -> None:
    content = b"Subject: x\r\n\r\n.a\r\n..b\r\n.\r\nc\r\n"
    with SmtpSession(ServerSetting("127.0.0.1", server.port, "none")) as post:
        post.begin(sender="office@centre.example", recipient="a@xa.example", content=content)
        post.finish()
    assert server.taken[0].content == content


def test_a_message_that_breaks_before_its_end_was_not_taken(server) -> None:
    post = SmtpSession(ServerSetting("127.0.0.1", server.port, "none")).__enter__()
    post.begin(sender="office@centre.example", recipient="a@xa.example", content=b"Subject: x\r\n\r\nwhole text\r\n")
    post.close()
    with SmtpSession(ServerSetting("127.0.0.1", server.port, "none")):
        pass
    assert server.taken == []


def bounce(tmp_path, settings, *, message_id: str, recipient: str, action: str = "failed", status: str = "5.1.1"):
    folder = tmp_path / "bounces"
    (folder / "new").mkdir(parents=True, exist_ok=True)
    settings.CENTER = dataclasses.replace(settings.CENTER, bounces=folder)
    content = NOTICE.replace(b"<qs-0123@centre.example>", message_id.encode()).replace(b"5.1.1", status.encode())
    content = content.replace(b"Commune@Xa.Example", recipient.encode()).replace(b"failed", action.encode())
    (folder / "new" / f"{len(list((folder / 'new').iterdir()))}.mail").write_bytes(content)
    return bounces_read(now=NOW + timedelta(minutes=5))


def test_what_comes_back_marks_the_dispatch_and_the_address(letter, server, reachable, tmp_path, settings) -> None:
    send()
    sent = message()
    assert bounce(tmp_path, settings, message_id=sent.message_id, recipient=sent.recipient) == 1
    assert course().standing is DispatchStatus.BOUNCED
    reachable["31-2020"].refresh_from_db()
    assert reachable["31-2020"].bounced_on is not None
    assert [p.name for p in (tmp_path / "bounces" / "cur").iterdir()] == ["0.mail:2,S"]


def test_a_full_mailbox_is_no_reason_to_give_an_address_up(letter, server, reachable, tmp_path, settings) -> None:
    send()
    bounce(tmp_path, settings, message_id=message().message_id, recipient=message().recipient, status="5.2.2")
    reachable["31-2020"].refresh_from_db()
    assert reachable["31-2020"].bounced_on is None


def test_a_notice_that_guesses_is_not_believed(letter, server, tmp_path, settings) -> None:
    send()
    assert bounce(tmp_path, settings, message_id="<qs-0@centre.example>", recipient=message().recipient) == 0
    assert bounce(tmp_path, settings, message_id=message().message_id, recipient="other@xa.example") == 0
    assert course().standing is DispatchStatus.SENT


def test_a_notice_of_delivery_settles_what_is_uncertain(letter, server, tmp_path, settings) -> None:
    Message.objects.update(state=MessageState.UNCERTAIN)
    sent = message()
    bounce(tmp_path, settings, message_id=sent.message_id, recipient=sent.recipient, action="delivered", status="2.0.0")
    assert message().state == MessageState.SENT
    assert course().standing is DispatchStatus.DELIVERED


def test_other_mail_in_the_folder_is_set_aside(tmp_path, settings, units) -> None:
    folder = tmp_path / "bounces"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "a").write_bytes(b"buy now")
    (folder / "new" / "b").symlink_to("/etc/passwd")
    settings.CENTER = dataclasses.replace(settings.CENTER, bounces=folder)
    assert bounces_read(now=NOW) == 0
    assert [p.name for p in (folder / "new").iterdir()] == ["b"]


def test_mail_is_seven_bits_wide_and_every_part_names_its_encoding(letter) -> None:
    """No 8BITMIME is asked of the server (RFC 6152), and a part without an encoding is 7bit (RFC 2045, 6.1 and 6.4)."""
    content = mail_bytes(Message.objects.first(), now=NOW)
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    parts = [part for part in email.message_from_bytes(content).walk() if not part.is_multipart()]
    assert [part["Content-Transfer-Encoding"] for part in parts] == ["quoted-printable", "base64"]
