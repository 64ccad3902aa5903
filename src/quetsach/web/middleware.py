"""What stands before every page: language, size and origin of a request, and how small its answer goes out."""

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe, quote_etag

from quetsach.web.limits import is_office, most_body_bytes

# Refuses what another site makes a visitor's browser send.
#
# The portal sets no cookie, so the usual token has nothing to compare with; and its ``Referrer-Policy: no-referrer``
# makes browsers send ``Origin: null`` with our own forms, which Django's check would refuse. Browsers say by themselves
# where a request comes from (W3C Fetch Metadata); programs that are no browser say nothing and carry no visitor's
# rights.

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class SameOrigin:
    """Middleware: a request that changes or looks up something must come from our own pages or from no page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or refuse with 403."""
        if request.method in _SAFE or is_from_us(request.META, request.get_host):
            return self._get_response(request)
        return render(request, "portal/error.html", {"status": 403}, status=403)


def is_from_us(meta: Mapping[str, Any], host: Callable[[], str]) -> bool:
    """Whether a request comes from a page of this centre or from no page at all.

    Args:
        meta: its environment.
        host: returns the host that it is for; asked only where it matters.
    """
    if site := meta.get("HTTP_SEC_FETCH_SITE"):
        return site in ("same-origin", "none")
    origin = meta.get("HTTP_ORIGIN", "null")
    if origin == "null":
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    return split_domain_port(sender) == split_domain_port(host())


# The language of an answer is that of its address, and of nothing else.


class PathLanguage(LocaleMiddleware):
    """Django's middleware without its guess that answers depend on ``Accept-Language``: none of ours do.

    Caches would keep every page and file once for each browser's list of languages. Only pages have one language; what
    files are written in, they say themselves.
    """

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name the language of a page."""
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", translation.get_language())
        return response


# Refuses large bodies before anything reads them.
#
# The forms that anybody may send are a few thousand characters. Django bounds their fields but not files, which it
# would write to the disk although no public page takes one. The office's middleware and the interfaces for programs
# have bounds of their own.

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


# What is the same for everybody goes out compressed and, where somebody has it already, not at all.
#
# The length of a compressed answer tells what is in it to whoever can mix in text of his own (BREACH, 2013). So only
# what any cache may keep for anybody is compressed: ``Cache-Control: public``, no cookie, not the office. There is no
# secret in it, and it needs no padding: the same content is the same bytes.

_CODING = r"(?:^|,)\s*(?:{}|\*)\s*(?:;\s*q=([01](?:\.[0-9]{{0,3}})?)\s*)?(?=,|$)"
_TAKES = {coding: re.compile(_CODING.format(coding)) for coding in ("br", "gzip")}

_TEXT = re.compile(r"text/|image/svg\+xml|application/([a-z.]+\+)?(json|xml)\b")
_SHORTEST_BYTES = 200
"""Below it the headers are most of the answer."""
_KEPT_ANSWERS, _LARGEST_KEPT_BYTES = 256, 1_000_000


class Compression:
    """Middleware: tags public answers, answers "not modified", and compresses with gzip what is text."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        response = self._get_response(request)
        if not isinstance(response, HttpResponse) or not _is_for_everybody(request, response):
            return response
        if response.status_code == 200 and request.method in ("GET", "HEAD"):
            if not response.has_header("ETag"):
                response["ETag"] = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
            changed_at = parse_http_date_safe(response.headers.get("Last-Modified", ""))
            answer = get_conditional_response(request, response["ETag"], changed_at, response)
            if isinstance(answer, HttpResponse) and answer is not response:
                return answer
        _compress(request, response)
        return response


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    directives = re.split(r"\s*,\s*", response.headers.get("Cache-Control", "").lower())
    return (
        "public" in directives
        and not response.cookies
        and "cookie" not in response.headers.get("Vary", "").lower()
        and not is_office(request.path)
    )


def _compress(request: HttpRequest, response: HttpResponse) -> None:
    content = response.content
    is_packed = response.has_header("Content-Encoding") or response.has_header("Content-Range")
    if is_packed or not may_be_packed(response.headers.get("Content-Type", ""), content):
        return
    patch_vary_headers(response, ("Accept-Encoding",))
    if not takes("gzip", request.headers.get("Accept-Encoding", "")):
        return
    response.content = _kept(content) if len(content) <= _LARGEST_KEPT_BYTES else packed(content)
    response["Content-Length"] = str(len(response.content))
    response["Content-Encoding"] = "gzip"
    if tag := response.headers.get("ETag"):
        response["ETag"] = tag if tag.startswith("W/") else f"W/{tag}"


def may_be_packed(content_type: str, content: bytes) -> bool:
    """Say whether an answer of this media type gets smaller by it."""
    return len(content) >= _SHORTEST_BYTES and _TEXT.match(content_type) is not None


def takes(coding: str, accepted: str) -> bool:
    """Say whether who sends this ``Accept-Encoding`` reads what is packed with ``gzip``, or with Brotli (``br``)."""
    found = _TAKES[coding].search(accepted)
    return bool(found and float(found[1] or 1))


def packed(content: bytes, *, level: int = 6) -> bytes:
    """Pack with gzip: the same content is the same bytes."""
    return gzip.compress(content, compresslevel=level, mtime=0)


@lru_cache(maxsize=_KEPT_ANSWERS)
def _kept(content: bytes) -> bytes:
    """Compress what many ask for only once."""
    return packed(content)
