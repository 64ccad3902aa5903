"""Real servers for the sources of a centre, and what tests of them say and see."""

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quetsach.centre.centre import Centre
from quetsach.centre.sources.pulling import Pulled, State, pull
from quetsach.centre.sources.source import load_sources

SECRET = "s3cret-token-of-the-feed"
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
CSV = (
    b"timestamp,address,malware\n2026-11-01T07:30:00Z,14.160.0.1,conficker\n2026-11-01T07:31:00Z,14.160.0.2,conficker\n"
)

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A server whose answers a test gives; it notes what it was asked. With key and certificate it speaks TLS."""

    def __init__(self, pem: Path | None = None) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, Answer] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                path = self.path.partition("?")[0]
                self.close_connection = True
                server.answers.get(path, lambda to: send(to, 404))(self)

            do_POST = do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if pem is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' * (pem is not None)}://127.0.0.1:{self._server.server_port}"
        self.thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self.thread.join()
        self._server.server_close()


def send(to: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    to.send_response(status)
    for name, value in {"Content_Length": str(len(body)), "Connection": "close", **headers}.items():
        to.send_header(name.replace("_", "-"), value)
    to.end_headers()
    if to.command != "HEAD":
        to.wfile.write(body)


@contextmanager
def running(pem: Path | None = None) -> Iterator[Server]:
    server = Server(pem)
    try:
        yield server
    finally:
        server.close()


def centre_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder of a centre without sources, in English, with no proxy around."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QUETSACH_LANG", "en")
    folder = tmp_path / "centre"
    (folder / "sources").mkdir(parents=True)
    folder.chmod(0o700)
    return folder


def secret(data: Path, text: str = SECRET) -> Path:
    path = data / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.secret"
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def describe(data: Path, kind: str, more: str, *, feed: str = "plain", bounds: str = "keep_free_mb = 0") -> None:
    report = "" if kind == "shadowserver" else 'report = "honeypot"\n'
    (data / "sources" / "one.toml").write_text(
        f'name = "one"\nfeed = "{feed}"\n{report}kind = "{kind}"\n{more}\n'
        f"[schedule]\nevery_minutes = 60\n[bounds]\n{bounds}\n"
    )


def pulled(data: Path, *, now: datetime = NOW, dry: bool = False, seconds: float = 20) -> list[Pulled]:
    ((source,), _) = load_sources(data)
    source = replace(source, bounds=replace(source.bounds, file_seconds=seconds))
    return list(pull(Centre(data), source, clock=lambda: now, is_dry_run=dry, jitter=lambda: 0.5))


def statuses(found: list[Pulled]) -> list[str]:
    return [str(one.status) for one in found]


def said(found: list[Pulled]) -> str:
    (one,) = found
    assert one.error is not None
    return one.error.explain()


def deliveries(data: Path) -> int:
    return len(list((data / "lake" / "deliveries").glob("*.json")))


def state(data: Path) -> State:
    return State.read(data / "pulled" / "one")
