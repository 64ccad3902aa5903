"""Sightings annotated again: where they belong changes, and nothing that is counted of them."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.unit.lake.test_compaction import names, rows
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, annotate, ingest, rows_of

from quetsach.core.period import Period
from quetsach.lake import LakeError, compacted, keeping
from quetsach.lake.lake import Lake
from quetsach.lake.reannotation import Reannotated, reannotate

FIRST = Period(date(2020, 6, 16), date(2020, 6, 16))


def by(isp: str, version: str = "net-2") -> Callable[[pa.Table], pa.Table]:
    """Annotate as before, but for provider and version."""

    def again(table: pa.Table) -> pa.Table:
        table = annotate(table)
        for name, value in (("isp", isp), ("network_version", version)):
            at = table.schema.names.index(name)
            table = table.set_column(at, table.schema.field(at), pa.repeat(value, table.num_rows))
        return table

    return again


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with two sightings of a day from two files, and one of the next day."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS)
    ingest(lake, HEADER + "2020-06-16 08:00:00,14.160.0.2,mirai,VN,b2\n")
    return lake


def isps(lake: Lake) -> list[tuple[object, object]]:
    counted = lake.view().daily_addresses(DAYS, ("isp",)).to_pylist()
    return [(row["isp"], row["addresses"]) for row in counted]


def test_every_sighting_stays_and_has_what_its_table_says_now(lake: Lake) -> None:
    deliveries, state = lake.view().deliveries(), lake.view().state
    done = reannotate(lake, by("vnpt"))
    assert done == Reannotated(2, 3, moved=3, renamed=0, revised_sets=2, expired_sets=0, is_written=True)
    assert isps(lake) == [("vnpt", 2), ("vnpt", 1)]
    assert lake.view().deliveries() == deliveries
    assert lake.view().sightings_count() == 3
    assert lake.view().state != state
    assert lake.view().basis(DAYS).network_versions == ("net-2",)


def test_what_is_not_annotated_stays_as_it_was_read(lake: Lake) -> None:
    def kept() -> set[frozenset[object]]:
        said = {("isp", "vnpt"), ("isp", "unknown"), ("network_version", "net-1"), ("network_version", "net-2")}
        return {frozenset(set(row) - said) for row in rows(lake)}

    before = kept()
    reannotate(lake, by("vnpt"))
    assert kept() == before


def test_roll_ups_follow_and_the_former_are_deleted(lake: Lake) -> None:
    reannotate(lake, by("vnpt"))
    assert {row["isp"] for part in ("addresses", "bots") for row in rows_of(lake, part)} == {"vnpt"}
    assert keeping.rebuild(lake) == keeping.Rebuilt(made=2, mended=0, expired=0)
    assert len(list(lake.folder.glob("rollups/day=*/*.clock.json"))) == 2
    assert len(names(lake)) == len(names(lake, "2020-06-17")) == 1


def test_only_the_days_that_were_asked_for_change(lake: Lake) -> None:
    done = reannotate(lake, by("vnpt"), period=FIRST)
    assert (done.sets, done.sightings) == (1, 2)
    assert isps(lake) == [("vnpt", 2), ("unknown", 1)]
    assert lake.view().basis(DAYS).network_versions == ("net-1", "net-2")
    assert lake.view().basis(FIRST).network_versions == ("net-2",)


def test_a_dry_run_says_the_same_and_changes_nothing(lake: Lake) -> None:
    before = {path: path.read_bytes() for path in lake.folder.rglob("*") if path.is_file()}
    said = reannotate(lake, by("vnpt"), is_dry_run=True)
    assert (said.moved, said.revised_sets, said.is_written) == (3, 2, False)
    assert {path: path.read_bytes() for path in lake.folder.rglob("*") if path.is_file()} == before


def test_the_same_tables_change_nothing(lake: Lake) -> None:
    reannotate(lake, by("vnpt"))
    state, lying = lake.view().state, names(lake)
    assert reannotate(lake, by("vnpt")).revised_sets == 0
    assert (lake.view().state, names(lake)) == (state, lying)


def test_another_version_that_says_the_same_is_renamed(lake: Lake) -> None:
    done = reannotate(lake, by("unknown", "net-9"))
    assert (done.moved, done.renamed) == (0, 3)
    assert lake.view().basis(DAYS).network_versions == ("net-9",)


def test_a_sighting_without_an_as_may_get_one(lake: Lake) -> None:
    def again(table: pa.Table) -> pa.Table:
        at = (table := annotate(table)).schema.names.index("asn")
        known = pc.equal(table["bot_id"], "b1")
        return table.set_column(at, table.schema.field(at), pc.if_else(known, 45899, pa.scalar(None, pa.int64())))

    assert reannotate(lake, again, period=FIRST).moved == 1
    assert reannotate(lake, annotate, period=FIRST).moved == 1
    assert reannotate(lake, annotate, period=FIRST).moved == 0


def test_an_open_view_keeps_what_it_began_with(lake: Lake) -> None:
    with lake.view() as view:
        reannotate(lake, by("vnpt"))
        assert view.daily_addresses(DAYS, ("isp",)).column("isp").unique().to_pylist() == ["unknown"]
        assert isps(lake) == [("vnpt", 2), ("vnpt", 1)]
    reannotate(lake, by("vnpt"))  # sweeps
    assert len(names(lake)) == 1


def test_compacted_days_and_later_files_and_a_second_time(lake: Lake) -> None:
    keeping.compact(lake, least_files=2)
    reannotate(lake, by("vnpt"))
    ingest(lake, HEADER + "2020-06-16 09:00:00,14.160.0.3,mirai,VN,b3\n")
    assert lake.view().basis(FIRST).network_versions == ("net-1", "net-2")
    assert isps(lake) == [("unknown", 1), ("vnpt", 2), ("vnpt", 1)]
    keeping.compact(lake, least_files=2)
    assert len(names(lake)) == 1
    assert lake.view().basis(FIRST).network_versions == ("net-1", "net-2")
    assert keeping.rebuild(lake).mended == 0
    assert reannotate(lake, by("fpt", "net-3")).moved == 4
    assert isps(lake) == [("fpt", 3), ("fpt", 1)]
    assert [one.revision for one in compacted.read_compacted(lake.folder)] == [2, 2]


def test_a_known_sighting_stays_known(lake: Lake) -> None:
    reannotate(lake, by("vnpt"))
    ingest(lake, TWO_DAYS + "\n")
    assert lake.view().deliveries()[-1].duplicates == 2
    assert lake.view().sightings_count() == 3


def test_expired_days_keep_the_roll_ups_of_their_last_annotation(lake: Lake) -> None:
    reannotate(lake, by("vnpt"))
    keeping.expire(lake, before=date(2020, 6, 18))
    assert isps(lake) == [("vnpt", 2), ("vnpt", 1)]
    done = reannotate(lake, by("fpt"))
    assert (done.expired_sets, done.sightings) == (2, 0)
    assert isps(lake) == [("vnpt", 2), ("vnpt", 1)]


def test_files_that_are_older_than_a_column_are_annotated_too(lake: Lake) -> None:
    for path in lake.folder.glob("sightings/*/*.parquet"):
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["sector"]), path)
    assert reannotate(lake, by("vnpt")).moved == 3
    assert lake.view().daily_addresses(DAYS, ("sector",)).column("sector").unique().to_pylist() == ["unknown"]


def test_an_annotation_that_loses_rows_is_refused_and_nothing_changes(lake: Lake) -> None:
    lying = names(lake)
    with pytest.raises(LakeError, match="rows or columns differ"):
        reannotate(lake, lambda table: annotate(table).slice(1))
    assert names(lake) == lying
    assert not (lake.folder / compacted.FILE).exists()


def test_a_damaged_file_is_named_and_nothing_changes(lake: Lake) -> None:
    path = next(lake.folder.glob("sightings/day=2020-06-17/*"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(LakeError, match="2020-06-17"):
        reannotate(lake, by("vnpt"))
    assert len(names(lake)) == 2
    assert not (lake.folder / compacted.FILE).exists()


def test_records_without_revisions_are_read(lake: Lake) -> None:
    keeping.compact(lake, least_files=2)
    path = lake.folder / compacted.FILE
    keys = {"day", "feed", "report", "deliveries"}
    path.write_text(json.dumps([{k: v for k, v in one.items() if k in keys} for one in json.loads(path.read_text())]))
    assert reannotate(lake, by("vnpt")).moved == 3
