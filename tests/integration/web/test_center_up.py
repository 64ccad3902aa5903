"""``center up`` with the real command: from an empty folder to a served centre, killed and started again."""

import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.centre import QUETSACH, Served, answers, center, served
from tests.centre import prepared as prepared_once
from tests.commands import cpu_seconds, quetsach
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.cli.center import works
from quetsach.lake.lake import Lake
from quetsach.packs.keys import load_keys, new_keys
from quetsach.packs.repository import publish
from quetsach.web.server.request import READ_SECONDS


def command(data: Path, *words: str) -> list[str]:
    return [str(QUETSACH), "center", "up", "--data", str(data), *words]


def run(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return quetsach("center", "up", "--data", data, *words, environment=os.environ | {"QUETSACH_LANG": "en"})


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel as a build makes it, small: what matters here is that it is sealed and offered."""
    path = tmp_path_factory.mktemp("tool") / "quetsach-9.8.7-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("quetsach/__init__.py", "")
        archive.writestr("quetsach-9.8.7.dist-info/RECORD", "")
    return path


@pytest.fixture(scope="module")
def prepared(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration, whose preparation was killed three times on its way, and the tool taken in afterwards."""
    data = prepared_once(tmp_path_factory, "killed", demonstration=True)
    finished = run(data, "--prepare-only", "--tool", str(wheel))
    assert finished.returncode == 0, finished.stderr
    return data


@pytest.fixture(scope="module")
def server(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of that centre, served to all tests that do not care how it starts and ends."""
    with served(Path(shutil.copytree(prepared, tmp_path_factory.mktemp("served") / "centre"))) as server:
        yield server


def figures(data: Path) -> dict[str, object]:
    return dict(json.loads((data / "published" / "figures.json").read_text()))


def test_a_preparation_that_was_killed_is_finished_by_the_next(prepared: Path) -> None:
    assert json.loads((prepared / "demonstration.json").read_text())["is_complete"] is True
    lake = Lake(prepared / "lake")
    files = [delivery.file for delivery in lake.view().deliveries()]
    assert len(files) == len(set(files))
    windows = {w["id"]: w for w in figures(prepared)["campaigns"][0]["windows"]}  # type: ignore[index]
    assert [windows[n]["addresses"] for n in ("previous-year", "baseline", "close")] == [12_100, 20_145, 10_525]
    assert windows["close"]["change_percent"] == -47.8
    assert windows["january-2021"]["change_percent"] == -50.1
    assert windows["february-2021"]["change_percent"] == -54.5


def test_the_warning_about_the_baseline_is_published(prepared: Path) -> None:
    warnings = [w["en"] for w in figures(prepared)["campaigns"][0]["warnings"]]  # type: ignore[index]
    assert any("66" in text for text in warnings)


def test_keys_are_for_the_owner_only(prepared: Path) -> None:
    private = [prepared / "secret.key", *(prepared / "keys").glob("*.pem")]
    assert len(private) > 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert [path for path in (prepared, *prepared.rglob("*")) if path.lstat().st_mode & 0o077] == []


def test_the_tool_is_sealed_and_in_the_repository(prepared: Path) -> None:
    facts = json.loads((prepared / "tool" / "tool.json").read_text())
    sealed = prepared / "tool" / facts["file_name"]
    digest = hashlib.sha256(sealed.read_bytes()).hexdigest()
    assert (facts["sha256"], facts["version"], facts["size_bytes"]) == (digest, "9.8.7", sealed.stat().st_size)
    assert (prepared / "repository" / "targets" / "tools" / f"{digest}.{sealed.name}").exists()
    with zipfile.ZipFile(sealed) as archive:
        root = archive.read("quetsach/bundled/trust/root.json")
    assert (prepared / "repository" / "metadata" / "1.root.json").read_bytes() == root


def test_a_second_preparation_is_quick_and_changes_nothing(prepared: Path, wheel: Path) -> None:
    def state() -> dict[str, tuple[int, str]]:
        kept = [p for p in prepared.rglob("*") if p.is_file() and "static" not in p.parts and p.suffix != ".sqlite3"]
        return {str(p): (p.stat().st_size, hashlib.sha256(p.read_bytes()).hexdigest()) for p in kept}

    before, used = state(), cpu_seconds[0]
    again = run(prepared, "--prepare-only", "--tool", str(wheel))
    assert again.returncode == 0, again.stderr
    assert 0 < cpu_seconds[0] - used < 10, "of the command: a busy machine does not make them more"
    assert state() == before


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.0\r\n", b"200"),
        (b"GET /healthz HTTP/1.1\r\n", b"400"),
        (b"GET /metrics HTTP/1.0\r\n", b"200"),
        (b"GET /metrics HTTP/1.0\r\nX-Forwarded-For: \xff, 203.0.113.9\r\n", b"403"),
    ],
)
def test_heads_mean_what_they_say_on_the_line(server: Served, head: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE_SECONDS) as line:
        line.sendall(head + b"Connection: close\r\n\r\n")
        assert line.makefile("rb").readline().split()[1] == status


def test_a_chunked_body_without_length_is_refused(server: Served) -> None:
    # One write: the centre answers after the head, and a client still writing by then may find the line closed.
    said = (
        b"POST /api/v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=PATIENCE_SECONDS) as line:
        line.sendall(said)
        assert line.makefile("rb").readline().split()[1] in (b"400", b"411")


def hanging(port: int, head: bytes, count: int, stack: ExitStack) -> None:
    """Open connections that say the beginning of something and then nothing."""
    for _ in range(count):
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        line.sendall(head)


SLOW_PATHS = (
    "/api/v1/reports",
    "/api/v1/partners/reports",
    "/van-phong/vao/",
    "/en/office/units/",
    "/giup-do/",
    "/giup-do/tim/",
    "/kiem-tra/",
    "/cong-van/x/",
    "/bao-cao/x/",
    "/",
)


def test_slow_bodies_and_heads_keep_nobody_waiting(server: Served) -> None:
    port = int(server.url.rpartition(":")[2])
    began = time.monotonic()
    with ExitStack() as stack:
        for path in SLOW_PATHS:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000"
            hanging(port, head.encode() + b"\r\n\r\nx", 20, stack)
        hanging(port, b"GET / HTTP/1.1\r\nHost: lo", 1000, stack)
        for path in ("/healthz", "/en/privacy/", "/healthz"):
            with urllib.request.urlopen(server.url + path, timeout=PATIENCE_SECONDS) as answer:
                assert answer.status == 200
        assert time.monotonic() - began < READ_SECONDS, "the slow ones had been given up by then"


def test_an_address_that_a_visitor_writes_with_underscores_is_not_theirs(server: Served) -> None:
    headers = {"X_Forwarded_For": "123.16.0.1", "Origin": "null"}
    request = urllib.request.Request(f"{server.url}/en/check/", method="POST", data=b"", headers=headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        text = answer.read().decode()
    assert "123.16.0.1" not in text
    assert "127.0.0.1" in text or "shared" in text


def test_a_large_file_arrives_whole_and_its_head_without_it(server: Served) -> None:
    content = os.urandom(1_000_000)
    path = Path("targets/tools") / f"{hashlib.sha256(content).hexdigest()}.large.bin"
    (server.data / "repository" / path).parent.mkdir(parents=True, exist_ok=True)
    (server.data / "repository" / path).write_bytes(content)
    with urllib.request.urlopen(f"{server.url}/repository/{path}", timeout=PATIENCE_SECONDS) as answer:
        assert (answer.headers.get_all("Content-Length"), answer.read()) == (["1000000"], content)
    head = urllib.request.Request(f"{server.url}/repository/{path}", method="HEAD")
    with urllib.request.urlopen(head, timeout=PATIENCE_SECONDS) as answer:
        assert (answer.headers.get_all("Content-Length"), answer.read()) == (["1000000"], b"")


def test_a_head_that_can_be_read_in_two_ways_is_refused(server: Served) -> None:
    port = int(server.url.rpartition(":")[2])
    host = b"Host: localhost\r\n"
    for lines in (
        host + host,
        b"",
        host + b"Content-Length: 5\r\nContent-Length: 6\r\n",
        host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        host + b"Content-Length: +5\r\n",
        host + b"X: a\r\n b\r\n",
        host + b"X: " + b"a" * 2_000_000 + b"\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
            with suppress(OSError):
                line.sendall(b"POST /kiem-tra/ HTTP/1.1\r\n" + lines + b"\r\n0\r\n\r\n")
            assert line.recv(12)[:10] == b"HTTP/1.1 4"


def test_a_centre_that_was_killed_starts_again_answers_and_stops_when_told(prepared: Path) -> None:
    """Its worker ends after it; the next one outlives its worker, writes its lines as JSON, and ends in order."""
    with served(prepared) as killed:
        orphan = worker_of(killed)
        killed.process.kill()
        killed.process.wait()
        with served(prepared, "--json") as server:
            until(lambda: is_gone(orphan))
            assert not answers(killed.url)
            see_pages(server)
            worker = worker_of(server)
            os.kill(worker, signal.SIGKILL)
            until(lambda: is_gone(worker))
            until(lambda: answers(server.url))
            with looking(server) as looks:
                until(lambda: len(looks) > 100)
                log = server.stop()
            assert set(looks) == {200}
            assert server.process.returncode == 0
    assert f"Quét Sạch: {server.url}/" in log
    assert str(prepared) in log
    assert "127.0.0.1 " not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    said = [line["message"] for line in lines]
    assert [text for text in said if "Unexpected exit from worker" in text]
    assert said.count("worker ready") == 2
    home = next(line for line in lines if line.get("page") == "home")
    assert home["status"] == 200
    assert {"time", "level", "logger", "message"} <= set(home)


@contextmanager
def looking(server: Served) -> Iterator[list[int]]:
    """Have visitors look at their addresses; yield the status of each answer, 0 for a request that was lost."""
    host, port = server.url.removeprefix("http://").split(":")
    request = f"POST /kiem-tra/ HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    looks: list[int] = []
    ended = threading.Event()

    def visit() -> None:
        while not ended.is_set():
            try:
                line = socket.create_connection((host, int(port)), timeout=PATIENCE_SECONDS)
            except ConnectionRefusedError:  # told, and nothing is lost
                return
            content = b""
            with line, suppress(ConnectionError):
                line.sendall(request.encode())
                with line.makefile("rb") as answer:
                    content = answer.read()
            is_whole = content.endswith(b"</html>\n")
            looks.append(int(content[9:12]) if is_whole else 0)

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    try:
        yield looks
    finally:
        ended.set()
        for visitor in visitors:
            visitor.join()


def see_pages(server: Served) -> None:
    """See that pages and files are answered, and the work behind them is well."""
    for path in ("/", "/en/check/", "/tai-ve/", "/repository/metadata/timestamp.json", "/metrics"):
        with urllib.request.urlopen(server.url + path, timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 200
            assert answer.read()
    check = urllib.request.Request(f"{server.url}/kiem-tra/", method="POST", data=b"")
    with urllib.request.urlopen(check, timeout=PATIENCE_SECONDS) as answer:
        assert "dùng chung hoặc bị che" in answer.read().decode()
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=PATIENCE_SECONDS) as answer:
        assert json.load(answer)["checks"]["work"] == "ok"


def is_gone(process: int) -> bool:
    """Say whether a process has ended, even if nobody has asked how yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def worker_of(server: Served) -> int:
    """Return the process that answers: the child of the main one that runs a worker of granian."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return next(child for child, command in commands.items() if b"spawn_main" in command)


def test_a_report_is_erased_from_a_served_centre_for_good(server: Served) -> None:
    document = {
        "format": "quetsach-submission/1",
        "report_id": str(uuid.uuid4()),
        "install_id": str(uuid.uuid4()),
        "tool_version": "0.1.0",
        "platform": "linux",
        "day": "2026-11-20",
        "kind": "scan",
        "scope": "quick",
        "files_scanned": 1,
        "duration_seconds": 1,
        "exit_code": 10,
        "packs": [],
        "findings": [{"family": "eicar", "kind": "file", "action": "report", "outcome": "found", "count": 1}],
    }

    def holds() -> bool:
        identifier = uuid.UUID(str(document["report_id"])).hex.encode()
        return any(identifier in path.read_bytes() for path in server.data.glob("center.sqlite3*"))

    erase = ("reports", "erase", document["report_id"])
    until(lambda: is_taken(server, document), every=0.1)  # bodies of another test may still count
    assert holds()
    erased = center(server.data, *erase, "--json")
    again = center(server.data, *erase, "--lang", "en", check=False)
    assert not holds(), "not in the log beside the database either"
    assert json.loads(erased.stdout) == {"report_id": document["report_id"], "erased": True}
    assert (again.returncode, "no report has this code" in again.stderr) == (1, True)


def is_taken(server: Served, document: dict[str, object]) -> bool:
    """Send a report and say whether the centre took it, or holds too many at once."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/v1/reports", json.dumps(document).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            assert answer.status == 201
            return True
    except urllib.error.HTTPError as error:
        assert error.code == 503, error.code
        return False


def test_a_port_in_use_is_said_before_any_work(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run(tmp_path / "centre", "--port", str(port))
    assert refused.returncode == 1
    assert f"cannot serve on port {port}" in refused.stderr
    assert "--port" in refused.stderr
    assert not (tmp_path / "centre" / "lake").exists()


def test_two_centres_cannot_share_a_folder(server: Served) -> None:
    refused = run(server.data, "--prepare-only")
    assert refused.returncode == 1
    assert "another centre is running" in refused.stderr


def test_a_tool_that_is_not_there_is_named(prepared: Path, tmp_path: Path) -> None:
    refused = run(prepared, "--prepare-only", "--tool", str(tmp_path))
    assert refused.returncode == 1
    assert "no wheel" in refused.stderr
    assert os.fspath(tmp_path) in refused.stderr


def test_what_was_ingested_since_is_published_at_the_next_start(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, feed = prepared_once(tmp_path_factory, "since"), tmp_path / "sightings.csv"
    feed.write_text("timestamp,address,malware\n2026-11-20 00:00:00,123.16.0.1,sality\n")
    center(data, "ingest", feed, "--feed", "plain")
    assert run(data, "--prepare-only").returncode == 0
    published = figures(data)
    assert (published["as_of"], published["demonstration"]) == ("2026-11-20", None)
    assert not (data / "demonstration.json").exists(), "real sightings must not be mixed with a simulation"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that was published a day and a half ago: past half of its timestamp's life."""
    new_keys(tmp_path / "keys")
    before = datetime.now(UTC) - timedelta(hours=36)
    publish(out=tmp_path / "repository", keys=load_keys(tmp_path / "keys"), packs=None, tools=None, now=before)
    return tmp_path


def expires(data: Path) -> datetime:
    signed = json.loads((data / "repository" / "metadata" / "timestamp.json").read_text())["signed"]
    return datetime.fromisoformat(signed["expires"])


def test_a_serving_centre_keeps_its_repository_fresh(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(works, "REFRESH_SECONDS", 0.02)
    stopped = threading.Event()
    keeper = threading.Thread(target=works.keep_fresh, args=(repository, stopped, lambda: None))
    before = expires(repository)
    keeper.start()
    until(lambda: expires(repository) != before)
    stopped.set()
    keeper.join()
    assert expires(repository) - before > timedelta(days=1)


def test_a_refresh_that_fails_is_logged_and_tried_again(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr(works, "REFRESH_SECONDS", 0.02)
    stopped = threading.Event()
    keeper = threading.Thread(target=works.keep_fresh, args=(tmp_path, stopped, lambda: None))
    keeper.start()
    until(lambda: len(caplog.records) >= 2)
    stopped.set()
    keeper.join()
