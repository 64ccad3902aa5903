"""HTTP of a source, by urllib3: bounded in size, time and redirects; what proves who asks stays with its server."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, ProtocolError, SSLError

from quetsach import __version__, storage
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.source import Proof, Source, read_secret
from quetsach.core.errors import InputError
from quetsach.core.text import Number, Text

MOST_REDIRECTS = 5
LISTING_BYTES = 64 << 20
_MOST_VALUES = 2_000_000
"""Of JSON: small values take twenty times as much memory as they have bytes."""
_SOCKET_SECONDS = 30
_PIECE_BYTES = 64 << 10
_MOST_WAIT_SECONDS = 86_400
_REDIRECTS = {301, 302, 303, 307, 308}
_SUCCESSES = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}

type Headers = Mapping[str, str]
type Progress = Callable[[int], None]


class StatusError(SourceError):
    """A server answered with a status that is no success; ``wait_seconds`` is how long it asks to be left alone."""

    def __init__(self, status: int, *, where: str, wait_seconds: int = 0) -> None:
        super().__init__(Text("the server answered with HTTP status {status}", status=status), where=where)
        self.status = status
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said besides the content, which is in the file; nothing is there where ``is_unchanged``."""

    headers: Headers
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """The status of an answer, and the address that it came from after all redirects."""

    status: int
    url: str


class Line:
    """The way to the server of a source.

    Raises:
        SourceError: a secret or the CA file cannot be used.
    """

    def __init__(self, source: Source, *, now: Callable[[], float]) -> None:
        self._bounds = source.bounds
        self._now = now
        self._origin = _origin(source.url)
        self._is_public_only = source.public_only
        self._proof = _proof_of(source)
        self._opened: list[HTTPConnection] = []
        self._pool = _pool(source, self._opened)

    def post(self, url: str, body: bytes, headers: Headers) -> Any:
        """Return the JSON that a server answers to a body.

        Raises:
            SourceError: it cannot be reached, refuses, or answers no JSON.
        """
        return self._json(lambda: self._content(url, headers, body), url)

    def get_json(self, url: str) -> Any:
        """Return the JSON at an address.

        Raises:
            SourceError: it cannot be reached, refuses, or answers no JSON.
        """
        return self._json(lambda: self._content(url, {}, None), url)

    def fetch(self, url: str, part: Path, *, headers: Headers, progress: Progress) -> Answer:
        """Copy what lies at an address into a file; go on from where it broke off, if the server has the same still.

        Args:
            url: the address.
            part: the file; ``PART.json`` beside it says which address and version what is there is of.
            headers: those of the request, ``If-None-Match`` for example.
            progress: told how many more bytes came.

        Raises:
            SourceError: it cannot be reached, refuses, breaks off, is too long or too slow.
        """
        there, version = _begun(part, url)
        asked = headers
        if there:
            asked = {name: value for name, value in headers.items() if not name.startswith("If-")}
            asked = {**asked, "Range": f"bytes={there}-", "If-Range": version}

        def copy(given_up: threading.Event) -> Answer:
            response = self._open(url, asked, None, given_up)
            try:
                if response.status == HTTPStatus.NOT_MODIFIED and not there:
                    return Answer({}, is_unchanged=True)
                self._require_success(response, url, part)
                begin = _continued(response, there, url)
                note = {"url": url, "version": _version(response.headers)}
                storage.write(_note(part), json.dumps(note))
                self._copy(response, part, begin=begin, url=url, given_up=given_up, progress=progress)
                return Answer(dict(response.headers.items()))
            finally:
                response.close()

        answer = self._within(copy, url)
        if not answer.is_unchanged:
            storage.sync(part)
            _note(part).unlink(missing_ok=True)
        return answer

    def ask(self, url: str) -> Reached:
        """Ask whether something is at an address, and take none of it: by HEAD, or GET where that is not allowed.

        Raises:
            SourceError: it cannot be reached, redirects to where it must not, or is too slow.
        """

        def look(given_up: threading.Event) -> Reached:
            for method in ("HEAD", "GET"):
                response, place = self._follow(method, url, {}, None, given_up)
                response.close()
                if response.status in _SUCCESSES:
                    break
            return Reached(response.status, place)

        return self._within(look, url)

    def _copy(
        self,
        response: urllib3.BaseHTTPResponse,
        part: Path,
        *,
        begin: int,
        url: str,
        given_up: threading.Event,
        progress: Progress,
    ) -> None:
        size = begin
        with part.open("ab") as file:
            file.truncate(begin)
            while chunk := response.read1(_PIECE_BYTES):
                size += len(chunk)
                if size > self._bounds.file_bytes:
                    file.truncate(0)
                    raise _too_long(self._bounds.file_bytes, url)
                if given_up.is_set():
                    return
                file.write(chunk)
                progress(len(chunk))
        if response.length_remaining:
            raise SourceError(Text("the answer breaks off"), where=_shown(url))

    def _json(self, ask: Callable[[], bytes], url: str) -> Any:
        try:
            return parse_json(ask(), where=_shown(url))
        except (ValueError, RecursionError):
            raise SourceError(Text("the answer is no JSON"), where=_shown(url)) from None

    def _content(self, url: str, headers: Headers, body: bytes | None) -> bytes:
        def read(given_up: threading.Event) -> bytes:
            response = self._open(url, headers, body, given_up)
            try:
                self._require_success(response, url)
                content = bytearray()
                while not given_up.is_set() and (chunk := response.read1(_PIECE_BYTES)):
                    content += chunk
                    if len(content) > LISTING_BYTES:
                        raise _too_long(LISTING_BYTES, url)
                if response.length_remaining:
                    raise SourceError(Text("the answer breaks off"), where=_shown(url))
                return bytes(content)
            finally:
                response.close()

        return self._within(read, url)

    def _open(
        self, url: str, headers: Headers, body: bytes | None, given_up: threading.Event
    ) -> urllib3.BaseHTTPResponse:
        return self._follow("GET" if body is None else "POST", url, headers, body, given_up)[0]

    def _follow(
        self, method: str, url: str, headers: Headers, body: bytes | None, given_up: threading.Event
    ) -> tuple[urllib3.BaseHTTPResponse, str]:
        """Ask an address and those that it redirects to; return the last answer and whose it is."""
        for _redirect in range(MOST_REDIRECTS + 1):
            if self._is_public_only and not is_public(urlsplit(url).hostname or ""):
                raise _not_public(_shown(url))
            proof = self._proof if _origin(url) == self._origin else {}
            response = self._pool.request(
                method,
                url,
                body=body,
                headers={**_HEADERS, **headers, **proof},
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            if given_up.is_set():  # what lies on the disk is another pull's by now
                response.close()
                raise self._too_slow(url)
            target = response.headers.get("Location")
            if response.status not in _REDIRECTS or not target:
                return response, url
            response.close()
            onward = urljoin(url, target)
            _require_kept_safe(url, onward, body)
            url = onward
        raise SourceError(Text("the server redirects more than {most} times", most=MOST_REDIRECTS), where=_shown(url))

    def _require_success(self, response: urllib3.BaseHTTPResponse, url: str, part: Path | None = None) -> None:
        if response.status in _SUCCESSES:
            return
        if part is not None and response.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)  # what is there is of no version that the server has
        wait = _wait_seconds(response.headers.get("Retry-After", ""), self._now())
        raise StatusError(response.status, where=_shown(url), wait_seconds=wait)

    def _within[T](self, work: Callable[[threading.Event], T], url: str) -> T:
        """Do the work in a thread and give it up at its deadline: no time-out of a socket bounds one that trickles."""
        done: list[T] = []
        failed: list[BaseException] = []
        given_up = threading.Event()

        def run() -> None:
            try:
                done.append(work(given_up))
            except BaseException as error:  # noqa: BLE001  (it goes to the caller)
                failed.append(error)

        self._opened.clear()
        thread = threading.Thread(target=run, name="source", daemon=True)
        thread.start()
        thread.join(self._bounds.file_seconds)
        if done:
            return done[0]
        given_up.set()
        if not failed:
            for connection in list(self._opened):
                with suppress(OSError, AttributeError):  # it has ended by itself
                    connection.sock.shutdown(SHUT_RDWR)
            raise self._too_slow(url)
        raise _explained(failed[0], url)

    def _too_slow(self, url: str) -> SourceError:
        what = Text("the answer did not come within {seconds} seconds", seconds=self._bounds.file_seconds)
        return SourceError(what, where=_shown(url))


def parse_json(content: bytes, *, where: str) -> Any:
    """Return what JSON of a server says.

    Raises:
        ValueError: it is none.
        RecursionError: it is too deep.
        SourceError: it has so many values that they would fill the memory.
    """
    if sum(content.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
        raise SourceError(Text("the answer has more than {most} values", most=Number(_MOST_VALUES)), where=where)
    return json.loads(content)


_HEADERS = {"User-Agent": f"quetsach/{__version__}", "Accept-Encoding": "identity"}


def _explained(error: BaseException, url: str) -> BaseException:
    """Say what failed, never with what was sent."""
    if isinstance(error, ProtocolError):
        return SourceError(Text("the answer breaks off"), where=_shown(url))
    if isinstance(error, SSLError) or isinstance(getattr(error, "reason", None), SSLError):
        hint = Text("is its certificate of the authority in ca_file?")
        return SourceError(Text("the server cannot prove who it is"), where=_shown(url), hint=hint)
    if isinstance(error, HTTPError | ValueError):  # a ValueError is of an address or header that HTTP cannot have
        return SourceError(Text("the server cannot be reached, or does not answer as HTTP should"), where=_shown(url))
    return error


def _pool(source: Source, opened: list[HTTPConnection]) -> urllib3.PoolManager:
    """Return what makes connections, each of which is noted in ``opened``."""
    scheme, host = urlsplit(source.url).scheme, urlsplit(source.url).hostname or ""
    proxy = source.proxy or ("" if proxy_bypass(host) else getproxies().get(scheme, ""))
    common: dict[str, Any] = {
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": str(source.ca_file) if source.ca_file else None,
        "retries": False,
        "timeout": urllib3.Timeout(connect=_SOCKET_SECONDS, read=_SOCKET_SECONDS),
    }
    if source.ca_file:
        _require_authorities(source.ca_file)
    pool = urllib3.PoolManager(**common)
    if proxy:
        auth = unquote(urllib3.util.parse_url(proxy).auth or "")
        named = read_secret(source.proxy_secret) if source.proxy_secret else auth
        headers = urllib3.make_headers(proxy_basic_auth=named) if named else None
        pool = urllib3.ProxyManager(proxy, proxy_headers=headers, **common)
    kinds = {"http": urllib3.HTTPConnectionPool, "https": urllib3.HTTPSConnectionPool}
    is_guarded = source.public_only and not proxy  # with a proxy it is the proxy that is connected to
    pool.pool_classes_by_scheme = {
        scheme: _noting(kind, opened, is_guarded=is_guarded) for scheme, kind in kinds.items()
    }
    return pool


def _noting(
    kind: type[urllib3.HTTPConnectionPool], opened: list[HTTPConnection], *, is_guarded: bool
) -> type[urllib3.HTTPConnectionPool]:
    make: Any = _guarded(kind.ConnectionCls) if is_guarded else kind.ConnectionCls

    def noted(**named: Any) -> HTTPConnection:
        opened.append(make(**named))
        return opened[-1]

    return type(kind.__name__, (kind,), {"ConnectionCls": staticmethod(noted)})


def _guarded(kind: Any) -> Any:
    """Return a kind of connection that asks nothing of an own network: the address counts, whatever its name says."""

    class Guarded(kind):  # type: ignore[misc]  # either kind of urllib3's
        def connect(self) -> None:
            super().connect()
            peer = self.sock.getpeername()[0]
            if not is_public(peer):
                self.close()
                raise _not_public(f"{self.host}: {peer}")

    return Guarded


def is_public(host: str) -> bool:
    """Whether a host's name or address may be of the public Internet; of a name only its address tells for sure."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host.rstrip(".") and not host.rstrip(".").lower().endswith((".localhost", ".local", ".internal"))


def _not_public(where: str) -> SourceError:
    hint = Text("who runs the centre's computer may allow it: remove public_only from the source's file")
    return SourceError(Text("this address is not of the public Internet"), where=where, hint=hint)


def _require_authorities(path: Path) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise SourceError(Text("no certificates can be read from this file"), where=str(path)) from error


def _proof_of(source: Source) -> Headers:
    if source.proof is Proof.NONE or source.secret is None:
        return {}
    secret = read_secret(source.secret)
    if source.proof is Proof.BASIC:
        return {"Authorization": urllib3.make_headers(basic_auth=secret)["authorization"]}
    return {"Authorization": f"Bearer {secret}"} if source.proof is Proof.BEARER else {source.header: secret}


def _require_kept_safe(url: str, onward: str, body: bytes | None) -> None:
    if urlsplit(onward).scheme not in {"http", "https"} or "@" in urlsplit(onward).netloc or body is not None:
        raise SourceError(Text("the server redirects to where it must not"), where=_shown(url))
    if urlsplit(url).scheme == "https" and urlsplit(onward).scheme != "https":
        raise SourceError(Text("the server redirects from https to an unprotected address"), where=_shown(url))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _shown(url: str) -> str:
    """Return an address as errors may tell it: what stands in a query may be a secret."""
    return url.partition("?")[0]


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _begun(part: Path, url: str) -> tuple[int, str]:
    """Return how many bytes of which version are there already; what cannot be told apart is fetched anew."""
    try:
        note = json.loads(storage.read_input(_note(part)))
        if note["url"] == url and note["version"]:
            return part.stat().st_size, str(note["version"])
    except (OSError, ValueError, KeyError, TypeError, InputError):
        pass
    part.unlink(missing_ok=True)
    return 0, ""


def _version(headers: Headers) -> str:
    tag = headers.get("ETag", "")
    version = tag if tag.startswith('"') else headers.get("Last-Modified", "") if not tag else ""
    return version if version.isprintable() else ""  # it is sent back


def _continued(response: urllib3.BaseHTTPResponse, there: int, url: str) -> int:
    if response.status != HTTPStatus.PARTIAL_CONTENT:
        return 0
    if not there or not response.headers.get("Content-Range", "").startswith(f"bytes {there}-"):
        raise SourceError(Text("the server sends another part than was asked for"), where=_shown(url))
    return there


def _too_long(most: int, url: str) -> SourceError:
    hint = Text("if that is right, allow more under bounds")
    return SourceError(Text("the answer is longer than {most} bytes", most=most), where=_shown(url), hint=hint)


def _wait_seconds(text: str, now: float) -> int:
    """Return how long a ``Retry-After`` asks to wait, a day at most; 0 where it says nothing."""
    try:
        seconds = int(text) if text.isdecimal() else int(parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(seconds, 0), _MOST_WAIT_SECONDS)
