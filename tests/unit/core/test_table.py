from datetime import date

import pytest

from quetsach.core.errors import InputError
from quetsach.core.table import read_affixes, read_families, read_places, read_rows


def test_rows_say_where_they_stand() -> None:
    rows = list(read_rows(b"\xef\xbb\xbfa,b\n1, 2 \n\n3,4\n", ("a", "b"), where="t.csv"))
    assert rows == [("t.csv:2", {"a": "1", "b": "2"}), ("t.csv:4", {"a": "3", "b": "4"})]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "t.csv:1"),
        (b"a,c\n", "t.csv:1"),
        (b"a,b\n1\n", "t.csv:2"),
        (b'a,b\n1,"2', "t.csv:2"),
        (b"a,b\n\xff,2\n", "t.csv"),
        (b"x" * (8 << 20) + b"y", "t.csv"),
    ],
)
def test_a_damaged_table_is_refused_with_its_place(content: bytes, place: str) -> None:
    with pytest.raises(InputError) as refused:
        list(read_rows(content, ("a", "b"), where="t.csv"))
    assert refused.value.where == place


def test_aliases_are_separated_by_semicolons() -> None:
    (family,) = read_families(
        b"id,name,platform,aliases\nandromeda,Andromeda,windows,gamarue; wauchos;\n", where="f.csv"
    )
    assert family.aliases == ("gamarue", "wauchos")


def test_a_family_needs_an_identifier() -> None:
    with pytest.raises(InputError, match="id is empty"):
        read_families(b"id,name,platform,aliases\n,X,windows,\n", where="f.csv")


def test_a_place_with_a_bad_day_is_refused_with_its_line() -> None:
    head = b"code,valid_from,valid_to,kind,name_vi,name_en,successor\n"
    with pytest.raises(InputError) as refused:
        read_places(head + b"01,soon,,city,A,B,\n", where="p.csv")
    assert refused.value.where == "p.csv:2"


@pytest.mark.parametrize(
    "kind", ["", "town", "province; soon: city", "province; 2026-09-01: village", "city; 2008-08-01: province"]
)
def test_kinds_of_a_place_that_cannot_be_are_refused_with_their_line(kind: str) -> None:
    head = b"code,valid_from,valid_to,kind,name_vi,name_en,successor\n"
    with pytest.raises(InputError) as refused:
        read_places(head + f"22,2008-08-01,,{kind},A,B,\n".encode(), where="p.csv")
    assert refused.value.where == "p.csv:2"


def test_a_place_that_became_a_city_is_one_row_and_of_each_kind_on_its_days() -> None:
    content = b"code,valid_from,valid_to,kind,name_vi,name_en,successor\n22,2008-08-01,,province; 2026-09-01: city,A,B,"
    [place] = read_places(content, where="p.csv")
    assert [place.kind_on(date(2026, *day)) for day in ((8, 31), (9, 1))] == ["province", "city"]


@pytest.mark.parametrize(
    "row", ["infix,a,,", "suffix,a,citadel,base", "prefix,a,citadel,", "prefix,a,,base", "prefix,,,"]
)
def test_an_affix_that_says_nothing_or_too_much_is_refused_with_its_line(row: str) -> None:
    with pytest.raises(InputError) as refused:
        read_affixes(f"place,affix,family,rests\n{row}\n".encode(), where="a.csv")
    assert refused.value.where == "a.csv:2"
