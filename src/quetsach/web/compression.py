"""What is the same for everybody goes out compressed and, where somebody has it already, not at all.

The length of a compressed answer tells what is in it to whoever can mix in text of his own (BREACH, 2013). So only what
any cache may keep for anybody is compressed: ``Cache-Control: public``, no cookie, not the office. There is no secret
in it, and it needs no padding: the same content is the same bytes.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import parse_http_date_safe, quote_etag

from quetsach.web.bounds import OFFICE_PATHS

_TEXT = re.compile(r"text/|image/svg\+xml|application/([a-z.]+\+)?(json|xml)\b")
_SHORTEST_BYTES = 200
"""Below it the headers are most of the answer."""
_KEPT_ANSWERS, _LARGEST_KEPT_BYTES = 256, 1_000_000
_TAKES = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?(?=,|$)")


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
        and not request.path.startswith(OFFICE_PATHS)
    )


def _compress(request: HttpRequest, response: HttpResponse) -> None:
    content = response.content
    is_text = _TEXT.match(response.headers.get("Content-Type", ""))
    if not is_text or len(content) < _SHORTEST_BYTES or response.has_header("Content-Encoding"):
        return
    patch_vary_headers(response, ("Accept-Encoding",))
    takes = _TAKES.search(request.headers.get("Accept-Encoding", ""))
    if not takes or not float(takes[1] or 1):
        return
    response.content = _kept(content) if len(content) <= _LARGEST_KEPT_BYTES else _gzip(content)
    response["Content-Length"] = str(len(response.content))
    response["Content-Encoding"] = "gzip"
    if tag := response.headers.get("ETag"):
        response["ETag"] = tag if tag.startswith("W/") else f"W/{tag}"


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)


@lru_cache(maxsize=_KEPT_ANSWERS)
def _kept(content: bytes) -> bytes:
    """Compress what many ask for only once."""
    return _gzip(content)
