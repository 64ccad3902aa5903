"""The office's own middleware: sessions, sign-in and tokens exist under its addresses and nowhere else.

The public portal sets no cookie and knows nobody; these classes let its requests pass untouched.
"""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin

from quetsach.web.office.people.access import AccessError

OFFICE_PATHS = ("/van-phong/", "/en/office/")
OPEN_PATHS = ("/van-phong/vao/", "/en/office/sign-in/")
"""Where somebody who is not signed in may go: signing in and accepting an invitation."""
_SMALL_BODY_BYTES = 64 * 1024
_LARGE_BODY_BYTES = 32 * 1024 * 1024
type Answer = Callable[[HttpRequest], HttpResponseBase]


def is_office(path: str) -> bool:
    """Whether an address belongs to the office."""
    return path.startswith(OFFICE_PATHS)


class _OfOffice(MiddlewareMixin):
    """Acts under the office's addresses alone."""

    def __call__(self, request: HttpRequest) -> Any:
        """Act, or let the request pass."""
        return super().__call__(request) if is_office(request.path) else self.get_response(request)


class OfficeSession(_OfOffice, SessionMiddleware):
    """A session cookie for the office alone."""


class OfficePerson(_OfOffice, AuthenticationMiddleware):
    """Who is signed in."""


class OfficeMessages(_OfOffice, MessageMiddleware):
    """What the next page tells about what was just done."""


class OfficeToken(_OfOffice, CsrfViewMiddleware):
    """A token in every form. It reads the body, so it stands behind the door."""

    def process_view(self, request: HttpRequest, *arguments: Any) -> HttpResponseForbidden | None:
        """Refuse a form of the office without our token."""
        return super().process_view(request, *arguments) if is_office(request.path) else None


class OfficeDoor:
    """Nobody gets past it without a second factor; bodies are bounded before anything reads them."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let in, or lead to where one signs in."""
        if not is_office(request.path):
            return self._get_response(request)
        is_open = request.path.startswith(OPEN_PATHS)
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return HttpResponse(status=400)
        if length > (_SMALL_BODY_BYTES if is_open else _LARGE_BODY_BYTES):
            return render(request, "office/error.html", {"status": 413}, status=413)
        if not is_open:
            if not request.user.is_authenticated:
                return redirect("office:people:sign-in")
            if not is_mfa_enabled(request.user):
                return redirect("office:people:second-factor")
        response = self._get_response(request)
        # Our own forms say where they come from; nobody else is told.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Show a refusal as a page: what a person may not see is not found."""
        if not isinstance(error, AccessError):
            return None
        status = 404 if error.is_hidden else 403
        return render(request, "office/error.html", {"status": status}, status=status)
