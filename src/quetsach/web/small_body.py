"""Refuses large bodies before anything reads them.

The forms that anybody may send are a few thousand characters. Django bounds their fields but not files, which it would
write to the disk although no public page takes one. The office's middleware and the interfaces for programs have
bounds of their own.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from quetsach.web.bounds import most_body_bytes
from quetsach.web.office.middleware import is_office

_PROGRAMS = "/api/"


class SmallBody:
    """Middleware: what is sent to a public page is small. A body whose length is not told is empty to Django."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse with 413."""
        if (
            request.path.startswith(_PROGRAMS)
            or is_office(request.path)
            or _length(request) <= most_body_bytes(request.path)
        ):
            return self._get_response(request)
        return render(request, "portal/error.html", {"status": 400}, status=413)


def _length(request: HttpRequest) -> int:
    """Return how long the body says that it is, read as Django reads it: what is no number is nothing."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
