"""Whether a lake is whole: every fault that is put in is found and named, and a whole lake has none."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, ingest

from quetsach.lake import changes, compacted, keeping, readers, records, verification
from quetsach.lake.lake import Lake
from quetsach.lake.verification import Kind, Verification, Verified

DAY = "2020-06-16"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a day gathered into one file, one that is not, a row set aside, and a log of two readings."""
    lake = Lake(tmp_path_factory.mktemp("whole") / "lake")
    ingest(lake, TWO_DAYS + "2020-06-17 07:00:00,nowhere,mirai,VN,\n")
    for hour in range(8, 12):
        ingest(lake, HEADER + f"{DAY} {hour:02}:00:00,14.160.0.{hour % 3},mirai,VN,b{hour}\n")
    keeping.compact(lake)
    for _ in range(2):
        lake.view().quarantined(by=TESTER)
    return lake.folder


@pytest.fixture
def lake(whole: Path, tmp_path: Path) -> Lake:
    return Lake(Path(shutil.copytree(whole, tmp_path / "lake")))


def verified(lake: Lake, *, is_deep: bool = True) -> Verified:
    return Verification(lake, is_deep=is_deep).run()


def found(lake: Lake, *, is_deep: bool = True) -> set[tuple[str, str]]:
    """What kinds of faults there are in which folder or file of the lake's top."""
    return {(fault.kind.value, fault.where.partition("/")[0]) for fault in verified(lake, is_deep=is_deep).faults}


def only(lake: Lake, pattern: str) -> Path:
    [path] = lake.folder.glob(pattern)
    return path


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_whole_lake_has_no_fault_and_says_what_was_looked_at(lake: Lake, *, is_deep: bool) -> None:
    seen = verified(lake, is_deep=is_deep)
    assert seen.faults == ()
    assert (seen.deliveries, seen.landed, seen.days, seen.roll_ups, seen.readings) == (5, 5, 2, 2, 2)
    assert seen.files == 5 + 2 + 1
    assert seen.state == lake.view().state


def test_progress_comes_to_its_end(lake: Lake) -> None:
    told: list[int] = []
    verification = Verification(lake)
    verification.run(told.append)
    assert sum(told) == verification.steps


def test_every_file_that_goes_missing_is_named(lake: Lake) -> None:
    own = {readers.ACCESS_FILE, records.INDEX, compacted.FILE, f".{compacted.FILE}", ".readers", ".making"}
    files = [path for path in lake.folder.rglob("*") if path.is_file() and not path.name.startswith(".writer")]
    for path in [path for path in files if path.name not in own]:
        if path.parent.name == changes.FOLDER:
            continue  # without its record nothing of a delivery was ever there: its files are told as unlisted
        aside = path.rename(lake.folder.parent / "aside")
        assert str(path.relative_to(lake.folder)) in {fault.where for fault in verified(lake).faults}
        aside.rename(path)
    assert verified(lake).faults == ()


def test_every_file_that_is_cut_is_named(lake: Lake) -> None:
    for pattern in ("landed/*/*", "sightings/*/*", "quarantine/*", "rollups/day=*/*", "deliveries/*"):
        for path in lake.folder.glob(pattern):
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
            assert str(path.relative_to(lake.folder)) in {fault.where for fault in verified(lake).faults}
            path.write_bytes(content)


def test_a_record_that_went_leaves_files_that_nothing_lists(lake: Lake) -> None:
    gone = next(one for one in lake.view().deliveries() if one.quarantined)
    (lake.folder / changes.FOLDER / f"{gone.id}.json").unlink()
    assert {("unlisted", "landed"), ("unlisted", "quarantine")} < found(lake)


def test_other_bytes_under_a_name_are_found(lake: Lake) -> None:
    first, second = sorted(lake.folder.glob("landed/*/*"))[:2]
    shutil.copy(second, first)
    assert found(lake) == {("bytes", "landed")}


def test_a_row_that_went_is_found_without_reading_whole_files(lake: Lake) -> None:
    path = only(lake, "sightings/day=2020-06-17/*")
    pq.write_table(pq.read_table(path, partitioning=None).slice(1), path)
    assert (Kind.ROWS, "sightings") in found(lake, is_deep=False)


def test_a_sighting_that_is_there_twice_is_found(lake: Lake) -> None:
    path = only(lake, f"sightings/day={DAY}/*")
    table = pq.read_table(path, partitioning=None)
    pq.write_table(pa.concat_tables([table.slice(1), table.slice(1, 1)]), path)
    assert (Kind.TWICE, "sightings") in found(lake)


def test_a_sighting_under_another_delivery_is_found(lake: Lake) -> None:
    path = only(lake, f"sightings/day={DAY}/*")
    table = pq.read_table(path, partitioning=None)
    names = table.column("delivery").to_pylist()
    table = table.set_column(table.schema.names.index("delivery"), "delivery", [[names[1], *names[1:]]])
    pq.write_table(table, path)
    assert found(lake) == {("rows", "sightings")}


def test_a_sighting_of_another_day_is_found(lake: Lake) -> None:
    path, other = only(lake, "sightings/day=2020-06-17/*"), only(lake, f"sightings/day={DAY}/*")
    pq.write_table(pq.read_table(other, partitioning=None).slice(0, 1).drop_columns(["delivery"]), path)
    assert (Kind.MISPLACED, "sightings") in found(lake)


@pytest.mark.parametrize("part", ["addresses", "bots", "gaps", "seen"])
def test_a_roll_up_of_other_sightings_is_found(lake: Lake, part: str) -> None:
    path = only(lake, f"rollups/day={DAY}/*.{part}.parquet")
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.slice(0, table.num_rows - 1), path)
    assert found(lake) == {("roll-up", "rollups")}
    assert keeping.rebuild(lake).mended == 1
    assert found(lake) == set()


def test_a_roll_up_that_nothing_gives_is_found(lake: Lake) -> None:
    one = lake.view().roll_ups()[0]
    shutil.copy(lake.folder / one.path("addresses"), lake.folder / one.path("reach"))
    assert found(lake) == {("roll-up", "rollups")}


def test_roll_ups_of_an_older_making_are_not_compared(lake: Lake) -> None:
    (lake.folder / "rollups" / ".making").write_text("1")
    for path in lake.folder.glob("rollups/*/*.seen.parquet"):  # nor had they these
        path.unlink()
    seen = verified(lake)
    assert (seen.faults, seen.roll_ups, seen.days) == ((), 0, 2)


def test_what_no_record_lists_is_named_unless_it_waits_to_be_swept(lake: Lake) -> None:
    (lake.folder / "landed" / "aa").mkdir(exist_ok=True)
    (lake.folder / "landed" / "aa" / "left.zst").touch()
    (lake.folder / "notes.txt").touch()
    assert found(lake) == {("unlisted", "landed"), ("unlisted", "notes.txt")}
    (lake.folder / ".unswept").touch()
    assert found(lake) == {("unlisted", "notes.txt")}
    assert verified(lake).waiting == 1


def test_a_changed_log_is_found(lake: Lake) -> None:
    log = lake.folder / readers.ACCESS_FILE
    log.write_text(log.read_text().replace("tester", "nobody", 1))
    assert found(lake) == {("log", readers.ACCESS_FILE)}


def test_an_index_that_says_something_else_is_found(lake: Lake) -> None:
    index = lake.folder / records.INDEX
    index.write_text(index.read_text().replace('"f.csv"', '"g.csv"', 1))
    assert found(Lake(lake.folder)) == {("record", changes.FOLDER)}


def test_a_record_that_vanishes_while_they_are_read_hides_no_damage(lake: Lake) -> None:
    folder = lake.folder / records.FOLDER
    (folder / "0.json").symlink_to("gone")
    max(folder.glob("[1-9a-f]*.json")).write_text("{}")
    assert [fault.kind for fault in verification._damaged_records(lake.folder)] == [Kind.RECORD]


def test_a_damaged_record_is_told_and_the_log_is_still_looked_at(lake: Lake) -> None:
    min((lake.folder / changes.FOLDER).glob("*.json")).write_text("{}")
    seen = verified(Lake(lake.folder))
    assert [fault.kind for fault in seen.faults] == [Kind.RECORD]
    assert seen.readings == 2


def test_what_is_taken_in_or_expires_meanwhile_is_no_fault(lake: Lake) -> None:
    verification = Verification(lake, is_deep=True)
    other = Lake(lake.folder)
    ingest(other, HEADER + f"{DAY} 20:00:00,14.160.0.9,mirai,VN,b\n")
    keeping.expire(other, before=DAYS.last)
    assert verification.run().faults == ()
    assert verified(lake).faults == ()


def test_expired_days_are_no_fault_as_long_as_their_roll_ups_are_there(lake: Lake) -> None:
    keeping.expire(lake, before=DAYS.last)
    seen = verified(lake)
    assert (seen.faults, seen.days) == ((), 1)
    only(lake, f"rollups/day={DAY}/*.clock.json").unlink()
    assert found(lake) == {("missing", "rollups")}


def test_a_sample_is_read_unless_all_is_asked_for(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SAMPLE", 1)
    assert (verified(lake, is_deep=False).landed, verified(lake).landed) == (1, 5)


def test_nothing_of_the_lake_is_changed(lake: Lake) -> None:
    before = {path: path.read_bytes() for path in lake.folder.rglob("*") if path.is_file()}
    verified(lake)
    assert {path: path.read_bytes() for path in lake.folder.rglob("*") if path.is_file()} == before
    assert json.loads((lake.folder / compacted.FILE).read_text())


def test_a_record_that_goes_meanwhile_is_a_fault_and_no_crash(lake: Lake) -> None:
    verification, gone = Verification(lake), min((lake.folder / changes.FOLDER).glob("*.json"))
    gone.unlink()
    found = {(fault.kind, fault.where) for fault in verification.run().faults}
    assert (Kind.MISSING, f"{changes.FOLDER}/{gone.name}") in found
