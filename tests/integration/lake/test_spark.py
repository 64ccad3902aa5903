"""Questions answered by a Spark with a master and workers of its own; all of its processes are killed in the middle."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen

import duckdb
import pyarrow as pa
import pytest
from pyspark.logger import PySparkLogger
from tests.dying import Dies
from tests.self_signed import certificate
from tests.spark import TOKEN, Cluster, free_port, spark
from tests.spark import answers as listens
from tests.unit.lake.test_questions import DYING, WEEK, answers, dying, two_reports
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.lake import LakeError, spark_placement
from quetsach.lake.lake import Lake
from quetsach.lake.placement import Here
from quetsach.lake.queries import Engine, Part
from quetsach.lake.spark_placement import SparkPlacement
from quetsach.lake.view import LakeView

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") or "nginx"
WORKERS = ("worker1", "worker2")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return two_reports(tmp_path_factory.mktemp("spark-lake"))


@pytest.fixture(scope="module")
def lonely() -> list[LakeError]:
    """What was told while the cluster had no workers."""
    return []


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, lake: Lake, lonely: list[LakeError]) -> Iterator[Cluster]:
    with spark(tmp_path_factory.mktemp("spark")) as made:
        with placed(made, lake) as far, pytest.MonkeyPatch.context() as patch:
            patch.setattr(spark_placement, "_START_SECONDS", 5)
            with pytest.raises(LakeError) as told:
                asked(lake, far).count_addresses(WEEK)
        lonely.append(told.value)
        for name in WORKERS:
            made.start_worker(name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(spark_placement, "_START_SECONDS", PATIENCE_SECONDS)
            yield made


@contextmanager
def placed(cluster: Cluster, lake: Lake, url: str = "") -> Iterator[SparkPlacement]:
    token = cluster.folder / "token"
    token.write_text(f"{TOKEN}\n")
    made = SparkPlacement(url or cluster.url, Here(Engine()), lake.folder, parts=8, token=token)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def far(cluster: Cluster, lake: Lake) -> Iterator[SparkPlacement]:
    with placed(cluster, lake) as made:
        yield made


def asked(lake: Lake, far: SparkPlacement) -> LakeView:
    return Lake(lake.folder, placement=lambda _: far).view()


def test_workers_answer_as_this_process_does(lake: Lake, far: SparkPlacement) -> None:
    with lake.view() as near, asked(lake, far) as away:
        assert answers(away) == answers(near)


def test_no_answer_is_another_because_a_process_of_a_worker_was_killed(
    lake: Lake, far: SparkPlacement, tmp_path: Path
) -> None:
    with lake.view() as near, asked(lake, far) as away:
        assert answers(away, dying(tmp_path), DYING) == answers(near, which=DYING)
    assert len(list(tmp_path.iterdir())) == len(DYING)


def test_a_worker_that_is_killed_with_its_executor_loses_nothing(
    lake: Lake, cluster: Cluster, far: SparkPlacement, tmp_path: Path
) -> None:
    """Of the process that answers the parent is Spark's daemon, of that the executor, and of that the worker."""
    mark = tmp_path / "mark"
    with lake.view() as near, asked(lake, far) as away:
        assert answers(away, lambda question: Dies(question, mark, parents=3)) == answers(near)
        assert mark.exists()
    killed = [name for name in WORKERS if cluster.running[name].poll() is not None]
    assert len(killed) == 1
    cluster.start_worker(killed[0])


@dataclass(frozen=True)
class Slow:
    """Not of the lake: marks that it is being answered, and takes its time."""

    mark: Path

    def of_part(self, _: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        self.mark.touch()
        time.sleep(60)
        return (pa.table({"first": [part.buckets[0]]}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> int:
        return len(parts)


def test_a_driver_that_is_killed_is_told_and_the_next_one_answers(
    lake: Lake, cluster: Cluster, far: SparkPlacement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[str] = []
    monkeypatch.setattr(PySparkLogger, "warning", lambda _, said, **__: complaints.append(str(said)))
    mark, server = tmp_path / "mark", cluster.running["server"]
    killer = os.fork()
    if not killer:  # not a thread: the question keeps this one waiting
        while not mark.exists():
            time.sleep(0.02)
        os.kill(server.pid, signal.SIGKILL)
        os._exit(0)
    view = asked(lake, far)
    with pytest.raises(LakeError, match="workers cannot be reached") as told:
        view.ask(Slow(mark), view.parts_of(view.catalog.countable(WEEK)))
    assert "cluster.toml" in told.value.hint
    assert os.waitpid(killer, 0)[1] == 0
    cluster.kill("server")
    cluster.start_server()
    near = lake.view().count_addresses(WEEK)
    assert view.count_addresses(WEEK) == near
    cluster.kill("server")  # between two questions nobody needs to hear of it
    cluster.start_server()
    assert asked(lake, far).count_addresses(WEEK) == near
    assert not [said for said in complaints if "session.stop" in said]  # no goodbye to what is gone


def test_a_damaged_file_is_told_by_the_worker(lake: Lake, far: SparkPlacement, tmp_path: Path) -> None:
    shutil.copytree(lake.folder, tmp_path / "lake")
    path = next(tmp_path.glob("lake/rollups/*/*.seen.parquet"))
    path.write_bytes(path.read_bytes()[:-9])
    elsewhere = replace(far, folder=tmp_path / "lake")
    with pytest.raises(LakeError, match="the lake cannot be read") as told:
        asked(Lake(tmp_path / "lake"), elsewhere).count_addresses(WEEK)
    elsewhere.close()
    assert told.value.text.in_language("vi") != told.value.what
    assert "\n" not in str(told.value)


def test_workers_of_another_release_are_refused(
    lake: Lake, far: SparkPlacement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.lake.placement.versions", lambda: (("quetsach", "1.2.3"), ("python", "3.99")))
    with pytest.raises(LakeError, match=r"a worker has quetsach .* this centre has quetsach 1\.2\.3, python 3\.99"):
        asked(lake, far).count_addresses(WEEK)


@dataclass(frozen=True)
class Wrong:
    """Not of the lake: has a fault."""

    def of_part(self, _: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        raise ValueError(part.buckets)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> int:
        return len(parts)


def test_what_java_says_of_a_fault_is_one_line(lake: Lake, far: SparkPlacement) -> None:
    view = asked(lake, far)
    with pytest.raises(LakeError, match=r"Spark did not answer: ValueError: \(\d+, \d+\)$"):
        view.ask(Wrong(), view.parts_of(view.catalog.countable(WEEK)))


def test_a_cluster_without_workers_is_told(cluster: Cluster, lonely: list[LakeError]) -> None:
    assert lonely[0].what == "the cluster has no workers"
    assert cluster.master in lonely[0].hint


def test_machines_that_speak_in_clear_are_asked_nothing(
    lake: Lake, far: SparkPlacement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_placement, "stays_here", lambda _: False)
    with pytest.raises(LakeError, match="to each other in clear") as told:
        asked(lake, far).count_addresses(WEEK)
    assert told.value.where.startswith("spark://")


def test_whoever_does_not_know_the_token_is_not_answered(lake: Lake, far: SparkPlacement, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("guessed")
    for token in (None, tmp_path / "token"):
        with pytest.raises(LakeError, match="workers cannot be reached"):
            asked(lake, replace(far, token=token)).count_addresses(WEEK)


@pytest.fixture
def proxy(cluster: Cluster, tmp_path: Path) -> Iterator[int]:
    """The port of an nginx that asks for a certificate of the cluster, as the how-to has it."""
    certificate(tmp_path)
    port, here = free_port(), tmp_path
    (here / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off;\npid {here}/pid;\nerror_log {here}/error.log;\n"
        f"events {{ worker_connections 64; }}\nhttp {{ access_log off; server {{\nlisten 127.0.0.1:{port} ssl;\n"
        f"http2 on;\nssl_certificate {here}/server.pem;\nssl_certificate_key {here}/server.pem;\n"
        f"ssl_client_certificate {here}/authority.pem;\nssl_verify_client on;\nclient_max_body_size 0;\n"
        f"location / {{ grpc_pass grpc://127.0.0.1:{cluster.port};\ngrpc_read_timeout 1d;\ngrpc_send_timeout 1d; }}\n"
        "}}\n"
    )
    with Popen([NGINX, "-p", str(here), "-c", str(here / "nginx.conf")]) as running:
        try:
            until(lambda: listens(port))
            yield port
        finally:
            running.terminate()


def test_another_machine_is_asked_over_tls_by_whoever_has_a_certificate(
    lake: Lake, far: SparkPlacement, proxy: int, tmp_path: Path
) -> None:
    own = {"ca": tmp_path / "authority.pem", "certificate": tmp_path / "server.pem", "key": tmp_path / "server.pem"}
    over = replace(far, url=f"sc://127.0.0.1:{proxy}/;use_ssl=true", **own)
    assert asked(lake, over).count_addresses(WEEK) == lake.view().count_addresses(WEEK)
    over.close()
    other = tmp_path / "other"
    other.mkdir()
    certificate(other)
    for wrong in ({"certificate": other / "server.pem", "key": other / "server.pem"}, {"ca": other / "authority.pem"}):
        with pytest.raises(LakeError, match="workers cannot be reached"):
            asked(lake, replace(over, **wrong)).count_addresses(WEEK)
