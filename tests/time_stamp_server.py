"""A real time stamping authority on the loopback for the tests (RFC 3161 over HTTP)."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from asn1crypto.tsp import TimeStampReq
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from quetsach.web.office.letters.document.signing import load_key

USER, PASSWORD = "centre", "a/b"


@dataclass
class Authority:
    """What the authority is asked and how it answers: ``good``, ``other`` (another digest), ``none`` or ``broken``."""

    key: bytes
    at: datetime
    answers: str = "good"
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    def reply(self, body: bytes) -> bytes:
        """Return the answer to a request."""
        request = TimeStampReq.load(body)
        self.asked.append(request["message_imprint"]["hashed_message"].native)
        if self.answers == "broken":
            return b"no time stamp"
        if self.answers == "other":
            request["message_imprint"]["hashed_message"] = bytes(32)
        key = load_key(self.key)
        stamper = DummyTimeStamper(key.signing_cert, key.signing_key, key.cert_registry, fixed_dt=self.at)
        return stamper.request_tsa_response(request).dump()


@contextmanager
def time_stamp_server(key: bytes, at: datetime) -> Iterator[Authority]:
    """Serve an authority with a key (PKCS #12); it knows its users by name and password."""
    authority = Authority(key, at)
    secret = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_let_in = self.headers["Authorization"] == secret and authority.answers != "none"
            reply = authority.reply(body) if is_let_in else b""
            self.send_response(200 if is_let_in else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    authority.port = server.server_port
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
