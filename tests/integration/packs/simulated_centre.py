"""A centre with real keys and packs, served over real HTTP on the loopback, and able to misbehave."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from quetsach.core.text import LocalText
from quetsach.packs import container
from quetsach.packs.container import read_folder
from quetsach.packs.downloads import FORMAT, LIST_FILE, described
from quetsach.packs.installed import Ring, installed_folder
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish_files, withdraw
from quetsach.packs.signing import Lifetimes, Publication
from quetsach.packs.source import Trust
from quetsach.packs.transport import Patience
from quetsach.packs.update import UpdateResult, update
from quetsach.packs.withdrawal import Withdrawal

SHELF = Path(__file__).parents[3] / "packs"


def pack_of(version: str) -> dict[str, bytes]:
    """Return a real pack under a version of our choice, as packed files."""
    content = read_folder(SHELF / "eicar")
    lines = content["pack.toml"].decode().splitlines()
    content["pack.toml"] = "\n".join(
        f'version = "{version}"' if line.startswith("version") else line for line in lines
    ).encode()
    return {f"eicar-{version}.qsp": container.pack(content)}


def release_of(folder: Path, version: str, content: bytes) -> dict[str, bytes]:
    """Return a bundle of the tool as a release has it: the file, and the list that names it."""
    path = folder / f"quetsach-{version}.tar.xz"
    path.write_bytes(content)
    entry = described(path, system="linux", kind="bundle", version=version)
    return {path.name: content, LIST_FILE: json.dumps({"format": FORMAT, "files": [asdict(entry)]}).encode()}


class Centre:
    """Keys, a repository folder and a server; ``misbehave`` replaces the answer to one path."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys"
        self.folder = folder / "repository"
        self.misbehave: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.now = datetime.now(UTC)
        new_keys(self.keys)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def publish(
        self, version: str = "2026.01.01", *, ago: timedelta = timedelta(0), lifetimes: Lifetimes | None = None
    ) -> Publication:
        return publish_files(
            self.folder,
            keys=load_keys(self.keys),
            files={"packs": pack_of(version)},
            now=self.now - ago,
            lifetimes=lifetimes,
        )

    def offer(self, **files: dict[str, bytes]) -> Publication:
        """Publish files by role, such as ``canary``."""
        return publish_files(self.folder, keys=load_keys(self.keys), files=files, now=self.now)

    def withdraw(self, label: str, *, up_to: str = "") -> Publication:
        family, _, name = label.partition("/")
        entry = Withdrawal(family, name, up_to, LocalText(vi="Nhận nhầm.", en="A mistake."), self.now.date())
        return withdraw(self.folder, keys=load_keys(self.keys), entry=entry, now=self.now)[0]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        centre = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.split("?")[0].lstrip("/")
                centre.asked.append(path)
                with suppress(ConnectionError):
                    if wrong := next((w for end, w in centre.misbehave.items() if path.endswith(end)), None):
                        wrong(self)
                        return
                    file = centre.folder / path
                    if not file.is_file():
                        self.send_error(404)
                        return
                    answer(self, file.read_bytes())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def answer(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Machine:
    """One person's machine: its state, and what is installed in it."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def update(
        self, trust: Trust, *, ring: Ring | None = None, patience: Patience | None = None, remember: bool = False
    ) -> UpdateResult:
        return update(self.state, trust=trust, ring=ring, patience=patience or Patience(60, 1e6), remember=remember)

    def installed(self) -> dict[str, bytes]:
        folder = installed_folder(self.state)
        return {path.name: path.read_bytes() for path in folder.iterdir()} if folder else {}
