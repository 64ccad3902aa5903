"""Writing in a real browser: drafts keep themselves, the end of the session is told, refusals take the focus."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser import barriers, fits, press, press_in_place, strike

from quetsach.campaign.authority import Role
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.services.draft import letter_begin, letter_save
from quetsach.web.office.people.models import Person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NOW = datetime.now(UTC)
SHOTS = os.environ.get("QUETSACH_PICTURES")
"""A folder: the pages are photographed there, for people to look at."""


@pytest.fixture
def operator(person: Callable[..., Person], empty_centre) -> Person:
    return person(Role.OPERATOR, name="Nguyễn Thị Hải")


@pytest.fixture
def letter(units, operator: Person) -> Letter:
    return letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=NOW)


@pytest.fixture
def context(
    browser: Browser, operator: Person, signed_in: Callable[[Person], Client], live_server
) -> Iterator[BrowserContext]:
    cookie = {"name": "office", "path": "/van-phong/", "domain": "localhost"}
    with browser.new_context(viewport={"width": 1280, "height": 800}, base_url=live_server.url) as made:
        made.add_cookies([cookie | {"value": signed_in(operator).cookies["office"].value}])  # type: ignore[list-item]
        yield made


def look(page: Page, name: str) -> None:
    """Check a page on a desk and on a telephone: nothing beside the screen, nothing that axe finds."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page)
        assert barriers(page) == []
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_draft_keeps_itself_and_its_own_saving_is_no_clash(context: BrowserContext, letter: Letter) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(f"/van-phong/cong-van/{letter.pk}/sua/")
    page.get_by_label("Trích yếu").fill("rà soát")
    with page.expect_response(lambda answer: answer.request.method == "POST") as kept:
        page.clock.fast_forward(16_000)
    assert kept.value.status == 200
    page.get_by_text("Bản nháp đã được tự lưu lúc").wait_for()
    letter.refresh_from_db()
    assert letter.subject == "rà soát"
    look(page, "letter-kept")
    page.get_by_label("Trích yếu").fill("rà soát mã độc")
    press(page, page.get_by_role("button", name="Lưu bản nháp"))
    letter.refresh_from_db()
    assert letter.subject == "rà soát mã độc"
    assert "Trước khi trình phê duyệt" in page.inner_text("main")
    look(page, "letter-open-points")


def test_a_day_by_which_an_answer_is_due_says_while_it_is_chosen_that_offices_are_closed(
    context: BrowserContext, letter: Letter
) -> None:
    page = context.new_page()
    page.goto(f"/van-phong/cong-van/{letter.pk}/sua/")
    beside = page.locator("[data-day-of=id_due]")
    for day, words in (
        ("2027-02-05", "ngày 5 tháng 2 năm 2027 (ngày nghỉ: Tết Nguyên đán)"),
        ("2027-02-13", "ngày 13 tháng 2 năm 2027 (thứ Bảy)"),
        ("2027-02-14", "ngày 14 tháng 2 năm 2027 (Chủ nhật)"),
        ("2027-02-15", "ngày 15 tháng 2 năm 2027"),
    ):
        page.get_by_label("Hạn trả lời").fill(day)
        assert beside.inner_text() == words
    look(page, "letter-due")


def test_both_texts_stand_side_by_side(context: BrowserContext, letter: Letter, person) -> None:
    page = context.new_page()
    page.goto(f"/van-phong/cong-van/{letter.pk}/sua/")
    text = "Đề nghị quý đơn vị rà soát toàn bộ máy tính và báo cáo trước ngày 10."
    letter_save(letter=letter, content={"body": text, "address": "Số 1"}, by=person(Role.OPERATOR), now=NOW)
    page.locator("#id_body").fill("Đề nghị quý đơn vị rà soát máy chủ và báo cáo trước ngày 15.")
    press(page, page.get_by_role("button", name="Lưu bản nháp"))
    assert page.title().startswith("Lỗi: ")
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.locator("del").all_inner_texts() != []
    look(page, "letter-clash")
    press(page, page.get_by_role("button", name="Lưu bản nháp"))
    page.goto(f"/van-phong/cong-van/{letter.pk}/ban/2/")
    look(page, "letter-version")


def test_a_refused_form_has_the_focus_on_what_is_wrong(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/van-phong/doi-tac/moi/")
    page.evaluate("document.querySelector('main form').noValidate = true")
    press(page, "main form button")
    expect(page.locator(".error-summary")).to_be_focused()
    strike(page, "Tab", "Enter")
    expect(page.locator("[name=name]")).to_be_focused()
    look(page, "partner-refused")


def test_the_end_of_the_session_is_told_and_put_off(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("/van-phong/")
    warning, over = page.locator("[data-session=warning]"), page.locator("[data-session=over]")
    expect(warning).to_be_hidden()
    page.clock.fast_forward(56 * 60_000)
    expect(warning).to_be_visible()
    look(page, "session-warning")
    press_in_place(page, warning.get_by_role("button"))
    expect(warning).to_be_hidden()
    page.clock.fast_forward(61 * 60_000)
    expect(over).to_be_visible()


def test_what_was_kept_is_sent_again(context: BrowserContext, operator: Person, live_server) -> None:
    page = context.new_page()
    page.goto("/van-phong/don-vi/31-2025/sua/")
    page.get_by_label("Tên tiếng Anh").fill("Haiphong City")
    session = Client()
    session.cookies["office"] = next(c["value"] for c in context.cookies() if c["name"] == "office")
    session.session.flush()
    press(page, page.get_by_role("button", name="Lưu"))
    assert "được giữ lại cho bạn" in page.inner_text("main")
    look(page, "sign-in-kept")


def test_a_long_form_is_kept_while_it_is_written_and_put_back_later(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("/van-phong/chien-dich/moi/")
    press(page, page.get_by_role("button", name="Thêm giai đoạn").first)
    page.fill("#id_name_vi", "Chiến dịch bóc gỡ mã độc năm 2027")
    page.fill("#id_phases-0-name_vi", "Chuẩn bị")
    with page.expect_response(lambda answer: "/ban-nhap/" in answer.url):
        page.clock.fast_forward("00:16")
    later = context.new_page()
    later.goto("/van-phong/chien-dich/moi/")
    look(later, "kept-draft")
    later.fill("#id_name_vi", "Tên khác")  # what is kept is not overwritten before one has looked at it
    assert later.locator("[data-draft]").count() == 1
    press(later, later.locator("[data-draft-take]"))
    assert later.input_value("#id_name_vi") == "Chiến dịch bóc gỡ mã độc năm 2027"
    assert later.input_value("#id_phases-0-name_vi") == "Chuẩn bị"


def test_a_draft_is_put_back_into_the_fields_of_a_page(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto("/van-phong/loi-van/answers/listed.text/")
    page.fill("#id_vi", "Chào anh chị.")
    with page.expect_response(lambda answer: "/ban-nhap/" in answer.url):
        page.clock.fast_forward("00:16")
    later = context.new_page()
    later.goto("/van-phong/loi-van/answers/listed.text/")
    assert later.input_value("#id_vi") != "Chào anh chị."
    press_in_place(later, later.get_by_role("button", name="Điền lại vào biểu mẫu"))  # a script fills it
    expect(later.locator("#id_vi")).to_have_value("Chào anh chị.")
    expect(later.locator("[data-draft]")).to_have_count(0)
