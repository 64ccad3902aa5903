"""The signed repository as HTTP: only files that TUF names, each with the caching that its kind allows."""

import re
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import condition, require_safe

_NAME = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,220}"
_FILES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"metadata/timestamp\.json"), "application/json", "no-cache"),
    (re.compile(r"metadata/[0-9]{1,9}\.[a-z]{1,40}\.json"), "application/json", "immutable"),
    (
        re.compile(rf"targets/(packs|canary|tools|withdrawals)/[0-9a-f]{{64}}\.{_NAME}"),
        "application/octet-stream",
        "immutable",
    ),
)
"""Pattern of the path, content type, and whether its content can ever change."""


def _kind(path: str) -> tuple[str, str] | None:
    return next(((content, caching) for pattern, content, caching in _FILES if pattern.fullmatch(path)), None)


def _path(name: str) -> Path | None:
    data: Path | None = settings.CENTER.data
    if data is None or _kind(name) is None:
        return None
    path = data / "repository" / name
    return path if path.is_file() and not path.is_symlink() else None


def _tag(_request: HttpRequest, name: str) -> str | None:
    if (path := _path(name)) is None:
        return None
    state = path.stat()
    return f'"{state.st_mtime_ns:x}-{state.st_size:x}"'


@require_safe
@condition(etag_func=_tag)
def repository_file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve one file of the repository.

    Raises:
        Http404: TUF gives no file such a name, or there is none.
    """
    kind, path = _kind(name), _path(name)
    if kind is None or path is None:
        raise Http404
    content_type, caching = kind
    return send_file(path, content_type=content_type, is_immutable=caching == "immutable")


def send_file(path: Path, *, content_type: str, is_immutable: bool) -> HttpResponseBase:
    """Stream a file whose name was checked before."""
    try:
        response = FileResponse(path.open("rb"), content_type=content_type)
    except OSError as error:
        raise Http404 from error
    response["Last-Modified"] = http_date(path.stat().st_mtime)
    if is_immutable:
        patch_cache_control(response, public=True, max_age=31_536_000, immutable=True)
    else:
        patch_cache_control(response, no_cache=True)
    return response
