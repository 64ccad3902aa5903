"""A family that feeds report, however it is spelled, is counted once and leads to the page that advises on it."""

from pathlib import Path

import pytest

from quetsach.centre.tables import load_families
from quetsach.packs.load import load_shelf
from quetsach.web.published.family import pack_about

PACKS = load_shelf(Path(__file__).parents[3] / "packs")
NAMES = load_families()

OF_THEIR_OWN = {"CoinMiner", "Kinsing", "MsraMiner", "Outlaw", "TeamTNT", "kdevtmpfsi"}
"""Botnets that share a miner, and a name for all miners: ``data/families/SOURCE.md``."""

NO_BOTNETS = {"archive-bomb"}

SPELLINGS = sorted({a for pack in PACKS if pack.family not in NO_BOTNETS for a in pack.aliases} - OF_THEIR_OWN)


@pytest.mark.parametrize("alias", SPELLINGS)
def test_a_spelling_that_a_pack_lists_is_no_family_of_its_own(alias: str) -> None:
    assert NAMES.resolve(alias) in NAMES.families


@pytest.mark.parametrize("alias", SPELLINGS)
def test_its_family_leads_to_a_page_about_it(alias: str) -> None:
    family = NAMES.resolve(alias)
    about = pack_about(family, PACKS)
    assert about is not None
    assert family in {NAMES.resolve(name) for name in about.aliases}
