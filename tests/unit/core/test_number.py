import pytest

from quetsach.core.text import number_text, size_text


@pytest.mark.parametrize(("language", "text"), [("vi", "2.014.512,5"), ("en", "2,014,512.5")])
def test_thousands_and_decimals_are_told_apart_in_each_language(language: str, text: str) -> None:
    assert number_text(2_014_512.5, language, decimals=1) == text


def test_a_language_without_separators_of_its_own_gets_the_english_ones() -> None:
    assert number_text(2_014_512.5, "th", decimals=1) == "2,014,512.5"


def test_a_change_shows_its_sign_and_a_minus_is_no_hyphen() -> None:
    assert number_text(47.8, "en", decimals=1, signed=True) == "+47.8"
    assert number_text(-47.8, "vi", decimals=1, signed=True) == "\u221247,8"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (1023, "1.023 B"), (1024, "1,0 KiB"), (5 << 30, "5,0 GiB"), (1 << 62, "4.194.304,0 TiB")],
)
def test_a_size_is_given_in_the_unit_that_fits(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes, "vi") == text
