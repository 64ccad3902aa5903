"""HTTP for the tool: bounded in time and size, honest about what went wrong, and through the proxies of the system.

One exchange runs in a thread of its own and is given up at its deadline, because no socket option bounds a server that
lets one byte trickle through now and then: not in the name look-up, not in the handshake, not in the headers.
"""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import IO, NoReturn
from urllib.parse import urlsplit

from quetsach import __version__
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text

_CHUNK_BYTES = 65_536
_PROXY_HINT = Text("the proxy asks for a name: set HTTPS_PROXY (and HTTP_PROXY) to http://NAME:PASSWORD@HOST:PORT")


class TransportError(QuetsachError):
    """The other side could not be reached or did not answer as HTTP should."""

    exit_code = 1


class TooSlowError(TransportError):
    """The answer did not come within the time that its size allows."""


class TooLongError(TransportError):
    """The answer is longer than it may be."""


class StatusError(TransportError):
    """The other side answered with an HTTP status that is an error."""

    def __init__(self, status: int, *, where: str) -> None:
        super().__init__(
            Text("the server answered with HTTP status {status}", status=status),
            where=where,
            hint=_PROXY_HINT if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED else "",
        )
        self.status = status


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an exchange may take: a base for connecting, and then the slowest line that is still served."""

    base_seconds: float = 30.0
    bytes_per_second: float = 8192.0

    def seconds(self, size_bytes: int) -> float:
        """Return the time that an answer of this size may take."""
        return self.base_seconds + size_bytes / self.bytes_per_second


def fetch(
    url: str,
    into: IO[bytes],
    *,
    limit_bytes: int,
    patience: Patience,
    resume: bool = False,
    tick: Callable[[int], None] = lambda _received: None,
) -> None:
    """Copy what lies at an address into a file.

    Args:
        url: the address.
        into: the file; what it holds already is kept only with ``resume``.
        limit_bytes: how long the whole may be.
        patience: how long it may take.
        resume: go on from the end of the file. A server that has no ranges sends the whole, which replaces what is
            there. That both parts are of one file is for the caller to verify.
        tick: told, in another thread, how many bytes of the whole are there.

    Raises:
        TransportError: or one of its kinds: unreachable, broken off, HTTP error, too slow, longer than ``limit_bytes``.
    """
    given_up = threading.Event()

    def copy() -> None:
        there = into.tell() if resume else 0
        headers = {**_HEADERS, "Range": f"bytes={there}-"} if there else _HEADERS
        with _open(urllib.request.Request(url, headers=headers), patience) as response:  # noqa: S310  (checked below)
            received = _start(response, into, there, url)
            promised = response.length
            begun = received
            while chunk := response.read1(_CHUNK_BYTES):
                received += len(chunk)
                if received > limit_bytes:
                    raise TooLongError(Text("the answer is longer than {size} bytes", size=limit_bytes), where=url)
                if given_up.is_set():
                    return
                into.write(chunk)
                tick(received)
            if promised is not None and received - begun < promised:
                raise TransportError(Text("the answer breaks off"), where=url)

    _require_http(url)
    try:
        _within(patience.seconds(limit_bytes), copy, where=url)
    except TooSlowError:
        given_up.set()
        raise


def _start(response: HTTPResponse, into: IO[bytes], there: int, url: str) -> int:
    """Make the file ready for the body of an answer, and return how many bytes of the whole it holds already."""
    if there and response.status == HTTPStatus.PARTIAL_CONTENT:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {there}-"):
            raise TransportError(Text("the server sends another part than was asked for"), where=url)
        return there
    if there:
        into.seek(0)
        into.truncate()
    return 0


def post_json(
    url: str, body: bytes, *, limit_bytes: int = 65_536, patience: Patience | None = None
) -> tuple[int, bytes]:
    """Send JSON and return status and body of the answer, also when the status says that the request was refused.

    Raises:
        TransportError: or one of its kinds: unreachable, too slow, longer than ``limit_bytes``.
    """
    patience = patience or Patience()

    def exchange() -> tuple[int, bytes]:
        headers = {**_HEADERS, "Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310
        try:
            with _open(request, patience) as response:
                return response.status, _read(response, limit_bytes, url)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, _read(refusal, limit_bytes, url)

    _require_http(url)
    return _within(patience.seconds(limit_bytes), exchange, where=url)


_HEADERS = {"User-Agent": f"quetsach/{__version__}", "Accept-Encoding": "identity"}


class _FewRedirects(urllib.request.HTTPRedirectHandler):
    """Follows three redirects, and never from https to plain http."""

    max_redirections = 3
    max_repeats = 3

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise TransportError(Text("the server redirects from https to an unprotected address"), where=newurl)
        onward = super().redirect_request(req, fp, code, msg, headers, newurl)
        if onward is not None:  # the next address may need no proxy, and must not learn its password
            onward.remove_header("Proxy-authorization")
        return onward


def _open(request: urllib.request.Request, patience: Patience):  # type: ignore[no-untyped-def]  # noqa: ANN202  (urllib's own response type depends on the handler)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _FewRedirects(),
    ):
        opener.add_handler(handler)
    return opener.open(request, timeout=patience.base_seconds)


def _read(response: HTTPResponse | urllib.error.HTTPError, limit_bytes: int, url: str) -> bytes:
    body: bytes = response.read(limit_bytes + 1)
    if len(body) > limit_bytes:
        raise TooLongError(Text("the answer is longer than {size} bytes", size=limit_bytes), where=url)
    promised = response.headers.get("Content-Length", "")
    if promised.isdecimal() and len(body) < int(promised[:12]):
        raise TransportError(Text("the answer breaks off"), where=url)
    return body


def _require_http(url: str) -> None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or not url.isascii() or not url.isprintable() or " " in url:
        raise TransportError(Text("this is not an address that starts with http:// or https://"), where=url)


def _within[T](seconds: float, work: Callable[[], T], *, where: str) -> T:
    """Run work in a thread and return its result, or give it up after some seconds."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  (handed over to the waiting thread)
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if errors:
        _raise_explained(errors[0], where)
    raise TooSlowError(Text("no complete answer within {seconds} seconds", seconds=f"{seconds:.0f}"), where=where)


def _raise_explained(error: BaseException, where: str) -> NoReturn:
    match error:
        case urllib.error.HTTPError():
            error.close()
            raise StatusError(error.code, where=where) from error
        case TimeoutError() | urllib.error.URLError(reason=TimeoutError()):
            raise TooSlowError(Text("the server does not answer in time"), where=where) from error
        case OSError() | HTTPException() | ValueError():
            reason = str(getattr(error, "reason", None) or error)
            hint = _PROXY_HINT if "407" in reason else reason
            raise TransportError(Text("the server cannot be reached or breaks off"), where=where, hint=hint) from error
        case _:
            raise error
