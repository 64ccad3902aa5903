"""Wherever the parts of a question are answered, the answer is the same; what dies is asked again."""

import os
import pickle
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import duckdb
import pyarrow as pa
import pytest
from distributed import LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from tests.unit.lake.test_questions import DYING, WEEK, answers, dying, two_reports
from tests.waiting import until

from quetsach.core.text import Text
from quetsach.lake import LakeError, hosts, placement, spark_placement
from quetsach.lake.dask_placement import DaskPlacement
from quetsach.lake.lake import Lake
from quetsach.lake.placement import ROWS, AskedParts, Here, read_answers
from quetsach.lake.queries import Engine, Part
from quetsach.lake.spark_placement import SparkPlacement


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made:
        yield made


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return two_reports(tmp_path_factory.mktemp("placement"))


@pytest.fixture
def far(cluster: LocalCluster, lake: Lake) -> Iterator[DaskPlacement]:
    made = DaskPlacement(cluster.scheduler_address, Here(Engine()), lake.folder, parts=8)
    yield made
    made.close()


def test_one_worker_answers_as_this_process_does(lake: Lake, cluster: LocalCluster, far: DaskPlacement) -> None:
    cluster.scale(1)
    until(lambda: len(cluster.scheduler.workers) == 1)
    try:
        with lake.view() as near, Lake(lake.folder, placement=lambda _: far).view() as away:
            assert answers(away) == answers(near)
    finally:
        cluster.scale(2)
        until(lambda: len(cluster.scheduler.workers) == 2)


def test_no_answer_is_another_because_a_worker_was_killed(lake: Lake, far: DaskPlacement, tmp_path: Path) -> None:
    with lake.view() as near, Lake(lake.folder, placement=lambda _: far).view() as away:
        assert answers(away, dying(tmp_path), DYING) == answers(near, which=DYING)
    assert len(list(tmp_path.iterdir())) == len(DYING)


def test_two_workers_answer_as_this_process_does(lake: Lake, far: DaskPlacement) -> None:
    with lake.view() as near, Lake(lake.folder, placement=lambda _: far).view() as away:
        assert answers(away) == answers(near)
        assert hosts.hosts(away, WEEK, by="isp") == hosts.hosts(near, WEEK, by="isp")
        assert len(away.parts_of(near.catalog.countable(WEEK))) == 8


@dataclass(frozen=True)
class WhoAnswers:
    """Not of the lake: says which process answered; the first one to come to part 3 marks that it did, and is slow."""

    mark: Path

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        assert engine.sql("select current_setting('threads')").fetchall() == [(1,)]
        if part.buckets[0] == 96 and not self.mark.exists():
            self.mark.write_text(str(os.getpid()))
            time.sleep(60)
        return (pa.table({"first": [part.buckets[0]], "process": [os.getpid()]}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> dict[int, int]:
        return {row["first"]: row["process"] for (table,) in parts for row in table.to_pylist()}


def test_a_worker_that_is_killed_loses_nothing(lake: Lake, far: DaskPlacement, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    killer = os.fork()
    if not killer:  # not a thread: the question keeps this one waiting
        while not (mark.exists() and mark.read_text()):
            time.sleep(0.02)
        os.kill(int(mark.read_text()), signal.SIGKILL)
        os._exit(0)
    with Lake(lake.folder, placement=lambda _: far).view() as view:
        answer = view.ask(WhoAnswers(mark), view.parts_of(view.catalog.countable(WEEK)))
    assert os.waitpid(killer, 0)[1] == 0
    assert sorted(answer) == [32 * n for n in range(8)]
    assert os.getpid() not in answer.values()
    assert int(mark.read_text()) != answer[96]


def test_what_only_this_process_has_is_answered_here(lake: Lake, far: DaskPlacement, tmp_path: Path) -> None:
    made = tmp_path / "made.parquet"
    made.write_bytes(b"")

    @dataclass(frozen=True)
    class Own:
        def of_part(self, _: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
            return (pa.table({"files": [len(part.files)], "process": [os.getpid()]}),)

        def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> set[int]:
            return {row["process"] for (table,) in parts for row in table.to_pylist()}

    with Lake(lake.folder, placement=lambda _: far).view() as view:
        assert view.ask(Own(), view.parts_of([*view.catalog.countable(WEEK), made])) == {os.getpid()}


def test_a_lake_that_is_named_from_here_is_found_by_workers(
    lake: Lake, far: DaskPlacement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(lake.folder.parent)
    placement = replace(far, folder=Path(lake.folder.name), here=Here(Engine(), parts=None))
    with Lake(Path(lake.folder.name), placement=lambda _: placement).view() as view:
        assert os.getpid() not in view.ask(WhoAnswers(tmp_path), view.parts_of(view.catalog.countable(WEEK))).values()
    placement.close()


def test_a_damaged_file_is_told_by_the_worker(lake: Lake, far: DaskPlacement, tmp_path: Path) -> None:
    shutil.copytree(lake.folder, tmp_path / "lake")
    placement = replace(far, folder=tmp_path / "lake")
    with Lake(tmp_path / "lake", placement=lambda _: placement).view() as view:
        path = next(tmp_path.glob("lake/rollups/*/*.seen.parquet"))
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(LakeError, match="the lake cannot be read"):
            view.count_addresses(WEEK)
    placement.close()


def test_a_scheduler_that_is_gone_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.lake.dask_placement._CONNECT_SECONDS", 1)
    gone = DaskPlacement("tcp://127.0.0.1:1", Here(Engine()), lake.folder, parts=2)
    with (
        Lake(lake.folder, placement=lambda _: gone).view() as view,
        pytest.raises(LakeError, match="be reached") as told,
    ):
        view.count_addresses(WEEK)
    assert "cluster.toml" in told.value.hint


def other_in_each_process() -> tuple[tuple[str, str], ...]:
    return (("quetsach", f"1.{os.getpid()}"),)


def test_workers_of_another_release_are_refused(
    lake: Lake, far: DaskPlacement, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.lake.dask_placement.versions", other_in_each_process)
    with Lake(lake.folder, placement=lambda _: far).view() as view, pytest.raises(LakeError, match=r"quetsach 1\."):
        view.count_addresses(WEEK)


@pytest.mark.parametrize("url", ["tcp://10.1.2.3:8786", "tcp://scheduler:8786", "ucx://10.1.2.3:1"])
def test_addresses_never_go_over_a_network_in_clear(url: str, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="tls://"):
        DaskPlacement(url, Here(Engine()), tmp_path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sc://10.1.2.3:15002", "TLS only"),
        ("sc://server", "TLS only"),
        ("sc://server/;use_ssl=false", "the address of a Spark Connect server"),
        ("sc://server/;use_ssl=true;token=sesame", "the address of a Spark Connect server"),
        ("sc://server/;use_ssl=true", "no key"),
        ("sc://server:port", "no address"),
    ],
)
def test_a_spark_elsewhere_is_asked_by_tls_and_with_a_key(url: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=said) as told:
        SparkPlacement(url, Here(Engine()), tmp_path)
    assert "sesame" not in told.value.explain()


def test_a_spark_that_is_gone_is_told(lake: Lake) -> None:
    gone = SparkPlacement("sc://127.0.0.1:1", Here(Engine()), lake.folder, parts=2)
    with Lake(lake.folder, placement=lambda _: gone).view() as view, pytest.raises(LakeError, match="be reached"):
        view.count_addresses(WEEK)


@pytest.mark.parametrize(
    ("master", "stays"),
    [
        ("local[2]", True),
        ("spark://127.0.0.1:7077", True),
        ("spark://localhost:7077,[::1]:7077", True),
        ("spark://127.0.0.1:7077,10.0.0.9:7077", False),
        ("yarn", False),
        ("k8s://https://127.0.0.1:6443", False),
        ("", False),
    ],
)
def test_whether_the_machines_of_a_spark_are_this_one(master: str, stays: bool) -> None:
    assert spark_placement.stays_here(master) is stays


def test_what_workers_send_is_data_and_damaged_data_is_told() -> None:
    """Nothing is unpickled, pieces of a table come together, and a part that is missing is missed."""
    rows = {"part": [0, 0, 1], "table": [0, 0, 0], "content": [streamed(1), streamed(2), streamed(3)]}
    [(first,), (second,)] = read_answers(pa.table(rows, schema=ROWS), 2, where="here")
    assert (first.column(0).to_pylist(), second.column(0).to_pylist()) == ([1, 2], [3])
    for table, content in ((0, pickle.dumps(first)), (0, streamed(1)[:-20]), (-1, b"[]"), (-2, b"{"), (-1, b"{}")):
        with pytest.raises(LakeError, match="answer cannot be read"):
            read_answers(pa.table({"part": [0], "table": [table], "content": [content]}, schema=ROWS), 1, where="here")
    with pytest.raises(LakeError, match="answer cannot be read"):
        read_answers(pa.table(rows, schema=ROWS), 3, where="here")


def test_what_a_worker_could_not_do_is_told_as_it_said_it() -> None:
    said = LakeError(Text("the file {name} is damaged", name="a.parquet"), where="day=1", hint=Text("restore it"))
    row = {"part": [0], "table": [-1], "content": [placement._error_bytes(said)]}
    with pytest.raises(LakeError) as told:
        read_answers(pa.table(row, schema=ROWS), 1, where="here")
    assert (told.value.what, told.value.where, told.value.hint) == (said.what, "day=1", "restore it")
    row |= {"table": [-2], "content": [b'[["quetsach", "0.0.0-other"]]']}
    with pytest.raises(LakeError, match=r"a worker has quetsach 0\.0\.0-other where this centre has .*quetsach"):
        read_answers(pa.table(row, schema=ROWS), 1, where="here")


@pytest.mark.parametrize("has_file", [False, True])
def test_spark_is_loaded_as_by_a_program_with_a_file_and_the_program_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch, *, has_file: bool
) -> None:
    main = ModuleType("__main__")
    if has_file:
        main.__file__ = "/own.py"
    monkeypatch.setitem(sys.modules, "__main__", main)
    with spark_placement._as_program():
        assert main.__file__ == ("/own.py" if has_file else spark_placement.__file__)
    assert getattr(main, "__file__", None) == ("/own.py" if has_file else None)


@pytest.mark.parametrize(
    ("said", "asked", "had_session"),
    [
        ("INVALID_HANDLE.SESSION_NOT_FOUND", 2, True),
        ("Received http2 header with status: 502", 2, True),
        ("INVALID_HANDLE.SESSION_NOT_FOUND", 1, False),
        ("DIVIDE_BY_ZERO", 1, True),
    ],
)
def test_a_question_is_asked_once_more_where_only_the_session_is_gone(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, said: str, asked: int, *, had_session: bool
) -> None:
    tries: list[object] = []

    def run(session: object, _: object) -> pa.Table:
        tries.append(session)
        if len(tries) == 1:
            raise PySparkException(said)
        return pa.table({"part": [0], "table": [0], "content": [streamed(7)]}, schema=ROWS)

    far = SparkPlacement("sc://127.0.0.1:15002", Here(Engine()), lake.folder, parts=1)
    if had_session:
        far._sessions.append(MagicMock())
    monkeypatch.setattr(spark_placement, "_run", run)
    monkeypatch.setattr(SparkPlacement, "_session", lambda own: (own._sessions and "old") or "new")
    if asked == 2:
        [(table,)] = far.answers_of_workers(Given(()), [Part(())])
        assert table.to_pylist() == [{"n": 7}]
    else:
        with pytest.raises(LakeError):
            far.answers_of_workers(Given(()), [Part(())])
    assert tries == ["old", "new"][not had_session :][:asked]
    assert far._sessions == []


@pytest.mark.parametrize("sign", ["ExecutorLostFailure", "Python worker exited unexpectedly", "OutOfMemoryError"])
def test_workers_that_die_over_a_part_are_told_and_it_is_not_asked_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    run = MagicMock(side_effect=PySparkException(f"Job aborted: {sign} (executor 1)"))
    monkeypatch.setattr(spark_placement, "_run", run)
    far = SparkPlacement("sc://127.0.0.1:15002", Here(Engine()), lake.folder, parts=1)
    far._sessions.append(MagicMock())
    with pytest.raises(LakeError, match="workers died again and again") as told:
        far.answers_of_workers(Given(()), [Part(())])
    assert "memory" in told.value.hint
    assert run.call_count == 1


def streamed(value: int) -> bytes:
    sink, table = pa.BufferOutputStream(), pa.table({"n": [value]})
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


@settings(max_examples=20)
@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=4), piece=st.integers(1, 99))
def test_an_answer_in_pieces_of_any_size_is_the_answer(sizes: list[int], piece: int) -> None:
    tables = tuple(pa.table({"address": pa.array([bytes([n] * 16) for n in range(size)], pa.uuid())}) for size in sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quetsach.lake.placement._PIECE_BYTES", piece)
        asked = AskedParts.of(Given(tables), [Part(()), Part(())])
        rows = pa.Table.from_batches(asked([pa.record_batch({"id": [0, 1]})]))
    assert read_answers(rows, 2, where="here") == [tables, tables]


@dataclass(frozen=True)
class Given:
    """Not of the lake: its answer is known."""

    tables: tuple[pa.Table, ...]

    def of_part(self, _: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        return self.tables

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> int:
        return len(parts)
