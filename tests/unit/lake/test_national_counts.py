"""What a national count is about: one rule for addresses, places, sectors, machines and the look-up of visitors."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.lake_reader import TESTER

from quetsach.centre.tables import load_network_tables
from quetsach.core.address import Address
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.installation import bundled_country
from quetsach.lake import listed
from quetsach.lake.hosts import hosts
from quetsach.lake.lake import Lake
from quetsach.lake.queries import GROUPS
from quetsach.network import annotate

NOW = datetime(2020, 6, 20, 9, tzinfo=UTC)
DAYS = Period(date(2020, 6, 16), date(2020, 6, 20))
COUNTED = ("14.160.0.1", "8.8.4.4")  # announced in the country; unknown, and the feed says that it is of it
ROWS = (
    *(f"2020-06-16 0{hour}:00:00,14.160.0.1,mirai,,b1" for hour in range(6)),
    "2020-06-16 07:00:00,8.8.8.8,mirai,,b2",  # foreign, no country written down
    "2020-06-16 07:00:00,1.1.1.1,mirai,US,b3",
    "2020-06-16 07:00:00,8.8.4.4,mirai,VN,b4",
    "2020-06-16 07:00:00,192.168.1.1,mirai,VN,b5",
    "2020-06-16 07:00:00,10.0.0.1,mirai,,b6",
    "2020-06-16 07:00:00,100.64.9.9,mirai,VN,b7",
    "2020-06-16 07:00:00,fe80::1,mirai,VN,b8",
    "2021-11-30 07:00:00,14.160.0.2,mirai,VN,b9",  # a year ahead
    "2020-06-21 09:00:01,14.160.0.3,mirai,VN,b10",  # a day and a second ahead
    "2020-06-21 08:59:59,14.160.0.4,mirai,VN,b11",  # within what a clock may be off
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made, tables = Lake(tmp_path / "lake", country=bundled_country()), load_network_tables(tmp_path)
    content = "timestamp,address,malware,country,bot_id\n" + "\n".join(ROWS) + "\n"
    result = made.ingest(
        content.encode(),
        feed="plain",
        families=FamilyNames.of([], version="f"),
        annotate=lambda table: annotate(table, tables),
        now=NOW,
        name="f.csv",
    )
    assert (result.records, result.accepted, result.duplicates, result.quarantined) == (16, 10, 0, 6)
    return made


def test_every_record_that_cannot_be_is_set_aside_with_its_reason(lake: Lake) -> None:
    aside = lake.view().quarantined(by=TESTER).to_pylist()
    assert [(row["line"], row["reason"], row["column"]) for row in aside] == [
        *((line, "reserved_ip", "address") for line in (11, 12, 13, 14)),
        (15, "future", "timestamp"),
        (16, "future", "timestamp"),
    ]


@pytest.mark.parametrize("by", [(), *((group,) for group in GROUPS)])
def test_addresses_of_nowhere_enter_no_count(lake: Lake, by: tuple[str, ...]) -> None:
    view = lake.view()
    for rows in (view.distinct_addresses(DAYS, by), view.daily_addresses(DAYS, by)):
        assert sum(rows.column("addresses").to_pylist()) == len(COUNTED)
    assert view.count_addresses(DAYS) == len(COUNTED)


def test_addresses_of_nowhere_are_not_looked_up(lake: Lake, tmp_path: Path) -> None:
    listed.build(lake.view(), tmp_path / "listed.bin", as_of=DAYS.last, days=5, coverage=(), by=TESTER)
    found = listed.Listed.open(tmp_path / "listed.bin")
    assert [a for a in ("14.160.0.1", "8.8.8.8", "1.1.1.1", "8.8.4.4") if found.look_up(Address.parse(a))] == list(
        COUNTED
    )


def test_machines_are_counted_of_the_same_addresses(lake: Lake) -> None:
    report = hosts(lake.view(), Period(DAYS.first, DAYS.first))
    assert report.total.daily_addresses == len(COUNTED)
    assert report.abroad == 2
