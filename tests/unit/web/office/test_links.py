"""Signed numbers of an address are read for what they were written for, and no others are."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.identity import site
from quetsach.web.office.encryption import SignedNumbers

ONE, OTHER = SignedNumbers("tests.one", 2), SignedNumbers("tests.other", 2)


@given(st.tuples(st.integers(0, 10**18 - 1), st.integers(0, 10**18 - 1)))
def test_numbers_come_back_as_they_were_signed(numbers: tuple[int, int]) -> None:
    assert ONE.read(ONE.token(*numbers)) == numbers


def test_a_token_for_one_thing_is_none_for_another() -> None:
    assert OTHER.read(ONE.token(1, 2)) is None
    assert SignedNumbers("tests.one", 3).read(ONE.token(1, 2)) is None


@pytest.mark.parametrize("token", ["", "1.2", "1.2:", "1.2:" + "A" * 43, "x" * 5000, "1.2:\0"])
def test_what_nobody_signed_is_not_read(token: str) -> None:
    assert ONE.read(token) is None


def test_a_changed_number_is_not_read() -> None:
    assert ONE.read(ONE.token(1, 2).replace("1.", "3.", 1)) is None


def test_people_reach_a_centre_that_has_no_address_on_its_own_machine(settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, public_url="")
    assert site() == "http://localhost:8000"
