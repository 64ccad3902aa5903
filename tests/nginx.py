"""Debian's nginx as a how-to configures it, in the foreground, unprivileged port, all its files in one folder."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.centre import free_port
from tests.waiting import PATIENCE_SECONDS, until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") or "nginx"
HOW_TO = Path(__file__).parents[1] / "docs" / "how-to"


def block_of(page: str, *, number: int = 0) -> str:
    """Return one of the blocks of settings that a how-to gives, the first if no number is named."""
    return (HOW_TO / page).read_text("utf-8").split("```nginx\n")[1 + number].split("```")[0]


@contextmanager
def nginx(folder: Path, server: str, *, around: str = "", workers: int = 1) -> Iterator[str]:
    """Run it and yield its address.

    Args:
        folder: made for its files.
        server: what stands in the block of the server.
        around: what stands beside that block.
        workers: how many processes serve.
    """
    port = free_port()
    folder.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off;\nworker_processes {workers};\npid {folder}/pid;\n"
        f"error_log {folder}/error.log;\nevents {{ worker_connections 512; }}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}{around}\n"
        f"server {{\nlisten 127.0.0.1:{port};\n{server}\n}}\n}}\n"
    )
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        until(lambda: _listens(port), lambda: _runs(process))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def _runs(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, (process.stderr.read() if process.stderr else b"").decode()
