"""A bucket of an object store that speaks S3: signed requests by urllib3, bounded in size, time and tries.

Requests are signed by AWS Signature Version 4, with the SHA-256 of what they send. A bucket is addressed by path
(``https://host/bucket/name``), which every store knows. What counts is written with ``If-None-Match: *``: of several
who write one name exactly one succeeds.
"""

import email.utils
import hashlib
import hmac
import os
import random
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit
from xml.parsers import expat

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, SSLError

from quetsach.core.text import Text
from quetsach.lake.place import Keys, Place, StoreError, is_loopback, read_keys

CONNECTIONS = 8
"""So many files are sent or fetched at a time."""
MOST_BYTES = 5 << 30
"""What one request may write, by the protocol."""

_TRIES = 5
_CONNECT_SECONDS, _READ_SECONDS = 5, 30
_LEAST_BYTES_A_SECOND = 64 << 10
_MOST_WAIT_SECONDS = 10.0
_PIECE_BYTES = 1 << 20
_LISTING_BYTES = 16 << 20
_ERROR_BYTES = 16 << 10
_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,60})</Code>")
_SAFE = "-_.~"
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Listed:
    """An object: its name after the prefix, its size, and when it was written by the clock of the store."""

    name: str
    size_bytes: int
    written_at: datetime


class _BrokenOffError(StoreError):
    """An answer ended before its end, or trickled."""


class ObjectStore:
    """The objects of a place. Safe to use from several threads.

    Raises:
        StoreError: what is sent would go over a network in clear.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        split = urlsplit(place.url)
        if split.scheme != "https" and not (split.scheme == "http" and is_loopback(split.hostname or "")):
            raise StoreError(
                Text("an object store on another machine is asked by https:// only: it holds addresses"),
                where=place.url,
                hint=Text("put TLS before it, and name its authority as ca"),
            )
        self._host = split.netloc
        self._path = f"/{quote(place.bucket, safe=_SAFE)}/"
        self.requests = 0
        """How many were made, with those that were made again."""

    def put(self, name: str, file: Path, sha256: str) -> None:
        """Write an object of a file, whose digest is known; what has the name is replaced.

        Raises:
            StoreError: it could not be written, or is too large for one request.
        """
        if file.stat().st_size > MOST_BYTES:
            raise StoreError(Text("larger than {size}", size=f"{MOST_BYTES >> 30} GiB"), where=file.name)
        with file.open("rb") as content:
            self._asked("PUT", name, sha256=sha256, body=content).release_conn()

    def put_new(self, name: str, content: bytes) -> bool:
        """Write an object whose name must not be taken; return whether it was not.

        Where an answer was lost and the request made again, an object of our own is in its way: whoever asks looks.

        Raises:
            StoreError: it is not known whether it was written, or the store refuses.
        """
        digest = hashlib.sha256(content).hexdigest()
        headers = {"if-none-match": "*"}
        response = self._asked("PUT", name, sha256=digest, body=content, headers=headers, expected={412})
        response.release_conn()
        return response.status != HTTPStatus.PRECONDITION_FAILED

    def get(self, name: str, most_bytes: int) -> bytes | None:
        """Return an object; ``None`` where there is none.

        Raises:
            StoreError: it cannot be read, or has more bytes.
        """

        def read() -> bytes | None:
            response = self._asked("GET", name, expected={404})
            if response.status == HTTPStatus.NOT_FOUND:
                self._require_bucket(response)
                return None
            return b"".join(self._pieces(response, name, most_bytes))

        return _again(read)

    def fetch(self, name: str, into: BinaryIO, *, size_bytes: int, sha256: str) -> None:
        """Copy an object into a file that is open, and hold it against its digest.

        Raises:
            StoreError: it is missing, is another one, or cannot be read.
        """

        def copy() -> str:
            into.seek(0)
            into.truncate()
            digest = hashlib.sha256()
            for piece in self._pieces(self._asked("GET", name), name, size_bytes):
                digest.update(piece)
                into.write(piece)
            return digest.hexdigest()

        if (_again(copy), into.tell()) != (sha256, size_bytes):
            told = Text("an object is not what the journal of the lake says")
            raise StoreError(told, where=name, hint=Text("restore it from a backup of the store"))

    def list(self, prefix: str, after: str = "") -> Iterator[Listed]:
        """Yield the objects whose names begin so and come after another name, in order.

        Raises:
            StoreError: they cannot be listed.
        """
        begun = self.place.prefix + prefix
        query = {"list-type": "2", "prefix": begun}
        if after:
            query["start-after"] = self.place.prefix + after
        while True:
            listing = read_listing(_again(lambda: self._listed(query)), self.place.told)
            for found in listing.objects:
                if not found.name.startswith(begun):
                    raise _not_a_listing(self.place.told)
                yield Listed(found.name.removeprefix(self.place.prefix), found.size_bytes, found.written_at)
            if not listing.further:
                return
            if listing.further == query.get("continuation-token") or not listing.objects:
                raise _not_a_listing(self.place.told)
            query["continuation-token"] = listing.further

    def _listed(self, query: Mapping[str, str]) -> bytes:
        return b"".join(self._pieces(self._asked("GET", None, query=query), query["prefix"], _LISTING_BYTES))

    def delete(self, name: str) -> None:
        """Delete an object; one that is not there is no error.

        Raises:
            StoreError: the store refuses.
        """
        self._asked("DELETE", name, expected={404}).release_conn()

    def clock(self) -> datetime:
        """Return the time by the clock of the store.

        Raises:
            StoreError: it cannot be reached, or tells no time.
        """
        response = self._asked("GET", None, query={"list-type": "2", "max-keys": "1"})
        response.drain_conn()
        with suppress(ValueError, TypeError):
            return email.utils.parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
        raise StoreError(Text("the object store tells no time"), where=self.place.told)

    def _asked(
        self,
        method: str,
        name: str | None,
        *,
        sha256: str = _NOTHING,
        body: bytes | BinaryIO | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        expected: set[int] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the answer to a request, made again where that may help; its content is not read yet."""
        path, encoded = self.path_of(name), query_of(query or {})
        tries = 0
        while True:
            tries += 1
            self.requests += 1
            wait = ""
            try:
                if body is not None and not isinstance(body, bytes):
                    body.seek(0)
                response = self._pool.request(
                    method,
                    f"{self.place.url}{path}" + (f"?{encoded}" if encoded else ""),
                    body=body,
                    headers=self.signed(method, path, encoded, sha256, _length(body) | dict(headers or {})),
                    preload_content=False,
                    redirect=False,
                )
            except HTTPError as error:
                if tries >= _TRIES or _is_untrusted(error):
                    raise self._unreachable(error) from error
            else:
                if response.status < HTTPStatus.MULTIPLE_CHOICES or response.status in (expected or ()):
                    return response
                refused = self._refused(response, name)
                if tries >= _TRIES or response.status not in _AGAIN:
                    raise refused
                wait = response.headers.get("retry-after", "")
            _wait(tries, wait)

    def _pieces(self, response: urllib3.BaseHTTPResponse, name: str, most_bytes: int) -> Iterator[bytes]:
        """Yield what an answer holds, within bounds."""
        try:
            yield from self._bounded(response.stream(_PIECE_BYTES, decode_content=False), name, most_bytes)
        except HTTPError as error:
            response.close()
            raise self._broken_off() from error
        except BaseException:
            response.close()  # what is left of it is nothing to wait for
            raise
        response.release_conn()

    def _bounded(self, pieces: Iterator[bytes], name: str, most_bytes: int) -> Iterator[bytes]:
        """Pass pieces on; one that holds too much is refused, one that trickles is given up."""
        size, until = 0, time.monotonic() + _READ_SECONDS
        for piece in pieces:
            size += len(piece)
            if size > most_bytes:
                raise StoreError(Text("an object is larger than it may be"), where=name)
            if time.monotonic() > until + size / _LEAST_BYTES_A_SECOND:
                raise self._broken_off()
            yield piece

    def path_of(self, name: str | None) -> str:
        """Return the path of an object, or of the bucket, as it stands in a request."""
        return self._path + (quote(self.place.prefix + name, safe=f"/{_SAFE}") if name is not None else "")

    def signed(self, method: str, path: str, query: str, sha256: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with a signature (AWS Signature Version 4)."""
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        named = {**headers, "host": self._host, "x-amz-content-sha256": sha256, "x-amz-date": at}
        if self._keys.session:
            named["x-amz-security-token"] = self._keys.session
        names = ";".join(sorted(named))
        lines = [method, path, query, *(f"{name}:{named[name]}" for name in sorted(named)), "", names, sha256]
        scope = f"{at[:8]}/{self.place.region}/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256("\n".join(lines).encode()).hexdigest()))
        key = f"AWS4{self._keys.secret}".encode()
        for part in (at[:8], self.place.region, "s3", "aws4_request", text):
            key = hmac.digest(key, part.encode(), "sha256")
        proof = f"AWS4-HMAC-SHA256 Credential={self._keys.access}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
        return {**named, "authorization": proof}

    @cached_property
    def _keys(self) -> Keys:
        return read_keys(self.place)

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        context = None
        if self.place.url.startswith("https:"):
            try:
                context = ssl.create_default_context(cafile=str(self.place.ca) if self.place.ca else None)
            except (OSError, ssl.SSLError) as error:
                told = Text("the authority of the object store cannot be read")
                raise StoreError(told, where=str(self.place.ca)) from error
        return urllib3.PoolManager(
            maxsize=4 * CONNECTIONS,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            ssl_context=context,
        )

    def _require_bucket(self, response: urllib3.BaseHTTPResponse) -> None:
        code = _code_of(response)
        if code == "NoSuchBucket":
            raise self._no_bucket()

    def _no_bucket(self) -> StoreError:
        return StoreError(Text("there is no bucket {bucket}", bucket=self.place.bucket), where=self.place.url)

    def _refused(self, response: urllib3.BaseHTTPResponse, name: str | None) -> StoreError:
        code, where = _code_of(response), self.place.told + (name or "")
        if code == "NoSuchBucket":
            return self._no_bucket()
        if response.status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
            return StoreError(
                Text("the object store refuses these credentials: {code}", code=code or response.status),
                where=where,
                hint=Text("may this key list, read, write and delete under this prefix, and is the clock right?"),
            )
        if response.status == HTTPStatus.NOT_FOUND:
            return StoreError(Text("an object is missing in the store"), where=where)
        told = Text("the object store answered HTTP status {status}: {code}", status=response.status, code=code)
        return StoreError(told, where=where)

    def _broken_off(self) -> _BrokenOffError:
        told = Text("an answer of the object store broke off, or came too slowly")
        return _BrokenOffError(told, where=self.place.url)

    def _unreachable(self, cause: Exception) -> StoreError:
        if _is_untrusted(cause):
            told = Text("the certificate of the object store is not to be trusted")
            return StoreError(told, where=self.place.url, hint=Text("name its authority as ca"))
        return StoreError(
            Text("the object store cannot be reached"),
            where=self.place.url,
            hint=Text("nothing was lost: do it again when it is there"),
        )


def _again[Found](read: Callable[[], Found]) -> Found:
    """Read again what broke off, within bounds."""
    for tries in range(1, _TRIES):
        try:
            return read()
        except _BrokenOffError:
            _wait(tries, "")
    return read()


def query_of(query: Mapping[str, str]) -> str:
    """Return what stands behind the question mark of a request."""
    encoded = ((quote(key, safe=_SAFE), quote(value, safe=_SAFE)) for key, value in query.items())
    return "&".join(f"{key}={value}" for key, value in sorted(encoded))


def read_listing(content: bytes, where: str) -> "_Listing":
    """Read a document.

    Raises:
        StoreError: it is no listing.
    """
    listing = _Listing()
    parser = expat.ParserCreate()
    parser.StartElementHandler = listing.begin
    parser.CharacterDataHandler = listing.add
    parser.EndElementHandler = listing.end
    parser.StartDoctypeDeclHandler = _refuse_declaration
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, KeyError, OverflowError) as error:
        raise _not_a_listing(where) from error
    return listing


class _Listing:
    """What a listing says, of which nothing is believed but names, sizes and times."""

    def __init__(self) -> None:
        self.objects: list[Listed] = []
        self.further = ""
        self._text: list[str] = []
        self._found: dict[str, str] = {}

    def add(self, text: str) -> None:
        """Take a piece of text."""
        self._text.append(text)

    def begin(self, name: str, _attributes: Mapping[str, str]) -> None:
        """Begin an element."""
        self._text.clear()
        if name == "Contents":
            self._found = {}

    def end(self, name: str) -> None:
        """End an element."""
        text = "".join(self._text)
        self._text.clear()
        if name in ("Key", "Size", "LastModified"):
            self._found[name] = text
        elif name == "Contents":
            written_at = datetime.fromisoformat(self._found["LastModified"]).astimezone(UTC)
            self.objects.append(Listed(self._found["Key"], int(self._found["Size"]), written_at))
        elif name == "NextContinuationToken":
            self.further = text


def _refuse_declaration(*_: object) -> None:
    raise ValueError


def _not_a_listing(where: str) -> StoreError:
    return StoreError(Text("what the object store answers is no listing of objects"), where=where)


def _length(body: bytes | BinaryIO | None) -> dict[str, str]:
    if body is None:
        return {}
    return {"content-length": str(len(body) if isinstance(body, bytes) else os.fstat(body.fileno()).st_size)}


def _code_of(response: urllib3.BaseHTTPResponse) -> str:
    """Return the code of an error, of a body that may be anything."""
    content = b""
    with suppress(HTTPError):
        content = response.read(_ERROR_BYTES, decode_content=False)
    response.close()
    found = _CODE.search(content)
    return found[1].decode() if found else ""


def _is_untrusted(error: Exception) -> bool:
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(reason, SSLError)


def _wait(tries: int, asked: str) -> None:
    """Wait before the next try: longer each time, never all at once, and as long as a server asks within bounds."""
    wait = 0.1 * 2**tries * (0.5 + random.random())  # noqa: S311  (no secret)
    if asked.isascii() and asked.isdigit():
        wait = max(wait, float(asked[:4]))
    time.sleep(min(wait, _MOST_WAIT_SECONDS))
