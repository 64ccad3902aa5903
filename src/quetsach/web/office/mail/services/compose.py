"""Mail as bytes: the words of a template, the PDF, and headers that a mail program shows as what they are."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.mail.models import Message, MessageKind
from quetsach.web.office.people.models import Person
from quetsach.web.office.shelf import LETTERS, ShelfError
from quetsach.web.office.tree.models import Contact

MAX_SUBJECT_LENGTH = 400
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""No server on the way need offer 8BITMIME (RFC 6152), and a mail of parts need not say that one of them has 8 bits
(RFC 2045, 6.4)."""


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
        text=worded(template, language, values, app=app),
        message_id=new_message_id(),
        next_at=at,
    )


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
    except (ShelfError, ValueError, IndexError, UnicodeError) as error:
        raise LetterError(f"this mail cannot be written: {error}"[:300], where=message.recipient) from error
    return content if content.endswith(b"\r\n") else content + b"\r\n"
