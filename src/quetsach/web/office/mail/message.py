"""One mail: as bytes that a mail program shows as what they are, and handed to the mail server in two steps."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from quetsach.campaign.errors import LetterError
from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.web.configuration import MailServer
from quetsach.web.identity import help_line
from quetsach.web.office.blob_store import LETTERS, BlobError
from quetsach.web.office.mail.models import Message, MessageKind
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Contact

# Mail as bytes: the words of a template, the PDF, and headers that a mail program shows as what they are.

MAX_SUBJECT_LENGTH = 400
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""No server on the way need offer 8BITMIME (RFC 6152), and a mail of parts need not say that one of them has 8 bits
(RFC 2045, 6.4)."""


_ASK = Text("If you need help:\n{ways}")


def worded(template: str, language: str, values: Mapping[str, Any], *, app: str) -> str:
    """Return the text of a mail of an app of the office in a language."""
    with override(language):
        return render_to_string(f"office/{app}/mail/{template}.txt", dict(values)).strip() + "\n"


def message_of(
    template: str,
    values: Mapping[str, Any],
    *,
    app: str,
    key: str,
    kind: MessageKind,
    to: str,
    language: str,
    at: datetime,
) -> Message:
    """Return a mail that is ready for the queue, not saved yet.

    Args:
        template: of its text; that of its subject has the same name and ``_subject``.
        values: what the templates show.
        app: whose templates they are.
        key: what the mail is for; of one key there is one mail.
        kind: what it is.
        to: the address.
        language: of the mail.
        at: when it may leave (UTC).
    """
    return Message(
        key=key,
        kind=kind,
        recipient=to,
        subject=one_line(worded(f"{template}_subject", language, values, app=app)),
        text=worded(template, language, values, app=app) + _foot(language),
        message_id=new_message_id(),
        next_at=at,
    )


def _foot(language: str) -> str:
    """Return what ends every mail: whom to ask."""
    told = _ASK.with_values(ways="\n".join(help_line(language).lines(language)))
    return f"\n{told.in_language(language)}\n"


def reachable_address(contacts: Iterable[Contact]) -> str:
    """Return where mail to a unit goes: the primary contact's address that has not bounced; empty if there is none."""
    usable = [c for c in contacts if c.email and not c.bounced_on]
    return min(usable, key=lambda c: (not c.is_primary, c.pk)).email if usable else ""


def language_of(address: str, *, usual: str = "vi") -> str:
    """Return the language in which an address is reminded: that of its person in the office, else the usual one."""
    person = Person.objects.filter(email=address.lower(), is_active=True).first()
    return person.language if person else usual


def new_message_id() -> str:
    """Return an identifier that nobody can guess: notices of delivery are believed only if they quote it."""
    host = settings.CENTER.mail_from.rpartition("@")[2] or "localhost"
    return f"<qs-{uuid4().hex}@{host}>"


def one_line(text: str) -> str:
    """Return a text that fits into a header."""
    return " ".join(text.split())[:MAX_SUBJECT_LENGTH]


def mail_bytes(message: Message, *, now: datetime) -> bytes:
    """Return a message ready for the mail server.

    Raises:
        LetterError: an address is not one, or the PDF is missing.
    """
    mail = EmailMessage(policy=_SEVEN_BIT)
    try:
        mail["From"] = Address(addr_spec=settings.CENTER.mail_from)
        mail["To"] = Address(addr_spec=message.recipient)
        mail["Subject"] = one_line(message.subject)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message.message_id
        mail["Auto-Submitted"] = "auto-generated"  # keeps absence notes from answering (RFC 3834)
        mail.set_content(message.text, cte="quoted-printable")
        if message.copy_sha256:
            mail.add_attachment(
                LETTERS.read(message.copy_sha256), maintype="application", subtype="pdf", filename=message.copy_name
            )
        content = mail.as_bytes()
    except (BlobError, ValueError, IndexError, UnicodeError) as error:
        told = Text("this mail cannot be written: {reason}", reason=_short(error))
        raise LetterError(told, where=message.recipient) from error
    return content if content.endswith(b"\r\n") else content + b"\r\n"


# Handing one mail to the mail server, in two steps with a place for a note between them.
#
# ``begin`` brings the server to the point where only the end of the message is missing: whatever breaks up to then, the
# server throws the message away (RFC 5321, 4.1.1.4 and 4.1.4). ``finish`` sends the end and reads the answer. Only a
# break inside ``finish`` leaves it open whether the server took the message.

_TIMEOUT_SECONDS = 60
_MAX_ANSWER_LENGTH = 300


class RefusedError(LetterError):
    """The server does not take a message. ``is_final``: trying again is of no use; ``is_address``: for its address."""

    def __init__(self, answer: str, *, is_final: bool, is_address: bool) -> None:
        super().__init__(answer[:_MAX_ANSWER_LENGTH])
        self.is_final = is_final
        self.is_address = is_address


class ServerError(LetterError):
    """The server cannot be reached or does not speak with us; nothing was handed over."""


class UnansweredError(LetterError):
    """The message was sent to its end, and no answer came: the server may have taken it or not."""


class SmtpSession:
    """One connection to the mail server; a context manager.

    Args:
        server: the server.
        patience_seconds: how long it may take to answer.

    Raises:
        ServerError: on entering, if there is no connection.
    """

    def __init__(self, server: MailServer, *, patience_seconds: int = _TIMEOUT_SECONDS) -> None:
        self._server, self._patience = server, patience_seconds
        self._smtp: smtplib.SMTP

    def __enter__(self) -> Self:
        server = self._server
        try:
            if server.security == "tls":
                context = ssl.create_default_context()
                self._smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=self._patience, context=context)
            else:
                self._smtp = smtplib.SMTP(server.host, server.port, timeout=self._patience)
            if server.security == "starttls":
                self._smtp.starttls(context=ssl.create_default_context())
            if server.user:
                self._smtp.login(server.user, server.password)
            self._smtp.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise ServerError(
                Text("the mail server cannot be used: {reason}", reason=_short(error)),
                where=server.host,
                hint=Text("look at quetsach center settings show smtp-url; mail waits and is tried again"),
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if kind is None:
                self._smtp.quit()
        self.close()

    def close(self) -> None:
        """Drop the connection."""
        if hasattr(self, "_smtp"):
            self._smtp.close()

    def begin(self, *, sender: str, recipient: str, content: bytes) -> None:
        """Give the server everything but the end of a message.

        Args:
            sender: address that bounces go to.
            recipient: one address.
            content: the message with CRLF at the end of each line, the last one too.

        Raises:
            RefusedError: the server refuses sender, recipient or message.
            ServerError: the connection broke.
        """
        options, wishes = [], []
        if self._smtp.has_extn("dsn"):  # a notice of delivery settles what would be uncertain (RFC 3461)
            options, wishes = ["RET=HDRS"], ["NOTIFY=SUCCESS,FAILURE"]
        try:
            self._check(*self._smtp.mail(sender, options), is_address=False)
            self._check(*self._smtp.rcpt(recipient, wishes), is_address=True)
            self._check(*self._smtp.docmd("DATA"), is_address=False, wanted=354)
            self._smtp.send(_dots_doubled(content))
        except (OSError, smtplib.SMTPException) as error:
            raise ServerError(Text("the mail server went away: {reason}", reason=_short(error))) from error

    def finish(self) -> None:
        """Send the end of the message and wait for the answer; returns when the server has taken it.

        Raises:
            RefusedError: the server answers that it does not take it.
            UnansweredError: no answer came.
        """
        try:
            self._smtp.send(b".\r\n")
            code, answer = self._smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise UnansweredError(Text("no answer from the mail server: {reason}", reason=_short(error))) from error
        if not 100 <= code <= 599:
            raise UnansweredError(Text("an answer of the mail server that means nothing"))
        self._check(code, answer, is_address=False)

    def _check(self, code: int, answer: bytes, *, is_address: bool, wanted: int = 250) -> None:
        if code == wanted or (wanted == 250 and 200 <= code < 300):
            return
        if code == 421 or code < 0:
            raise ServerError(Text("the mail server closes the connection"))
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.rset()
        text = " ".join(answer.decode("utf-8", "replace").split())
        raise RefusedError(f"{code} {text}", is_final=code >= 500, is_address=is_address)


def _short(error: Exception) -> Exception | SystemText:
    return error if isinstance(error, QuetsachError) else SystemText(str(error)[:_MAX_ANSWER_LENGTH])


def _dots_doubled(content: bytes) -> bytes:
    """Return the message as it is sent: a line that begins with a dot gets a second one (RFC 5321, 4.5.2)."""
    doubled = content.replace(b"\r\n.", b"\r\n..")
    return b"." + doubled if doubled.startswith(b".") else doubled
