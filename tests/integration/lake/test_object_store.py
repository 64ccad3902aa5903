"""A lake in an object store: a real server of it, committers that are killed or race, and what is told of a bad one."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bench.leases import watch
from distributed import LocalCluster
from tests.integration.lake.ingest_server import annotate_otherwise
from tests.integration.lake.test_ingest_killed import Server
from tests.lake_reader import TESTER
from tests.s3 import BUCKET, ENVIRONMENT, Gate, gated, request, s3_server
from tests.self_signed import certificate
from tests.sinkhole_report import make_report
from tests.unit.lake import test_questions as questions
from tests.unit.lake.test_hosts import ingest as take_in
from tests.unit.lake.test_lake_ingest import FAMILIES, HEADER, NOW, annotate, ingest, row
from tests.waiting import PATIENCE_SECONDS

from quetsach.cli.main import main
from quetsach.core.period import Period
from quetsach.lake import LakeError, backup, copy_state, entries, journal, keeping, object_store
from quetsach.lake.dask_placement import DaskPlacement
from quetsach.lake.fetching import FromStore
from quetsach.lake.journal import OvertakenError, Shared
from quetsach.lake.lake import Lake
from quetsach.lake.placement import AskedParts, Here, read_answers
from quetsach.lake.queries import Engine, ListAddresses, Part
from quetsach.lake.reannotation import reannotate
from quetsach.lake.retry import retry
from quetsach.lake.verification import Kind, Verification

DAY = date(2020, 6, 16)
DAYS = Period(DAY, DAY)


@pytest.fixture(scope="module", autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("QUETSACH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def server_port() -> Iterator[int]:
    with s3_server() as (port, _):
        yield port


@pytest.fixture
def gate(server_port: int) -> Iterator[Gate]:
    with gated(server_port) as made:
        yield made


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(object_store, "_wait", lambda _tries, _asked: None)


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return tmp_path.name


def rows(*addresses: int) -> bytes:
    return HEADER + b"".join(row(f"14.160.0.{n}") for n in addresses)


def state_of(lake: Lake) -> str:
    with lake.view() as view:
        return view.state


def test_every_question_is_answered_as_of_a_folder_wherever_it_is_asked(
    gate: Gate, prefix: str, tmp_path: Path
) -> None:
    near, writer = questions.two_reports(tmp_path / "folder"), gate.lake(tmp_path / "writer", prefix)
    for report, seed in (("own", 1), ("other", 2)):
        seen = watch(questions.SMALL, np.random.default_rng(seed))
        take_in(writer, seen, first=questions.FIRST, report=report, more=questions.MORE)
    reader = gate.lake(tmp_path / "reader", prefix)
    with near.view() as view, reader.view() as other:
        assert other.state == view.state
        assert not list((tmp_path / "reader").rglob("*.parquet"))
        expected = questions.answers(view)
        assert questions.answers(other) == expected
    seen = "rollups/*/*.seen.parquet"
    assert list(reader.folder.glob(seen))
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:  # type: ignore[no-untyped-call]
        shared = Shared(tmp_path / "asking", gate.place(prefix))
        far = DaskPlacement(cluster.scheduler_address, Here(Engine()), shared.folder, parts=4, shared=shared)
        with Lake(shared.folder, shared=shared, placement=lambda _: far).view() as away:
            assert questions.answers(away) == expected
        assert not list(shared.folder.glob(seen))  # nothing but its workers has read them
        far.close()


def test_a_spark_worker_is_sent_all_that_it_needs_to_fetch(gate: Gate, prefix: str, tmp_path: Path) -> None:
    lake = gate.lake(tmp_path / "lake", prefix)
    ingest(lake, rows(1, 2, 3))
    asked = ListAddresses(None, None)
    with lake.view() as view:
        parts = view.parts_of(view.catalog.countable(DAYS))
        here = view.ask(asked, parts)
    assert lake.shared
    there = FromStore.of(asked, lake.shared, [name for part in parts for name in part.names])
    numbers = pa.RecordBatch.from_pydict({"id": pa.array(range(len(parts)), pa.int64())})
    answered = pa.Table.from_batches(AskedParts.of(there, parts)([numbers]))
    assert there.merged(read_answers(answered, len(parts), where="")) == here
    assert ENVIRONMENT["AWS_SECRET_ACCESS_KEY"].encode() not in AskedParts.of(there, parts).question


@pytest.fixture(scope="module")
def committer(tmp_path_factory: pytest.TempPathFactory, _environment: None) -> Iterator[Server]:
    report = tmp_path_factory.mktemp("reports") / "2020-06-16-event4_sinkhole-vn.csv"
    report.write_bytes(make_report(60, 1, share_damaged=0.05).content)
    server = Server([report])
    yield server
    server.stop()


def settings(folder: Path, gate: Gate, prefix: str) -> Path:
    """Name a store in the settings of a centre; return its lake's folder."""
    folder.mkdir(mode=0o700)
    (folder / "store.toml").write_text(f'url = "{gate.url}"\nbucket = "{BUCKET}"\nprefix = "{prefix}"\n')
    (folder / "store.toml").chmod(0o600)
    return folder / "lake"


def kind_of(prefix: str, method: str, path: str) -> tuple[str, str]:
    """Return the method of a request and the folder that it is about; what it lists is all one."""
    _, _, inner = path.partition(f"/{prefix}")
    return method, inner.partition("/")[2].rpartition("/")[0].partition("day%3D")[0].partition("landed/")[0]


def test_a_kill_around_any_request_leaves_all_or_nothing(
    gate: Gate, prefix: str, tmp_path: Path, committer: Server
) -> None:
    whole = settings(tmp_path / "whole", gate, f"{prefix}-whole")
    committer.start(whole)
    assert committer.wait() == 0
    kinds = list(dict.fromkeys(kind_of(prefix, method, path) for method, path, _ in gate.seen))
    commit = ("PUT", "journal")
    assert len(kinds) > 5
    expected = state_of(gate.lake(whole, f"{prefix}-whole"))
    found = set()
    for kind, is_done in [*((kind, False) for kind in kinds), (commit, True)]:
        own = f"{prefix}-{kinds.index(kind)}-{is_done}"
        folder, process, begun = settings(tmp_path / own, gate, own), list[int](), threading.Event()

        def rule(method: str, path: str) -> str | None:
            if kind_of(prefix, method, path) != kind:  # noqa: B023  (used in this turn only)
                return None
            begun.wait(PATIENCE_SECONDS)  # noqa: B023
            os.kill(process[0], signal.SIGKILL)  # noqa: B023
            return "lost" if is_done else "gone"  # noqa: B023

        gate.rule = rule
        process.append(committer.start(folder))
        begun.set()
        assert committer.wait() == -signal.SIGKILL, kind
        gate.rule = lambda _method, _path: None
        seen_by_others = state_of(gate.lake(tmp_path / own / "other", own))
        found.add(seen_by_others == expected)
        with gate.lake(tmp_path / own / "other", own).view() as view:
            assert bool(view.deliveries()) == (seen_by_others == expected)
        committer.start(folder)
        assert committer.wait() == 0
        assert state_of(gate.lake(tmp_path / own / "third", own)) == expected, kind
    assert found == {False, True}


def together(gate: Gate, *work: Callable[[], None]) -> None:
    """Do things in threads, whose first entries of the journal are written at the same moment."""
    barrier = threading.Barrier(len(work))
    passed = threading.local()
    errors: list[BaseException] = []

    def rule(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("/journal/00000001.json") and not getattr(passed, "by", False):
            passed.by = True
            barrier.wait(PATIENCE_SECONDS)

    def run(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:  # noqa: BLE001  (it is told below)
            errors.append(error)

    gate.rule = rule
    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors


def test_two_machines_with_one_delivery_take_it_in_once(gate: Gate, prefix: str, tmp_path: Path) -> None:
    results = []
    together(
        gate,
        *[lambda n=n: results.append(ingest(gate.lake(tmp_path / str(n), prefix), rows(1, 2, 3))) for n in range(2)],
    )
    assert sorted((one.accepted, one.duplicates) for one in results) == [(0, 3), (3, 0)]
    with gate.lake(tmp_path / "third", prefix).view() as view:
        assert len(view.deliveries()) == 1
        assert view.count_addresses(DAYS) == 3


def test_two_machines_with_two_deliveries_count_no_row_twice(gate: Gate, prefix: str, tmp_path: Path) -> None:
    given = (rows(1, 2, 3), rows(2, 3, 4))
    results = []
    together(
        gate,
        *[lambda n=n: results.append(ingest(gate.lake(tmp_path / str(n), prefix), given[n])) for n in range(2)],
    )
    assert sorted((one.accepted, one.duplicates) for one in results) == [(1, 2), (3, 0)]
    third = gate.lake(tmp_path / "third", prefix)
    with third.view() as view:
        assert [view.sightings_count(), view.count_addresses(DAYS)] == [4, 4]
    assert not Verification(third, is_deep=True).run().faults


def test_two_reports_do_not_wait_for_each_other(gate: Gate, prefix: str, tmp_path: Path) -> None:
    times: list[int] = []

    def annotated(table: pa.Table) -> pa.Table:
        times.append(table.num_rows)
        return annotate(table)

    def take(n: int) -> None:
        gate.lake(tmp_path / str(n), prefix).ingest(
            rows(1, 2), feed="plain", report=f"r{n}", families=FAMILIES, annotate=annotated, now=NOW, name="f.csv"
        )

    together(gate, lambda: take(0), lambda: take(1))
    assert times == [2, 2]  # neither was made again
    with gate.lake(tmp_path / "third", prefix).view() as view:
        assert view.sightings_count() == 4


@pytest.mark.usefixtures("_hasty")
def test_a_server_that_fails_and_breaks_off_is_asked_again(
    gate: Gate, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[tuple[str, str], int] = {}
    told = (429, 500, "lost", "cut", "slow")

    def rule(method: str, path: str) -> int | str | None:
        number = seen[method, path] = seen.get((method, path), 0) + 1
        trouble = told[len(seen) % len(told)] if number == 1 else None
        if trouble == "slow":
            time.sleep(0.6)
            return "lost"
        return trouble

    monkeypatch.setattr(object_store, "_READ_SECONDS", 0.5)
    gate.rule = rule
    writer = gate.lake(tmp_path / "writer", prefix)
    result = ingest(writer, rows(1, 2, 3))
    assert result.accepted == 3
    with gate.lake(tmp_path / "reader", prefix).view() as view:
        assert [view.count_addresses(DAYS), len(view.deliveries())] == [3, 1]
    assert set(told) <= {told[n % len(told)] for n in range(len(seen))}


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("answer", ["lost", "cut"])
def test_an_entry_whose_answer_was_lost_is_known_as_our_own(
    gate: Gate, prefix: str, tmp_path: Path, answer: str
) -> None:
    gate.rule = lambda method, path: (
        answer if method == "PUT" and "/journal/" in path and not gate.journal(prefix) else None
    )
    assert ingest(gate.lake(tmp_path / "writer", prefix), rows(1, 2, 3)).accepted == 3
    with gate.lake(tmp_path / "reader", prefix).view() as view:
        assert len(view.deliveries()) == 1


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("number", [0, 1, 4, 6])
def test_a_server_that_goes_in_the_middle_is_told_and_nothing_is_lost(
    gate: Gate, prefix: str, tmp_path: Path, number: int
) -> None:
    writer = gate.lake(tmp_path / "writer", prefix)
    ingest(writer, rows(1))
    before = len(gate.seen)
    gate.rule = lambda _method, _path: "gone" if len(gate.seen) >= before + number else None
    with pytest.raises(LakeError, match="cannot be reached"):
        ingest(writer, rows(2, 3))
    with pytest.raises(LakeError, match="cannot be reached"):
        writer.view()
    gate.rule = lambda _method, _path: None
    assert ingest(writer, rows(2, 3)).accepted == 2
    with gate.lake(tmp_path / "reader", prefix).view() as view:
        assert [view.count_addresses(DAYS), len(view.deliveries())] == [3, 2]


@pytest.mark.usefixtures("_hasty")
def test_tries_are_bounded_and_what_is_answered_is_told(gate: Gate, prefix: str, tmp_path: Path) -> None:
    gate.rule = lambda _method, _path: 503
    with pytest.raises(LakeError, match="HTTP status 503: SlowDown"):
        ingest(gate.lake(tmp_path / "writer", prefix), rows(1))
    assert len(gate.seen) == object_store._TRIES


def test_a_store_that_lets_two_write_one_name_is_refused(gate: Gate, prefix: str, tmp_path: Path) -> None:
    gate.rule = lambda _method, _path: "careless"
    with pytest.raises(LakeError, match="lets two write one name"):
        ingest(gate.lake(tmp_path / "writer", prefix), rows(1))
    assert not gate.journal(prefix)


def test_wrong_credentials_are_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def iam(port: int, action: str) -> str:
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "authorization": "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/iam/aws4_request",
        }
        body = f"Version=2010-05-08&UserName=centre&Action={action}".encode()
        status, _, content = request(port, "POST", "/", body, headers)
        assert status == 200, content
        return content.decode()

    with s3_server(environment={"INITIAL_NO_AUTH_ACTION_COUNT": "4"}) as (port, _), gated(port) as gate:
        allowed = json.dumps(
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
        )
        iam(port, "CreateUser")
        iam(port, f"PutUserPolicy&PolicyName=all&PolicyDocument={allowed}")
        made = iam(port, "CreateAccessKey")
        access, secret = (made.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey"))
        for key in (access, secret):
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", access)
            lake = gate.lake(tmp_path / "lake", "own")
            if key == access:
                with pytest.raises(LakeError, match="refuses these credentials: SignatureDoesNotMatch") as told:
                    ingest(lake, rows(1))
                assert "clock" in told.value.hint
                assert "\n" not in str(told.value)
            else:
                assert ingest(lake, rows(1)).accepted == 1


def test_an_authority_of_ones_own_is_believed_and_no_other(server_port: int, prefix: str, tmp_path: Path) -> None:
    authority = certificate(tmp_path)
    with gated(server_port, key=tmp_path / "server.pem") as gate:
        place = gate.place(prefix)
        with pytest.raises(LakeError, match="certificate of the object store is not to be trusted"):
            Shared(tmp_path / "copy", place).pull()
        Shared(tmp_path / "copy", replace(place, ca=authority)).pull()
    assert len(gate.seen) == 1


def test_commands_find_the_store_that_settings_name(
    gate: Gate, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "2020-06-16-event4_sinkhole-vn.csv"
    report.write_bytes(make_report(60, 1).content)
    for machine in ("writer", "reader"):
        settings(tmp_path / machine, gate, prefix)

    def told(machine: str, *words: str, code: int = 0) -> str:
        assert main(["center", *words, "--data", str(tmp_path / machine), "--lang", "en"]) == code
        return "".join(capsys.readouterr())

    told("writer", "ingest", str(report), "--feed", "shadowserver")
    assert json.loads(told("reader", "lake", "verify", "--json"))["deliveries"] == 1
    assert "The object store keeps them for a day" in told("reader", "lake", "expire", "--days", "365")
    (tmp_path / "writer" / "store.toml").write_text('url = "http://127.0.0.1:9"\nbucket = "none"\n')
    assert "is a copy of the lake" in told("writer", "lake", "verify", code=1)


def test_what_is_another_in_the_store_is_told_and_never_read(gate: Gate, prefix: str, tmp_path: Path) -> None:
    writer = gate.lake(tmp_path / "writer", prefix)
    ingest(writer, rows(1, 2, 3))
    assert writer.shared
    store = writer.shared.store
    (name,) = [one.name for one in store.list("objects/rollups/") if ".seen." in one.name]
    other = tmp_path / "other"
    other.write_bytes(b"x" * 1000)
    store.put(name, other, "UNSIGNED-PAYLOAD")
    with gate.lake(tmp_path / "reader", prefix).view() as view, pytest.raises(LakeError, match=r"larger|journal"):
        view.count_addresses(DAYS)
    faults = Verification(gate.lake(tmp_path / "verifier", prefix)).run().faults
    assert [one.kind for one in faults] == [Kind.DAMAGED]
    store.delete(name)
    faults = Verification(gate.lake(tmp_path / "verifier", prefix)).run().faults
    assert [one.kind for one in faults] == [Kind.MISSING]
    ingest(writer, rows(4))
    store.delete(entries.entry_name(1))
    with pytest.raises(LakeError, match="entries of the journal of the lake are missing"):
        gate.lake(tmp_path / "late", prefix).view()
    store.put_new(entries.entry_name(1), b"[1]")
    with pytest.raises(LakeError, match="not an entry of the journal"):
        gate.lake(tmp_path / "late", prefix).view()


def test_a_folder_is_a_copy_of_one_lake(gate: Gate, prefix: str, tmp_path: Path) -> None:
    ingest(Lake(tmp_path / "own"), rows(1))
    with pytest.raises(LakeError, match="holds a lake of its own"):
        gate.lake(tmp_path / "own", prefix).view()
    gate.lake(tmp_path / "copy", prefix).view().close()
    with pytest.raises(LakeError, match=f"copy of the lake {gate.url}/{BUCKET}/{prefix}/"):
        gate.lake(tmp_path / "copy", "another").view()


def test_a_folder_that_cannot_be_written_is_told(
    gate: Gate, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = gate.lake(tmp_path / "writer", prefix), gate.lake(tmp_path / "reader", prefix)
    ingest(writer, rows(1))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LakeError, match="cannot be kept"):
        gate.lake(tmp_path / "file" / "lake", prefix).view()
    with reader.view() as view:
        (tmp_path / "reader" / "rollups" / "day=2020-06-16").write_bytes(b"")
        with pytest.raises(LakeError, match="cannot be kept"):
            view.count_addresses(DAYS)
        monkeypatch.setenv("QUETSACH_CACHE", str(tmp_path / "file" / "cache"))
        assert reader.shared
        names = [str(path) for path in view.catalog.countable(DAYS)]
        there = FromStore.of(ListAddresses(None, None), reader.shared, names)
        with pytest.raises(LakeError, match="cannot be kept"):
            there.of_part(Engine().connection(), Part(tuple(names)))


def test_what_others_could_not_read_is_not_written(
    gate: Gate, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = gate.lake(tmp_path / "lake", prefix)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_ENTRY_BYTES", 100)
        with pytest.raises(LakeError, match="larger than"):
            ingest(lake, rows(1))
    with monkeypatch.context() as patch:
        patch.setattr(object_store, "MOST_BYTES", 10)
        with pytest.raises(LakeError, match="larger than"):
            ingest(lake, rows(1))
    assert not gate.journal(prefix)
    assert ingest(lake, rows(1)).accepted == 1


def test_a_journal_that_was_put_back_is_told_and_not_mixed(gate: Gate, prefix: str, tmp_path: Path) -> None:
    copy, other = gate.lake(tmp_path / "copy", prefix), gate.lake(tmp_path / "other", prefix)
    ingest(copy, rows(1))
    assert other.shared
    other.shared.store.delete(entries.entry_name(1))  # as where a store is put back from its backup
    for n in (2, 3):
        ingest(other, rows(n))
    with pytest.raises(LakeError, match="another than the one that this folder is a copy of"):
        copy.view()
    with pytest.raises(LakeError, match="another than the one"):
        ingest(copy, rows(4))
    with gate.lake(tmp_path / "third", prefix).view() as view:
        assert view.count_addresses(DAYS) == 2


def test_what_expired_elsewhere_leaves_a_machine_that_only_reads(gate: Gate, prefix: str, tmp_path: Path) -> None:
    _, far, other = full(gate, prefix, tmp_path)
    with other.view() as view:
        view.catalog.fetch(view.catalog.paths())
        assert list(other.folder.glob("sightings/day=2020-06-16/*"))
        keeping.expire(far, before=date(2020, 6, 17))
        other.view().close()
        assert list(other.folder.glob("sightings/day=2020-06-16/*"))  # somebody reads
    other.view().close()
    assert not list(other.folder.glob("sightings/day=2020-06-16/*"))
    assert list(other.folder.glob("sightings/day=2020-06-17/*"))


def full(gate: Gate, prefix: str, tmp_path: Path) -> tuple[Lake, Lake, Lake]:
    """Return a lake of two days in a folder, its like in a store, and this as of another machine."""
    near, far, other = (
        Lake(tmp_path / "near"),
        gate.lake(tmp_path / "far", prefix),
        gate.lake(tmp_path / "other", prefix),
    )
    for lake in (near, far):
        for n in range(3):
            ingest(lake, rows(1, n + 2) + row(f"14.160.1.{n}", day="2020-06-17") + b"damaged\n")
    return near, far, other


def test_keeping_a_lake_does_the_same_in_a_store(
    gate: Gate, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far, other = full(gate, prefix, tmp_path)
    reader = other.view()  # stays open
    before = reader.count_addresses(DAYS)
    for lake in (near, other):
        assert keeping.compact(lake, least_files=2).days == 2
        assert reannotate(lake, annotate_otherwise).revised_sets > 0
    assert state_of(near) == state_of(far) == state_of(other)
    for lake in (near, far):
        expired = keeping.expire(lake, before=date(2020, 6, 17))
        assert (expired.days, expired.sightings) == (1, 4)
    assert not expired.is_deleted
    assert state_of(near) == state_of(far) == state_of(other)
    with near.view() as one, other.view() as two:
        assert one.count_addresses(DAYS) == two.count_addresses(DAYS) == before
        assert one.quarantined(by=TESTER) == two.quarantined(by=TESTER)
    assert not Verification(far, is_deep=True).run().faults
    assert not Verification(other).run().faults
    assert reader.sightings_count() == 7  # what it reads is there still
    reader.listed_addresses(DAYS, by=TESTER)
    reader.close()
    assert far.shared
    objects = {one.name for one in far.shared.store.list("objects/")}
    for module in (journal, copy_state):
        monkeypatch.setattr(module, "GRACE", timedelta(seconds=-5))
    assert far.shared.sweep() > 0
    left = {one.name for one in far.shared.store.list("objects/")}
    assert left == {one.name for one in far.shared.current()} < objects
    assert not Verification(far, is_deep=True).run().faults


def test_a_backup_of_a_store_is_a_lake_in_a_folder(gate: Gate, prefix: str, tmp_path: Path) -> None:
    near, _, other = full(gate, prefix, tmp_path)
    made = backup.back_up(other, tmp_path / "backup", by=TESTER)
    assert made.state == state_of(near)
    backup.restore(tmp_path / "backup", tmp_path / "restored")
    assert state_of(Lake(tmp_path / "restored")) == state_of(near)
    assert not Verification(Lake(tmp_path / "restored"), is_deep=True).run().faults


def test_a_lake_in_a_folder_goes_over_into_a_store(
    gate: Gate, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = settings(tmp_path / "centre", gate, prefix)
    near = Lake(tmp_path / "centre" / "lake.before")
    for n in range(3):
        ingest(near, rows(1, n + 2) + b"damaged\n")
    keeping.compact(near, least_files=2)
    with near.view() as view:
        view.quarantined(by=TESTER)
    before = {path: path.read_bytes() for path in near.folder.rglob("*") if path.is_file()}
    words = ["center", "lake", "share", str(near.folder), "--data", str(copy.parent), "--lang", "en"]
    assert main(words) == 0
    assert "lies in the object store" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in near.folder.rglob("*") if path.is_file()} == before
    other = gate.lake(tmp_path / "other", prefix)
    assert state_of(other) == state_of(near)
    assert not Verification(other, is_deep=True).run().faults
    assert ingest(other, rows(9)).accepted == 1
    assert (copy / "access.jsonl").read_bytes() == (near.folder / "access.jsonl").read_bytes()
    assert main(words) == 1
    assert "there is a lake already" in capsys.readouterr().err
    with pytest.raises(LakeError, match="there is no lake in the folder"):
        backup.take_over(gate.lake(tmp_path / "new", f"{prefix}-new"), tmp_path / "nothing")
    with pytest.raises(LakeError, match="no object store is named"):
        backup.take_over(Lake(tmp_path / "own"), near.folder)


def test_a_mended_roll_up_is_seen_by_others(gate: Gate, prefix: str, tmp_path: Path) -> None:
    _, far, other = full(gate, prefix, tmp_path)
    with other.view() as view:
        roll_up = view.roll_ups(DAYS)[0]
        view.catalog.fetch(roll_up.paths())
    good = (tmp_path / "far" / roll_up.path("clock")).read_bytes()
    (tmp_path / "far" / roll_up.path("clock")).write_bytes(b"{}")
    assert keeping.rebuild(far).mended == 1
    other.view().close()
    assert not (tmp_path / "other" / roll_up.path("clock")).exists()
    with other.view() as view:
        view.catalog.fetch(roll_up.paths())
    assert (tmp_path / "other" / roll_up.path("clock")).read_bytes() == good


def test_what_was_set_aside_is_retried_where_another_took_it_in(gate: Gate, prefix: str, tmp_path: Path) -> None:
    _, far, other = full(gate, prefix, tmp_path)
    with other.view() as view:
        (first, *_) = view.deliveries_set_aside()
    told = retry(other, first.id, families=FAMILIES, annotate=annotate, now=NOW)
    assert (told.records, told.quarantined, told.is_written) == (1, 1, False)
    far.view().close()


def test_a_commit_that_was_overtaken_changes_nothing(gate: Gate, prefix: str, tmp_path: Path) -> None:
    _, far, other = full(gate, prefix, tmp_path)
    assert far.shared
    objects = {one.name for one in far.shared.store.list("objects/")}
    put = far.put

    def late(*arguments: object) -> int:
        ingest(other, rows(99))
        far.put = put  # type: ignore[method-assign]
        return put(*arguments)  # type: ignore[arg-type]

    far.put = late  # type: ignore[method-assign, assignment]
    with pytest.raises(OvertakenError):
        keeping.expire(far, before=date(2020, 6, 17))
    assert state_of(far) == state_of(other)
    kept = {one.name for one in far.shared.current()}
    assert {one.name for one in far.shared.store.list("objects/")} == kept | objects


def test_no_commit_outlives_what_a_sweep_leaves(gate: Gate, prefix: str, tmp_path: Path) -> None:
    assert timedelta(seconds=journal._MOST_SECONDS) < copy_state.GRACE
    now = datetime.now(UTC)
    assert abs(Shared(tmp_path, gate.place(prefix)).store.clock() - now) < timedelta(seconds=60)
