"""Sectors: what feeds write becomes one of a known list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.sighting import SECTORS, sector_of


@pytest.mark.parametrize(
    ("text", "sector"),
    [
        ("Communications, Service Provider, and Hosting Service", "communications"),
        ("  FINANCE  and insurance ", "finance"),
        ("Healthcare", "health"),
        ("518210", "communications"),
        ("513210", "information"),
        ("92", "government"),
        ("", "unknown"),
        (" ", "unknown"),
        ("unknown", "unknown"),
        ("99", "other"),
        ("1", "other"),
        ("Secret Society", "other"),
    ],
)
def test_a_spelling_or_code_stands_for_a_sector(text: str, sector: str) -> None:
    assert sector_of(text) == sector


@given(st.text())
def test_nothing_that_a_feed_writes_is_a_sector_of_its_own(text: str) -> None:
    assert sector_of(text) in SECTORS


def test_every_sector_is_its_own_spelling() -> None:
    assert {sector_of(sector) for sector in SECTORS} == set(SECTORS)
