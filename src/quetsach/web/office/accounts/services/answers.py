"""Answers to owners: a question is written down whether its address is known or not, and answered behind the pages.

A page does the same work for every address, and looks none up. What is asked waits sealed for a time that was drawn by
lot, so that no mail tells by its hour what else was asked. The text of an answer is made when it goes out and is
written nowhere; of an address that is not known nothing is left.
"""

import json
import logging
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import override

from quetsach.campaign.accounts import Facts
from quetsach.campaign.errors import LetterError
from quetsach.core.text import LocalText, Text
from quetsach.web.configuration import MailServer
from quetsach.web.identity import site
from quetsach.web.office.accounts.models import Batch, Entry, Question
from quetsach.web.office.accounts.sealing import AccountKey, owner_token, read_owner_token
from quetsach.web.office.accounts.selectors import SUBJECT, entries_of, is_open
from quetsach.web.office.encryption import seal, unseal
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.message import (
    RefusedError,
    ServerError,
    SmtpSession,
    UnansweredError,
    mail_bytes,
    message_of,
)
from quetsach.web.office.mail.models import MessageKind
from quetsach.web.office.mail.queue import Stop
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.selectors import root_unit

# Asking.

_PURPOSE = "accounts.question"
_QUESTION_BYTES = 320
"""Every question has this length before it is sealed: the longest address, a language, and what is around them."""
SOONEST, LATEST = timedelta(minutes=1), timedelta(minutes=20)
"""Between these a question waits, known or not; the page promises an hour."""
_LIFETIME = timedelta(days=1)
"""A question that could not be answered by then, as while the mail server is away, is erased."""


def question_ask(*, address: str, language: str, now: datetime) -> None:
    """Write down that somebody asked about an address.

    Args:
        address: in its normal form.
        language: of the page.
        now: the time (UTC).
    """
    asked = json.dumps([address, language]).ljust(_QUESTION_BYTES)
    waits = SOONEST + timedelta(seconds=secrets.randbelow(int((LATEST - SOONEST).total_seconds())))
    Question.objects.create(sealed=seal(asked, purpose=_PURPOSE), due_at=now + waits, expires_at=now + _LIFETIME)


# Answering.

_AT_ONCE = 500
_LATER = timedelta(minutes=15)
_logger = logging.getLogger("quetsach.web.office.accounts")


@dataclass(frozen=True, slots=True)
class Told:
    """What a mail says out of one list."""

    batch: Batch
    facts: Facts

    @property
    def text(self) -> LocalText:
        """What whoever handed the list over has owners told besides."""
        return LocalText(self.batch.text_vi, self.batch.text_en or self.batch.text_vi)


@dataclass(slots=True)
class Tally:
    """What one run did, as counts alone."""

    sent: int = 0
    put_off: int = 0
    nothing: int = 0


def answers_work(*, clock: Callable[[], datetime], stop: Stop) -> Tally:
    """Answer what is due, no faster than mail may go out.

    Args:
        clock: the time (UTC).
        stop: set to end between two questions.

    Raises:
        ServerError: the mail server cannot be used; what was not answered waits.
    """
    tally = Tally()
    server: MailServer | None = settings.CENTER.mail_server
    if server is None or not settings.CENTER.answers_owners:
        return tally
    due = list(Question.objects.filter(due_at__lte=clock(), expires_at__gt=clock()).order_by("due_at")[:_AT_ONCE])
    if not due:
        return tally
    key = AccountKey.read() if is_open(clock()) else None
    with ExitStack() as held:
        post: SmtpSession | None = None
        for question in due:
            if stop.is_set():
                break
            address, language = _opened(question)
            told = _told(key, address, day=today(clock())) if key and address else []
            if not told:
                question.delete()
                tally.nothing += 1
                continue
            post = post or held.enter_context(SmtpSession(server))
            _answer(post, question, _Answer(address, language, told), clock(), tally)
            stop.wait(60 / settings.CENTER.mail_per_minute)
    return tally


class _ElsewhereError(ServerError):
    """Another process answered at the same moment; breaking off is the only way to take this mail back."""


@dataclass(frozen=True, slots=True)
class _Answer:
    address: str
    language: str
    told: list[tuple[Entry, Told]]

    def entries(self) -> Any:
        """The rows that the answer is about."""
        return Entry.objects.filter(pk__in=[entry.pk for entry, _said in self.told])

    def take_back_note(self) -> None:
        """Let the rows say again when the owner was answered before."""
        for entry, _said in self.told:
            Entry.objects.filter(pk=entry.pk).update(told_on=entry.told_on)


def _opened(question: Question) -> tuple[str, str]:
    asked = unseal(bytes(question.sealed), purpose=_PURPOSE)
    address, language = json.loads(asked) if asked else ("", "")
    return str(address), str(language)


def _told(key: AccountKey, address: str, *, day: date) -> list[tuple[Entry, Told]]:
    """Return what there is to tell today; nothing if the owner was answered today."""
    entries = entries_of(key.look_up(address), day=day)
    if any(entry.told_on is not None and entry.told_on >= day for entry in entries):
        return []
    found = []
    for entry in entries:
        facts = key.unseal(bytes(entry.facts), address=address, salt=bytes(entry.batch.salt))
        if facts is not None:
            found.append((entry, Told(entry.batch, facts)))
    return found


def _answer(post: SmtpSession, question: Question, answer: _Answer, now: datetime, tally: Tally) -> None:
    """Hand one answer over. Errors of servers may quote the address: they are counted, never logged."""
    try:
        _hand_over(post, answer, now)
    except RefusedError as error:
        answer.take_back_note()
        _put_off(question, now, is_final=error.is_final)
        tally.put_off += 1
    except (UnansweredError, _ElsewhereError):  # it may have arrived: nobody is written to twice on a day
        question.delete()
        raise
    except ServerError:  # put off, so that one address at which the server breaks off keeps no other waiting
        answer.take_back_note()
        _put_off(question, now, is_final=False)
        raise
    except LetterError:
        question.delete()
        tally.nothing += 1
    else:
        question.delete()
        tally.sent += 1


def _hand_over(post: SmtpSession, answer: _Answer, now: datetime) -> None:
    """Send the mail, and note right before its last byte that the owner is answered today."""
    content = mail_bytes(_message(answer, now), now=now)
    post.begin(sender=settings.CENTER.mail_from, recipient=answer.address, content=content)
    if not _noted(answer, today(now)):
        raise _ElsewhereError(Text("an answer was sent by another process; this one was broken off"))
    post.finish()


def _noted(answer: _Answer, day: date) -> bool:
    """Note that the owner is answered today; ``False`` if that was done already."""
    return bool(answer.entries().filter(Q(told_on=None) | Q(told_on__lt=day)).update(told_on=day))


def _put_off(question: Question, now: datetime, *, is_final: bool) -> None:
    if is_final:
        question.delete()
    else:
        Question.objects.filter(pk=question.pk).update(due_at=now + _LATER)


def _message(answer: _Answer, now: datetime) -> Any:
    with override(answer.language):
        links = {name: site() + reverse(name) for name in ("devices", "help", "verify")}
        links["erase"] = site() + reverse("account-erase", args=[owner_token(bytes(answer.told[0][0].look_up))])
    code = answer.told[0][0].batch.code
    values = {"told": [said for _entry, said in answer.told], "links": links, "code": code, "site": site()}
    return message_of(
        "answer",
        values,
        app="accounts",
        key="",
        kind=MessageKind.REMINDER,
        to=answer.address,
        language=answer.language,
        at=now,
    )


# Erasing what lists say of one's own address, by the link in the mail.


@transaction.atomic
def entries_erase(*, token: str, now: datetime) -> bool:
    """Erase all that lists say of the address to which the mail with this link went; ``False`` if it is no such link.

    What is erased already, or has gone with its list, is erased: whoever presses twice is told the same.
    """
    look_up = read_owner_token(token)
    if look_up is None:
        return False
    same = Entry.objects.filter(look_up=look_up)
    lists = sorted(set(same.values_list("batch_id", flat=True)))
    same.delete()
    for number in lists:
        subject = f"{SUBJECT}:{number}"
        log_append(by=None, act="accounts-owner-erase", subject=subject, unit=root_unit(), detail={}, now=now)
    return True
