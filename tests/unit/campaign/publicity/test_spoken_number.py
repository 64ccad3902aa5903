"""Numbers as a Vietnamese announcer says them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import PublicityError
from quetsach.campaign.spoken_text import MAX_NUMBER, spoken_day, spoken_decimal, spoken_number

VALUES = {
    **dict(zip(["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"], range(10), strict=True)),
    "mốt": 1,
    "tư": 4,
    "lăm": 5,
}


def heard_group(words: list[str]) -> int:
    """What a listener makes of the words of three digits; written apart from the rules that say them."""
    number = 0
    for place, word in enumerate(words):
        if word == "trăm":
            number *= 100
        elif word == "mươi":
            number = number // 100 * 100 + number % 100 * 10
        elif word == "mười":
            number += 10
        elif word != "linh":
            is_hundred = words[place + 1 : place + 2] == ["trăm"]
            number = VALUES[word] if is_hundred else number + VALUES[word]
    return number


def heard(text: str) -> int:
    """What a listener makes of the words of a number."""
    words = text.split()
    for name, size in (("tỷ", 10**9), ("triệu", 10**6), ("nghìn", 1000)):
        if name in words:
            place = len(words) - 1 - words[::-1].index(name) if name == "tỷ" else words.index(name)
            return heard(" ".join(words[:place])) * size + (
                heard(" ".join(words[place + 1 :])) if words[place + 1 :] else 0
            )
    return heard_group(words)


@given(st.one_of(st.integers(0, 10**12), st.integers(0, 2000), st.integers(0, 12).map(lambda n: 10**n)))
def test_what_is_said_is_heard_as_the_same_number(number: int) -> None:
    assert heard(spoken_number(number)) == number


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (55, "năm mươi lăm"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (104, "một trăm linh bốn"),
        (115, "một trăm mười lăm"),
        (1005, "một nghìn không trăm linh năm"),
        (2020, "hai nghìn không trăm hai mươi"),
        (10_035, "mười nghìn không trăm ba mươi lăm"),
        (1_052_479, "một triệu không trăm năm mươi hai nghìn bốn trăm bảy mươi chín"),
        (1_000_000_001, "một tỷ không trăm linh một"),
        (10**12, "một nghìn tỷ"),
        (-50, "âm năm mươi"),
    ],
)
def test_numbers_sound_as_people_say_them(number: int, words: str) -> None:
    assert spoken_number(number) == words


@pytest.mark.parametrize("number", [MAX_NUMBER, -MAX_NUMBER])
def test_a_number_without_a_common_name_is_refused(number: int) -> None:
    with pytest.raises(PublicityError):
        spoken_number(number)


@pytest.mark.parametrize(
    ("whole", "fraction", "words"),
    [
        (47, "8", "bốn mươi bảy phẩy tám"),
        (0, "05", "không phẩy không năm"),
        (3, "25", "ba phẩy hai mươi lăm"),
        (0, "125", "không phẩy một hai năm"),
    ],
)
def test_decimals_are_a_number_or_digit_by_digit(whole: int, fraction: str, words: str) -> None:
    assert spoken_decimal(whole, fraction) == words


def test_the_first_ten_days_of_a_month_are_mong() -> None:
    assert spoken_day(date(2020, 10, 6)) == "ngày mồng sáu tháng mười năm hai nghìn không trăm hai mươi"


def test_the_fourth_month_has_its_own_name() -> None:
    assert spoken_day(date(2025, 4, 30), with_year=False) == "ngày ba mươi tháng tư"
