"""Takes a request in: its head as the environment of WSGI (PEP 3333), its body within a time and within bounds."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol, cast

# Makes the environment of WSGI (PEP 3333) from the head of a request, and refuses what can be read in two ways.

_ONCE = frozenset({"host", "content-length", "content-type", "transfer-encoding", "origin", "authorization"})
"""Headers of which a second one means that two programs on the way may have read two different requests."""
_DIGITS = 15
BASE: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
"""What every environment holds."""


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
    environ = dict(BASE) | {
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


# Takes the body of a request in: within a time, and beyond some kilobytes into a file that has no name.

READ_SECONDS = 10.0
"""How long the next piece may take."""
FIRST_SECONDS = 20.0
SLOWEST_BYTES_PER_SECOND = 16 * 1024
"""A whole body may take 20 s, and 1 s more for each 16 KiB: an upload over a mobile line of 128 kbit/s passes."""
IN_MEMORY_BYTES = 64 * 1024


class Pieces(Protocol):
    """A body that arrives in pieces."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the pieces as they arrive."""


class SlowBodyError(Exception):
    """The body did not arrive in time."""


class CutBodyError(Exception):
    """The body ended before the length that was announced."""


async def body_received(
    pieces: Pieces,
    length: int,
    *,
    folder: Path | None,
    in_memory: bool = False,
    read_seconds: float = READ_SECONDS,
) -> IO[bytes]:
    """Return a whole body, to be read from its start; who gets it closes it.

    Args:
        pieces: the body as it arrives.
        length: how long it was announced to be, in bytes.
        folder: where it is kept while it is large; ``None`` for the system's folder.
        in_memory: keep it off the disk, however large it is.
        read_seconds: how long the next piece may take.

    Raises:
        SlowBodyError: a piece, or the whole, took too long.
        CutBodyError: it is shorter than it was announced.
        OSError: it cannot be kept, as when the disk is full.
    """
    most = 0 if in_memory else IN_MEMORY_BYTES  # 0 is without end
    spooled = tempfile.SpooledTemporaryFile(max_size=most, dir=str(folder) if folder else None)  # noqa: SIM115
    kept = cast("IO[bytes]", spooled)
    try:
        arriving = aiter(pieces)
        async with asyncio.timeout(FIRST_SECONDS + length / SLOWEST_BYTES_PER_SECOND):
            while kept.tell() < length:
                async with asyncio.timeout(read_seconds):
                    kept.write(await anext(arriving))
    except TimeoutError as error:
        kept.close()
        raise SlowBodyError from error
    except StopAsyncIteration as error:
        kept.close()
        raise CutBodyError from error
    except BaseException:
        kept.close()
        raise
    kept.seek(0)
    return kept
