"""Signed links: a unit without an account answers a letter through one.

A link is bound to one dispatch (that is, to one unit and one letter) and to the number of the link, so that a new link
makes the older ones void. It ends with the dispatch's ``link_until``. Looking at the page changes nothing; every use is
logged by the service that it calls.
"""

import re
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.letters.models import Dispatch

_SIGNER = Signer(salt="quetsach.office.letters.link")
_CONTENT = re.compile(r"([0-9]{1,18})\.([0-9]{1,5})")
_MAX_LENGTH = 120
_LOCAL_SITE = "http://localhost:8000"


class LinkError(LetterError):
    """A link cannot be used. ``is_over``: it was right once."""

    def __init__(self, what: str, *, is_over: bool) -> None:
        super().__init__(what)
        self.is_over = is_over


def site() -> str:
    """Return where people reach the centre, without a final slash."""
    return settings.CENTER.public_url or _LOCAL_SITE


def token_of(dispatch: Dispatch) -> str:
    """Return the signed part of a dispatch's link."""
    return _SIGNER.sign(f"{dispatch.pk}.{dispatch.link_number}")


def link_of(dispatch: Dispatch) -> str:
    """Return the address of a dispatch's own page, in the language of its letter."""
    with override(dispatch.letter.language):
        return site() + reverse("letter-link", args=[token_of(dispatch)])


def dispatch_of(token: str, *, now: datetime) -> Dispatch:
    """Return the dispatch that a link opens.

    Raises:
        LinkError: nobody signed it, a newer one took its place, or its time is over.
    """
    try:
        found = _CONTENT.fullmatch(_SIGNER.unsign(token[:_MAX_LENGTH]))
    except BadSignature:
        found = None
    if found is None:
        raise LinkError(_("this link was not made by the centre, or a part of it is missing"), is_over=False)
    dispatch = (
        Dispatch.objects.select_related("letter__unit", "from_unit", "to_unit", "above")
        .filter(pk=int(found[1]))
        .first()
    )
    if dispatch is None or dispatch.link_number != int(found[2]) or dispatch.link_until <= now:
        raise LinkError(_("this link is no longer valid"), is_over=True)
    return dispatch
