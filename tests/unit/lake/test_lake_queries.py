"""What can be asked of the lake: exact counts over whole days."""

import gc
import stat
import tempfile
from datetime import date
from pathlib import Path

import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_lake_ingest import HEADER, ingest, row

from quetsach.core.address import Address
from quetsach.core.period import Period
from quetsach.lake import LakeError
from quetsach.lake.lake import Lake

JUNE_16, JUNE_17, JUNE_18 = (date(2020, 6, day) for day in (16, 17, 18))
THREE_DAYS = Period(JUNE_16, JUNE_18)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two addresses on the first day, one of them with two families; one again on the third."""
    lake = Lake(tmp_path)
    ingest(lake, HEADER + row("14.160.0.1") + row("14.160.0.1", malware="virut") + row("2001:ee0::1"))
    ingest(lake, HEADER + row("14.160.0.1", day="2020-06-18") + row("14.160.0.1"), report="second")
    return lake


def test_counts_distinct_addresses_of_each_day(lake: Lake) -> None:
    assert lake.view().daily_addresses(THREE_DAYS).to_pylist() == [
        {"day": JUNE_16, "family": "mirai", "addresses": 2},
        {"day": JUNE_16, "family": "virut", "addresses": 1},
        {"day": JUNE_18, "family": "mirai", "addresses": 1},
    ]
    assert lake.view().daily_addresses(THREE_DAYS, by=()).column("addresses").to_pylist() == [2, 1]


def test_counts_distinct_addresses_of_a_period(lake: Lake) -> None:
    assert lake.view().count_addresses(THREE_DAYS) == 2
    assert lake.view().count_addresses(THREE_DAYS, families=["virut"]) == 1
    assert lake.view().distinct_addresses(THREE_DAYS, by=("isp", "ip_version")).to_pylist() == [
        {"isp": "vnpt", "ip_version": 4, "addresses": 1},
        {"isp": "vnpt", "ip_version": 6, "addresses": 1},
    ]


def test_nothing_is_counted_where_nothing_is(lake: Lake, tmp_path: Path) -> None:
    empty = Period(date(2021, 1, 1), date(2021, 1, 2))
    assert lake.view().count_addresses(empty) == 0
    assert lake.view().count_addresses(THREE_DAYS, families=[]) == 0
    assert lake.view().daily_addresses(empty).schema == lake.view().daily_addresses(THREE_DAYS).schema
    assert Lake(tmp_path / "none").view().count_addresses(THREE_DAYS) == 0
    assert Lake(tmp_path / "none").view().newest_day() is None


def test_days_without_data_are_missing_not_zero(lake: Lake) -> None:
    assert lake.view().days_with_data(THREE_DAYS).to_pylist() == [
        {"feed": "plain", "report": "second", "day": JUNE_16, "sightings": 1},
        {"feed": "plain", "report": "second", "day": JUNE_18, "sightings": 1},
        {"feed": "plain", "report": "sightings", "day": JUNE_16, "sightings": 3},
    ]
    assert lake.view().newest_day() == JUNE_18
    assert lake.view().sightings_count(Period(JUNE_17, JUNE_18)) == 1


@pytest.mark.parametrize("name", ["address", "extra", "day; drop table x", "nothing"])
def test_addresses_are_counted_only_by_known_columns(lake: Lake, name: str) -> None:
    with pytest.raises(LakeError, match="cannot be counted by"):
        lake.view().distinct_addresses(THREE_DAYS, by=(name,))


def test_a_missing_file_is_an_error_not_a_smaller_number(lake: Lake) -> None:
    next(lake.folder.glob("rollups/*/*.seen.parquet")).unlink()
    assert lake.view().count_addresses(THREE_DAYS), "the sightings are there"
    for path in lake.folder.glob("sightings/*/*.parquet"):
        path.unlink()
    with pytest.raises(LakeError, match="cannot be read"):
        lake.view().count_addresses(THREE_DAYS)


def test_quarantine_is_listed_by_delivery(lake: Lake) -> None:
    result = ingest(lake, HEADER + row("nowhere"), report="third")
    assert lake.view().quarantined(by=TESTER).num_rows == 1
    assert lake.view().quarantined(result.delivery[:8], by=TESTER).column("excerpt").to_pylist() == ["nowhere"]
    assert lake.view().quarantined(lake.view().deliveries()[0].id, by=TESTER).num_rows in {0, 1}
    with pytest.raises(LakeError, match="no delivery"):
        lake.view().quarantined("ffff", by=TESTER)


def test_addresses_are_listed_by_what_a_visitor_is_matched_by(lake: Lake) -> None:
    listed = lake.view().listed_addresses(THREE_DAYS, by=TESTER).to_pylist()
    ipv4 = Address.parse("14.160.0.1").key.bytes
    assert listed == [
        {"key": ipv4, "family": "mirai", "last_day": JUNE_18},
        {"key": ipv4, "family": "virut", "last_day": JUNE_16},
        {"key": Address.parse("2001:ee0::").key.bytes, "family": "mirai", "last_day": JUNE_16},
    ]


def test_a_feed_with_a_wrong_clock_moves_no_window(lake: Lake) -> None:
    assert lake.view().newest_day(until=JUNE_17) == JUNE_16


def test_what_the_engine_spills_is_private_and_goes_with_the_lake(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    reader = Lake(lake.folder)
    reader.view().count_addresses(THREE_DAYS)
    [spill] = tmp_path.glob("quetsach-*")
    assert stat.S_IMODE(spill.stat().st_mode) == 0o700
    del reader
    gc.collect()
    assert not spill.exists()
