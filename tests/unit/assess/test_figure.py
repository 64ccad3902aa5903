from datetime import date

import pytest

from quetsach.assess import DEFINITIONS, Basis, Figure, period_text
from quetsach.assess.definitions import change_of
from quetsach.core.period import Period

PERIOD = Period(date(2020, 6, 16), date(2020, 7, 15))
BASIS = Basis(PERIOD, ("plain/test",), 30, date(2020, 7, 15))


@pytest.mark.parametrize(
    ("definition", "value", "vi", "en"),
    [
        ("window-addresses", 2_014_512, "2.014.512", "2,014,512"),
        ("mean-daily-addresses", 1234.56, "1.234,6", "1,234.6"),
        ("addresses-per-thousand-announced", 0.03, "0,030", "0.030"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(definition: str, value: float, vi: str, en: str) -> None:
    figure = Figure.of(value, DEFINITIONS[definition], BASIS)
    assert (figure.text("vi"), figure.text("en")) == (vi, en)


def test_a_change_shows_its_sign() -> None:
    figure = Figure.of(-47.755, DEFINITIONS["change-against-baseline"], BASIS)
    assert (figure.text("vi", signed=True), figure.text("en", signed=True)) == ("\u221247,8", "\u221247.8")


def test_a_count_stays_a_whole_number() -> None:
    assert isinstance(Figure.of(3, DEFINITIONS["window-addresses"], BASIS).value, int)


def test_a_period_is_written_as_each_language_writes_it() -> None:
    assert period_text(PERIOD, "vi") == "16/06/2020 – 15/07/2020"
    assert period_text(PERIOD, "en") == "16 June 2020 to 15 July 2020"


@pytest.mark.parametrize("definition", DEFINITIONS.values(), ids=lambda d: d.id)
def test_every_definition_is_complete_in_both_languages(definition) -> None:
    for text in (definition.name, definition.unit, definition.text):
        assert text.vi
        assert text.en
    assert definition.text.vi != definition.text.en


@pytest.mark.parametrize(
    ("percent", "vi", "en"),
    [
        (-54.46, "giảm 54,5%", "fell by 54.5 %"),
        (1234.5, "tăng 1.234,5%", "rose by 1,234.5 %"),
        (0.04, "không đổi", "did not change"),
    ],
)
def test_a_change_is_a_word_and_a_figure_without_a_sign(percent: float, vi: str, en: str) -> None:
    assert (change_of(percent).vi, change_of(percent).en) == (vi, en)
