"""Debian's nginx serves a repository as the how-to says, and the tool updates from it."""

import hashlib
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.packs.source import Trust

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "publish-packs.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") or "nginx"


def locations(root: Path) -> str:
    """Return the block of settings that the how-to gives, for a repository elsewhere."""
    text = HOW_TO.read_text("utf-8")
    block = text.split("```nginx\n")[1].split("```")[0]
    assert "/srv/www" in block
    return block.replace("/srv/www", str(root))


@pytest.fixture
def nginx(centre: Centre, trust: Trust, tmp_path: Path) -> Iterator[str]:
    """The address of an nginx that runs in the foreground, unprivileged port, with all its files in one folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path / "nginx"
    folder.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    (folder / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off;\nworker_processes 1;\npid {folder}/pid;\n"
        f"error_log {folder}/error.log;\nevents {{ worker_connections 64; }}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}"
        f"server {{\nlisten 127.0.0.1:{port};\n{locations(centre.folder.parent)}\n}}\n}}\n"
    )
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        until(lambda: listens(port), lambda: runs(process))
        yield f"http://127.0.0.1:{port}/repository"
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def runs(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, (process.stderr.read() if process.stderr else b"").decode()


def headers(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return dict(answer.headers)


def test_a_machine_updates_from_nginx(machine: Machine, trust: Trust, nginx: str, centre: Centre) -> None:
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == pack_of("2026.01.01")
    centre.publish("2026.02.02")
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == pack_of("2026.02.02")


def test_a_part_is_gone_on_with_by_a_range(machine: Machine, trust: Trust, nginx: str, tmp_path: Path) -> None:
    ((name, content),) = pack_of("2026.01.01").items()
    parts = machine.state / "trust" / trust.fingerprint[:16] / "parts"
    parts.mkdir(parents=True)
    (parts / hashlib.sha256(content).hexdigest()).write_bytes(content[:1000])
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == {name: content}
    (line,) = [line for line in (tmp_path / "nginx" / "access.log").read_text().splitlines() if name in line]
    assert f'" 206 {len(content) - 1000} ' in line


def test_the_timestamp_is_asked_for_each_time_and_the_rest_may_be_kept_for_ever(nginx: str, centre: Centre) -> None:
    assert headers(f"{nginx}/metadata/timestamp.json")["Cache-Control"] == "no-cache"
    (pack,) = (centre.folder / "targets" / "packs").iterdir()
    for path in ("metadata/1.root.json", "metadata/1.snapshot.json", f"targets/packs/{pack.name}"):
        assert "immutable" in headers(f"{nginx}/{path}")["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["metadata/2.root.json", ".lock", "pending/1.root.json", "metadata/", "../keys/packs.pem"]
)
def test_what_is_not_there_yet_is_not_kept_and_nothing_else_is_served(nginx: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{nginx}/{path}", timeout=PATIENCE_SECONDS)
    with error.value as answer:
        assert answer.code in {400, 403, 404}
        assert "immutable" not in answer.headers.get("Cache-Control", "")
