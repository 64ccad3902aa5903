import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, Family, FamilyNames, name_key

ANDROMEDA = Family("andromeda", "Andromeda", "windows", ("avalanche-andromeda", "Gamarue", "Win32/Gamarue"))
NAMES = FamilyNames.of([ANDROMEDA], version="test")


@pytest.mark.parametrize("spelling", ["Avalanche Andromeda", "GAMARUE", "win32/gamarue", "andromeda"])
def test_known_spellings_are_one_family(spelling: str) -> None:
    assert NAMES.resolve(spelling) == "andromeda"


def test_an_unknown_name_is_a_family_of_its_own() -> None:
    assert NAMES.resolve("New-Bot.B") == "newbotb"


def test_a_name_in_another_script_is_a_family_of_its_own() -> None:
    assert len({NAMES.resolve(name) for name in ("病毒", "Жук", "Паук", "Mã độc", "")}) == 5
    assert NAMES.resolve("MÃ ĐỘC") == NAMES.resolve(unicodedata.normalize("NFD", "mã độc"))


@pytest.mark.parametrize("spelling", ["", " ", "--"])
def test_no_name_is_the_unknown_family(spelling: str) -> None:
    assert NAMES.resolve(spelling) == UNKNOWN_FAMILY


def test_a_spelling_that_names_two_families_is_refused() -> None:
    with pytest.raises(InputError, match="gamarue"):
        FamilyNames.of([ANDROMEDA, Family("other", "Other", "windows", ("gamarue",))], version="test")


@given(st.text(max_size=60))
def test_resolving_twice_changes_nothing(spelling: str) -> None:
    once = NAMES.resolve(spelling)
    assert NAMES.resolve(once) == once
    assert once == UNKNOWN_FAMILY or name_key(once) == name_key(once.upper()) or not once.isascii()
