"""The reference tables that ship: their content against published facts."""

import ipaddress
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from quetsach.centre.tables import load_families, load_network_tables, load_places, load_tiles
from quetsach.installation import bundled

LAST_OF_63, FIRST_OF_34 = date(2025, 6, 30), date(2025, 7, 1)

MERGED = {
    "08": "Hà Giang, Tuyên Quang",
    "15": "Lào Cai, Yên Bái",
    "19": "Bắc Kạn, Thái Nguyên",
    "24": "Bắc Giang, Bắc Ninh",
    "25": "Hòa Bình, Phú Thọ, Vĩnh Phúc",
    "31": "Hải Dương, Hải Phòng",
    "33": "Hưng Yên, Thái Bình",
    "37": "Hà Nam, Nam Định, Ninh Bình",
    "44": "Quảng Bình, Quảng Trị",
    "48": "Quảng Nam, Đà Nẵng",
    "51": "Kon Tum, Quảng Ngãi",
    "52": "Bình Định, Gia Lai",
    "56": "Khánh Hòa, Ninh Thuận",
    "66": "Phú Yên, Đắk Lắk",
    "68": "Bình Thuận, Lâm Đồng, Đắk Nông",
    "75": "Bình Phước, Đồng Nai",
    "79": "Bà Rịa - Vũng Tàu, Bình Dương, Hồ Chí Minh",
    "80": "Long An, Tây Ninh",
    "82": "Tiền Giang, Đồng Tháp",
    "86": "Bến Tre, Trà Vinh, Vĩnh Long",
    "91": "An Giang, Kiên Giang",
    "92": "Cần Thơ, Hậu Giang, Sóc Trăng",
    "96": "Bạc Liêu, Cà Mau",
}
REUSED = {
    "15": ("Yên Bái", "Lào Cai"),
    "24": ("Bắc Giang", "Bắc Ninh"),
    "44": ("Quảng Bình", "Quảng Trị"),
    "52": ("Bình Định", "Gia Lai"),
    "80": ("Long An", "Tây Ninh"),
    "82": ("Tiền Giang", "Đồng Tháp"),
    "91": ("Kiên Giang", "An Giang"),
}


def _name(code: str, day: date) -> str:
    place = load_places().on(code, day)
    assert place is not None
    return place.name_vi


def test_there_are_63_provinces_in_2020_and_34_since_july_2025() -> None:
    places = load_places()
    assert len(places.all_on(date(2020, 6, 16))) == len(places.all_on(LAST_OF_63)) == 63
    assert len(places.all_on(FIRST_OF_34)) == 34


@pytest.mark.parametrize(("code", "names"), REUSED.items())
def test_a_reused_code_has_both_meanings(code: str, names: tuple[str, str]) -> None:
    assert (_name(code, LAST_OF_63), _name(code, FIRST_OF_34)) == names


@pytest.mark.parametrize("day", [date(2020, 6, 16), LAST_OF_63, FIRST_OF_34])
def test_every_province_has_one_square_on_the_map_and_both_archipelagos_are_named(day: date) -> None:
    places = load_places()
    tiles = load_tiles().on(day, places)
    assert sorted(tile.place.code for tile in tiles if not tile.islands) == [p.code for p in places.all_on(day)]
    islands = {tile.islands.vi: tile.place.name_vi for tile in tiles if tile.islands}
    assert islands == {"Quần đảo Hoàng Sa": "Đà Nẵng", "Quần đảo Trường Sa": "Khánh Hòa"}


def test_the_mergers_are_those_of_the_resolution() -> None:
    into: dict[str, list[str]] = {}
    for place in load_places().all_on(LAST_OF_63):
        if place.successor:
            into.setdefault(place.successor, []).append(place.name_vi)
    assert {code: ", ".join(sorted(names)) for code, names in into.items()} == MERGED


def test_every_name_is_written_in_composed_letters() -> None:
    for path in Path(bundled("data")).rglob("*.csv"):
        text = path.read_text("utf-8")
        assert text == unicodedata.normalize("NFC", text), path.name


@pytest.mark.parametrize(
    ("day", "cities"),
    [
        (date(2020, 6, 16), "01 31 48 79 92"),
        (date(2026, 4, 29), "01 31 46 48 79 92"),
        (date(2026, 4, 30), "01 31 46 48 75 79 92"),
        (date(2026, 8, 31), "01 31 46 48 75 79 92"),
        (date(2026, 9, 1), "01 22 31 46 48 75 79 92"),
        (date(2026, 9, 20), "01 22 24 31 46 48 75 79 92"),
    ],
)
def test_the_cities_of_a_day_are_those_that_the_national_assembly_made(day: date, cities: str) -> None:
    assert " ".join(p.code for p in load_places().all_on(day) if p.kind_on(day) == "city") == cities


@pytest.mark.parametrize(
    ("spelling", "family"),
    [
        ("avalanche-andromeda", "andromeda"),
        ("Gamarue", "andromeda"),
        ("wauchos", "andromeda"),
        ("Downadup", "conficker"),
        ("sality-p2p", "sality"),
        ("android.vo1d2", "vo1d"),
        ("monerominer", "xmrig-miner"),
        ("andromeda-b66", "andromeda"),
        ("avalanche-citadel", "citadel"),
        ("b54-base", "citadel"),
        ("b58-dga1", "bamital"),
        ("b67-ss-tinba", "tinba"),
        ("b68-zeroaccess-1-32bit", "zeroaccess"),
        ("b75-s12", "ramnit"),
        ("b85-r1s", "dorkbot"),
        ("b106-bladabindi", "njrat"),
        ("b106-jenxcus", "houdini"),
        ("b157-rL", "gameover-zeus"),
        ("sality_old", "sality"),
        ("pykspa_v1", "pykspa"),
        ("kuku", "sality"),
        ("kukacka", "sality"),
        ("snifula", "gozi"),
        ("lightaidra", "aidra"),
        ("njw0rm", "houdini"),
        ("3ve.kovter", "kovter"),
        ("shedun", "shedun"),
        ("goz", "gameover-zeus"),
        ("avalanche-generic", "unplaced"),
        ("b106-multi", "unplaced"),
        ("whatever-a-feed-writes", "unplaced"),
    ],
)
def test_a_spelling_of_a_feed_is_of_one_family_or_waits(spelling: str, family: str) -> None:
    names = load_families()
    assert names.family_of(names.resolve(spelling)) == family


def test_the_address_table_has_the_published_size(tmp_path: Path) -> None:
    tables = load_network_tables(tmp_path)
    assert sum(tables.ranges.announced_ipv4().values()) == 16_248_576


def test_what_viettel_s_company_in_timor_leste_announces_is_not_of_viet_nam(tmp_path: Path) -> None:
    tables = load_network_tables(tmp_path)
    assert 133606 not in tables.ranges.asns.tolist()


@pytest.mark.parametrize(
    ("asn", "provider"), [(149117, "AS149117"), (131127, "gtel"), (24175, "vinaren"), (45557, "vntt"), (63747, "cpt")]
)
def test_an_as_is_of_the_provider_that_its_name_plainly_says(tmp_path: Path, asn: int, provider: str) -> None:
    assert load_network_tables(tmp_path).isps.on(asn, date(2026, 11, 28)) == provider


def test_providers_of_the_table_announce_19_of_20_ipv4_addresses(tmp_path: Path) -> None:
    tables = load_network_tables(tmp_path)
    announced = tables.announced_by_isp(date(2026, 11, 28))
    known = sum(size for provider, size in announced.items() if provider in tables.isps.by_id)
    assert round(1000 * known / sum(announced.values())) == 947
    assert tables.version.startswith("2026-06-17.")


def test_every_as_of_the_provider_table_is_announced(tmp_path: Path) -> None:
    tables = load_network_tables(tmp_path)
    assert set(tables.isps.by_asn) <= set(tables.ranges.asns.tolist())


def test_the_large_providers_are_the_known_ones(tmp_path: Path) -> None:
    announced = load_network_tables(tmp_path).announced_by_isp(date(2020, 6, 16))
    assert sorted(announced, key=announced.__getitem__, reverse=True)[:5] == ["vnpt", "viettel", "fpt", "sctv", "spt"]


def test_the_address_table_is_in_order_and_in_one_version_per_line() -> None:
    (path,) = (bundled("data") / "network").glob("prefixes-*.csv")
    for line in path.read_text("utf-8").splitlines():
        first, last = map(ipaddress.ip_address, line.split(",")[:2])
        assert first.version == last.version
        assert int(first) <= int(last)
