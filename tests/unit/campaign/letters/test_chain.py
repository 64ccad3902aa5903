"""The chain of 2020 replayed gives the lags that follow from the published dates."""

from pathlib import Path

import pytest

from quetsach.campaign.errors import CampaignError, LetterError
from quetsach.campaign.letters.letter import read_chain, replay

FILE = Path(__file__).parents[4] / "data/campaigns/viet-nam-2020/letters.toml"
PUBLISHED = {
    "thai-nguyen": 6,
    "thanh-hoa": 7,
    "transport": 9,
    "nghi-son": 13,
    "hai-phong": 14,
    "hai-phong-portal": 17,
    "ha-nam": 29,
    "vast": 65,
}
LETTER = """
[[letters]]
key = "%s"
%s
level = %d
issuer = { vi = "Cục", en = "Authority" }
day = %s
source = "a test"
"""


@pytest.fixture(scope="module")
def chains():
    return replay(read_chain(FILE.read_bytes(), file="letters.toml"))


def test_the_replayed_chains_have_the_published_lags(chains) -> None:
    links = [link for chain in chains for link in chain.links]
    assert {link.letter.key: link.days_after_first for link in links if link.letter.above} == PUBLISHED


def test_each_letter_waited_on_its_own_level(chains) -> None:
    own = {link.letter.key: link.days_after_above for chain in chains for link in chain.links}
    assert (own["ais-2020"], own["thanh-hoa"], own["nghi-son"], own["hai-phong-portal"]) == (0, 7, 6, 3)


def test_each_first_letter_has_its_chain_by_level_and_day(chains) -> None:
    assert [chain.first.key for chain in chains] == ["ais-2020", "ais-2022"]
    assert [link.letter.key for link in chains[0].links[-2:]] == ["nghi-son", "hai-phong-portal"]


def test_the_times_of_the_levels_are_those_of_the_chain(chains) -> None:
    assert [(p.level, p.half.days, p.slowest.days, p.slowest_unit) for p in chains[0].levels] == [
        (1, 7, 14, "hai-phong"),
        (2, 3, 6, "nghi-son"),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LETTER % ("a", 'above = "b"', 1, "2020-09-22"), "does not stand before it"),
        (LETTER % ("a", "", 0, "2020-09-22") + LETTER % ("b", 'above = "a"', 1, "2020-09-21"), "is older than"),
        (LETTER % ("a", "", 0, "2020-09-22") * 2, "is there twice"),
        (LETTER % ("a", "", 1, "2020-09-22") + LETTER % ("b", 'above = "a"', 1, "2020-09-22"), "lower level"),
    ],
)
def test_a_chain_that_cannot_have_been_is_refused(text: str, says: str) -> None:
    with pytest.raises(LetterError, match=says):
        read_chain(text.encode(), file="letters.toml")


def test_a_key_with_other_letters_is_refused() -> None:
    with pytest.raises(CampaignError, match="lower-case"):
        read_chain((LETTER % ("A b", "", 0, "2020-09-22")).encode(), file="letters.toml")
