"""The centre as an application of RSGI, granian's own interface: the event loop takes in and hands out, threads answer.

A thread is given only to a request that has arrived whole, and takes it back as soon as the answer is complete. Where
too much is under way the answer is 503 at once; ``/healthz`` and ``/metrics`` have a thread of their own.
"""

import asyncio
import io
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol

from quetsach.core.address import Address
from quetsach.web.client_address import client_address
from quetsach.web.limits import ACCOUNT_FILE_PATHS, SMALL_BODY_BYTES, Admission, most_body_bytes
from quetsach.web.metrics import TURNED_AWAY
from quetsach.web.published.answer import Look
from quetsach.web.server.answer import BARE_HEADERS, Answer, WsgiApplication, answer_of
from quetsach.web.server.looks import Looks
from quetsach.web.server.pages import WrittenPages
from quetsach.web.server.request import (
    CutBodyError,
    HeadError,
    Pieces,
    Scope,
    SlowBodyError,
    body_received,
    environment_of,
)

PAGE_THREADS = 4
MONITORING = ("/healthz", "/metrics")
_RETRY_SECONDS = "5"
_SENTENCES = {
    400: "Yêu cầu không đúng dạng. / The request is not well-formed.",
    408: "Dữ liệu gửi lên quá chậm, xin gửi lại. / The data arrived too slowly, please send them again.",
    411: "Thiếu độ dài của dữ liệu gửi lên. / The length of the data is not given.",
    500: "Máy chủ gặp lỗi. / The server made a mistake.",
    503: "Máy chủ đang bận, xin thử lại sau ít phút. / The server is busy, please try again in a few minutes.",
}
_logger = logging.getLogger("quetsach.web.server")


class HttpProtocol(Pieces, Protocol):
    """The connection of one request in RSGI."""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        """Answer without content."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer with content."""

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        """Answer with a file, read as fast as it is taken."""


class TurnedAwayError(Exception):
    """A request is answered without Django; ``reason`` is counted."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class CentreApplication:
    """Hands whole requests to Django.

    Args:
        wsgi: Django.
        folder: where large bodies wait; ``None`` for the system's folder for such files.
        proxy_hops: how many trusted proxies stand in front.
        is_known_sender: whether somebody who is signed in sends, by the environment; only they may send much.
        written: pages that lie written, which answer before Django is asked.
        looks: answers looks at one's own address, most of them without Django.
    """

    def __init__(
        self,
        wsgi: WsgiApplication,
        *,
        folder: Path | None,
        proxy_hops: int,
        is_known_sender: Callable[[dict[str, Any]], bool],
        written: WrittenPages,
        looks: Looks,
    ) -> None:
        self._wsgi, self._folder, self._proxy_hops = wsgi, folder, proxy_hops
        self._is_known_sender, self._written, self._looks = is_known_sender, written, looks
        self._pages = ThreadPoolExecutor(PAGE_THREADS, "page")
        self._monitoring = ThreadPoolExecutor(1, "monitoring")
        self._answering = Admission(most=256, most_of_source=64)
        self._watching = Admission(most=64, most_of_source=4)
        self._small_bodies = Admission(most=2048, most_of_source=32)
        self._large_bodies = Admission(most=8, most_of_source=4, most_bytes=256 << 20)

    async def __rsgi__(self, scope: Scope, protocol: HttpProtocol) -> None:
        """Answer one request."""
        try:
            environ = environment_of(scope)
            if (written := self._written.answer(environ)) is not None:
                _send(protocol, written, scope.method)
                return
            address = client_address(environ, proxy_hops=self._proxy_hops)
            if (look := self._looks.look(environ, address)) is not None:
                _send(protocol, await self._looked(environ, address, look), scope.method)
                return
            with ExitStack() as held:
                environ["wsgi.input"] = held.enter_context(await self._body(environ, protocol, address, held))
                answer = await self._answered(environ, address)
            _send(protocol, answer, scope.method)
        except HeadError as error:
            _turn_away(protocol, scope, error.status, "head")
        except TurnedAwayError as error:
            _turn_away(protocol, scope, error.status, error.reason)
        except Exception:
            _logger.exception("a request could not be answered")
            _turn_away(protocol, scope, 500, "fault")

    async def _answered(self, environ: dict[str, Any], address: Address | None) -> Answer:
        """Run Django in a thread of its kind."""
        is_monitoring = environ["PATH_INFO"] in MONITORING
        admission, pool = (self._watching, self._monitoring) if is_monitoring else (self._answering, self._pages)
        return await _in_thread(pool, admission, address, answer_of, self._wsgi, environ)

    async def _looked(self, environ: dict[str, Any], address: Address | None, look: Look) -> Answer:
        """Answer a look at one's own address; a thread is taken for what nobody was told in the last minute."""
        if (answer := self._looks.known(environ, look)) is not None:
            return answer
        return await _in_thread(self._pages, self._answering, address, self._looks.made, environ, look)

    async def _body(
        self, environ: dict[str, Any], pieces: Pieces, address: Address | None, held: ExitStack
    ) -> IO[bytes]:
        """Return the whole body; its place is given back with ``held``.

        One that is not taken is empty: Django refuses it by its length, or leads its sender to the sign-in.
        """
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length or length > most_body_bytes(environ["PATH_INFO"]):
            return io.BytesIO()
        admission = self._small_bodies
        if length > SMALL_BODY_BYTES:
            known = await _in_thread(self._pages, self._answering, address, self._is_known_sender, environ)
            if not known:
                return io.BytesIO()
            admission = self._large_bodies
        if not held.enter_context(admission.admitted(address, length)):
            raise TurnedAwayError(503, "bodies")
        try:
            in_memory = environ["PATH_INFO"] in ACCOUNT_FILE_PATHS
            return await body_received(pieces, length, folder=self._folder, in_memory=in_memory)
        except SlowBodyError as error:
            raise TurnedAwayError(408, "slow-body") from error
        except CutBodyError as error:
            raise TurnedAwayError(400, "cut-body") from error


async def _in_thread[**P, T](
    pool: ThreadPoolExecutor,
    admission: Admission,
    address: Address | None,
    do: Callable[P, T],
    *arguments: P.args,
    **_options: P.kwargs,
) -> T:
    """Do something in a thread of a pool, if few enough wait for one."""
    with admission.admitted(address) as is_in:
        if not is_in:
            raise TurnedAwayError(503, "busy")
        return await asyncio.get_running_loop().run_in_executor(pool, do, *arguments)


def _send(protocol: HttpProtocol, answer: Answer, method: str) -> None:
    if method == "HEAD" or answer.status in (204, 304):
        protocol.response_empty(answer.status, answer.headers)
    elif answer.file is not None:
        protocol.response_file(answer.status, answer.headers, str(answer.file))
    else:
        protocol.response_bytes(answer.status, answer.headers, answer.content)


def _turn_away(protocol: HttpProtocol, scope: Scope, status: int, reason: str) -> None:
    """Answer a person with a sentence, and a program in the form of the interface's other refusals."""
    TURNED_AWAY.labels(reason).inc()
    kind, text = "text/plain", f"{_SENTENCES[status]}\n"
    if scope.path.startswith("/api/"):
        refusal = {"error": reason, "explanation": _SENTENCES[status].partition(" / ")[2], "where": "", "hint": ""}
        kind, text = "application/json", json.dumps(refusal)
    headers = [("content-type", f"{kind}; charset=utf-8"), ("cache-control", "no-store"), ("connection", "close")]
    headers += BARE_HEADERS
    if status == 503:
        headers.append(("retry-after", _RETRY_SECONDS))
    protocol.response_bytes(status, headers, text.encode())
