"""Refuses what another site makes a visitor's browser send.

The portal sets no cookie, so the usual token has nothing to compare with; and its ``Referrer-Policy: no-referrer``
makes browsers send ``Origin: null`` with our own forms, which Django's check would refuse. Browsers say by themselves
where a request comes from (W3C Fetch Metadata); programs that are no browser say nothing and carry no visitor's rights.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.shortcuts import render

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SameOrigin:
    """Middleware: a request that changes or looks up something must come from our own pages or from no page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse with 403."""
        if request.method in _SAFE or is_own(request):
            return self._get_response(request)
        return render(request, "portal/error.html", {"status": 403}, status=403)


def is_own(request: HttpRequest) -> bool:
    """Whether the request comes from a page of this centre or from no page at all."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    return split_domain_port(sender) == split_domain_port(request.get_host())
