"""Compacted days: where sightings lie changes, and nothing else."""

import errno
import fcntl
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, ingest

from quetsach.lake import LakeError, compacted, hosts, keeping
from quetsach.lake.lake import Lake
from quetsach.lake.view import LakeView

HOURS = range(8, 14)


def rows(lake: Lake) -> Counter[tuple[object, ...]]:
    """Every sighting with its delivery, wherever it lies."""
    found: Counter[tuple[object, ...]] = Counter()
    for roll_up in lake.view().roll_ups():
        for path in lake.view().sightings_for(roll_up) or ():
            for row in pq.read_table(path, partitioning=None).to_pylist():
                row.setdefault("delivery", path.stem)
                found[tuple(sorted((name, str(value)) for name, value in row.items()))] += 1
    return found


def names(lake: Lake, day: str = "2020-06-16") -> list[str]:
    return sorted(path.name for path in lake.folder.glob(f"sightings/day={day}/*"))


def answers_of(view: LakeView) -> tuple[object, ...]:
    return view.state, hosts.hosts(view, DAYS), view.count_addresses(DAYS), view.listed_addresses(DAYS, by=TESTER)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a day that came in seven files, and another that came in one."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS)
    for hour in HOURS:
        ingest(lake, HEADER + f"2020-06-16 {hour:02}:00:00,14.160.0.{hour % 3},mirai,VN,b{hour}\n")
    return lake


def test_no_sighting_changes(lake: Lake) -> None:
    before, deliveries = rows(lake), lake.view().deliveries()
    assert keeping.compact(lake) == keeping.Gathered(days=1, files=7)
    assert rows(lake) == before
    assert lake.view().deliveries() == deliveries


def test_nothing_that_is_counted_changes(lake: Lake) -> None:
    before = answers_of(lake.view())
    keeping.compact(lake)
    assert answers_of(lake.view()) == before
    assert keeping.rebuild(lake).mended == 0


def test_what_was_gathered_is_deleted(lake: Lake) -> None:
    keeping.compact(lake)
    assert len(names(lake)) == 1
    assert keeping.compact(lake) == keeping.Gathered(0, 0)


def test_what_somebody_reads_stays_until_the_next_writer(lake: Lake) -> None:
    small = names(lake)
    with lake.view():
        keeping.compact(lake)
        assert set(small) < set(names(lake))
    assert keeping.compact(lake) == keeping.Gathered(0, 0)
    assert len(names(lake)) == 1


def test_whoever_locks_has_opened_the_file_so_that_nfs_gives_the_lock(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, asked = fcntl.flock, list[int]()

    def flock(file: int | IO[bytes], operation: int) -> None:
        """Ask as NFS does, which makes locks of records of them: what is not open for that has none."""
        opened = fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE
        wrong = {fcntl.LOCK_SH: os.O_WRONLY, fcntl.LOCK_EX: os.O_RDONLY}
        if wrong.get(operation & ~fcntl.LOCK_NB) == opened:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        asked.append(operation & ~fcntl.LOCK_NB)
        locked(file, operation)

    monkeypatch.setattr("fcntl.flock", flock)
    ingest(lake, HEADER + "2020-06-16 20:00:00,14.160.0.9,mirai,VN,b9\n")
    keeping.compact(lake)
    assert len(names(lake)) == 1
    assert keeping.expire(lake, before=date(2020, 6, 17)).sightings == 8
    assert {fcntl.LOCK_SH, fcntl.LOCK_EX} <= set(asked)


def test_a_later_file_lies_beside_and_is_gathered_again(lake: Lake) -> None:
    keeping.compact(lake)
    ingest(lake, HEADER + "2020-06-16 20:00:00,14.160.0.9,mirai,VN,b\n")
    before = rows(lake)
    assert before.total() == 9
    assert keeping.compact(lake, least_files=2) == keeping.Gathered(days=1, files=2)
    assert rows(lake) == before
    assert len(json.loads((lake.folder / compacted.FILE).read_text())) == 1


def test_a_known_sighting_stays_known(lake: Lake) -> None:
    keeping.compact(lake)
    ingest(lake, HEADER + "2020-06-16 08:00:00,14.160.0.2,mirai,VN,b8\n\n")
    assert lake.view().deliveries()[-1].accepted + lake.view().deliveries()[-1].duplicates == 1
    assert lake.view().sightings_count(DAYS) == 8


def test_gathered_sightings_expire_with_all_that_is_left_of_them(lake: Lake) -> None:
    keeping.compact(lake)
    gone = keeping.expire(lake, before=date(2020, 6, 17))
    assert (gone.days, gone.sightings, names(lake)) == (1, 7, [])
    assert json.loads((lake.folder / compacted.FILE).read_text()) == []
    assert rows(lake).total() == 1


def test_files_that_are_older_than_a_column_are_gathered_too(lake: Lake) -> None:
    for path in list(lake.folder.glob("sightings/*/*.parquet"))[::2]:
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["sector"]), path)
    keeping.compact(lake)
    assert lake.view().daily_addresses(DAYS, ("sector",)).column("sector").unique().to_pylist() == ["unknown"]


def test_a_large_day_is_written_in_groups_worth_reading(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compacted, "GROUP_ROWS", 3)
    before = rows(lake)
    keeping.compact(lake)
    [path] = [path for path in lake.folder.glob("sightings/day=2020-06-16/*") if len(path.name) < 60]
    assert pq.ParquetFile(path).num_row_groups == 3
    assert rows(lake) == before


def test_a_damaged_file_is_named_and_nothing_changes(lake: Lake) -> None:
    path = next(lake.folder.glob("sightings/day=2020-06-16/*"))
    path.write_bytes(path.read_bytes()[:-9])
    small = names(lake)
    with pytest.raises(LakeError, match="2020-06-16"):
        keeping.compact(lake)
    assert names(lake) == small


def test_a_damaged_record_is_said(lake: Lake) -> None:
    (lake.folder / compacted.FILE).write_text("[{}]")
    with pytest.raises(LakeError, match="compacted"):
        lake.view().deliveries()


def test_columns_of_a_gathered_file_are_those_of_sightings(lake: Lake) -> None:
    keeping.compact(lake)
    [path] = [path for path in lake.folder.glob("sightings/day=2020-06-16/*") if len(path.name) < 60]
    assert pq.read_schema(path).field("delivery").type == pa.string()
