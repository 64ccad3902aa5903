from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from quetsach.campaign.units.unit import UnitKind
from quetsach.core.country import UNIT_KINDS, Country, examine_country, read_country
from quetsach.core.errors import InputError
from quetsach.installation import bundled_country_file

VN = bundled_country_file().read_text("utf-8")


def read(text: str) -> Country:
    return read_country(text.encode(), file="country.toml", zone_named=ZoneInfo)


def test_a_fixed_offset_asks_for_no_table_of_zones() -> None:
    def none(name: str) -> tzinfo:
        raise AssertionError(name)

    country = read_country(VN.encode(), file="country.toml", zone_named=none)
    assert (country.code, str(country.zone), country.languages) == ("VN", "Asia/Ho_Chi_Minh", ("vi", "en"))
    assert country.offices.rest_days == {5, 6}
    assert datetime(2026, 7, 1, tzinfo=country.zone).utcoffset() == timedelta(hours=7)
    told = country.moment_text(datetime(2026, 11, 28, 23, 30, tzinfo=UTC), "%H:%M %d/%m", "vi")
    assert told == "06:30 29/11 (giờ Việt Nam)"


@pytest.mark.parametrize(
    ("unit", "language", "agency", "place"),
    [
        ("Thành phố Hải Phòng", "vi", "Ủy ban nhân dân thành phố Hải Phòng", "Hải Phòng"),
        ("Hai Phong City", "en", "People's Committee of Hai Phong City", "Hai Phong"),
    ],
)
def test_a_territory_signs_as_its_country_does(unit: str, language: str, agency: str, place: str) -> None:
    territory = read(VN).territory
    assert (territory.agency_of(unit, language), territory.place_of(unit, language)) == (agency, place)


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('code = "VN"', 'code = "vn"', "code must be two capital letters"),
        ('languages = ["vi", "en"]', 'languages = ["vi", "French"]', "languages must be"),
        ('languages = ["vi", "en"]', "languages = []", "languages must be"),
        ('rest_days = ["saturday", "sunday"]', 'rest_days = ["Saturday"]', "rest_days must be"),
        ('rest_days = ["saturday", "sunday"]', "rest_days = []", "rest_days must be"),
        ('utc_offset = "+07:00"', 'utc_offset = "+7"', "zone.utc_offset must be"),
        ('utc_offset = "+07:00"', 'utc_offset = "+99:00"', "zone.utc_offset must be"),
        ('name = "Asia/Ho_Chi_Minh"\nutc_offset = "+07:00"', 'name = "Nowhere/Else"\n', "zone.name is no zone"),
        ('en = "Ha Noi"', "", "capital.en must be a text"),
        ('forms = "../../forms"', "", "tables.forms must be a text"),
        ("province = 2", "province = 0", "units.digits.province must be a number from 1 to 30"),
        ("exchange_code = '[A-Z]", "exchange_code = '([A-Z]", "units.exchange_code must be a regular expression"),
        ('phone = "0225 3842 119"', 'telephone = "0225 3842 119"', "units.examples.phone must be a text"),
        ('state.en = "SOCIALIST REPUBLIC OF VIET NAM"\n', "", "letterhead.state.en must be a text"),
        ("stop_days = 15", "stop_days = 0", "personal_data.stop_days must be a number from 1 to 1000"),
        ("breach_hours = 72\n", "", "personal_data.breach_hours must be a number"),
        ("review_months = 6", "review_months = 6\nreviews = 1", "personal_data.reviews is no field; here are known"),
        ("[zone]", "[zone", "not TOML"),
        ("utc_offset", "utc_ofset", "zone.utc_ofset is no field; here are known: name, utc_offset, vi"),
        ("district = 3", "town = 3", "units.digits.town is no field"),
        ('motto.en = "Inde', 'motto.fr = "Inde', "letterhead.motto.en must be a text"),
        ("[tables]\n", '[tables]\nlaws = "laws"\n', "tables.laws is no field"),
    ],
)
def test_what_is_wrong_is_named(was: str, becomes: str, told: str) -> None:
    assert was in VN
    with pytest.raises(InputError, match=told):
        read(VN.replace(was, becomes, 1))


def test_what_is_wrong_is_told_in_the_language_of_who_reads_it() -> None:
    with pytest.raises(InputError) as caught:
        read(VN.replace("exchange_code = '[A-Z]", "exchange_code = '([A-Z]", 1))
    assert caught.value.in_language("vi") == "country.toml: units.exchange_code phải là biểu thức chính quy"


def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = VN.replace('code = "VN"', 'code = "vn"').replace('en = "Ha Noi"', "").replace("[letterhead]", "[head]")
    _, faults = examine_country(wrong.encode(), file="country.toml", zone_named=ZoneInfo)
    assert [fault.what.split(" ", 1)[0] for fault in faults] == ["letterhead", "code", "capital.en", "head"]


def test_digits_are_named_by_the_kinds_of_units() -> None:
    assert tuple(UnitKind) == UNIT_KINDS


def test_a_country_may_say_nothing_of_data_on_people() -> None:
    law = read(VN).data_law
    assert law is not None
    assert (law.answer_working_days, law.days, law.stop_days, law.stop_days_with_processors) == (2, 10, 15, 20)
    assert (law.extension_days, law.breach_hours, law.review_months) == (15, 72, 6)
    before, _, after = VN.partition("[personal_data]")
    assert read(f"{before}[tables]{after.partition('[tables]')[2]}").data_law is None
