"""A file in the lake: once, whole, accounted for."""

import errno
import fcntl
import os
import shutil
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lake_reader import TESTER, landed_bytes
from tests.sinkhole_report import make_report
from tests.waiting import PATIENCE_SECONDS

from quetsach import storage
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.layout import FeedError
from quetsach.feeds.table import ANNOTATED, ANNOTATIONS
from quetsach.lake import LakeError, ingestion, keeping
from quetsach.lake import fresh as fresh_module
from quetsach.lake.lake import IngestResult, Lake

NOW = datetime(2020, 6, 19, 1, 0, tzinfo=UTC)
FAMILIES = FamilyNames.of([], version="families-1")
BESIDE = (".readers", "deliveries.index", ".writer", ".compacted.json")
HEADER = b"timestamp,address,malware,port\n"


def annotate(table: pa.Table) -> pa.Table:
    """Say the same of every row."""
    values = {"asn": 45899, "isp": "vnpt", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        table = table.append_column(field, pa.repeat(pa.scalar(values[field.name], field.type), table.num_rows))
    return table


def ingest(
    lake: Lake, source: Path | bytes, *, feed: str = "plain", report: str | None = None, name: str = "f.csv"
) -> IngestResult:
    result = lake.ingest(source, feed=feed, report=report, families=FAMILIES, annotate=annotate, now=NOW, name=name)
    assert result.records == result.accepted + result.duplicates + result.quarantined
    return result


def row(address: str = "14.160.0.1", day: str = "2020-06-16", malware: str = "mirai") -> bytes:
    return f"{day} 07:30:00,{address},{malware},80\n".encode()


def is_content(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(BESIDE)


def files_of(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if is_content(path)}


def test_records_are_accepted_duplicate_or_quarantined(tmp_path: Path) -> None:
    result = ingest(Lake(tmp_path), HEADER + row() + row() + b"\n" + row("nowhere") + row("14.160.0.2"))
    assert (result.records, result.accepted, result.duplicates, result.quarantined, result.blank) == (4, 2, 1, 1, 1)


def test_a_file_delivered_twice_adds_nothing_and_the_sum_still_holds(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    content = HEADER + row() + row() + row("14.160.0.2") + b"\n" + row("nowhere")
    ingest(lake, content)
    before = files_of(tmp_path)
    again = ingest(Lake(tmp_path), content, name="other-name.csv")
    assert (again.records, again.accepted, again.duplicates, again.quarantined, again.blank) == (4, 0, 3, 1, 1)
    assert files_of(tmp_path) == before


def test_a_file_whose_name_is_no_text_is_taken_under_a_legible_one(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"b\xe1o \x1b[31mc\xe1o.csv")
    path.write_bytes(HEADER + row())
    lake = Lake(tmp_path / "lake")
    ingest(lake, path, name="")
    [delivery] = Lake(lake.folder).view().deliveries()
    assert delivery.file == r"b\udce1o \x1b[31mc\udce1o.csv"


def test_the_same_bytes_of_another_report_are_another_delivery(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    assert ingest(lake, HEADER + row(), report="one").accepted == 1
    assert ingest(lake, HEADER + row(), report="two").accepted == 1
    assert len(lake.view().deliveries()) == 2
    assert len(list(tmp_path.glob("landed/*/*"))) == 1


def test_what_two_files_share_is_taken_once(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, HEADER + row() + row(day="2020-06-17"))
    second = ingest(lake, HEADER + row(day="2020-06-17") + row("14.160.0.2") + row(day="2020-06-18"))
    assert (second.accepted, second.duplicates) == (2, 1)
    assert lake.view().sightings_count() == 4


def test_a_sighting_is_new_once_wherever_those_before_it_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=25, deadline=None)
    @given(batches=st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=12), max_size=8), most=st.integers(1, 60))
    def hold(batches: list[list[int]], most: int) -> None:
        monkeypatch.setattr(fresh_module, "MOST_IN_MEMORY", most)
        fresh, known = fresh_module.Fresh(lambda: engine), set[int]()
        for numbers in batches:
            # halves come again in other company, as no hash would have them and somebody may choose them
            keys = [(n % 3).to_bytes(8, "big") + (n // 3).to_bytes(8, "big") for n in numbers]
            expected = [at for at, n in enumerate(numbers) if n not in known and n not in numbers[:at]]
            assert fresh.rows(pa.array(keys, pa.binary(16)).cast(pa.uuid())).to_pylist() == expected
            known.update(numbers)

    with duckdb.connect() as engine:
        hold()


def test_delivered_bytes_are_kept_as_they_came(tmp_path: Path) -> None:
    content = HEADER + row() + b"\xff\xfe damaged"
    (tmp_path / "f.csv").write_bytes(content)
    lake = Lake(tmp_path / "lake")
    ingest(lake, tmp_path / "f.csv", name="")
    [delivery] = lake.view().deliveries()
    assert landed_bytes(lake.view(), delivery) == content
    [reject] = lake.view().quarantined(by=TESTER).to_pylist()
    assert content[reject["byte_offset"] :][: reject["byte_length"]] == b"\xff\xfe damaged"
    assert (reject["file"], reject["line"], reject["reason"]) == ("f.csv", 3, "bad_utf8")


def test_sightings_lie_by_utc_day_in_the_agreed_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, HEADER + b"2020-06-16 23:59:59.999999,14.160.0.1,mirai,1\n2020-06-17 00:00:00,14.160.0.1,mirai,1\n")
    days = {path.parent.name: pq.read_table(path, partitioning=None) for path in tmp_path.glob("sightings/*/*.parquet")}
    assert {name: table.num_rows for name, table in days.items()} == {"day=2020-06-16": 1, "day=2020-06-17": 1}
    assert all(table.schema.equals(ANNOTATED) for table in days.values())
    [delivery] = lake.view().deliveries()
    assert delivery.days == {date(2020, 6, 16): 1, date(2020, 6, 17): 1}
    assert delivery.versions == {"families": "families-1", "network": "net-1", "layout": "1"}


def test_a_refused_file_leaves_nothing_behind(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(FeedError):
        ingest(lake, b"timestamp,malware\n")
    assert files_of(tmp_path) == set()


def test_annotation_may_not_change_rows(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for wrong in (lambda table: table, lambda table: annotate(table).slice(1), lambda table: annotate(annotate(table))):
        with pytest.raises(LakeError):
            lake.ingest(HEADER + row(), feed="plain", families=FAMILIES, annotate=wrong, now=NOW)
    assert files_of(tmp_path) == set()


def test_an_error_on_the_way_leaves_the_lake_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path)
    ingest(lake, HEADER + row())
    before = files_of(tmp_path)

    def fail(_: object, content: bytes, **__: object) -> None:
        raise OSError(28, "No space left on device", "deliveries")

    with monkeypatch.context() as patch:
        patch.setattr("quetsach.storage.write", fail)
        with pytest.raises(LakeError, match="No space left"):
            ingest(lake, HEADER + row("14.160.0.9") + row("nowhere"))
    assert files_of(tmp_path) == before
    assert ingest(lake, HEADER + row("14.160.0.9") + row("nowhere")).accepted == 1


def test_readers_see_only_what_a_commit_record_lists(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, HEADER + row())
    [path] = tmp_path.glob("sightings/*/*.parquet")
    (path.parent / "stray.parquet").write_bytes(b"torn")
    assert lake.view().count_addresses(Period(date(2020, 6, 16), date(2020, 6, 16))) == 1


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    ingest(Lake(tmp_path), HEADER + row())
    before = files_of(tmp_path)
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "tmp" / "landed.zst").write_bytes(b"half")
    for stray in ("sightings/day=2020-06-16/x.parquet", "quarantine/x.parquet", "landed/aa/x.zst"):
        (tmp_path / stray).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / stray).write_bytes(b"half")
    ingest(Lake(tmp_path), HEADER + row())
    assert files_of(tmp_path) == before


def test_a_second_writer_waits(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    done = threading.Event()
    writer = threading.Thread(target=lambda: (ingest(lake, HEADER + row()), done.set()))
    with (tmp_path / ".writer").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer.start()
        assert not done.wait(0.2)
        assert lake.view().deliveries() == ()
    writer.join(PATIENCE_SECONDS)
    assert done.is_set()
    assert lake.view().sightings_count() == 1


def test_too_many_days_are_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "MAX_DAYS", 3)
    lake = Lake(tmp_path)
    with pytest.raises(LakeError, match="more than 3 days"):
        ingest(lake, HEADER + b"".join(row(day=f"2020-06-{day}") for day in range(10, 14)))
    assert files_of(tmp_path) == set()


def test_a_delivery_that_does_not_add_up_is_never_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh_module.Fresh, "rows", lambda _, identifiers: pa.array([0, 0], pa.int64()))
    lake = Lake(tmp_path)
    monkeypatch.setattr(ingestion.Ingestion, "_write_days", lambda *_: None)
    with pytest.raises(LakeError, match="accepted"):
        ingest(lake, HEADER + row())
    assert files_of(tmp_path) == set()


def test_a_damaged_commit_record_is_named(tmp_path: Path) -> None:
    ingest(Lake(tmp_path), HEADER + row())
    [record] = tmp_path.glob("deliveries/*.json")
    for content in (b"", b"[]", b"{}", record.read_bytes().replace(b'"accepted": 1', b'"accepted": 2')):
        record.write_bytes(content)
        with pytest.raises(LakeError) as refusal:
            Lake(tmp_path).view().deliveries()
        assert refusal.value.where == record.name


def test_a_lake_that_may_not_be_read_is_not_called_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("quetsach.lake.records.os.scandir", refuse)
    with pytest.raises(LakeError, match="Permission denied") as refusal:
        Lake(tmp_path).view().deliveries()
    assert refusal.value.where == str(tmp_path / "deliveries")


def test_a_full_disk_is_said_of_the_lake_and_not_of_the_delivered_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file")

    monkeypatch.setattr("quetsach.lake.ingestion.land", fill)
    with pytest.raises(LakeError, match="No space left on device") as refusal:
        ingest(Lake(tmp_path), HEADER + row())
    assert refusal.value.where == str(tmp_path)
    assert files_of(tmp_path) == set()


def test_a_damaged_file_of_the_same_day_stops_an_ingest_before_it_changes_anything(tmp_path: Path) -> None:
    ingest(Lake(tmp_path), HEADER + row())
    [path] = tmp_path.glob("sightings/*/*.parquet")
    path.write_bytes(b"PAR1 damaged PAR1")
    before = files_of(tmp_path)
    with pytest.raises(LakeError, match="cannot be read"):
        ingest(Lake(tmp_path), HEADER + row("14.160.0.2"))
    assert files_of(tmp_path) == before


def test_damaged_rows_of_a_report_are_quarantined_to_the_last(tmp_path: Path) -> None:
    report = make_report(2000, 3, share_damaged=0.1, share_mended=0.1)
    lake = Lake(tmp_path)
    result = ingest(lake, report.content, feed="shadowserver", name="2020-06-16-event4_sinkhole-vn.csv")
    rejects = lake.view().quarantined(by=TESTER).to_pylist()
    assert {reject["line"]: reject["reason"] for reject in rejects} == report.rejects
    assert result.records == report.records
    assert result.repaired == sum(bool(repair) for repair in report.repairs.values())


def test_a_place_that_may_not_be_written_is_named_and_not_the_staged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if "/sightings/" in str(target):
            raise PermissionError(errno.EACCES, "Permission denied", str(path), None, str(target))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LakeError, match="Permission denied") as refusal:
        ingest(Lake(tmp_path), HEADER + row())
    assert refusal.value.where.startswith(str(tmp_path / "sightings" / "day=2020-06-16"))
    assert "account" in refusal.value.hint


def test_writers_of_two_reports_write_at_once_and_one_of_everything_waits_for_both(tmp_path: Path) -> None:
    lake, done = Lake(tmp_path), list[str]()
    with lake.writers.one("plain", "honeypot-a") as (ours, _):
        ingest(lake, HEADER + row(), report="honeypot-b")  # while this one writes
        assert ours.exists()
        whole = threading.Thread(target=lambda: (keeping.compact(Lake(tmp_path)), done.append("compacted")))
        whole.start()
        late = threading.Thread(target=lambda: (ingest(Lake(tmp_path), HEADER + row(), report="c"), done.append("c")))
        while not _is_held(tmp_path / ".writer-next"):
            time.sleep(0.01)
        late.start()
        late.join(0.2)
        assert late.is_alive()  # behind the one that waits for all
        assert not done
        assert ours.exists()
    whole.join(PATIENCE_SECONDS)
    late.join(PATIENCE_SECONDS)
    assert sorted(done) == ["c", "compacted"]
    assert lake.view().sightings_count() == 2


def _is_held(path: Path) -> bool:
    try:
        with storage.locked(path, waits=False):
            return False
    except BlockingIOError:
        return True


def test_what_a_killed_writer_of_another_report_left_is_swept_by_the_next(tmp_path: Path) -> None:
    ingest(Lake(tmp_path), HEADER + row(), report="honeypot-a")
    before = files_of(tmp_path)
    stray = tmp_path / "sightings" / "day=2020-06-16" / "x.parquet"
    with Lake(tmp_path).writers.one("plain", "honeypot-b") as (theirs, _):
        stray.write_bytes(b"half")
        ingest(Lake(tmp_path), HEADER + row(), report="honeypot-a")
        assert stray.exists()  # its writer is at work
        shutil.copytree(theirs, tmp_path / "of-the-dead")
    shutil.copytree(tmp_path / "of-the-dead", theirs)
    (tmp_path / "of-the-dead").rmdir()
    assert stray.exists()
    ingest(Lake(tmp_path), HEADER + row(), report="honeypot-a")
    assert files_of(tmp_path) == before
