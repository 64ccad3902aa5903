"""A small real proxy: plain requests and tunnels, with a name and password if it is given one."""

import base64
import select
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError

from tests.waiting import PATIENCE_SECONDS


class SmallProxy:
    """Remembers what went through it; ``credentials`` is ``NAME:PASSWORD`` or empty."""

    def __init__(self, credentials: str = "") -> None:
        self.passed: list[str] = []
        self.credentials = credentials
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def url(self, credentials: str = "") -> str:
        return f"http://{credentials}{'@' * bool(credentials)}127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def proxy(credentials: str = "") -> Iterator[SmallProxy]:
    running = SmallProxy(credentials)
    try:
        yield running
    finally:
        running.close()


def _handler(proxy: SmallProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self._is_welcome():
                proxy.passed.append(self.path)
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                try:
                    with opener.open(self.path, timeout=PATIENCE_SECONDS) as answer:
                        self._relay(answer.status, answer.read())
                except HTTPError as error:
                    with error:
                        self._relay(error.code, error.read())

        def do_CONNECT(self) -> None:
            if not self._is_welcome():
                return
            proxy.passed.append(f"CONNECT {self.path}")
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port)), timeout=5) as far:
                self.send_response(200)
                self.end_headers()
                _join(self.connection, far)
            self.close_connection = True

        def _is_welcome(self) -> bool:
            wanted = "Basic " + base64.b64encode(proxy.credentials.encode()).decode()
            if not proxy.credentials or self.headers.get("Proxy-Authorization") == wanted:
                return True
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False

        def _relay(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _join(near: socket.socket, far: socket.socket) -> None:
    while True:
        for ready in select.select([near, far], [], [], 5)[0]:
            data = ready.recv(65_536)
            if not data:
                return
            (far if ready is near else near).sendall(data)
