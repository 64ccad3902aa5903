"""Keeping a lake: what is rolled up, rebuilt and deleted at the end of its lifetime."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.lake_reader import TESTER

from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.table import ANNOTATIONS
from quetsach.installation import bundled_country
from quetsach.lake import LakeError, keeping, rollups
from quetsach.lake.lake import Lake

NOW = datetime(2020, 6, 18, tzinfo=UTC)
DAYS = Period(date(2020, 6, 16), date(2020, 6, 17))
HEADER = "timestamp,address,malware,country,bot_id\n"
TWO_DAYS = HEADER + "2020-06-16 07:00:00,14.160.0.1,mirai,VN,b1\n2020-06-17 07:00:00,14.160.0.1,mirai,VN,b1\n"


def annotate(table: pa.Table) -> pa.Table:
    values = {"asn": None, "isp": "unknown", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        table = table.append_column(field, pa.repeat(pa.scalar(values[field.name], field.type), table.num_rows))
    return table


def ingest(lake: Lake, content: str, *, feed: str = "plain") -> None:
    families = FamilyNames.of([], version="f")
    lake.ingest(content.encode(), feed=feed, families=families, annotate=annotate, now=NOW, name="f.csv")


def rows_of(lake: Lake, part: str) -> list[dict[str, object]]:
    return [
        row
        for r in lake.view().roll_ups()
        if (lake.folder / r.path(part)).exists()
        for row in pq.read_table(lake.folder / r.path(part), partitioning=None).to_pylist()
    ]


def test_a_second_delivery_of_a_day_replaces_its_roll_up(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    ingest(lake, HEADER + "2020-06-16 08:00:00,14.160.0.1,mirai,VN,b1\n")
    assert len(list(tmp_path.glob("rollups/day=2020-06-16/*.clock.json"))) == 1
    assert [row["sightings"] for row in rows_of(lake, "addresses")] == [2, 1]


def test_addresses_of_one_ipv6_line_are_one(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, HEADER + "".join(f"2020-06-16 0{n}:00:00,2001:ee0::{n},mirai,VN,\n" for n in range(1, 4)))
    [row] = rows_of(lake, "addresses")
    assert (str(row["address"]), row["sightings"]) == ("20010ee0-0000-0000-0000-000000000000", 3)


@pytest.mark.parametrize(("country", "is_abroad"), [("US", True), ("", True), ("VN", False), ("vn", False)])
def test_an_address_that_no_table_knows_is_of_the_country_only_if_the_feed_says_so(
    tmp_path: Path, country: str, *, is_abroad: bool
) -> None:
    lake = Lake(tmp_path, country=bundled_country())
    ingest(lake, HEADER + f"2020-06-16 07:00:00,8.8.8.8,mirai,{country},\n")
    assert [row["is_abroad"] for row in rows_of(lake, "addresses")] == [is_abroad]


def test_installations_are_rolled_up_where_the_feed_names_them(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    assert [(row["bot_id"], row["sightings"]) for row in rows_of(lake, "bots")] == [("b1", 1), ("b1", 1)]


@pytest.mark.parametrize("part", ["addresses", "gaps", "seen", "clock"])
def test_a_damaged_or_missing_roll_up_is_mended(tmp_path: Path, part: str) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    damaged = tmp_path / lake.view().roll_ups()[0].path(part)
    before = damaged.read_bytes()
    damaged.write_bytes(before[:-3])
    assert keeping.rebuild(lake) == keeping.Rebuilt(made=2, mended=1, expired=0)
    damaged.unlink()
    assert keeping.rebuild(lake).mended == 1
    assert damaged.read_bytes() == before


def test_sightings_expire_and_every_record_stays_accounted_for(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    gone = keeping.expire(lake, before=date(2020, 6, 17))
    assert (gone.days, gone.sightings, gone.files) == (1, 1, 2)
    [delivery] = Lake(tmp_path).view().deliveries()
    delivery.check()
    assert (delivery.records, delivery.expired, delivery.has_landed) == (2, (date(2020, 6, 16),), True)
    assert not list(tmp_path.glob("sightings/day=2020-06-16/*"))
    assert not list(tmp_path.glob("rollups/day=2020-06-16/*.seen.parquet")), "it holds whole addresses of IPv6"
    assert list(tmp_path.glob("rollups/day=2020-06-17/*.seen.parquet"))


def test_what_was_delivered_goes_with_the_last_of_its_days(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS + "damaged\n")
    [delivery] = lake.view().deliveries()
    keeping.expire(lake, before=date(2020, 6, 18))
    assert not list(tmp_path.glob("landed/*/*")) + list(tmp_path.glob("quarantine/*"))
    assert lake.view().quarantined(by=TESTER).num_rows == 0
    ingest(lake, TWO_DAYS + "damaged\n")
    assert [d.id for d in lake.view().deliveries()] == [delivery.id]


def test_addresses_of_expired_days_are_still_counted(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS + "2020-06-17 07:00:00,14.160.0.2,mirai,VN,\n")
    before = lake.view().count_addresses(DAYS), lake.view().daily_addresses(DAYS, ("isp",)).to_pylist()
    keeping.expire(lake, before=date(2020, 6, 17))
    assert (lake.view().count_addresses(DAYS), lake.view().daily_addresses(DAYS, ("isp",)).to_pylist()) == before


def test_a_late_file_of_an_expired_day_is_refused(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    keeping.expire(lake, before=date(2020, 6, 17))
    with pytest.raises(LakeError, match="have expired"):
        ingest(lake, HEADER + "2020-06-16 09:00:00,14.160.0.9,mirai,VN,\n")


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert keeping.expire(lake, before=date(2020, 6, 18), is_dry_run=True).days == 2
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_roll_up_that_is_missing_is_made_before_its_sightings_expire(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    for path in tmp_path.glob("rollups/*/*"):
        path.unlink()
    dry = keeping.expire(lake, before=date(2020, 6, 18), is_dry_run=True)
    assert keeping.expire(lake, before=date(2020, 6, 18)).files == dry.files == 3, "what is not there does not go"
    assert (len(rows_of(lake, "addresses")), rows_of(lake, "seen")) == (2, [])


def test_roll_ups_of_expired_sightings_stay_when_the_others_are_rebuilt(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    keeping.expire(lake, before=date(2020, 6, 17))
    assert keeping.rebuild(lake) == keeping.Rebuilt(made=1, mended=0, expired=1)


def test_roll_ups_of_an_older_making_are_made_again_once(tmp_path: Path) -> None:
    assert keeping.renew(Lake(tmp_path / "none")) is None
    assert not (tmp_path / "none").exists()
    lake = Lake(tmp_path)
    ingest(lake, TWO_DAYS)
    assert keeping.renew(lake) is None
    path = tmp_path / lake.view().roll_ups()[0].path("addresses")
    made = path.read_bytes()
    path.write_bytes(b"of an older making")
    (tmp_path / rollups.MAKING_FILE).write_text("0")
    assert keeping.renew(lake) == keeping.Rebuilt(made=2, mended=1, expired=0)
    assert (path.read_bytes(), rollups.read_making(tmp_path)) == (made, rollups.MAKING)
    assert keeping.renew(lake) is None


def test_nobody_writes_into_a_lake_that_is_to_be(tmp_path: Path) -> None:
    with Lake(tmp_path / "new").writers.none() as catalog:
        assert list(catalog.days()) == []
