"""A table of TOML is read field by field."""

import pytest

from quetsach.core.errors import InputError
from quetsach.core.toml_table import read_toml


def test_a_field_is_there_until_it_is_taken_even_with_a_value_that_counts_as_nothing() -> None:
    table = read_toml(b"days = 0\n[inner]\n", where="t.toml")
    assert table.has("days")
    assert table.has("inner")
    assert not table.has("hours")
    assert table.take_number("days") == 0
    assert not table.has("days")
    with pytest.raises(InputError, match="unknown field 'inner'"):
        table.finish()


def test_looking_whether_a_field_is_there_takes_it_not() -> None:
    table = read_toml(b"days = 2\n", where="t.toml")
    assert table.has("days")
    with pytest.raises(InputError, match="unknown field 'days'"):
        table.finish()
