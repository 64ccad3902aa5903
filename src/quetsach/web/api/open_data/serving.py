"""Open data over HTTP: what any program may fetch, ask for again without fetching it, and read from any page.

A file has an ETag made of its content (RFC 9110), so it is never sent again unchanged and never kept when it has
changed; it is the same in every language and for everybody (``web/middleware.py`` makes it small).
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from quetsach.centre.publication.snapshot import figures_path
from quetsach.web.api.open_data.documents import (
    FIGURES_SCHEMA,
    PACKAGE,
    PARQUET,
    figures_document,
    figures_schema,
    file_url,
    index,
    package,
)
from quetsach.web.api.open_data.tables import TABLES, Figures
from quetsach.web.api.services import refuse, submission_schema
from quetsach.web.api.views import api
from quetsach.web.identity import LICENCE
from quetsach.web.published import selectors

_MAX_AGE_SECONDS = 60
_METHODS = "GET, HEAD, OPTIONS"
_JSON, _SCHEMA = "application/json", "application/schema+json"
_CSV = "text/csv; charset=utf-8; header=present"
_BOTH = "vi, en"
_RANGE = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")
_STARTED = datetime.now(UTC)
"""Another version of the program may write the same figures otherwise: no file is older than this process."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One file: its media type, how its content is made, the languages of what it says.

    ``is_figures`` says that it holds what was published, so that it changes when something is.
    """

    media_type: str
    content: Callable[[], bytes]
    languages: str = ""
    is_figures: bool = False


def _json(document: Callable[[], dict[str, Any]]) -> Callable[[], bytes]:
    return lambda: json.dumps(document(), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1).encode() + b"\n"


def _made(make: Callable[[Figures | None], bytes]) -> Callable[[], bytes]:
    def content() -> bytes:
        snapshot = selectors.published_snapshot()
        return make(Figures(snapshot, selectors.published_months) if snapshot else None)

    return content


def _description() -> dict[str, Any]:
    return dict(api.get_openapi_schema())


FILES = {
    "figures.json": OpenFile(_JSON, _json(figures_document), _BOTH, is_figures=True),
    **{table.file_name: OpenFile(_CSV, _made(table.csv), _BOTH, is_figures=True) for table in TABLES},
    **{table.parquet_name: OpenFile(PARQUET, _made(table.parquet), _BOTH, is_figures=True) for table in TABLES},
    PACKAGE: OpenFile(_JSON, _json(package), _BOTH),
    FIGURES_SCHEMA: OpenFile(_SCHEMA, _json(figures_schema), "en"),
    "submission.schema.json": OpenFile(_SCHEMA, _json(submission_schema), "en"),
    "openapi.json": OpenFile(_JSON, _json(_description), "en"),
}
"""Every open file by name."""
_INDEX = OpenFile(_JSON, _json(index))


def open_file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve one open file."""
    if name not in FILES:
        return refuse(404, "not-found", "there is no such file", hint="GET /api/v1/ names what there is")
    return answered(request, FILES[name])


def root(request: HttpRequest) -> HttpResponseBase:
    """Say what this interface offers and where."""
    return answered(request, _INDEX)


@require_safe
def to_root(_request: HttpRequest) -> HttpResponse:
    """Lead to the only version that there is."""
    return redirect("api-index")


def answered(request: HttpRequest, file: OpenFile) -> HttpResponseBase:
    """Serve one file as every open file is served: with its tag, its day, in parts, to any page."""
    if request.method == "OPTIONS":
        return _allowed()
    if request.method not in ("GET", "HEAD"):
        response: HttpResponse = refuse(405, "not-allowed", "a file is only read", hint=f"allowed: {_METHODS}")
        response["Allow"] = _METHODS
        return response
    content = file.content()
    tag, changed_at = quote_etag(hashlib.sha256(content).hexdigest()[:32]), _changed_at(file)
    response = HttpResponse(content, content_type=file.media_type, headers={"ETag": tag})
    if changed_at:
        response["Last-Modified"] = http_date(changed_at)
    if file.languages:
        response["Content-Language"] = file.languages
    _mark(response)
    answer = get_conditional_response(request, tag, changed_at, response) or response
    if answer is response and request.method == "GET":
        answer = part_of(response, request.headers.get("Range", ""), request.headers.get("If-Range", ""))
    answer["Access-Control-Allow-Origin"] = "*"  # beside "not modified", too
    return answer


def _mark(response: HttpResponse) -> None:
    """Write who may keep and read it, and where its columns and licence are told."""
    patch_cache_control(response, public=True, max_age=_MAX_AGE_SECONDS)
    patch_vary_headers(response, ("Accept-Encoding",))
    response["Accept-Ranges"] = "bytes"
    response["Access-Control-Expose-Headers"] = "Accept-Ranges, Content-Range, ETag, Link"
    response["Link"] = f'<{file_url(PACKAGE)}>; rel="describedby"; type="{_JSON}", <{LICENCE["path"]}>; rel="license"'


def _allowed() -> HttpResponse:
    headers = {
        "Allow": _METHODS,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": "If-Modified-Since, If-None-Match, If-Range, Range",
        "Access-Control-Max-Age": "86400",
    }
    return HttpResponse(status=204, headers=headers)


def part_of(response: HttpResponse, asked: str, if_range: str) -> HttpResponse:
    """Return the part of a file that is asked for (RFC 9110, section 14), or all of it where that is the answer.

    Only one part in bytes is handed out; several, other units and a part of what has changed are answered with all.

    Args:
        response: with the whole file and its headers.
        asked: the header ``Range``.
        if_range: the header ``If-Range``: the tag, or the day and time, of the file that a part is held of.
    """
    found = _RANGE.fullmatch(asked)
    if found is None or (if_range and if_range not in (response["ETag"], response.headers.get("Last-Modified"))):
        return response
    length = len(response.content)
    first, last = (int(end) if end else None for end in found.groups())
    if first is None and last is None:
        return response
    if first is None:
        start, end = max(0, length - (last or 0)), length - 1
    else:
        start, end = first, length - 1 if last is None else min(last, length - 1)
        if last is not None and last < first:
            return response
    if start > end:
        refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{length}"})
        _mark(refused)
        return refused
    response.content = response.content[start : end + 1]
    response.status_code = 206
    response["Content-Range"] = f"bytes {start}-{end}/{length}"
    return response


def _changed_at(file: OpenFile) -> int | None:
    """Return when the file was last written anew (seconds since 1970, UTC); ``None`` where nobody notes that."""
    data = settings.CENTER.data
    if not file.is_figures or data is None:
        return None
    try:
        published = figures_path(data).stat().st_mtime
    except OSError:
        return None
    return int(max(published, _STARTED.timestamp()))
