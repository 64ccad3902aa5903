"""Trials of what letters go through: a mail to oneself, a time stamp of nothing. Both stand in the log."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import LetterError
from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import page_language
from quetsach.web.identity import site
from quetsach.web.office.letters.signing_credentials import authority_here
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.message import SmtpSession, mail_bytes, new_message_id, worded
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit

MAIL_TRIAL, TIME_STAMP_TRIAL = "mail-try", "time-stamp-try"
"""What the log calls them."""
_PATIENCE_SECONDS = 15
"""A person waits for the answer in front of the page."""


def mail_try(*, by: Person, now: datetime) -> None:
    """Hand the mail server a mail to whoever asks for it, past the queue; note whether the server took it.

    Raises:
        AccessError: not this person's to do.
        LetterError: no mail server is set, it cannot be used, or it does not take the mail.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    server = settings.CENTER.mail_server
    if server is None:
        raise LetterError(
            _("no mail server is set"),
            hint=_("whoever runs the centre's computer sets the mail server and the address that mail comes from"),
        )
    message = Message(
        recipient=by.email,
        subject=_("Trial mail of the campaign office"),
        text=worded("trial", page_language(), {"site": site(), "person": by}, app="operation"),
        message_id=new_message_id(),
    )
    try:
        content = mail_bytes(message, now=now)
        with SmtpSession(server, patience_seconds=_PATIENCE_SECONDS) as post:
            post.begin(sender=settings.CENTER.mail_from, recipient=by.email, content=content)
            post.finish()
    except QuetsachError as error:
        _note(MAIL_TRIAL, by=by, trouble=error.what, now=now)
        raise
    _note(MAIL_TRIAL, by=by, trouble="", now=now)


def time_stamp_try(*, by: Person, now: datetime) -> None:
    """Ask the authority for a time stamp; note whether it gave one.

    Raises:
        AccessError: not this person's to do.
        QuetsachError: no authority is set, or it gives none that can be used.
    """
    require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))
    authority = authority_here()
    if authority is None:
        raise LetterError(
            _("no time stamping authority is set"),
            hint=_("whoever runs the centre's computer sets the authority's address"),
        )
    try:
        authority.check()
    except QuetsachError as error:
        _note(TIME_STAMP_TRIAL, by=by, trouble=error.what, now=now)
        raise
    _note(TIME_STAMP_TRIAL, by=by, trouble="", now=now)


def _note(act: str, *, by: Person, trouble: str, now: datetime) -> None:
    detail = {"result": "failed" if trouble else "done"} | ({"reason": str(trouble)} if trouble else {})
    log_append(by=by, act=act, subject="operation", unit=None, detail=detail, now=now)
