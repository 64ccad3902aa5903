"""kill -9 anywhere in an ingest, a compaction, an annotation or a retry, then the same again: the same lake."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.integration.lake.ingest_server import annotate
from tests.lake_reader import TESTER, watch_layouts
from tests.sinkhole_report import HEADER, make_report
from tests.waiting import PATIENCE_SECONDS

from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.lake import compacted, hosts, readers
from quetsach.lake.lake import Lake
from quetsach.lake.records import INDEX
from quetsach.lake.view import LakeView

KILLS = 15


class Server:
    """``ingest_server``, with the reports that it ingests."""

    def __init__(self, files: list[Path]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.lake.ingest_server", *map(str, files)],
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, folder: Path, step: int = -1, work: str = "ingest") -> int:
        return self._ask(f"{folder}\t{step}\t{work}\n")

    def wait(self) -> int:
        return self._ask("\n")

    def stop(self) -> None:
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def _ask(self, line: str) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line)
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two reports of two days that share rows, and an archive with one of them and another; a day of two files."""
    folder = tmp_path_factory.mktemp("reports")
    rows = make_report(600, 1, share_damaged=0.05, share_mended=0.05).content
    other = make_report(300, 2).content.replace(b"2020-06-16", b"2020-06-17")
    first, second = (folder / f"2020-06-{day}-event4_sinkhole-vn.csv" for day in (16, 17))
    first.write_bytes(rows)
    second.write_bytes(rows + other.removeprefix(HEADER))
    archive = folder / "archive.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(second, second.name)
        packed.writestr("2020-06-17-event4_sinkhole-more.csv", make_report(100, 3).content.replace(b"06-16", b"06-17"))
    server = Server([first, second, archive])
    yield server
    server.stop()


def content_of(lake: Path) -> dict[str, str]:
    files = [path for path in lake.rglob("*") if path.is_file() and path.name not in {readers.ACCESS_FILE, INDEX}]
    return {str(path.relative_to(lake)): sha256(path.read_bytes()).hexdigest() for path in files}


def finish(server: Server, folder: Path, work: str = "ingest") -> float:
    started = time.monotonic()
    server.start(folder, work=work)
    assert server.wait() == 0
    return time.monotonic() - started


@pytest.fixture(scope="module")
def expected(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("whole") / "lake"
    finish(server, folder)
    assert sorted(bool(d.duplicates > d.accepted) for d in Lake(folder).view().deliveries()) == [False, False, True]
    return content_of(folder)


def check_readable(folder: Path) -> None:
    """Fail if a reader could meet half a delivery."""
    view = Lake(folder).view()
    assert all((folder / path).is_file() for path in view.catalog.paths())
    view.quarantined(by=TESTER)


def test_at_random_moments(server: Server, expected: dict[str, str], tmp_path: Path) -> None:
    moments = random.Random(2020)
    usual = min(finish(server, tmp_path / f"warm-{n}") for n in range(3))
    killed = 0
    for number in range(4 * KILLS):
        folder = tmp_path / f"lake-{number}"
        process = server.start(folder)
        time.sleep(moments.random() * usual)
        os.kill(process, signal.SIGKILL)
        killed += server.wait() == -signal.SIGKILL
        check_readable(folder)
        finish(server, folder)
        assert content_of(folder) == expected, f"killed in run {number}"
        if killed == KILLS:
            break
    assert killed == KILLS


def test_between_all_steps_to_the_disk(server: Server, expected: dict[str, str], tmp_path: Path) -> None:
    for step in range(1000):
        folder = tmp_path / f"lake-{step}"
        server.start(folder, step)
        if server.wait() == 0:
            break  # there are no more steps
        check_readable(folder)
        finish(server, folder)
        assert content_of(folder) == expected, f"killed at step {step}"
    assert step > 20


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three small files of two days, some rows of which are in two of them."""
    folder = tmp_path_factory.mktemp("small")
    rows = make_report(40, 4, share_damaged=0.05).content.removeprefix(HEADER).splitlines(keepends=True)
    paths = []
    for n in range(3):
        content = b"".join(rows[9 * n : 9 * n + 12])
        paths.append(folder / f"2020-06-{16 + n % 2}-event4_sinkhole-{n}.csv")
        paths[-1].write_bytes(HEADER + (content.replace(b"2020-06-16", b"2020-06-17") if n % 2 else content))
    server = Server(paths)
    yield server
    server.stop()


def test_small_files_that_come_together_between_all_steps(small: Server, tmp_path: Path) -> None:
    """Where it ends between two records, the days of those that are there are counted, and the rest comes again."""
    finish(small, tmp_path / "whole")
    with Lake(tmp_path / "whole").view() as view:
        every = {one.id for one in view.deliveries()}
    expected, counts = content_of(tmp_path / "whole"), set()
    days = Period(date(2020, 6, 16), date(2020, 6, 17))
    assert len(every) == 3
    for step in range(1000):
        folder = tmp_path / f"lake-{step}"
        small.start(folder, step)
        if small.wait() == 0:
            break
        check_readable(folder)
        with Lake(folder).view() as view:
            there = view.deliveries()
            assert view.sightings_count() == sum(one.accepted for one in there)
            assert view.count_addresses(days) == len(addresses_of(view))
            if 0 < len(there) < len(every):
                hosts.hosts(view, days)  # the roll-ups that nobody made are made for this
            counts.add(len(there))
        finish(small, folder)
        with Lake(folder).view() as view:
            assert {one.id for one in view.deliveries()} == every
        assert seen_in(content_of(folder)) == seen_in(expected), f"killed at step {step}"
    assert counts == {0, 1, 2, 3}


def addresses_of(view: LakeView) -> set[bytes]:
    paths = [path for roll_up in view.roll_ups() for path in view.catalog.sightings_for(roll_up) or ()]
    tables = [pq.read_table(path, columns=["address"]) for path in paths]
    return {bytes(value) for table in tables for value in table.column(0).combine_chunks().storage.to_pylist()}


def seen_in(content: dict[str, str]) -> dict[str, str]:
    """Return what a lake has but for where sightings lie: files that came later are not compacted with those before."""
    return {path: digest for path, digest in content.items() if not path.startswith(("sightings/", "compacted"))}


def test_a_compaction_between_all_its_steps(server: Server, tmp_path: Path) -> None:
    finish(server, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "compacted")
    finish(server, tmp_path / "compacted", "compact")
    expected = content_of(tmp_path / "compacted")
    assert compacted.FILE in expected
    for step in range(100):
        folder = tmp_path / f"lake-{step}"
        shutil.copytree(tmp_path / "whole", folder)
        server.start(folder, step, "compact")
        if server.wait() == 0:
            break
        check_readable(folder)
        finish(server, folder, "compact")
        assert content_of(folder) == expected, f"killed at step {step}"
    assert step > 4


def check_either_or[State](
    server: Server, tmp_path: Path, work: str, told: Callable[[Path], State]
) -> tuple[State, State]:
    """Kill a work on the lake ``whole`` between all its steps; return what is told before it and after it.

    What is told of a lake where it was killed has to be the one or the other, and done again it has to be as never
    killed.
    """
    shutil.copytree(tmp_path / "whole", tmp_path / "done")
    finish(server, tmp_path / "done", work)
    expected = content_of(tmp_path / "done")
    old, new = (told(tmp_path / name) for name in ("whole", "done"))
    assert old != new
    states = set()
    for step in range(200):
        folder = tmp_path / f"lake-{step}"
        shutil.copytree(tmp_path / "whole", folder)
        server.start(folder, step, work)
        if server.wait() == 0:
            break
        check_readable(folder)
        found = told(folder)
        assert found in (old, new), f"killed at step {step}"
        states.add(found == new)
        finish(server, folder, work)
        assert content_of(folder) == expected, f"killed at step {step}"
    assert step > 10
    assert states == {False, True}
    return old, new


def test_an_annotation_leaves_the_old_state_or_the_new_one(server: Server, tmp_path: Path) -> None:
    finish(server, tmp_path / "whole")
    check_either_or(server, tmp_path, "reannotate", answers_of)


def test_a_retry_leaves_the_old_state_or_the_new_one(server: Server, tmp_path: Path) -> None:
    lake, names = Lake(tmp_path / "whole", layouts=watch_layouts("bot")), FamilyNames.of([], version="1")
    for hour in range(2):
        kinds = [("16", "bot"), ("16", "site"), *([("16", "c2"), ("17", "c2")] if hour else [])]
        rows = [f"2020-06-{day} 0{hour}:00:0{n},14.160.0.1,x,{kind}\n" for n, (day, kind) in enumerate(kinds)]
        file, now = ("at,ip,bot,kind\n" + "".join(rows)).encode(), datetime(2020, 6, 17, tzinfo=UTC)
        lake.ingest(file, feed="watch", families=names, annotate=annotate, now=now, name="2020-06-16-bots.csv")
    old, new = check_either_or(server, tmp_path, "retry", accounts_of)
    assert [sum(one[1] for one in found) for found in (old, new)] == [2, 4]


def accounts_of(folder: Path) -> list[tuple[int, int, int, int]]:
    """Return what became of the records of each delivery; they add up, and are as many as the sightings."""
    with Lake(folder).view() as view:
        assert view.sightings_count() == sum(one.accepted for one in view.deliveries())
        return [(one.records, one.accepted, one.duplicates, one.quarantined) for one in view.deliveries()]


def answers_of(folder: Path) -> list[object]:
    """Return what is counted of a lake, from sightings and from roll-ups."""
    view = Lake(folder).view()
    days = Period(date(2020, 6, 16), date(2020, 6, 17))
    counted = view.distinct_addresses(days, ("isp",)).to_pylist()
    return [view.state, view.sightings_count(), counted, str(hosts.hosts(view, days))]
