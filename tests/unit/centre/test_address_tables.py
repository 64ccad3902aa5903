"""A centre's address tables: of which day they are, and what becomes of sightings of that day."""

import bz2
import gzip
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.routing_dumps import path as route
from tests.routing_dumps import rib

from quetsach.centre import answers
from quetsach.centre.address_tables import import_table, keep_table
from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_bytes, reannotate_sightings
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period
from quetsach.core.sighting import LATER
from quetsach.network import Holders

ROWS = b"""timestamp,address,malware,country,bot_id
2020-06-16 07:00:00,14.160.0.1,mirai,VN,a
2020-06-17 07:00:00,14.160.0.1,mirai,VN,b
"""
NOW, DAYS = datetime(2020, 6, 18, tzinfo=UTC), Period(date(2020, 6, 16), date(2020, 6, 17))


def bring(data: Path, valid_from: str, asn: int) -> None:
    file = data / "t.csv"
    file.write_bytes(b"14.160.0.0,14.160.0.255,%d,x\n" % asn)
    import_table(data, [file], form="csv", valid_from=date.fromisoformat(valid_from))


def versions(data: Path) -> list[bool]:
    """Return whether the table of each sighting is later than it, by day."""
    view = Centre(data).view()
    files = [path for roll_up in view.roll_ups() for path in view.sightings_for(roll_up) or ()]
    said = [pq.read_table(path, partitioning=None)["network_version"].to_pylist() for path in files]
    return [version.endswith(LATER) for day in said for version in day]


def placed(data: Path) -> list[tuple[date, int | None]]:
    counted = Centre(data).view().daily_addresses(DAYS, ("asn",)).to_pylist()
    return [(row["day"], row["asn"]) for row in counted]


def test_each_sighting_is_placed_by_the_table_of_its_day(tmp_path: Path) -> None:
    bring(tmp_path, "2020-06-01", 64496)
    bring(tmp_path, "2020-06-17", 64497)
    ingest_bytes(Centre(tmp_path), ROWS, name="f.csv", feed="plain", report=None, now=NOW)
    assert placed(tmp_path) == [(DAYS.first, 64496), (DAYS.last, 64497)]
    versions = Centre(tmp_path).view().basis(DAYS).network_versions
    assert [version.partition(".")[0] for version in versions] == ["2020-06-01", "2020-06-17"]


def test_what_was_there_before_a_table_is_placed_by_it_when_it_is_asked_for(tmp_path: Path) -> None:
    bring(tmp_path, "2020-06-17", 64497)
    ingest_bytes(Centre(tmp_path), ROWS, name="f.csv", feed="plain", report=None, now=NOW)
    assert versions(tmp_path) == [True, False]
    assert len(Centre(tmp_path).view().basis(DAYS).network_versions) == 1  # it is one table
    bring(tmp_path, "2020-06-01", 64496)
    assert placed(tmp_path) == [(DAYS.first, 64497), (DAYS.last, 64497)]
    said = reannotate_sightings(Centre(tmp_path), is_dry_run=True)
    assert (said.moved, said.renamed, said.sightings) == (1, 0, 2)
    assert placed(tmp_path) == [(DAYS.first, 64497), (DAYS.last, 64497)]
    assert reannotate_sightings(Centre(tmp_path)).revised_sets == 2
    assert placed(tmp_path) == [(DAYS.first, 64496), (DAYS.last, 64497)]
    assert versions(tmp_path) == [False, False]
    assert reannotate_sightings(Centre(tmp_path)).revised_sets == 0


def test_a_table_of_countries_says_what_is_national_in_one_of_the_world(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_bytes(b"0.0.0.0,127.255.255.255,64496,x\n")
    import_table(tmp_path, [tmp_path / "w.csv"], form="csv", valid_from=date(2020, 6, 1))
    ingest_bytes(Centre(tmp_path), ROWS, name="f.csv", feed="plain", report=None, now=NOW)
    assert {asn for _, asn in placed(tmp_path)} == {64496}  # by the ranges that came with the country
    (tmp_path / "c.csv").write_bytes(b"14.160.0.0,14.160.0.0,VN\n14.160.0.1,14.160.0.255,LA\n")
    import_table(tmp_path, [tmp_path / "c.csv"], form="country-csv", valid_from=date(2020, 6, 1))
    reannotate_sightings(Centre(tmp_path))
    assert {asn for _, asn in placed(tmp_path)} == {None}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_the_day_is_that_of_the_records_and_not_of_the_name(tmp_path: Path, pack) -> None:
    file = tmp_path / "rib.20200101.0000.bz2"
    file.write_bytes(pack(rib("192.0.2.0/24", route((2, [7])))))
    found = import_table(tmp_path / "data", [file], form="mrt", valid_from=None)
    assert found.valid_from == date(2026, 11, 1)


def test_of_maxmind_db_files_none_is_left_out_in_silence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a table by itself"):
        import_table(tmp_path, [tmp_path / "v4.mmdb", tmp_path / "v6.mmdb"], form="mmdb", valid_from=date(2026, 1, 1))


def test_of_several_files_no_record_runs_into_the_next(tmp_path: Path) -> None:
    whole = rib("192.0.2.0/24", route((2, [7])))
    for name, content in (("a", whole[:-3]), ("b", whole[-3:])):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(QuetsachError, match="cut off"):
        import_table(tmp_path, [tmp_path / "a", tmp_path / "b"], form="mrt", valid_from=date(2026, 1, 1))
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(whole)
    import_table(tmp_path, [tmp_path / "a", tmp_path / "b"], form="mrt", valid_from=date(2026, 1, 1))


@pytest.mark.parametrize("content", [bz2.compress(b"x" * 99)[:14], b"BZh9 not at all"])
def test_a_damaged_bzip2_stream_is_explained(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.bz2").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        import_table(tmp_path, [tmp_path / "t.bz2"], form="mrt", valid_from=date(2026, 1, 1))


HOLDERS = """prefix,valid_from,valid_to,owner,name_vi,name_en,sector,source
14.160.0.0/16,,,tax,Cục Thuế,Tax Department,government,letter 12 of 2020-06-01
14.160.0.0/24,2020-06-17,,bank,Ngân hàng,A Bank,finance,letter 13 of 2020-06-01
"""


def counted(data: Path, by: str) -> list[tuple[date, object]]:
    found = Centre(data).view().daily_addresses(DAYS, (by,)).to_pylist()
    return [(row["day"], row[by]) for row in found]


def test_a_sighting_in_a_holders_range_is_the_holders_and_of_its_sector_until_the_table_says_otherwise(
    tmp_path: Path,
) -> None:
    bring(tmp_path, "2020-06-01", 45899)
    ingest_bytes(Centre(tmp_path), ROWS, name="f.csv", feed="plain", report=None, now=NOW)
    before = Centre(tmp_path).view().basis(DAYS).network_versions
    (tmp_path / "h.csv").write_text(HOLDERS)
    keep_table(tmp_path, tmp_path / "h.csv", "holders")
    assert counted(tmp_path, "isp") == [(DAYS.first, "vnpt"), (DAYS.last, "vnpt")]
    assert reannotate_sightings(Centre(tmp_path)).moved == 2
    assert counted(tmp_path, "isp") == [(DAYS.first, "government:tax"), (DAYS.last, "finance:bank")]
    assert counted(tmp_path, "sector") == [(DAYS.first, "government"), (DAYS.last, "finance")]
    assert {asn for _, asn in placed(tmp_path)} == {45899}  # who announces it is not changed by who holds it
    centre = Centre(tmp_path)
    sectors = answers.sectors(centre.view(), DAYS)
    assert {row.id for row in sectors.rows} == {"government", "finance"}
    shares = centre.network.announced_by_isp(DAYS.first)
    without = replace(centre.network, holders=Holders()).announced_by_isp(DAYS.first)
    assert (shares["government:tax"], without["vnpt"] - shares["vnpt"]) == (65536, 65536)
    assert sum(shares.values()) == sum(without.values())
    assert centre.network.isp_name("finance:bank") == "Ngân hàng"
    (tmp_path / "h.csv").write_text(HOLDERS.splitlines()[0])
    keep_table(tmp_path, tmp_path / "h.csv", "holders")
    reannotate_sightings(Centre(tmp_path))
    assert counted(tmp_path, "isp") == [(DAYS.first, "vnpt"), (DAYS.last, "vnpt")]
    assert counted(tmp_path, "sector") == [(DAYS.first, "unknown"), (DAYS.last, "unknown")]
    assert Centre(tmp_path).view().basis(DAYS).network_versions == before


@pytest.mark.parametrize(
    ("line", "where", "told"),
    [
        ("14.160.0.0/16,2021-01-01,,bank,B,B,finance,x", "h.csv:4", "belongs to tax and bank at one time"),
        ("14.160.0.1/16,,,post,P,P,transport,x", "h.csv:4", "not a prefix"),
        ("2001:ee0::/65,,,post,P,P,transport,x", "h.csv:4", "longer than /64"),
        ("14.161.0.0/16,,,post,P,P,unknown,x", "h.csv:4", "is no sector"),
        ("14.161.0.0/16,,,Post Office,P,P,transport,x", "h.csv:4", "not an identifier"),
        ("14.161.0.0/16,,,tax,Cục Thuế,Tax Department,finance,x", "h.csv:4", "another name or sector"),
        ("14.161.0.0/16,2021-01-02,2021-01-01,post,P,P,transport,x", "h.csv:4", "ends before it begins"),
        ("14.161.0.0/16,,,post,P,P,transport,", "h.csv:4", "source is empty"),
    ],
)
def test_a_table_of_holders_that_cannot_be_is_refused_by_its_line_and_the_one_before_stays(
    tmp_path: Path, line: str, where: str, told: str
) -> None:
    (tmp_path / "h.csv").write_text(HOLDERS)
    path, lines = keep_table(tmp_path, tmp_path / "h.csv", "holders")
    assert lines == 2
    (tmp_path / "h.csv").write_text(f"{HOLDERS}{line}\n")
    with pytest.raises(InputError, match=told) as refused:
        keep_table(tmp_path, tmp_path / "h.csv", "holders")
    assert refused.value.where == where
    assert path.read_text() == HOLDERS


def test_an_as_that_changed_hands_is_the_providers_of_the_sightings_day(tmp_path: Path) -> None:
    bring(tmp_path, "2020-06-01", 64496)
    rows = "old,Cũ,Old,64496,,2020-06-16\nnew,Mới,New,64496,2020-06-17,\n"
    (tmp_path / "i.csv").write_text(f"id,name_vi,name_en,asn,valid_from,valid_to\n{rows}")
    keep_table(tmp_path, tmp_path / "i.csv", "isps")
    ingest_bytes(Centre(tmp_path), ROWS, name="f.csv", feed="plain", report=None, now=NOW)
    assert counted(tmp_path, "isp") == [(DAYS.first, "old"), (DAYS.last, "new")]
