import pytest

from quetsach.core.errors import InputError
from quetsach.core.table import read_families, read_places, read_rows


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
