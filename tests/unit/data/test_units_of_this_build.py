"""The tables of units that ship: their content against published facts."""

from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest

from quetsach.campaign.units.cells import read_csv
from quetsach.campaign.units.comparison import ExistingUnits, compare
from quetsach.campaign.units.table import Tables, read_tables
from quetsach.campaign.units.tree import Position, Tree, positions
from quetsach.campaign.units.unit import Unit, recast
from quetsach.centre.tables import load_former_names, load_places, load_tree_snapshot
from quetsach.installation import bundled, bundled_country

CAMPAIGN, LAST, REFORM = date(2020, 10, 6), date(2025, 6, 30), date(2025, 7, 1)
GOVERNMENT = date(2025, 3, 1)
OF_2026 = {  # day: cities, wards that communes became
    date(2026, 4, 30): ("75", "25270 25357 25363 26116 26170 26248 26326 26368 26425 26485"),
    date(2026, 9, 1): ("22", ""),
    date(2026, 9, 20): ("24", "07294 07375 07399 07444 07840 09193 09292 09313 09319 09454 09475 09496"),
}
NAMESAKES = {  # as the statistics office's table of conversion of 2025 has them, of whose communes one was split
    "06079": "06079", "09013": "08980 08995 09022 09817", "10798": "10804 10843", "11890": "11911", "25462": "25459",
    "27691": "27694", "28036": "28036", "28252": "28249", "28270": "28270", "28437": "28435", "28439": "28439",
    "28924": "28921", "29623": "29623", "29734": "29734", "29902": "29905", "29908": "29905", "31246": "31246",
    "31268": "31288", "31378": "31378", "31379": "31378", "31438": "31408", "31474": "31473", "31480": "31480",
    "31483": "31495", "31582": "31582", "31606": "31591", "31657": "31654", "31666": "31666", "31669": "31639",
    "31714": "31726", "31741": "31741", "31744": "31741",
}  # fmt: skip
REUSED = ("15", "24", "44", "52", "80", "82", "91")


@cache
def _tables() -> Tables:
    files = sorted((bundled("data") / "units").glob("*.csv"))
    return read_tables([read_csv(path.read_bytes(), name=path.name) for path in files], bundled_country().unit_codes)


@cache
def _places() -> list[Position]:
    return positions(_tables().units.values())


def _on(day: date) -> list[Unit]:
    units = _tables().units.values()
    return [u for u in units if u.opened <= day and (u.closed is None or day < u.closed)]


def _count(day: date) -> dict[str, int]:
    return Counter(unit.kind.value for unit in _on(day))


@pytest.mark.parametrize("day", [CAMPAIGN, LAST])
def test_until_the_reform_there_are_63_provinces_696_districts_and_10035_communes(day: date) -> None:
    count = _count(day)
    assert (count["province"], count["district"], count["commune"]) == (63, 696, 10_035)


def test_the_tree_that_stands_for_2020_has_the_counts_that_its_note_says() -> None:
    snapshot = load_tree_snapshot()
    assert snapshot is not None
    for day in (snapshot.first, CAMPAIGN, snapshot.as_of):
        count = _count(day)
        assert snapshot.is_of(districts=count["district"], communes=count["commune"])


def test_since_the_reform_there_are_34_provinces_no_districts_and_3321_communes() -> None:
    count = _count(REFORM)
    assert (count["province"], count["district"], count["commune"]) == (34, 0, 3_321)


def test_today_s_communes_are_2621_communes_687_wards_and_13_special_zones() -> None:
    communes = [unit.name_vi for unit in _on(REFORM) if unit.kind == "commune"]
    words = Counter(next(word for word in ("Xã", "Phường", "Đặc khu") if name.startswith(word)) for name in communes)
    assert words == {"Xã": 2_621, "Phường": 687, "Đặc khu": 13}


def test_today_709_wards_and_2599_communes_stand_below_9_cities_and_25_provinces() -> None:
    here = [unit for unit in _on(date(2026, 11, 28)) if unit.kind in {"province", "commune"}]
    words = Counter(
        next(w for w in ("Tỉnh", "Thành phố", "Xã", "Phường", "Đặc khu") if u.name_vi.startswith(w)) for u in here
    )
    assert words == {"Tỉnh": 25, "Thành phố": 9, "Xã": 2_599, "Phường": 709, "Đặc khu": 13}


@pytest.mark.parametrize(("day", "city", "wards"), [(day, *changed) for day, changed in OF_2026.items()])
def test_what_became_a_city_or_a_ward_in_2026_did_so_on_its_day(day: date, city: str, wards: str) -> None:
    before = {unit.code: unit for unit in _on(day - timedelta(days=1)) if unit.kind in {"province", "commune"}}
    after = {unit.code: unit for unit in _on(day) if unit.kind in {"province", "commune"}}
    changed = {code for code, unit in after.items() if before[code].name_vi != unit.name_vi}
    assert changed == {city, *wards.split()}
    assert (before[city].name_vi[:4], after[city].name_vi[:9]) == ("Tỉnh", "Thành phố")
    assert all(after[code].name_vi.startswith("Phường ") for code in wards.split())
    assert all(before[code].name_vi.startswith("Xã ") for code in wards.split())
    assert before.keys() == after.keys()


def test_the_government_has_22_ministries_and_8_agencies_in_2020_and_17_and_5_since_march_2025() -> None:
    under_government = {"BHXHVN", "TTXVN", "VOV", "VTV", "VAST", "VASS", "BQLL", "CMSC"}
    before, after = (
        (
            _count(day)["ministry"],
            sum(
                1
                for p in _places()
                if p.holds_on(day) and p.level == 1 and p.unit.split("-")[0].upper() in under_government
            ),
        )
        for day in (GOVERNMENT - timedelta(days=1), GOVERNMENT)
    )
    assert (before, after) == ((22, 8), (17, 5))


def test_network_security_went_from_the_ministry_of_information_to_that_of_public_security() -> None:
    heirs = {old: {new for one, new in _tables().successions if one == old} for old in ("g14-2020", "g07-2020")}
    assert heirs["g14-2020"] == {"g06-2020", "g01-2020", "g16-2020"}
    assert heirs["g07-2020"] == {"g09-2020", "g03-2020", "g18-2020", "g01-2020"}


@pytest.mark.parametrize(("day", "parent"), [(date(2025, 2, 27), "tw"), (date(2025, 2, 28), "g01-2020")])
def test_mobifone_is_of_public_security_since_28_february_2025(day: date, parent: str) -> None:
    assert [p.parent for p in _places() if p.unit == "mobifone-2020" and p.holds_on(day)] == [parent]


def test_no_cell_and_no_tree_and_no_succession_has_a_fault() -> None:
    compare(_tables(), ExistingUnits({}, {}, {}, (), ()))
    assert _tables().faults == []


def test_every_unit_has_one_place_on_each_of_its_days() -> None:
    for day in (CAMPAIGN, date(2025, 1, 1), GOVERNMENT, LAST, REFORM, *OF_2026):
        assert Counter(p.unit for p in _places() if p.holds_on(day)) == Counter(u.key for u in _on(day))


def test_the_provinces_are_those_of_the_table_of_provinces() -> None:
    places = load_places()
    for day in (CAMPAIGN, date(2024, 12, 31), date(2025, 1, 1), LAST, REFORM, date(2026, 11, 26)):
        ours = {
            u.code: u.name_vi.removeprefix("Tỉnh ").removeprefix("Thành phố ") for u in _on(day) if u.kind == "province"
        }
        assert ours == {place.code: place.name_vi for place in places.all_on(day)}


def test_the_seven_codes_of_new_meaning_name_two_units_each() -> None:
    units = _tables().units
    assert all(units[f"{code}-2020"].name_vi != units[f"{code}-2025"].name_vi for code in REUSED)


def test_provinces_are_succeeded_as_the_table_of_provinces_says() -> None:
    places, follow = load_places(), _tables().successions
    for place in places.all_on(CAMPAIGN):
        assert (f"{place.code}-2020", f"{place.successor or place.code}-2025") in follow


def test_every_commune_has_successors_inside_the_successor_of_its_province() -> None:
    now, before = (Tree.on(_places(), day) for day in (REFORM, LAST))
    follow = _tables().successions
    province_of = {old: new for old, new in follow if _tables().units[old].kind == "province"}
    province_of["46-2025"] = "46-2025"
    seen = set()
    for old, new in follow:
        if _tables().units[old].kind == "commune" and _tables().units[old].closed == REFORM:
            seen.add(old)
            assert now.above(new)[1] == province_of[before.above(old)[1]]
    assert seen == {unit.key for unit in _on(LAST) if unit.kind == "commune"}


def _parts() -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    for old, new in _tables().successions:
        parts.setdefault(old, set()).add(new)
    return parts


def test_441_communes_were_split() -> None:
    communes = {key for key, unit in _tables().units.items() if unit.kind == "commune"}
    assert sum(len(parts) > 1 for old, parts in _parts().items() if old in communes) == 441


@pytest.mark.parametrize(("old", "news"), NAMESAKES.items())
def test_a_namesake_s_commune_gets_nothing_of_another_s(old: str, news: str) -> None:
    assert _parts()[f"{old}-2020"] == {f"{new}-2025" for new in news.split()}


def test_every_commune_of_today_has_a_predecessor() -> None:
    assert {u.key for u in _on(REFORM) if u.kind == "commune"} <= {new for _, new in _tables().successions}


@pytest.mark.parametrize(("key", "path"), [("20333-2025", "/tw/48-2025/"), ("22736-2025", "/tw/56-2025/")])
def test_the_archipelagos_are_special_zones_of_their_provinces(key: str, path: str) -> None:
    [place] = [place for place in _places() if place.unit == key]
    assert place.path == f"{path}{key}/"
    assert _tables().units[key].name_vi in {"Đặc khu Hoàng Sa", "Đặc khu Trường Sa"}


def test_figures_of_2020_recast_to_today_keep_their_sum_in_every_province() -> None:
    units, follow = _tables().units, _tables().successions
    before, now = (Tree.on(_places(), day) for day in (CAMPAIGN, REFORM))
    figures = {
        unit.key: n % 97 for n, unit in enumerate(_on(CAMPAIGN)) if unit.kind in {"province", "district", "commune"}
    }
    after = recast(figures, units, follow.values(), day=REFORM)
    heir = {old: new for old, new in follow if units[old].kind == "province"}
    expected: Counter[str] = Counter()
    for key, figure in figures.items():
        expected[heir[before.above(key)[1]]] += figure
    found: Counter[str] = Counter()
    for key, figure in after.items():
        found[now.above(key)[1]] += figure
    assert found == expected


def test_every_other_name_is_of_a_unit_of_the_former_tree_and_not_its_own() -> None:
    units, names = _tables().units, load_former_names()
    assert len(names) == 404
    own = {key: units[key].name_vi.split(maxsplit=units[key].name_vi.startswith("Th") + 1)[-1] for key in names}
    assert all(units[key].closed == REFORM and own[key] != name for key, name in names.items())
