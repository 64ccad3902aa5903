from datetime import date

import pytest

from quetsach.centre.tables import load_network_tables, load_places
from quetsach.core.errors import InputError
from quetsach.installation import bundled
from quetsach.network import RegionNames

IN_2020, IN_2026 = date(2020, 6, 16), date(2026, 1, 1)


@pytest.fixture(scope="module")
def regions(tmp_path_factory: pytest.TempPathFactory) -> RegionNames:
    return load_network_tables(tmp_path_factory.mktemp("data")).regions


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("HA NOI", "01"),
        ("Hanoi", "01"),
        ("Thành phố Hồ Chí Minh", "79"),
        ("HO CHI MINH CITY", "79"),
        ("TP. Ho Chi Minh", "79"),
        ("BA RIA - VUNG TAU", "77"),
        ("Thua Thien-Hue", "46"),
        ("Đắk Lắk", "66"),
        ("DAC LAC", "66"),
        ("Tỉnh Thanh Hóa", "38"),
        ("HCMC", "79"),
        ("TP HCM", "79"),
        ("VN-SG", "79"),
        ("Hà Tây", "01"),
        ("Thủ đô Hà Nội", "01"),
        ("Darlac", "66"),
        ("VN-CT", "92"),
        ("VN-26", "46"),
    ],
)
def test_spellings_of_feeds_find_their_province(regions: RegionNames, written: str, code: str) -> None:
    assert regions.province(written, IN_2020) == (code, "feed")


@pytest.mark.parametrize("written", ["", "   ", "HESSEN", "-", "City", "Viet Nam"])
def test_what_names_no_province_stays_unknown(regions: RegionNames, written: str) -> None:
    assert regions.province(written, IN_2020) == ("unknown", "")


def test_the_codes_of_iso_3166_2_name_every_province_once(regions: RegionNames) -> None:
    spellings = (bundled("data") / "places" / "spellings.csv").read_text("utf-8").splitlines()
    codes = [line.split(",")[0] for line in spellings if line.startswith("VN-")]
    assert {regions.province(code, IN_2020).code for code in codes} == {p.code for p in load_places().all_on(IN_2020)}
    assert len(codes) == 63


def test_a_name_means_the_province_of_its_day(regions: RegionNames) -> None:
    assert regions.province("LAO CAI", IN_2020) == ("10", "feed")
    assert regions.province("LAO CAI", IN_2026) == ("15", "feed")


def test_a_former_province_is_found_in_the_one_it_went_into(regions: RegionNames) -> None:
    assert regions.province("HAI DUONG", IN_2026) == ("31", "feed-former")


def test_hue_is_a_province_first_and_a_city_later(regions: RegionNames) -> None:
    assert regions.province("HUE", IN_2020) == ("46", "feed")
    assert regions.province("THUA THIEN HUE", IN_2026) == ("46", "feed-former")


def test_every_province_is_found_by_both_names_on_both_days(regions: RegionNames) -> None:
    for day in (IN_2020, IN_2026):
        for place in load_places().all_on(day):
            assert regions.province(place.name_vi.upper(), day) == (place.code, "feed")
            assert regions.province(place.name_en.upper(), day) == (place.code, "feed")


def test_a_spelling_of_no_known_place_is_refused() -> None:
    with pytest.raises(InputError, match="no known place"):
        RegionNames.of(load_places(), [("Atlantis", "Lemuria")])
