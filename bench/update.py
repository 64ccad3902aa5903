"""What an update costs a machine that has everything already: CPU time after import, and bytes on the wire.

A repository with the shelf of this checkout is published with keys made for the purpose and served over HTTP on the
loopback. The first update fetches everything; then each of some updates in a fresh process is measured: CPU seconds of
the process between the end of the imports and the end of the update, and every byte that its sockets sent and received,
headers included (TLS and TCP are not counted). The same is told for one pack that is new.

Usage: python bench/update.py
"""

import json
import shutil
import statistics
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish

SHELF = Path(__file__).parents[1] / "packs"
REPEATS = 7
MOST_CPU_MS = 50
MOST_WIRE_BYTES = 5_000

CLIENT = """
import json, sys, time
from pathlib import Path
import socket
from quetsach.packs.source import Trust
from quetsach.packs.update import update

wire = [0]
def counted(name):
    real = getattr(socket.socket, name)
    def call(self, *args, **kwargs):
        result = real(self, *args, **kwargs)
        if name == "sendall":
            wire[0] += len(args[0])
        elif isinstance(result, int):
            wire[0] += result
        else:
            wire[0] += len(result)
        return result
    return call
for name in ("sendall", "recv", "recv_into"):
    setattr(socket.socket, name, counted(name))

state, root, url = sys.argv[1:]
trust = Trust(Path(root).read_bytes(), url)
began = time.process_time()
result = update(Path(state), trust=trust)
cpu = time.process_time() - began
print(json.dumps({"cpu": cpu, "wire": wire[0], "installed": len(result.installed), "kept": len(result.unchanged)}))
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves the repository and says nothing."""

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def run(state: Path, root: Path, url: str) -> dict[str, float]:
    """Update in a fresh process and return what it measured of itself."""
    command = [sys.executable, "-c", CLIENT, str(state), str(root), url]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        out, keys = home / "repository", home / "keys"
        new_keys(keys)
        now = datetime.now(UTC)
        publish(out=out, keys=load_keys(keys), packs=SHELF, tools=None, now=now)
        server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *arguments: Quiet(*arguments, directory=str(out)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url, root, state = f"http://127.0.0.1:{server.server_address[1]}", out / "metadata/1.root.json", home / "state"
        first = run(state, root, url)
        again = [run(state, root, url) for _ in range(REPEATS)]
        shelf = home / "shelf"
        shutil.copytree(SHELF, shelf)
        head = shelf / "eicar" / "pack.toml"
        lines = (
            'version = "2099.01.01"' if line.startswith("version") else line for line in head.read_text().splitlines()
        )
        head.write_text("\n".join(lines))
        publish(out=out, keys=load_keys(keys), packs=shelf, tools=None, now=now)
        one_new = run(state, root, url)
        server.shutdown()
    cpu_ms = statistics.median(one["cpu"] for one in again) * 1000
    wire = max(one["wire"] for one in again)
    print(f"first update: {first['installed']:.0f} packs, {first['cpu'] * 1000:.0f} ms CPU, {first['wire']:,.0f} bytes")
    print(f"nothing new ({again[0]['kept']:.0f} packs): {cpu_ms:.1f} ms CPU (median of {REPEATS}), {wire:,.0f} bytes")
    print(f"one pack new: {one_new['cpu'] * 1000:.0f} ms CPU, {one_new['wire']:,.0f} bytes")
    return int(cpu_ms > MOST_CPU_MS or wire > MOST_WIRE_BYTES)


if __name__ == "__main__":
    sys.exit(main())
