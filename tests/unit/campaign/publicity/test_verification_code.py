"""Codes that people copy from paper: what they mistype is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.codes import LETTERS, SPACE, code_of, read_code
from quetsach.campaign.errors import PublicityError

numbers = st.integers(0, SPACE - 1)


def with_letters(letters: list[str]) -> str:
    return f"QS-{''.join(letters[:5])}-{''.join(letters[5:])}"


def letters_of(code: str) -> list[str]:
    return list(code[3:].replace("-", ""))


def test_no_letter_looks_like_another() -> None:
    assert not set("01OIL") & set(LETTERS)


def test_there_are_more_codes_than_can_be_tried() -> None:
    assert SPACE > 2**40


def test_every_number_has_its_own_code() -> None:
    assert len({code_of(number) for number in [*range(5000), SPACE - 1]}) == 5001


@pytest.mark.parametrize("number", [-1, SPACE])
def test_a_number_outside_the_range_is_refused(number: int) -> None:
    with pytest.raises(PublicityError):
        code_of(number)


@given(numbers)
def test_a_code_is_read_back_however_it_is_typed(number: int) -> None:
    code = code_of(number)
    for typed in (code, code.lower(), code.replace("-", ""), code[3:], f"  {code.replace('-', ' ')} ", code + "\n"):
        assert read_code(typed) == code


@given(numbers, st.integers(0, 9), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_always_found(number: int, place: int, letter: str) -> None:
    letters = letters_of(code_of(number))
    if letters[place] != letter:
        letters[place] = letter
        with pytest.raises(PublicityError):
            read_code(with_letters(letters))


@given(numbers, st.integers(0, 9), st.integers(0, 9))
def test_two_letters_that_changed_places_are_always_found(number: int, one: int, other: int) -> None:
    letters = letters_of(code_of(number))
    if letters[one] != letters[other]:
        letters[one], letters[other] = letters[other], letters[one]
        with pytest.raises(PublicityError):
            read_code(with_letters(letters))


@given(st.text(max_size=200))
def test_whatever_is_typed_gives_a_code_or_a_refusal(text: str) -> None:
    try:
        assert len(read_code(text)) == 14
    except PublicityError as error:
        assert error.hint
