"""The folder of a country is checked whole: every fault with its file and line, and what to do."""

import shutil
from pathlib import Path

import pytest
from tests.another_country import COUNTRY

from quetsach.centre.country_check import check_country
from quetsach.centre.tables import (
    load_calendar,
    load_former_names,
    load_network_tables,
    load_tiles,
    load_tree_snapshot,
)
from quetsach.installation import bundled_country_file

GUIDE = "docs/how-to/another-country.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(COUNTRY, tmp_path / "country"))


def told(folder: Path) -> list[str]:
    faults = check_country(folder).faults
    assert all(fault.hint for fault in faults), "every fault says what to do"
    return [str(fault) for fault in faults]


def change(path: Path, was: str, becomes: str) -> None:
    content = path.read_text("utf-8")
    assert was in content
    path.write_text(content.replace(was, becomes), "utf-8")


@pytest.mark.parametrize("country", [COUNTRY, bundled_country_file().parent], ids=["invented", "of the build"])
def test_a_whole_country_has_no_faults(country: Path) -> None:
    checked = check_country(country)
    assert checked.faults == ()
    assert checked.units > 3
    assert checked.places > 1


def test_every_fault_of_every_file_is_told_at_once(folder: Path) -> None:
    change(folder / "country.toml", 'code = "ZZ"', 'code = "zz"')
    change(folder / "country.toml", "rest_days", "rest_day")
    places = folder / "tables" / "places"
    (places / "provinces.csv").write_bytes((places / "provinces.csv").read_bytes() + b"03,,,province,x,x,\n04,\n")
    change(folder / "tables" / "isps" / "isps.csv", "64500", "AS64500")
    change(folder / "tables" / "events" / "holidays.csv", "2026-03-25,2026", "2026-04-25,2026")
    change(folder / "tables" / "network" / "prefixes-2026-01-01.csv", "60.0.1.0,", "60.0.1.x,")
    (folder / "templates" / "portal" / "prose" / "en" / "privacy.html").unlink()
    places_of = [line.split(": ")[0] for line in told(folder)]
    assert sorted(places_of) == [
        *["country.toml"] * 3,
        "tables/events/holidays.csv:2",
        "tables/isps/isps.csv:2",
        "tables/network/prefixes-2026-01-01.csv:2",
        "tables/places/provinces.csv:4",
        "tables/places/provinces.csv:5",
        "templates/portal/prose/en/privacy.html",
    ]


def test_every_fault_of_units_is_told_with_its_row_and_column(folder: Path) -> None:
    units = folder / "tables" / "units" / "units.csv"
    change(units, "province,tw", "region,tw")
    assert [line.split(": ")[0] for line in told(folder)] == [
        "tables/units/units.csv:3 kind",
        "tables/units/units.csv:4 kind",
        "tables/units/units.csv:5 parent",  # below the first of them
    ]
    shutil.copy(COUNTRY / "tables" / "units" / "units.csv", units)
    change(units, ",centre,", ",agency,")
    fault, no_centre = check_country(folder).faults
    assert str(fault) == "tables/units/units.csv:2 parent: reports to nobody"
    assert "of the kind centre" in fault.hint
    assert no_centre.what == "no unit is of the kind centre"


@pytest.mark.parametrize(
    ("file", "was", "becomes", "expected"),
    [
        ("country.toml", "tables/forms", "tables/form", "tables/form: there is no such folder"),
        ("country.toml", 'demonstration = ""', 'demonstration = "spring"', "demonstration names no campaign"),
        ("country.toml", '["en"]', '["en", "tlh"]', "this build does not speak 'tlh'"),
        ("tables/places/spellings.csv", "North\n", "Nord\n", "spellings.csv: the spelling 'Northern Reach' is of no"),
        ("tables/places/tiles.csv", ",02,", ",03,", "tables/places/tiles.csv:3: "),
        ("tables/units/units.csv", "key,", "name,", "tables/units/units.csv: the header is of no table"),
        ("tables/campaigns/spring-2026/campaign.toml", "baseline =", "base =", "spring-2026/campaign.toml"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, was: str, becomes: str, expected: str) -> None:
    change(folder / file, was, becomes)
    (only,) = told(folder)
    assert expected in only


@pytest.mark.parametrize("name", ["places/spellings.csv", "places/tiles.csv", "events/holidays.csv"])
def test_a_table_that_may_be_absent_is_empty(folder: Path, name: str) -> None:
    (folder / "tables" / name).unlink()
    assert told(folder) == []


def test_a_centre_reads_tables_that_are_absent_as_empty(folder: Path) -> None:
    for name in ("places/spellings.csv", "places/tiles.csv", "events/holidays.csv"):
        (folder / "tables" / name).unlink()
    data = folder.parent
    calendar = load_calendar(data)
    assert (calendar.events, calendar.holidays) == ((), ())
    assert load_tiles(data).squares == {}
    assert load_former_names(data) == {}
    assert load_tree_snapshot(data) is None
    assert load_network_tables(data).version.startswith("2026-01-01")


@pytest.mark.parametrize(
    "name", ["places/provinces.csv", "isps/isps.csv", "units/units.csv", "network/prefixes-2026-01-01.csv"]
)
def test_a_table_that_must_be_there_is_missed(folder: Path, name: str) -> None:
    (folder / "tables" / name).unlink()
    (fault,) = check_country(folder).faults
    assert fault.where.startswith("tables/" + name.split("-", maxsplit=1)[0])
    assert (fault.what, GUIDE in fault.hint) == ("is missing", True)


def test_a_table_that_cannot_be_read_is_not_called_missing(folder: Path) -> None:
    units = folder / "tables" / "units"
    for path in units.glob("*.csv"):
        path.unlink()
    (units / "units.csv").mkdir()
    assert [one for one in told(folder) if "units.csv" in one and "is missing" in one] == []
    assert any("units.csv" in one for one in told(folder))


def test_a_folder_that_is_not_there_is_called_by_its_path(tmp_path: Path) -> None:
    assert told(tmp_path / "nowhere") == [f"{tmp_path}/nowhere: there is no such folder"]


def test_a_folder_without_the_file_of_the_country_is_refused(tmp_path: Path) -> None:
    assert told(tmp_path) == ["country.toml: cannot be read: No such file or directory"]


def test_tools_of_the_country_s_makers_are_read(folder: Path) -> None:
    (folder / "other-tools.toml").write_text('withdrawn = ["old-scanner"]\n')
    assert told(folder) == []
    (folder / "other-tools.toml").write_text('[[tool]]\nid = "one"\nnmae = "One"\n')
    assert told(folder) == ["other-tools.toml:1: tool 1 (one): field 'name' is missing"]


def test_faults_are_told_in_vietnamese_too(folder: Path) -> None:
    change(folder / "country.toml", "tables/forms", "tables/form")
    (fault,) = check_country(folder).faults
    assert fault.in_language("vi") == "tables/form: không có thư mục này"
    assert fault.advice is not None
    assert fault.advice.vi.startswith("tạo thư mục này")
