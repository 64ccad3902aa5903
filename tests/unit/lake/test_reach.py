"""What a lake keeps of the domains and servers that were contacted, and what a comparison makes of it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quetsach.assess.hosts.breaks import DaySeen, DestinationSeen
from quetsach.assess.hosts.measure import Watch
from quetsach.core.family import Family, FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.table import ANNOTATIONS
from quetsach.lake import hosts
from quetsach.lake.host_windows import laid_out, measure_window
from quetsach.lake.lake import Lake
from quetsach.lake.queries import parts_of
from quetsach.lake.reach import Contacted
from quetsach.lake.rollups import MOST_DESTINATIONS

FIRST = date(2020, 6, 1)
MIRAI = Watch("plain", "sightings", "mirai", 4)
HEADER = "timestamp,address,malware,country,bot_id,destination_hostname,destination_address\n"
NAMES = FamilyNames.of([Family("mirai", "Mirai", "linux")], version="1")


def annotate(table: pa.Table) -> pa.Table:
    values = {"asn": 45899, "isp": "vnpt", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        table = table.append_column(field, pa.array([values[field.name]] * table.num_rows).cast(field.type))
    return table


def ingest(lake: Lake, rows: list[str]) -> None:
    content = HEADER + "".join(f"{row}\n" for row in rows)
    lake.ingest(content.encode(), feed="plain", families=NAMES, annotate=annotate, now=datetime(2020, 9, 1, tzinfo=UTC))


def kept(lake: Lake) -> list[tuple[str, int, int]]:
    [roll_up] = lake.view().roll_ups()
    table = pq.read_table(lake.folder / roll_up.path("reach"), partitioning=None)
    return [(row["destination"], row["addresses"], row["alone"]) for row in table.to_pylist()]


def test_domains_are_kept_with_the_addresses_that_contact_them_alone(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(
        lake,
        [
            "2020-06-01 01:00:00,14.160.0.1,mirai,VN,,A.example,",
            "2020-06-01 02:00:00,14.160.0.1,mirai,VN,,a.example,",
            "2020-06-01 03:00:00,14.160.0.2,mirai,VN,,a.example,",
            "2020-06-01 04:00:00,14.160.0.2,mirai,VN,,b.example,",
        ],
    )
    assert kept(lake) == [("a.example", 2, 1), ("b.example", 1, 0)]


def test_where_no_domain_is_told_the_server_stands_for_it(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, ["2020-06-01 01:00:00,14.160.0.1,mirai,VN,,,192.0.2.7"])
    [(destination, addresses, alone)] = kept(lake)
    assert (UUID(destination).int & 0xFFFFFFFF, addresses, alone) == (0xC0000207, 1, 1)


def test_a_feed_that_tells_nothing_has_no_such_file(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, ["2020-06-01 01:00:00,14.160.0.1,mirai,VN,,,"])
    [roll_up] = lake.view().roll_ups()
    assert not (tmp_path / roll_up.path("reach")).exists()
    assert (tmp_path / roll_up.path("addresses")).exists()


def test_of_very_many_domains_those_with_the_most_addresses_are_told_apart(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    many = [f"2020-06-01 01:00:00,14.160.1.{n},mirai,VN,,{n:03}.example," for n in range(MOST_DESTINATIONS + 9)]
    ingest(lake, [*many, *(f"2020-06-01 02:00:00,14.160.2.{n},mirai,VN,,zzz.example," for n in range(5))])
    found = kept(lake)
    assert len(found) == MOST_DESTINATIONS + 1
    assert ("zzz.example", 5, 5) in found
    assert ("", 10, 10) in found


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Four weeks of 200 machines that check in every hour through ten domains; in the second half one is not live."""
    made = Lake(tmp_path_factory.mktemp("lake"), NAMES)
    rows = []
    for hour in range(28 * 24):
        at = datetime(FIRST.year, FIRST.month, FIRST.day) + timedelta(hours=hour)  # noqa: DTZ001  (as the feed writes)
        rows += [
            f"{at + timedelta(seconds=17 * n):%Y-%m-%d %H:%M:%S},14.160.{hour // 24 % 2}.{n},mirai,VN,b{n},"
            f"{n % 10}.example,"
            for n in range(200)
            if hour < 14 * 24 or n % 10
        ]
    ingest(made, rows)
    return made


WINDOWS = Period(FIRST, FIRST + timedelta(days=13)), Period(FIRST + timedelta(days=14), FIRST + timedelta(days=27))


def test_a_domain_that_is_not_live_any_more_is_told_by_the_family_s_name(lake: Lake) -> None:
    with lake.view() as view:
        comparison = hosts.compare_windows(view, *WINDOWS)
    [notice] = [n for n in comparison.notices if n.code == "reach-changed"]
    assert "theo dõi Mirai qua 10 tên miền hoặc máy chủ" in notice.text.vi
    assert "mất 10,0%" in notice.text.vi
    assert comparison.blocks


def test_installations_and_destinations_are_those_of_days_without_outages(lake: Lake) -> None:
    with lake.view() as view, laid_out(view, WINDOWS[1], None) as laid:
        rows = laid.count(by_network=False)
        window = laid.of_reach(measure_window(laid, rows, WINDOWS[1], {}))
    days = window.installations[MIRAI]
    assert set(days) == set(window.destinations[MIRAI]) == set(WINDOWS[1])
    assert days[WINDOWS[1].first] == DaySeen(180, 180)
    assert window.destinations[MIRAI][WINDOWS[1].first]["3.example"] == DestinationSeen(20, 20)


def test_what_was_contacted_is_the_same_in_any_number_of_parts(lake: Lake) -> None:
    with lake.view() as view, laid_out(view, WINDOWS[0], None) as laid:
        whole, parts = (view.ask(Contacted(), parts_of(laid.reach, count=count)) for count in (1, 3))
    assert whole == parts
    assert whole[MIRAI]
