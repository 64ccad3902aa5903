"""Issuers as dated data."""

from datetime import date
from pathlib import Path

import pytest

from quetsach.campaign.errors import CampaignError
from quetsach.web.office.letters.document.letter import DocumentError, issuer_on, issuers_of, read_issuers

ONE = """[[issuer]]
key = "a"
first = 2020-01-01
last = 2020-12-31
agency = "Sở A"
place = "Hà Nội"
symbol = "A"
title = "Giám đốc"
"""


def test_the_issuers_of_this_build_are_those_of_their_days() -> None:
    issuers = issuers_of(None)
    found = issuer_on(issuers, "tw", date(2020, 9, 22))
    assert found is not None
    assert (found.issuer.agency, found.issuer.symbol) == ("Cục An toàn thông tin", "CATTT-NCSC")
    assert issuer_on(issuers, "31-2020", date(2025, 3, 1)) is None
    later = issuer_on(issuers, "tw", date(2026, 1, 1))
    assert later is not None
    assert "mẫu" in later.issuer.agency


def test_a_centre_has_issuers_of_its_own(tmp_path: Path) -> None:
    assert issuers_of(tmp_path) == issuers_of(None)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "issuers.toml").write_text(ONE)
    assert [one.issuer.agency for one in issuers_of(tmp_path)] == ["Sở A"]


def test_first_and_last_day_are_included() -> None:
    issuers = read_issuers(ONE.encode(), file="a")
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    assert [issuer_on(issuers, "a", day) is not None for day in days] == [False, True, True, False]


def test_two_names_on_one_day_are_refused() -> None:
    with pytest.raises(DocumentError, match="31 December 2020"):
        read_issuers((ONE + ONE.replace("2020-01-01", "2020-12-31")).encode(), file="a")


def test_one_name_after_the_other_is_right() -> None:
    later = ONE.replace("2020-01-01", "2021-01-01").replace("last = 2020-12-31\n", "")
    assert len(read_issuers((ONE + later).encode(), file="a")) == 2


@pytest.mark.parametrize(
    "content", [ONE.replace("Sở A", ""), ONE + 'seal = "x"', ONE.replace("2020-12-31", "2019-12-31"), "", "\0"]
)
def test_a_table_that_is_none_is_refused(content: str) -> None:
    with pytest.raises(CampaignError):
        read_issuers(content.encode(), file="a")
