from datetime import date

import pytest

from quetsach.core.errors import InputError
from quetsach.network import Isp, Isps, read_isps

SOLD = Isps.of(
    [
        Isp("old", "Cũ", "Old", 65001, valid_to=date(2020, 6, 30)),
        Isp("new", "Mới", "New", 65001, valid_from=date(2020, 7, 1)),
        Isp("new", "Mới", "New", 65002),
    ]
)


def test_an_as_belongs_to_its_provider_of_the_day() -> None:
    assert SOLD.on(65001, date(2020, 6, 30)) == "old"
    assert SOLD.on(65001, date(2020, 7, 1)) == "new"


def test_several_as_numbers_are_one_provider() -> None:
    assert SOLD.on(65002, date(2020, 6, 30)) == "new"


def test_an_as_outside_the_table_stands_for_itself() -> None:
    assert SOLD.on(64512, date(2020, 1, 1)) == "AS64512"


def test_two_providers_of_one_as_on_one_day_are_refused() -> None:
    with pytest.raises(InputError, match="at one time"):
        Isps.of([Isp("a", "a", "a", 1, valid_to=date(2020, 7, 1)), Isp("b", "b", "b", 1, valid_from=date(2020, 7, 1))])


def test_a_bad_as_number_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as refused:
        read_isps(b"id,name_vi,name_en,asn,valid_from,valid_to\nx,X,X,AS1,,\n", where="isps.csv")
    assert refused.value.where == "isps.csv:2"
