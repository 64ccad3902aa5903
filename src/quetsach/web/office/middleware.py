"""The office's own middleware: sessions, sign-in and tokens exist under its addresses and nowhere else.

The public portal sets no cookie and knows nobody; these classes let its requests pass untouched.
"""

import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.cookie import parse_cookie
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.csp import csp_override

from quetsach.web.limits import ACCOUNT_PATHS, OPEN_PATHS, is_office, most_body_bytes
from quetsach.web.office.blob_store import BlobError
from quetsach.web.office.partners.services.partner import token_partner
from quetsach.web.office.people.access import is_barred
from quetsach.web.office.people.kept_page import to_sign_in
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.keeping import KEPT_FORM, drafts_drop, form_drop
from quetsach.web.office.people.sessions import BrowserSessionStore, has_second_factor, is_over, stored_name, touch
from quetsach.web.office.reading import page_read
from quetsach.web.office.refusal import AccessError, is_refused

type Answer = Callable[[HttpRequest], HttpResponseBase]
_logger = logging.getLogger("quetsach.web.security")


def session_cookies() -> tuple[str, ...]:
    """Return the names of the cookies that may hold a session.

    The office has an address in each language, and a cookie has one path: the session has a cookie for each.
    """
    return (settings.SESSION_COOKIE_NAME, *settings.SESSION_TWINS)


class _OfOffice(MiddlewareMixin):
    """Acts under the office's addresses alone."""

    def __call__(self, request: HttpRequest) -> Any:
        """Act, or let the request pass."""
        return super().__call__(request) if is_office(request.path) else self.get_response(request)


class OfficeSession(_OfOffice, SessionMiddleware):
    """A session whose cookies the browser sends to the office alone, never to the public pages."""

    def __init__(self, get_response: Answer) -> None:
        super().__init__(get_response)
        self.SessionStore = BrowserSessionStore

    def process_request(self, request: HttpRequest) -> None:
        """Open the session that any of its cookies names."""
        for name in settings.SESSION_TWINS:
            if name in request.COOKIES:
                request.COOKIES.setdefault(settings.SESSION_COOKIE_NAME, request.COOKIES[name])
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Set, or delete, all its cookies alike."""
        answer = super().process_response(request, response)
        if (made := answer.cookies.get(settings.SESSION_COOKIE_NAME)) is not None:
            for name, path in settings.SESSION_TWINS.items():
                answer.cookies[name] = made.value
                answer.cookies[name].update({**made, "path": path})
        return answer


class OfficePerson(_OfOffice, AuthenticationMiddleware):
    """Who is signed in."""


class OfficeMessages(_OfOffice, MessageMiddleware):
    """What the next page tells about what was just done."""


class OfficeToken(_OfOffice, CsrfViewMiddleware):
    """A token in every form of somebody who is signed in. It reads the body, so it stands behind the sign-in.

    Forms before that have none: a token is kept in the session, and whoever only looks at the page gets no session.
    Where such a form comes from is checked by ``SameOrigin``.
    """

    def process_view(self, request: HttpRequest, *arguments: Any) -> HttpResponseForbidden | None:
        """Refuse a form of the office without our token."""
        if not is_office(request.path) or not request.user.is_authenticated:
            return None
        return super().process_view(request, *arguments)


class OfficeAccess:
    """Nobody gets past it without a second factor; bodies are bounded before anything reads them."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response
        self._get_page: Answer = csp_override(settings.CSP_WITH_OWN_SCRIPT)(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let in, or lead to where one signs in."""
        if not is_office(request.path):
            return self._get_response(request)
        is_open = request.path.startswith(OPEN_PATHS)
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return HttpResponse(status=400)
        if length > most_body_bytes(request.path):
            return render(request, "office/error.html", {"status": 413}, status=413)
        led_away = None if is_open else _lead_away(request)
        get = self._get_page if request.user.is_authenticated else self._get_response
        with page_read() if request.method in ("GET", "HEAD") else nullcontext():
            response = led_away or get(request)
        if led_away is None and request.method == "POST" and _is_taken(request, response):
            _forget_kept(request, is_done=response.status_code == 302)
        # Our own forms say where they come from; nobody else is told.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Show a refusal as a page: what a person may not see is not found; a file that was lost is told as such."""
        if isinstance(error, BlobError) and is_office(request.path):
            status = 503
        elif isinstance(error, AccessError):
            status = 404 if error.is_hidden else 403
            _note_refusal(request)
        else:
            return None
        return render(request, "office/error.html", {"status": status}, status=status)


def _note_refusal(request: HttpRequest) -> None:
    """Log who was refused what: persons by their number, pages by their name, and nothing that somebody typed."""
    page = request.resolver_match.view_name if request.resolver_match else ""
    _logger.warning("refused: person %s, %s %s", request.user.pk or "not signed in", request.method, page)


def _is_taken(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a form is saved now, or in front of its person with what is wrong: neither refused nor put off."""
    if response.status_code == 302 and is_refused(request):
        return False
    is_put_off = response.headers.get("Location", "").startswith(ACCOUNT_PATHS)
    return response.status_code in (200, 302, 409, 422) and not is_put_off


def _forget_kept(request: HttpRequest, *, is_done: bool) -> None:
    """Forget the kept form that was sent again just now, and the draft of a form that is saved."""
    person, key = request.user, request.POST.get(KEPT_FORM, "")
    if not isinstance(person, Person):
        return
    if key:
        form_drop(person=person, key=key)
    if is_done:
        drafts_drop(person=person, fields=request.POST, path=request.path)


def _lead_away(request: HttpRequest) -> HttpResponse | None:
    """Return where somebody is led who may not come in, or not yet; ``None`` for who may."""
    may_keep = not request.path.startswith(ACCOUNT_PATHS)  # passwords and codes are sent there
    if not request.user.is_authenticated:
        return to_sign_in(request, had_session=False, may_keep=may_keep)
    now = time.time()
    if (is_late := is_over(request.session, now=now)) or is_barred(request.user):
        logout(request)
        return to_sign_in(request, had_session=True, may_keep=is_late and may_keep)
    if touch(request.session, now=now):
        UserSession.objects.filter(session_key=stored_name(request.session.session_key)).update(
            last_seen_at=timezone.now()
        )
    if has_second_factor(request):
        return None
    if is_mfa_enabled(request.user):  # set up elsewhere since: this session never showed it
        logout(request)
        return redirect("account_login")
    return None if request.path.startswith(ACCOUNT_PATHS) else redirect("mfa_index")


# Who may send more than a form: people who are signed in, and partners' programs with their token.


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
