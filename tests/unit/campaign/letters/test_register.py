"""Numbers of letters and the fields of their exchange."""

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.letter import DocumentKind, ExchangeHeader, check_sign, missing_numbers, number_and_sign

HEADER = ExchangeHeader(
    document_id="000.00.00.H31-2049-2020",
    number=2049,
    sign="STTTT-CNTT",
    issued_on=date(2020, 10, 6),
    subject="V/v rà soát và bóc gỡ mã độc",
    sender="31-2020",
    receivers=("303-2020",),
    kind=DocumentKind.NEW,
    sha256="0" * 64,
)


@pytest.mark.parametrize(("number", "text"), [(7, "07/STTTT-CNTT"), (10, "10/STTTT-CNTT"), (2049, "2049/STTTT-CNTT")])
def test_numbers_below_ten_have_a_leading_zero(number: int, text: str) -> None:
    assert number_and_sign(number, "STTTT-CNTT") == text


def test_there_is_no_letter_number_zero() -> None:
    with pytest.raises(LetterError):
        number_and_sign(0, "STTTT-CNTT")


@pytest.mark.parametrize("sign", ["", "sttt", "STTTT CNTT", "STTTT-", "A/B", "Đ" * 41, "STTTT-CNTT\n"])
def test_what_is_no_sign_is_refused(sign: str) -> None:
    with pytest.raises(LetterError):
        check_sign(sign)


def test_signs_may_hold_the_letter_with_a_stroke() -> None:
    assert check_sign("UBND-SGDĐT") == "UBND-SGDĐT"


@given(st.sets(st.integers(1, 50), min_size=1))
def test_missing_numbers_and_those_there_make_the_whole_book(numbers: set[int]) -> None:
    assert sorted([*numbers, *missing_numbers(numbers)]) == list(range(min(numbers), max(numbers) + 1))


def test_an_empty_book_misses_nothing() -> None:
    assert missing_numbers([]) == []


def test_a_header_has_what_a_packet_needs() -> None:
    assert HEADER.as_json()["promulgation_date"] == "2020-10-06"
    assert HEADER.as_json()["document_type"] == "new"


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 63},
        {"sender": "31 2020"},
        {"receivers": ("",)},
        {"kind": DocumentKind.REVOCATION},
        {"earlier_document_id": "826"},
    ],
)
def test_a_header_that_cannot_be_is_refused(change: dict) -> None:
    with pytest.raises(LetterError):
        dataclasses.replace(HEADER, **change)
