"""What a letter may say: bounded, with nothing in it that cannot be seen."""

from typing import Any

import pytest
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.letter import (
    MOST_BODY_CHARACTERS,
    MOST_LINE_CHARACTERS,
    MOST_LINES,
    Annex,
    DocumentError,
    Issuer,
    Signer,
    Verification,
)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"subject": " "}, "subject of the letter"),
        ({"subject": "a" * (MOST_LINE_CHARACTERS + 1)}, "subject of the letter"),
        ({"addressees": ()}, "addressees"),
        ({"addressees": ("a",) * (MOST_LINES + 1)}, "addressees"),
        ({"addressees": ("a", "b\u202ec")}, "addressees, line 2"),
        ({"copies": ("a\nb",)}, "copies to, line 1"),
        ({"body": ""}, "text of the letter"),
        ({"body": "a" * (MOST_BODY_CHARACTERS + 1)}, "text of the letter"),
        ({"body": "một\nh\u200bai"}, "text of the letter, line 2"),
        ({"body": "một\n" + "w" * 71}, "text of the letter, line 2"),
        ({"number": 0}, "number"),
        ({"annexes": (Annex("a", "b"),) * 21}, "annexes"),
        ({"annexes": (Annex("a", "b " * (MOST_BODY_CHARACTERS // 2)),) * 2}, "annexes"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_field(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(DocumentError) as caught:
        letter(**changes)
    assert caught.value.where == where


def test_a_body_may_have_the_line_ends_of_a_browser() -> None:
    assert letter(body="một\r\n\thai").body == "một\r\n\thai"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a", "//a"])
def test_an_address_to_check_at_is_one_of_the_web(url: str) -> None:
    with pytest.raises(DocumentError, match="https://"):
        Verification(url, "QS-7KQM2-F9DXG")


def test_an_issuer_needs_a_name() -> None:
    with pytest.raises(DocumentError, match="nothing is written"):
        Issuer("", "", "Hà Nội", "ABC")


def test_the_foot_of_the_page_has_room_for_so_much() -> None:
    for make in (
        lambda text: Issuer("", "A", "Huế", "A", text),
        lambda text: Verification(f"https://{text}", "QS-7KQM2-F9DXG"),
    ):
        make("abcd-" * 24)
        with pytest.raises(DocumentError, match="longer than 130"):
            make("abcd-" * 31)


def test_a_signer_has_at_most_three_lines_of_power() -> None:
    with pytest.raises(DocumentError, match="more than 3"):
        Signer(("TM.", "KT.", "TL.", "TUQ."), "Phó Giám đốc", "Nguyễn Văn Mẫu")
