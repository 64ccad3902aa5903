from datetime import date

import pytest

from quetsach.campaign import CampaignError
from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.declaration import (
    CountedAs,
    Declaration,
    Level,
    MachineKey,
    Overlap,
    Versions,
    Window,
    check_successor,
    declared_on,
    read_declaration,
)

GOOD = """
version = 1
first = 2020-09-18
window = "day"
level = "province"
outcomes = "machines"
key = "installation"
versions = "together"
products = "unknown"
method = {vi = "Đếm theo bản cài đặt.", en = "Installations are counted."}
deduplication = {vi = "Mỗi bản một lần một ngày.", en = "Each once a day."}
"""


def declared(**changes: object) -> Declaration:
    text = GOOD
    for name, value in changes.items():
        [line] = [line for line in text.splitlines() if line.startswith(f"{name} = ")]
        text = text.replace(line, f"{name} = {value}")
    return read_declaration(text.encode(), file="d.toml")


def test_a_declaration_says_what_is_counted_by_what_key_over_which_window() -> None:
    declaration = declared()
    assert (declaration.window, declaration.level, declaration.key) == (
        Window.DAY,
        Level.PROVINCE,
        MachineKey.INSTALLATION,
    )
    assert (declaration.outcomes, declaration.versions, declaration.products) == (
        CountedAs.MACHINES,
        Versions.TOGETHER,
        Overlap.UNKNOWN,
    )
    assert declaration.method.vi == "Đếm theo bản cài đặt."


@pytest.mark.parametrize("name", ["window", "level", "outcomes", "key", "versions", "products"])
def test_a_word_that_is_none_of_the_choices_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(CampaignError, match="must be one of") as caught:
        declared(**{name: '"sometimes"'})
    assert name in caught.value.where


def test_without_a_key_nothing_can_be_counted_as_machines() -> None:
    with pytest.raises(CampaignError, match="must be turns"):
        declared(key='"none"')
    assert declared(key='"none"', outcomes='"turns"').key is MachineKey.NONE


def test_a_declaration_holds_from_its_first_day_until_the_next_one_does() -> None:
    both = [declared(), declared(version=2, first="2020-11-01")]
    assert declared_on(both, date(2020, 9, 17)) is None
    assert declared_on(both, date(2020, 10, 31)) is both[0]
    assert declared_on(both, date(2020, 11, 1)) is both[1]


def test_a_successor_has_the_next_version_and_a_later_day() -> None:
    check_successor([declared()], declared(version=2, first="2020-11-01"), newest_row=date(2020, 10, 31))
    for changes, word in (({"version": 3, "first": "2020-11-01"}, "version"), ({"version": 2}, "first")):
        with pytest.raises(PartnerError) as caught:
            check_successor([declared()], declared(**changes), newest_row=None)
        assert caught.value.code == word


def test_what_was_taken_in_is_not_relabelled_by_a_later_declaration() -> None:
    with pytest.raises(PartnerError, match="already taken in"):
        check_successor([declared()], declared(version=2, first="2020-11-01"), newest_row=date(2020, 11, 1))
