"""Mail that came back is read with care: anybody can send it."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import Fate, read_delivery_notices

NOTICE = b"""\
From: MAILER-DAEMON@mail.example
To: bounces@centre.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <its-own@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Sorry.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; Commune@Xa.Example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 mailbox

--b1
Content-Type: message/rfc822

From: office@centre.example
Message-ID: <qs-0123@centre.example>

body
--b1--
"""
HEADERS_ONLY = NOTICE.replace(b"message/rfc822", b"text/rfc822-headers")


@pytest.mark.parametrize("content", [NOTICE, HEADERS_ONLY, NOTICE.replace(b"\n", b"\r\n")])
def test_a_bounce_names_message_recipient_and_reason(content: bytes) -> None:
    (notice,) = read_delivery_notices(content)
    assert (notice.message_id, notice.recipient) == ("<qs-0123@centre.example>", "commune@xa.example")
    assert (notice.fate, notice.status, notice.reason) == (Fate.FAILED, "5.1.1", "550 5.1.1 no such mailbox")


def test_a_notice_of_delivery_is_read_as_one() -> None:
    (notice,) = read_delivery_notices(NOTICE.replace(b"Action: failed", b"Action: Delivered (to mailbox)"))
    assert notice.fate is Fate.DELIVERED


def test_the_original_recipient_wins_over_where_it_was_sent_on_to() -> None:
    content = NOTICE.replace(b"Action: failed", b"Original-Recipient: rfc822;first@xa.example\nAction: failed")
    assert read_delivery_notices(content)[0].recipient == "first@xa.example"


def test_each_recipient_has_a_notice() -> None:
    more = b"\nFinal-Recipient: rfc822; b@xa.example\nAction: delayed\n\n--b1\nContent-Type: message/rfc822"
    notices = read_delivery_notices(NOTICE.replace(b"\n--b1\nContent-Type: message/rfc822", more))
    assert [n.recipient for n in notices] == ["commune@xa.example", "b@xa.example"]


def test_a_notice_that_quotes_no_message_is_refused() -> None:
    with pytest.raises(LetterError, match="quote"):
        read_delivery_notices(NOTICE.replace(b"Message-ID: <qs-0123@centre.example>\n", b""))


@pytest.mark.parametrize("content", [b"", b"From: a@b\n\nI am on holiday", NOTICE.replace(b"failed", b"vanished")])
def test_other_mail_is_refused(content: bytes) -> None:
    with pytest.raises(LetterError):
        read_delivery_notices(content)


def test_what_a_server_writes_cannot_speak_to_a_terminal() -> None:
    (notice,) = read_delivery_notices(NOTICE.replace(b"no such", b"\x1b[31mno such"))
    assert "\x1b" not in notice.reason


def test_a_huge_returned_message_costs_no_more_than_its_beginning() -> None:
    assert read_delivery_notices(NOTICE.replace(b"body\n", b"A" * 70 + b"\n" * 2_000_000))


def test_mail_nested_a_thousand_times_is_refused() -> None:
    deep = b"Content-Type: message/rfc822\n\n" * 5_000
    with pytest.raises(LetterError):
        read_delivery_notices(deep)


@given(st.binary(max_size=400), st.integers(0, len(NOTICE)), st.integers(0, 60))
@example(b"Content-Type: multipart/report; boundary*0*=x'y\"", 0, 0)
def test_damaged_mail_is_read_or_refused_but_never_breaks(noise: bytes, place: int, cut: int) -> None:
    with contextlib.suppress(LetterError):
        read_delivery_notices(NOTICE[:place] + noise + NOTICE[place + cut :])
