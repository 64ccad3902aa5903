"""Numbers by which things are counted off."""

import pytest

from quetsach.assess.effect.method_texts import _Nth

SAID = "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 101st 111th 112th 1100th 1203rd"


@pytest.mark.parametrize("said", SAID.split())
def test_numbers_are_counted_off(said: str) -> None:
    number = int(said[:-2])
    assert _Nth(number).in_language("en") == said
    assert _Nth(number).in_language("vi") == str(number)
