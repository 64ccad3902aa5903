"""Makes the environment of WSGI (PEP 3333) from the head of a request, and refuses what can be read in two ways."""

import sys
from collections.abc import Iterable
from typing import Any, Protocol

_ONCE = frozenset({"host", "content-length", "content-type", "transfer-encoding", "origin", "authorization"})
"""Headers of which a second one means that two programs on the way may have read two different requests."""
_DIGITS = 15
_BASE: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Headers(Protocol):
    """The headers of a request in RSGI; names are in small letters."""

    def items(self) -> list[tuple[str, str]]:
        """Return those that are ASCII, those that came twice as well."""

    def keys(self) -> Iterable[str]:
        """Return all names, each once."""


class Scope(Protocol):
    """The head of a request as RSGI 1 hands it over: the path is decoded, the rest is as it came.

    The version is ``1`` for HTTP/1.0.
    """

    http_version: str
    server: str
    client: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> Headers:
        """The headers."""


class HeadError(Exception):
    """The head of a request cannot be read in one way only; ``status`` is the answer."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


def environment_of(scope: Scope) -> dict[str, Any]:
    """Return the environment, without the body.

    A header whose name holds an underscore is dropped: in this form ``X_Forwarded_For``, which a visitor may write,
    could not be told from ``X-Forwarded-For``, which our own proxy writes. One whose value is not ASCII is there and
    empty: the server does not hand it over, and what a visitor may spoil must not look like what no proxy has sent.

    Raises:
        HeadError: no or several hosts, several lengths, or a body without a length.
    """
    server, _, port = scope.server.rpartition(":")
    version = "1.0" if scope.http_version == "1" else scope.http_version
    environ = _BASE | {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _native(scope.path),
        "QUERY_STRING": _native(scope.query_string),
        "SERVER_PROTOCOL": f"HTTP/{version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.errors": sys.stderr,
    }
    environ.update(_headers(scope.headers))
    if "HTTP_HOST" not in environ and version != "1.0":
        raise HeadError(400, "the header Host is missing")
    if not (length := environ.get("CONTENT_LENGTH", "0")).isascii() or not length.isdigit() or len(length) > _DIGITS:
        raise HeadError(400, "the length of the body is no number")
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise HeadError(411, "the length of the body is not given")
    return environ


def _headers(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        if "_" in name:
            continue
        if (key := _key(name)) not in found:
            found[key] = _native(value)
        elif name in _ONCE:
            raise HeadError(400, f"the header {name} was sent twice")
        else:
            found[key] += ("; " if name == "cookie" else ",") + _native(value)
    for name in headers.keys():  # noqa: SIM118  (no mapping)
        if "_" not in name:
            found.setdefault(_key(name), "")
    return found


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in ("CONTENT_LENGTH", "CONTENT_TYPE") else f"HTTP_{key}"


def _native(text: str) -> str:
    """Write text as WSGI wants it: each character stands for one byte."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
