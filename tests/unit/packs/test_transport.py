"""HTTP as the tool speaks it, against a real server on the loopback."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request

import pytest

from quetsach.packs.transport import (
    Patience,
    StatusError,
    TooLongError,
    TooSlowError,
    TransportError,
    _FewRedirects,
    fetch,
    post_json,
)

PATIENT = Patience(60, 1e6)
type Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


class Server:
    """Answers every request with ``answer``; remembers the lines it was asked and the headers."""

    def __init__(self) -> None:
        self.answer: Answer = say(200, b"hello")
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(f"{self.command} {self.path}")
                server.headers.append(dict(self.headers))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with suppress(ConnectionError):
                    server.answer(self, body)

            do_POST = do_GET  # noqa: N815  (the name that the library calls)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def say(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def get(url: str, *, limit: int = 1000, patience: Patience = PATIENT) -> bytes:
    into = io.BytesIO()
    fetch(url, into, limit_bytes=limit, patience=patience)
    return into.getvalue()


def test_fetches_what_lies_at_an_address(server: Server) -> None:
    assert get(f"{server.url}/a") == b"hello"
    assert server.headers[0]["User-Agent"].startswith("quetsach/")


def test_exactly_the_limit_is_not_too_long(server: Server) -> None:
    assert get(server.url, limit=5) == b"hello"
    with pytest.raises(TooLongError):
        get(server.url, limit=4)


def test_an_error_status_is_told(server: Server) -> None:
    server.answer = say(404, b"no")
    with pytest.raises(StatusError) as error:
        get(server.url)
    assert error.value.status == 404


def test_a_body_that_breaks_off_is_no_success(server: Server) -> None:
    server.answer = say(200, b"hello", Content_Length="50")
    with pytest.raises(TransportError):
        post_json(server.url, b"{}", patience=PATIENT)


def test_silence_is_given_up_in_time(server: Server) -> None:
    given_up = threading.Event()
    server.answer = lambda *_: given_up.wait(60) and None
    began = time.monotonic()
    with pytest.raises(TooSlowError):
        get(server.url, patience=Patience(0.2, 1e9))
    given_up.set()
    assert time.monotonic() - began < 30


def test_nobody_there_is_told() -> None:
    with pytest.raises(TransportError, match="cannot be reached"):
        get("http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "centre.example",
        "file:///etc/passwd",
        "ftp://a/b",
        "http://",
        "http://[::1",
        "http://a b/",
        "http://é.vn/",
        "http://a\n",
    ],
)
def test_only_http_addresses_are_taken(url: str) -> None:
    with pytest.raises(TransportError, match="not an address"):
        get(url)


def test_redirects_are_followed_a_few_times_only(server: Server) -> None:
    server.answer = say(302, b"", Location="/again")
    with pytest.raises(TransportError):
        get(server.url)
    assert len(server.asked) <= 4


def test_a_redirect_never_leaves_tls_or_http() -> None:
    request = Request("https://centre.example/metadata/1.root.json")
    for target in ("http://centre.example/x", "file:///etc/passwd"):
        with pytest.raises(TransportError, match="unprotected"):
            _FewRedirects().redirect_request(request, io.BytesIO(), 302, "Found", {}, target)


def test_a_redirect_to_a_file_is_refused(server: Server) -> None:
    server.answer = say(302, b"", Location="file:///etc/passwd")
    with pytest.raises(TransportError):
        get(server.url)


def test_a_proxy_of_the_system_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    assert get("http://centre.example/repository/timestamp.json") == b"hello"
    assert server.asked == ["GET http://centre.example/repository/timestamp.json"]


def test_json_is_posted_and_the_answer_comes_back(server: Server) -> None:
    received: list[bytes] = []

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        received.append(body)
        say(201, b'{"message": "ok"}')(handler, body)

    server.answer = answer
    assert post_json(server.url, b'{"a": 1}') == (201, b'{"message": "ok"}')
    assert received == [b'{"a": 1}']
    assert server.headers[0]["Content-Type"] == "application/json"


def test_a_refusal_of_a_post_comes_back_with_its_words(server: Server) -> None:
    server.answer = say(422, b'{"error": "no"}')
    assert post_json(server.url, b"{}") == (422, b'{"error": "no"}')


def test_an_answer_to_a_post_is_bounded(server: Server) -> None:
    server.answer = say(200, b"x" * 2000)
    with pytest.raises(TooLongError):
        post_json(server.url, b"{}", limit_bytes=1000, patience=PATIENT)
