from datetime import date

import pytest

from quetsach.core.country import Place, Places
from quetsach.core.errors import InputError

YEN_BAI = Place("15", date(2004, 1, 1), date(2025, 6, 30), "province", "Yên Bái", "Yen Bai", "15")
LAO_CAI = Place("15", date(2025, 7, 1), None, "province", "Lào Cai", "Lao Cai")


def test_a_reused_code_means_what_it_meant_on_that_day() -> None:
    places = Places.of([LAO_CAI, YEN_BAI])
    assert places.on("15", date(2025, 6, 30)) is YEN_BAI
    assert places.on("15", date(2025, 7, 1)) is LAO_CAI


def test_a_code_means_nothing_before_it_was_given() -> None:
    assert Places.of([LAO_CAI]).on("15", date(2020, 1, 1)) is None


def test_two_meanings_on_one_day_are_refused() -> None:
    with pytest.raises(InputError):
        Places.of([YEN_BAI, Place("15", date(2025, 6, 1), None, "province", "Lào Cai", "Lao Cai")])


def test_places_of_a_day_are_listed_by_code() -> None:
    assert Places.of([LAO_CAI, YEN_BAI]).all_on(date(2026, 1, 1)) == (LAO_CAI,)
