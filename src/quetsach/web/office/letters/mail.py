"""Mail as bytes: the words of a template, the PDF, and headers that a mail program shows as what they are."""

from collections.abc import Mapping
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
from quetsach.web.office.letters.models import Message
from quetsach.web.office.people.models import Person
from quetsach.web.office.shelf import LETTERS, ShelfError

MAX_SUBJECT_LENGTH = 400
_SEVEN_BIT = SMTP.clone(cte_type="7bit")
"""No server on the way need offer 8BITMIME (RFC 6152), and a mail of parts need not say that one of them has 8 bits
(RFC 2045, 6.4)."""


def worded(template: str, language: str, values: Mapping[str, Any], *, room: str = "letters") -> str:
    """Return the text of a mail of a room of the office in a language."""
    with override(language):
        return render_to_string(f"office/{room}/mail/{template}.txt", dict(values)).strip() + "\n"


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
