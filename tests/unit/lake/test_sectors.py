"""Sectors in the lake: told by feeds, rolled up, counted; unknown in a lake that is older than they are."""

import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.lake.test_keeping import annotate, rows_of

from quetsach.centre import answers
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.layout_files import bundled_layouts
from quetsach.lake import hosts, keeping
from quetsach.lake.lake import Lake

DAY = Period(date(2020, 6, 16), date(2020, 6, 16))
SECTORS = ("Finance and Insurance", "Public Administration", "", "Secret Society")


def ingest(lake: Lake, sectors: Sequence[str], *, naics: str = "", hour: int = 7) -> None:
    """One address for each sector, by Shadowserver's words."""
    names = sorted(bundled_layouts().of_feed("shadowserver")[0].header)
    row = dict.fromkeys(names, "") | {"infection": "mirai", "src_geo": "VN", "src_naics": naics}
    lines = [",".join(names)]
    for number, sector in enumerate(sectors):
        cells = row | {"timestamp": f"2020-06-16 {hour:02}:00:00", "src_ip": f"14.160.0.{number}"}
        lines.append(",".join(f'"{cells[name] if name != "src_sector" else sector}"' for name in names))
    lake.ingest(
        "\n".join(lines).encode(),
        feed="shadowserver",
        report="event4_sinkhole",
        families=FamilyNames.of([], version="f"),
        annotate=annotate,
        now=datetime(2020, 6, 18, tzinfo=UTC),
        name="f.csv",
    )


def by_sector(lake: Lake) -> dict[str, float]:
    return {row.id: row.figures[0].value for row in answers.sectors(lake.view(), DAY).rows if row.figures[0]}


def make_older(lake: Lake) -> None:
    """Take the column out of every file, as in a lake of an earlier version."""
    for path in [*lake.folder.glob("sightings/*/*.parquet"), *lake.folder.glob("rollups/*/*.parquet")]:
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["sector"]), path)


def test_addresses_are_counted_by_the_sector_that_feeds_tell(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS)
    assert by_sector(lake) == {"finance": 1, "government": 1, "unknown": 1, "other": 1}


def test_a_code_tells_the_sector_where_the_words_do_not(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS, naics="518210")
    assert by_sector(lake) == {"finance": 1, "government": 1, "communications": 2}


def test_the_words_as_written_stay(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, ["Secret Society"], naics="99")
    [path] = tmp_path.glob("sightings/*/*.parquet")
    assert pq.read_table(path).column("extra").to_pylist() == ['{"src_naics":"99","src_sector":"Secret Society"}']


def test_machines_are_counted_by_sector(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS)
    rows = {row.id: row.daily_addresses for row in hosts.hosts(lake.view(), DAY, by="sector").rows}
    assert rows == {"finance": 1, "government": 1, "unknown": 1, "other": 1}


def test_counts_by_sector_outlive_the_sightings(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS)
    keeping.expire(lake, before=date(2020, 7, 1))
    assert by_sector(lake) == {"finance": 1, "government": 1, "unknown": 1, "other": 1}


def test_of_two_sightings_of_an_address_the_one_with_a_sector_tells(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, ["Finance and Insurance"])
    ingest(lake, [""], hour=8)
    assert [row["sector"] for row in rows_of(lake, "addresses")] == ["finance"]


def test_roll_ups_by_sector_are_made_again_alike(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS)
    assert keeping.rebuild(lake).mended == 0


@pytest.mark.parametrize("has_expired", [False, True])
def test_in_an_older_lake_sectors_are_unknown(tmp_path: Path, *, has_expired: bool) -> None:
    lake = Lake(tmp_path)
    ingest(lake, SECTORS)
    if has_expired:
        keeping.expire(lake, before=date(2020, 7, 1))
    make_older(lake)
    assert by_sector(lake) == {"unknown": 4}
    assert [(row.id, row.daily_addresses) for row in hosts.hosts(lake.view(), DAY, by="sector").rows] == [
        ("unknown", 4)
    ]


def test_a_day_of_older_and_newer_files_has_what_the_newer_tell(tmp_path: Path) -> None:
    older = Lake(tmp_path / "older")
    ingest(older, SECTORS)
    make_older(older)
    ingest(older, ["Utilities"], hour=9)
    assert by_sector(older) == {"unknown": 4, "energy": 1}
    newer = Lake(tmp_path / "newer")
    shutil.copytree(older.folder, newer.folder)
    assert keeping.rebuild(newer).mended == 0


def test_a_table_of_addresses_without_a_file_has_the_column(tmp_path: Path) -> None:
    table = Lake(tmp_path).view().daily_addresses(DAY, ("sector",))
    assert table.schema.field("sector").type == pa.string()
