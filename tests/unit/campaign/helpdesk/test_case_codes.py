import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.codes import CASE_SPACE, KEY_SPACE, LETTERS, case_code, case_key, read_case_code, read_case_key
from quetsach.campaign.errors import CaseError

CODES = st.integers(0, CASE_SPACE - 1).map(case_code)


@given(CODES)
def test_a_code_is_read_however_it_is_typed(code: str) -> None:
    for typed in (code, code.lower(), code.replace("-", ""), code[3:], f"  {code[3:6]} {code[7:]} "):
        assert read_case_code(typed) == code


@given(CODES, st.integers(0, 5), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(code: str, place: int, letter: str) -> None:
    letters = list(code[3:].replace("-", ""))
    if letters[place] != letter:
        letters[place] = letter
        with pytest.raises(CaseError):
            read_case_code("".join(letters))


@given(CODES, st.integers(0, 5), st.integers(0, 5))
def test_two_letters_that_changed_places_are_found(code: str, one: int, other: int) -> None:
    letters = list(code[3:].replace("-", ""))
    if letters[one] != letters[other]:
        letters[one], letters[other] = letters[other], letters[one]
        with pytest.raises(CaseError):
            read_case_code("".join(letters))


@given(st.text(max_size=50))
def test_anything_is_a_code_or_refused(text: str) -> None:
    for read in (read_case_code, read_case_key):
        try:
            assert read(read(text)) == read(text)
        except CaseError as error:
            assert error.hint


@given(st.integers(0, KEY_SPACE - 1))
def test_a_key_is_read_however_it_is_typed(number: int) -> None:
    key = case_key(number)
    assert read_case_key(key.lower().replace("-", " ")) == key


@pytest.mark.parametrize("number", [-1, CASE_SPACE])
def test_a_number_outside_has_no_code(number: int) -> None:
    with pytest.raises(CaseError):
        case_code(number)
