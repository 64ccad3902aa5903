"""Questions answered by the processes of a cluster over TLS; its scheduler is killed, and they are asked again."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.self_signed import certificate
from tests.unit.lake.test_keeping import DAYS, HEADER, ingest
from tests.waiting import until

from quetsach.centre.cluster import FILE, load_placement
from quetsach.lake import LakeError
from quetsach.lake.dask_placement import DaskPlacement
from quetsach.lake.lake import Lake
from quetsach.lake.queries import Engine

DAY = HEADER + "".join(f"2020-06-16 07:00:{n % 60:02},14.160.{n // 250}.{n % 250},mirai,VN,b{n}\n" for n in range(2000))


@contextmanager
def process(module: str, keys: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    tls = ("--tls-ca-file", keys / "authority.pem", "--tls-cert", keys / "server.pem", "--tls-key", keys / "server.pem")
    call = [sys.executable, "-m", f"distributed.cli.{module}", *map(str, tls), *arguments]
    with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            yield running
        finally:
            running.kill()


@contextmanager
def cluster(folder: Path, keys: Path, *, port: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A scheduler and two workers; yields the scheduler's process and address."""
    place = folder / "scheduler.json"
    place.unlink(missing_ok=True)
    start = ("--host", "tls://127.0.0.1", "--port", str(port), "--no-dashboard", "--scheduler-file", str(place))
    with process("dask_scheduler", keys, *start) as scheduler:
        until(lambda: place.exists() and '"address"' in place.read_text())
        worker = ("--scheduler-file", str(place), "--nthreads", "1", "--no-nanny", "--no-dashboard")
        with process("dask_worker", keys, *worker), process("dask_worker", keys, *worker):
            yield scheduler, _address(place)


def _address(place: Path) -> str:
    return place.read_text().split('"address": "')[1].split('"')[0]


@contextmanager
def centre(folder: Path, url: str) -> Iterator[Lake]:
    """A lake whose questions are answered by a cluster; whoever asked it lets go of it."""
    (folder / FILE).write_text(
        f'scheduler = "{url}"\nparts = 8\nca = "authority.pem"\ncertificate = "server.pem"\nkey = "server.pem"\n'
    )
    made = load_placement(folder)(Engine())
    assert isinstance(made, DaskPlacement)
    try:
        yield Lake(folder / "lake", placement=lambda _: made)
    finally:
        made.close()


def test_a_killed_scheduler_is_told_and_the_next_one_answers(tmp_path: Path) -> None:
    certificate(tmp_path)
    near = Lake(tmp_path / "lake")
    ingest(near, DAY)
    with ExitStack() as until_the_end:
        with cluster(tmp_path, tmp_path) as (scheduler, url):
            assert url.startswith("tls://")
            far = until_the_end.enter_context(centre(tmp_path, url))
            assert far.view().count_addresses(DAYS) == near.view().count_addresses(DAYS) == 2000
            scheduler.kill()
            scheduler.wait()
            with pytest.raises(LakeError, match="workers cannot be reached"):
                far.view().count_addresses(DAYS)
        with cluster(tmp_path, tmp_path, port=int(url.rpartition(":")[2])):
            assert far.view().count_addresses(DAYS) == 2000


def test_whoever_has_no_certificate_of_the_cluster_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.lake.dask_placement._CONNECT_SECONDS", 3)
    other = tmp_path / "other"
    other.mkdir()
    certificate(tmp_path)
    certificate(other)
    ingest(Lake(other / "lake"), DAY)
    with (
        cluster(tmp_path, tmp_path) as (_, url),
        centre(other, url) as far,
        pytest.raises(LakeError, match="workers cannot be reached"),
    ):
        far.view().count_addresses(DAYS)
