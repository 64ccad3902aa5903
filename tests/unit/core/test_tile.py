from datetime import date

import pytest

from quetsach.core.country import Place, Places
from quetsach.core.errors import InputError
from quetsach.core.tile import TileLayouts, read_tiles

HEADER = "valid_from,code,column,row,islands_vi,islands_en\n"
PLACES = Places.of(
    [
        Place("15", date(2008, 8, 1), date(2025, 6, 30), "province", "Yên Bái", "Yen Bai", "15"),
        Place("15", date(2025, 7, 1), None, "province", "Lào Cai", "Lao Cai"),
    ]
)


def layouts(rows: str) -> TileLayouts:
    return read_tiles((HEADER + rows).encode(), where="tiles.csv")


def test_a_day_has_the_newest_layout_before_it_with_the_names_of_that_day() -> None:
    found = layouts("2008-08-01,15,2,1,,\n2025-07-01,15,2,0,,\n")
    [old], [new] = found.on(date(2025, 6, 30), PLACES), found.on(date(2026, 1, 1), PLACES)
    assert (old.place.name_vi, old.row, old.id) == ("Yên Bái", 1, "15@2008-08-01")
    assert (new.place.name_vi, new.row, new.id) == ("Lào Cai", 0, "15@2025-07-01")


def test_before_the_first_layout_there_is_no_map() -> None:
    found = layouts("2008-08-01,15,2,1,,\n")
    assert found.on(date(2008, 7, 31), PLACES) == ()


def test_an_archipelago_has_a_square_of_its_own_under_its_province() -> None:
    found = layouts("2008-08-01,15,8,7,Quần đảo,Islands\n")
    [tile] = found.on(date(2020, 1, 1), PLACES)
    assert tile.islands is not None
    assert (tile.islands.vi, tile.place.code) == ("Quần đảo", "15")


def test_a_square_of_a_province_that_there_was_not_is_refused() -> None:
    found = layouts("2008-08-01,16,2,1,,\n")
    with pytest.raises(InputError, match="no province 16"):
        found.on(date(2020, 1, 1), PLACES)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("2008-08-01,15,2,1,,\n2008-08-01,16,2,1,,\n", "two squares"),
        ("2008-08-01,15,two,1,,\n", "not a number"),
        ("2008-08-01,15,100,1,,\n", "not a number"),
        ("2008-08-01,,2,1,,\n", "code is empty"),
        ("yesterday,15,2,1,,\n", "yesterday"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(rows: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as raised:
        layouts(rows)
    assert raised.value.where.startswith("tiles.csv:")
