"""The page of a code: who sent this, when, what it asks; and calm words for a code that is none of ours."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.codes import code_of
from quetsach.campaign.errors import PublicityError
from quetsach.core.text import LocalText
from quetsach.web.office.codes import Verification, code_draw, verification_register, verification_revoke
from quetsach.web.office.publicity.selectors.kits import genuine

CODE = code_of(123_456_789_012)


@pytest.fixture
def letter(db) -> Verification:
    return verification_register(
        kind="letter",
        code=CODE,
        issuer=LocalText("Sở Thông tin và Truyền thông Hải Phòng", "Hai Phong Department of Information"),
        title=LocalText("2049/STTTT-CNTT: triển khai chiến dịch", "2049/STTTT-CNTT: running the campaign"),
        asks=LocalText("Rà quét máy tính và báo cáo trước ngày 23/10/2020.", "Scan and report by 23 October 2020."),
        issued_on=date(2020, 10, 6),
        url="",
        now=NOW,
    )


def test_a_code_that_is_drawn_is_new_each_time() -> None:
    assert len({code_draw() for _ in range(500)}) == 500


def test_one_code_stands_on_one_thing(letter: Verification) -> None:
    with pytest.raises(PublicityError):
        verification_register(
            kind="letter",
            code=CODE.lower(),
            issuer=letter.issuer,
            title=letter.title,
            asks=letter.asks,
            issued_on=letter.issued_on,
            url="",
            now=NOW,
        )


def test_the_page_says_who_when_and_what(client: Client, letter: Verification) -> None:
    page = client.get(f"/xac-minh/{CODE}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Đúng, đây là tài liệu của chiến dịch" in text
    for part in (letter.issuer_vi, letter.title_vi, letter.asks_vi, "06/10/2020", CODE):
        assert part in text


def test_the_page_is_complete_in_english(client: Client, letter: Verification) -> None:
    text = client.get(f"/en/verify/{CODE}/").content.decode()
    for part in (letter.issuer_en, letter.title_en, letter.asks_en, "6\u00a0October\u00a02020", "We never do"[3:]):
        assert part in text


def test_the_page_says_what_we_never_ask_for_and_that_codes_can_be_copied(client: Client, letter: Verification) -> None:
    text = client.get(f"/xac-minh/{CODE}/").content.decode()
    assert "hỏi mật khẩu, mã OTP" in text
    assert "chép mã thật lên tờ giả" in text


def test_a_revoked_letter_says_so_and_why(client: Client, letter: Verification) -> None:
    verification_revoke(code=CODE, reason="Thay bằng công văn 2100.", now=NOW)
    text = client.get(f"/xac-minh/{CODE}/").content.decode()
    assert "không còn hiệu lực" in text
    assert "Thay bằng công văn 2100." in text
    assert "Đúng, đây là" not in text


def test_revoking_twice_keeps_the_first_reason(letter: Verification) -> None:
    verification_revoke(code=CODE, reason="one", now=NOW)
    assert verification_revoke(code=CODE, reason="two", now=NOW).revoked_because == "one"


def test_revoking_what_is_not_there_is_refused(db) -> None:
    with pytest.raises(PublicityError):
        verification_revoke(code=CODE, reason="one", now=NOW)


def test_an_unknown_code_gets_a_calm_page_with_what_to_do(client: Client, db) -> None:
    page = client.get(f"/xac-minh/{code_of(7)}/")
    assert page.status_code == 404
    assert "Chúng tôi không có mã này" in page.content.decode()
    assert "đừng trả tiền" in page.content.decode()


@pytest.mark.parametrize("typed", [CODE.lower(), CODE.replace("-", ""), CODE[3:], f" {CODE} "])
def test_a_code_may_be_typed_in_any_way(client: Client, db, typed: str) -> None:
    answer = client.get("/xac-minh/", {"ma": typed})
    assert (answer.status_code, answer["Location"]) == (302, f"/xac-minh/{CODE}/")


@pytest.mark.parametrize(
    "typed", ["", "QS", "QS-00000-00000", CODE[:-1] + ("2" if CODE[-1] != "2" else "3"), "x" * 500]
)
def test_a_slip_is_said_and_what_was_typed_stays(client: Client, db, typed: str) -> None:
    page = client.get("/xac-minh/", {"ma": typed})
    assert page.status_code == 200
    assert page.content.decode().count("<form") == 1


def test_an_address_with_a_slip_leads_to_the_form(client: Client, db) -> None:
    page = client.get("/xac-minh/QS-ABC/")
    assert page.status_code == 404
    assert 'value="QS-ABC"' in page.content.decode()


def test_what_is_typed_into_the_address_is_never_markup(client: Client, db) -> None:
    assert b"<script>x" not in client.get("/xac-minh/%3Cscript%3Ex/").content


@pytest.mark.parametrize("address", [f"/xac-minh/{CODE}/", "/xac-minh/?ma=x", "/en/verify/?ma=x", "/xac-minh/x/"])
def test_pages_of_codes_set_no_cookie_and_are_not_indexed(client: Client, letter: Verification, address: str) -> None:
    page = client.get(address)
    assert not page.cookies
    assert page["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("address", ["/xac-minh/", "/en/verify/"])
def test_where_to_ask_may_be_found(client: Client, db, address: str) -> None:
    page = client.get(address)
    assert not page.cookies
    assert "X-Robots-Tag" not in page


def test_a_page_of_a_code_costs_at_most_two_questions(
    client: Client, letter: Verification, django_assert_max_num_queries: Callable
) -> None:
    with django_assert_max_num_queries(2):
        client.get(f"/xac-minh/{CODE}/")


def test_nothing_is_known_of_a_code_that_was_never_registered(db) -> None:
    assert genuine(CODE) is None
