"""An S3 server in a process of its own, and a gate before it that lets requests through, or not."""

import http.client
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.spark import free_port
from tests.waiting import until

from quetsach.lake.journal import Shared
from quetsach.lake.lake import Lake
from quetsach.lake.place import Place

KEY = "bot"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "net"}
BUCKET = "sightings"


@dataclass
class Gate:
    """What comes before a server: ``rule`` says of each request what to do instead of passing it on.

    A rule returns ``None`` (pass on), a status to answer, ``gone`` (answer nothing), ``lost`` (pass on and answer
    nothing), ``cut`` (answer half), or ``careless`` (pass on without conditions).
    """

    server: int
    port: int = 0
    scheme: str = "http"
    rule: Callable[[str, str], int | str | None] = lambda _method, _path: None
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    """Method, path and bytes sent and received of each request."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def place(self, prefix: str) -> Place:
        return Place(self.url, BUCKET, f"{prefix}/")

    def lake(self, folder: Path, prefix: str) -> Lake:
        """Return the copy of a lake in a folder, as of a machine of its own."""
        return Lake(folder, shared=Shared(folder, self.place(prefix)))

    def journal(self, prefix: str) -> int:
        """Return how many entries were tried to be written."""
        return sum(method == "PUT" and f"/{prefix}/journal/" in path for method, path, _ in self.seen)


@contextmanager
def s3_server(*, environment: dict[str, str] | None = None) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run a server; yields its port and process."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        until(lambda: _listens(port))
        request(port, "PUT", f"/{BUCKET}")
        yield port, process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def gated(port: int, *, key: Path | None = None) -> Iterator[Gate]:
    """Put a gate before a server, which speaks TLS if there is a key with its certificate."""
    gate = Gate(port, scheme="https" if key else "http")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"gate": gate}))
    if key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    gate.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        told = self.gate.rule(self.command, self.path)
        if isinstance(told, int):
            self.gate.seen.append((self.command, self.path, len(body)))
            self._send(told, {"retry-after": "0"}, b"<Error><Code>SlowDown</Code></Error>")
            return
        if told == "gone":
            self.close_connection = True
            return
        asked = {name: value for name, value in self.headers.items() if told != "careless" or name != "if-none-match"}
        # The server looks and writes in two steps; what a store promises is that nobody comes between.
        with self.gate.one_at_a_time if "if-none-match" in asked else nullcontext():
            status, headers, content = request(self.gate.server, self.command, self.path, body, asked)
        self.gate.seen.append((self.command, self.path, len(body) + len(content)))
        if told == "lost":
            self.close_connection = True
            return
        kept = {name: value for name, value in headers.items() if name.lower() in ("date", "etag", "last-modified")}
        self._send(status, kept, content, cut=told == "cut")

    def _send(self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if cut:
            self.close_connection = True
            content = content[: len(content) // 2]
        with suppress(OSError):  # whoever asked was killed
            self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = _answer  # noqa: N815  (names of the class)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def request(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
