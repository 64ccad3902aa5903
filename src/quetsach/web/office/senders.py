"""Who may send more than a form: people who are signed in, and partners' programs with their token."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections
from django.http.cookie import parse_cookie

from quetsach.web.office.middleware import is_office, session_cookies
from quetsach.web.office.partners.services.partner import token_partner
from quetsach.web.office.people.sign_in.session_store import BrowserSessionStore


def is_known_sender(environ: dict[str, Any]) -> bool:
    """Say, by the head of a request alone, whether its large body is worth taking in.

    This is no permission: the middleware and the partners' interface decide as ever when the body is there.

    Args:
        environ: the environment of WSGI.
    """
    close_old_connections()  # this is asked between requests, when nobody else does that
    if is_office(environ["PATH_INFO"]):
        return _is_signed_in(environ.get("HTTP_COOKIE", ""))
    return token_partner(environ.get("HTTP_AUTHORIZATION", ""), now=datetime.now(UTC)) is not None


def _is_signed_in(cookies: str) -> bool:
    found = parse_cookie(cookies)
    return any(SESSION_KEY in BrowserSessionStore(found[name]) for name in session_cookies() if name in found)
