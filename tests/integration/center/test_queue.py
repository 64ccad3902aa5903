"""Deliveries through a real cluster of NATS: servers and committers are killed, and each is in the lake once."""

import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from tests.commands import quetsach
from tests.self_signed import certificate
from tests.waiting import until

from quetsach.centre.queue import QueueError
from quetsach.centre.queue.jetstream import STREAM, Committed, Committer, Status, joined, send, waiting
from quetsach.centre.queue.landing import Queue, Ticket, land, load_queue
from quetsach.cli.center.queue import _Intake
from quetsach.lake.lake import Lake

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "nats" / "nats.conf"
HEADER = "timestamp,address,malware\n"
SENSORS = ("honeypot-a", "honeypot-b", "honeypot-c")
DELIVERIES = 60


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Servers:
    """Servers of one cluster on this machine as ``deploy/nats/nats.conf`` sets them up, each with a disk of its own."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        certificate(folder)
        ports = free_ports(2 * number)
        self.ports, self._routes = ports[:number], ports[number:]
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, number: int, *, of: int) -> None:
        own = self._folder / f"n{number}"
        own.mkdir(exist_ok=True)
        (own / "account.conf").write_text("authorization { user: centre, password: a-password }\n")
        (own / "nats.conf").write_text(self._configuration(number, of))
        log = (own / "log").open("ab")
        self.running[number] = subprocess.Popen(["nats-server", "-c", own / "nats.conf"], stdout=log, stderr=log)
        log.close()
        until(lambda: answers(self.ports[number]))

    def _configuration(self, number: int, of: int) -> str:
        own = {
            "server_name: n1": f"server_name: n{number}",
            "10.20.0.1": "127.0.0.1",
            "port: 4222": f"port: {self.ports[number]}",
            "port: 6222": f"port: {self._routes[number]}",
            "/etc/quetsach/nats/machine.pem": f"{self._folder}/server.pem",
            "/etc/quetsach/nats/machine.key": f"{self._folder}/server.pem",
            "/etc/quetsach/nats/ca.pem": f"{self._folder}/authority.pem",
            "/var/lib/quetsach-nats": f"{self._folder}/n{number}",
        }
        text = CONFIGURATION.read_text()
        for theirs, ours in own.items():
            assert theirs in text
            text = text.replace(theirs, ours)
        routes = ", ".join(f'"nats://127.0.0.1:{port}"' for port in self._routes[:of])
        text, found = re.subn(r"routes: \[.*\]", f"routes: [{routes}]", text)
        assert found == 1
        return text if of > 1 else text.partition("cluster {")[0]

    def kill(self, number: int) -> None:
        process = self.running.pop(number)
        process.kill()
        process.wait()


@contextmanager
def servers(folder: Path, number: int, *, more: int = 0) -> Iterator[Servers]:
    made = Servers(folder, number + more)
    try:
        for one in range(number):
            made.start(one, of=number)
        yield made
    finally:
        for one in list(made.running):
            made.kill(one)


class Committers:
    """Processes that take in; ``kill`` ends one at once, and another begins."""

    def __init__(self, data: Path) -> None:
        script = Path(__file__).with_name("commit_server.py")
        self._log = (data.parent / "committers.log").open("wb")
        self._server = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=self._log, stderr=subprocess.PIPE, text=True
        )
        self._data, self._alive, self.kills = data, list[int](), 0

    def start(self) -> None:
        assert self._server.stdin
        assert self._server.stderr
        self._server.stdin.write(f"{self._data}\n")
        self._server.stdin.flush()
        while not (line := self._server.stderr.readline()).strip().isdigit():
            assert line
        self._alive.append(int(line))

    def kill(self) -> None:
        self.kills += 1
        os.kill(self._alive.pop(0), signal.SIGKILL)
        self.start()

    def stop(self) -> None:
        for one in self._alive:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self._server.kill()
        self._server.communicate()
        self._log.close()


def centre(tmp_path: Path, ports: list[int], *, replicas: int) -> Queue:
    data, folder = tmp_path / "data", tmp_path / "shared"
    for one in (data, folder / "landed"):
        one.mkdir(mode=0o700, parents=True)
    (data / "password").write_text("a-password\n")
    (data / "queue.toml").write_text(
        f"servers = {json.dumps([f'tls://127.0.0.1:{port}' for port in ports])}\n"
        f'folder = "{folder}"\nreplicas = {replicas}\nack_seconds = 2\n'
        'ca = "../authority.pem"\ncertificate = "../server.pem"\nkey = "../server.pem"\n'
        'user = "centre"\npassword_file = "password"\n'
    )
    return load_queue(data)


def delivery(folder: Path, number: int) -> Path:
    path = folder / f"{number}.csv"
    rows = "".join(f"2026-11-01T07:{row:02}:00Z,14.160.{number}.{row},conficker\n" for row in range(2))
    path.write_text(HEADER + rows)
    return path


async def sent(jetstream: JetStreamContext, queue: Queue, path: Path, report: str) -> Ticket:
    ticket = land(queue, path, feed="plain", report=report, name=path.name)
    await send(jetstream, queue, ticket, report=report)
    return ticket


def with_queue(queue: Queue, work: Callable[[JetStreamContext], Awaitable[None]]) -> None:
    async def run() -> None:
        async with joined(queue) as jetstream:
            await work(jetstream)

    asyncio.run(run())


async def peers(jetstream: JetStreamContext) -> tuple[str, set[str]]:
    """Return who leads the stream, and who holds it up to date."""
    cluster = (await jetstream.stream_info(STREAM)).cluster
    assert cluster
    return cluster.leader or "", {one.name for one in cluster.replicas or () if one.current}


async def becomes_so(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while True:
            with suppress(Exception):
                if await is_so():
                    return
            await asyncio.sleep(0.1)


def test_leader_and_committers_are_killed_a_node_is_added_and_each_delivery_is_in_the_lake_once(tmp_path: Path) -> None:
    moments = random.Random(2026)
    with servers(tmp_path, 3, more=1) as cluster:
        queue = centre(tmp_path, cluster.ports[:3], replicas=3)
        committers = Committers(tmp_path / "data")

        async def deliver(jetstream: JetStreamContext) -> None:
            committers.start()
            committers.start()
            gone = ""
            for number in range(DELIVERIES):
                path = delivery(tmp_path, number)
                for _ in range(2 if number % 3 == 0 else 1):
                    await sent(jetstream, queue, path, SENSORS[number % len(SENSORS)])
                if number == DELIVERIES // 3:
                    gone, _ = await peers(jetstream)
                    cluster.kill(int(gone.removeprefix("n")))
                if number % 5 == 4:
                    await asyncio.sleep(moments.random() * 0.3)
                    committers.kill()
            cluster.start(3, of=4)
            await becomes_so(lambda: replaced(jetstream, gone))
            await becomes_so(lambda: is_empty(jetstream))

        async def replaced(jetstream: JetStreamContext, gone: str) -> bool:
            """Have the node that was added hold what the one that is gone held."""
            leader, current = await peers(jetstream)
            if gone not in {leader, *current} and "n3" in {leader, *current}:
                return True
            remove = json.dumps({"peer": gone}).encode()
            await jetstream._nc.request(f"$JS.API.STREAM.PEER.REMOVE.{STREAM}", remove, timeout=5)
            return False

        async def is_empty(jetstream: JetStreamContext) -> bool:
            return not await waiting(jetstream)

        try:
            with_queue(queue, deliver)
        finally:
            committers.stop()
    view = Lake(tmp_path / "data" / "lake").view()
    names = [f"{one.report}/{one.file}" for one in view.deliveries()]
    assert sorted(names) == sorted(f"{SENSORS[n % len(SENSORS)]}/{n}.csv" for n in range(DELIVERIES))
    assert view.sightings_count() == 2 * DELIVERIES
    assert committers.kills >= 10
    assert not (queue.folder / "refused").exists()


def work_off(queue: Queue, data: Path) -> list[Committed]:
    told: list[Committed] = []
    committer = Committer(queue, _Intake(data), told.append, lambda: datetime.now(UTC))
    asyncio.run(committer.work(asyncio.Event(), until_empty=True))
    return told


def test_what_nobody_can_take_in_is_put_away_and_never_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.centre.queue.jetstream._MISSING_TRIES", 1)
    with servers(tmp_path, 1) as alone:
        queue = centre(tmp_path, alone.ports, replicas=1)
        tickets: list[Ticket] = []

        async def deliver(jetstream: JetStreamContext) -> None:
            (tmp_path / "other.csv").write_text("colour,taste\nred,sweet\n")
            paths = [*(delivery(tmp_path, number) for number in range(4)), tmp_path / "other.csv"]
            tickets.extend([await sent(jetstream, queue, path, "honeypot-a") for path in paths])
            (queue.landed / tickets[1].file).write_text(HEADER)  # damaged on its way
            (queue.landed / tickets[2].file).unlink()  # lost
            (queue.landed / f"{tickets[3].file}.begun").write_bytes(b"." * 10)  # ten have died over it
            await jetstream.publish("deliveries.plain.honeypot-b", b'{"file": "../../etc/passwd"}')

        with_queue(queue, deliver)
        told = work_off(queue, tmp_path / "data")
        assert sorted(one.status for one in told) == [Status.REFUSED] * 5 + [Status.TAKEN]
        assert work_off(queue, tmp_path / "data") == []
    assert [one.file for one in Lake(tmp_path / "data" / "lake").view().deliveries()] == ["0.csv"]
    refused = queue.folder / "refused"
    reasons = {path.name.removesuffix(".reason.txt"): path.read_text() for path in refused.glob("*.reason.txt")}
    said = ["digest is another", "not there", "died over it", "header"]
    assert [word in reasons[one.file] for one, word in zip(tickets[1:], said, strict=True)] == [True] * 4, reasons
    assert {one.file for one in tickets if (refused / one.file).exists()} == {tickets[n].file for n in (1, 3, 4)}
    assert (refused / "message-6").read_bytes() == b'{"file": "../../etc/passwd"}'
    assert list(queue.landed.iterdir()) == []


def test_what_the_lake_cannot_take_waits_and_files_without_a_message_are_kept(tmp_path: Path) -> None:
    with servers(tmp_path, 1) as alone:
        queue = centre(tmp_path, alone.ports, replicas=1)
        with_queue(queue, lambda jetstream: sent(jetstream, queue, delivery(tmp_path, 0), "honeypot-a"))
        orphan = land(queue, delivery(tmp_path, 1), feed="plain", report=None, name="1.csv")
        long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
        os.utime(queue.landed / orphan.file, (long_ago, long_ago))
        lake = tmp_path / "data" / "lake"
        lake.write_text("in the way of the lake")
        intake, told = _Intake(tmp_path / "data"), list[Committed]()

        def tell(one: Committed) -> None:
            told.append(one)
            if one.status is Status.LATER:
                lake.unlink()

        committer = Committer(queue, intake, tell, lambda: datetime.now(UTC))
        asyncio.run(committer.work(asyncio.Event(), until_empty=True))
    assert [one.status for one in told] == [Status.LATER, Status.TAKEN]
    assert [path.name for path in queue.landed.iterdir()] == []
    assert "no message" in (queue.folder / "refused" / f"{orphan.file}.reason.txt").read_text()
    assert (queue.folder / "refused" / orphan.file).read_bytes() == (tmp_path / "1.csv").read_bytes()


def test_a_folder_that_is_not_mounted_is_told_and_nothing_is_acknowledged(tmp_path: Path) -> None:
    with servers(tmp_path, 1) as alone:
        queue = centre(tmp_path, alone.ports, replicas=1)
        with_queue(queue, lambda jetstream: sent(jetstream, queue, delivery(tmp_path, 0), "honeypot-a"))
        queue.folder.rename(tmp_path / "elsewhere")
        with pytest.raises(QueueError, match="not there") as told:
            work_off(queue, tmp_path / "data")
        assert "install -d -m 700" in told.value.hint
        (tmp_path / "elsewhere").rename(queue.folder)
        assert [one.status for one in work_off(queue, tmp_path / "data")] == [Status.TAKEN]


def test_the_commands_speak_tls_prove_who_they_are_and_take_a_folder_in_once(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    with servers(tmp_path, 1) as alone:
        centre(tmp_path, alone.ports, replicas=1)
        for number in range(3):
            delivery(tmp_path / "feeds", number)
        data = ("--data", tmp_path / "data", "--lang", "en")
        sending = ("center", "feeds", "send", tmp_path / "feeds", "--feed", "plain", "--report", "honeypot-a", *data)
        assert quetsach(*sending).stdout.count("sent\n") == 3
        assert quetsach(*sending).stdout.count("it is there once") == 3
        listed = quetsach("center", "feeds", "queue", "--json", *data)
        assert json.loads(listed.stdout) == [{"feed": "plain", "report": "honeypot-a", "waiting": 3}], listed.stderr
        taking_words = ("center", "feeds", "commit", "--until-empty", "--json")
        taking = quetsach(*taking_words, *data)
        told = [json.loads(line) for line in taking.stdout.splitlines()]
        assert [one["status"] for one in told] == ["taken"] * 3, taking.stderr
        assert sorted(one["files"][0]["accepted"] for one in told) == [2, 2, 2]
        assert quetsach("center", "feeds", "queue", *data).stdout == "No delivery waits.\n"
        for ends_alone in (True, False):
            (tmp_path / "unread.csv").write_text(f"neither,a,header,{ends_alone}\n")
            assert quetsach("center", "feeds", "send", tmp_path / "unread.csv", *sending[4:]).returncode == 0
            committing = [sys.executable, "-m", "quetsach", *taking_words[:3], *data]
            with subprocess.Popen(
                [*committing, *(["--until-empty"] if ends_alone else [])], stderr=subprocess.PIPE, text=True
            ) as service:
                assert service.stderr is not None
                assert "the header lacks" in service.stderr.readline()
                if not ends_alone:
                    service.send_signal(signal.SIGTERM)
                said = service.communicate()[1]  # to its end: a pipe that is closed is a failure of its own
            assert service.returncode == (1 if ends_alone else 0), f"a service that is stopped has not failed: {said}"
        (tmp_path / "data" / "password").write_text("another-password\n")
        refused = quetsach("center", "feeds", "queue", *data)
        assert refused.returncode == 1
        assert "Authorization Violation" in refused.stderr
