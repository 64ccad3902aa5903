import pytest

from quetsach.campaign import CampaignError
from quetsach.campaign.helpdesk import PLACES, read_ready_answers

GOOD = """
[[answers]]
id = "devices"
kinds = "listed infected"
title = {vi = "Thiết bị", en = "Devices"}
text = {vi = "Xem {devices} và {case}", en = "See {devices} and {case}"}
"""


def test_an_answer_is_filled_with_addresses_in_the_language_of_the_case() -> None:
    [answer] = read_ready_answers(GOOD.encode(), file="a.toml")
    addresses = {place: f"https://x/{place}" for place in PLACES}
    assert answer.filled("vi", addresses) == "Xem https://x/devices và https://x/case"
    assert answer.filled("en", addresses).startswith("See ")
    assert answer.kinds == ("listed", "infected")


def test_a_place_that_nothing_fills_is_refused() -> None:
    with pytest.raises(CampaignError, match="is no place"):
        read_ready_answers(GOOD.replace("{case}", "{password}").encode(), file="a.toml")
