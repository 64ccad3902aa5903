from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client
from tests.page_text import page_text
from tests.unit.web.office.campaigns.conftest import NOW, bundled_document, decide_botnets, grant

from quetsach.campaign.authority import Role
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.selectors import subject_url
from quetsach.web.office.campaigns.services.steps import close_ask, gate_ask
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import steps_asked

AT = "/van-phong/chien-dich/"
HOME = f"{AT}viet-nam-2020/"
DECIDE = [f"quyet-dinh/moi/{kind}/" for kind in ("botnets", "isps", "evaluation", "other")]
PAGES = ["", "bang/", "quyet-dinh/", "quyet-dinh/moi/", *DECIDE, "ke-hoach/", "tep/", "ket-thuc/", "tiep-theo/"]


@pytest.fixture
def browser(operator: Person, signed_in: Callable[[Person], Client]) -> Client:
    return signed_in(operator)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_page_opens_in_both_languages(campaign: Campaign, browser: Client, page: str, prefix: str) -> None:
    address = HOME + page if not prefix else f"/en/office/campaigns/viet-nam-2020/{page}"
    response = browser.get(address)
    assert response.status_code == 200
    assert ("Chiến dịch" if not prefix else "Campaigns") in response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_for_a_unit_of_the_tree(campaign: Campaign, person, signed_in, page: str) -> None:
    assert signed_in(person(Role.APPROVER, "31-2020")).get(HOME + page).status_code == 404


@pytest.mark.parametrize("page", ["quyet-dinh/moi/", *DECIDE, "ke-hoach/", "tep/", "ket-thuc/", "tiep-theo/"])
def test_an_analyst_looks_and_changes_nothing(campaign: Campaign, person, signed_in, page: str) -> None:
    analyst = signed_in(person(Role.ANALYST))
    assert analyst.get(HOME).status_code == 200
    assert analyst.get(HOME + page).status_code == 403


def test_a_campaign_that_is_not_there_is_not_found(campaign: Campaign, browser: Client) -> None:
    assert browser.get(f"{AT}never/").status_code == 404


def test_the_list_shows_every_campaign(campaign: Campaign, browser: Client) -> None:
    assert "năm 2020" in browser.get(AT).content.decode()


def test_a_campaign_begins_from_a_file(data: Path, browser: Client) -> None:
    response = browser.post(f"{AT}moi/tep/", {"file": SimpleUploadedFile("c.toml", bundled_document())})
    assert response.status_code == 302
    assert Campaign.objects.get().key == "viet-nam-2020"


@pytest.mark.parametrize("content", [b"not toml", b"\xff\xfe", b"x = 1\n", b"#" * ((1 << 20) + 5)])
def test_a_file_that_is_no_plan_is_refused_on_the_page(data: Path, browser: Client, content: bytes) -> None:
    response = browser.post(f"{AT}moi/tep/", {"file": SimpleUploadedFile("c.toml", content)})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Campaign.objects.exists()


def test_a_gate_is_asked_for_on_the_page(campaign: Campaign, browser: Client) -> None:
    assert "mo/before/" in browser.get(HOME).content.decode()
    browser.post(HOME + "mo/before/")
    assert list(steps_asked(campaign)) == ["before"]


def test_a_gate_that_stays_shut_says_why(campaign: Campaign, browser: Client) -> None:
    page = page_text(browser.post(HOME + "mo/during/", follow=True))
    assert "Các giai đoạn được mở lần lượt" in page


def test_the_page_of_closing_lists_what_is_open(campaign: Campaign, browser: Client) -> None:
    page = page_text(browser.get(HOME + "ket-thuc/"))
    assert "Giai đoạn chưa được mở" in page
    assert browser.post(HOME + "ket-thuc/", {"reason": ""}).status_code == 422
    assert browser.post(HOME + "ket-thuc/", {"reason": "Dừng"}).status_code == 302


def test_a_closed_campaign_offers_nothing_to_change(campaign: Campaign, browser: Client, operator, second) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    page = page_text(browser.get(HOME))
    assert "đã niêm phong" in page
    assert "ke-hoach/" not in page


def test_the_next_campaign_begins_on_the_page(campaign: Campaign, browser: Client) -> None:
    sent = {"key": "viet-nam-2027", "name_vi": "Chiến dịch 2027", "name_en": "Campaign 2027", "first": "2027-03-01"}
    assert browser.post(HOME + "tiep-theo/", sent).status_code == 302
    page = page_text(browser.get(f"{AT}so-sanh/", {"left": "viet-nam-2020", "right": "viet-nam-2027"}))
    assert "chưa kết thúc" in page


def test_the_plan_is_given_as_its_file(campaign: Campaign, browser: Client) -> None:
    response = browser.get(HOME + "ke-hoach.toml")
    assert response.content.decode() == campaign.revision.document
    assert response["Content-Disposition"].startswith("attachment")


def test_the_boards_show_what_is_published(campaign: Campaign, browser: Client, operator, centre_figures) -> None:
    decide_botnets(campaign, operator)
    page = page_text(browser.get(HOME + "bang/"))
    assert "Andromeda" in page
    assert "chưa có gói" in page
    assert "kỳ 01/11/2020 – 30/11/2020, công bố tính đến ngày 30/11/2020" in page


def test_the_second_person_sees_exactly_what_is_asked(campaign: Campaign, browser: Client, operator) -> None:
    passage = gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    address = subject_url(Approval.objects.get(subject=passage.subject))
    page = page_text(browser.get(address))
    assert passage.sha256 in page
    assert "Mở: Trước chiến dịch: chuẩn bị" in page


def test_the_second_person_sees_what_a_close_would_seal(campaign: Campaign, browser: Client, operator) -> None:
    passage = close_ask(campaign=campaign, reason="Dừng theo chỉ đạo", by=operator, now=NOW)
    page = browser.get(subject_url(Approval.objects.get(subject=passage.subject))).content.decode()
    assert "Dừng theo chỉ đạo" in page
    assert "Giai đoạn chưa được mở" in page


@pytest.mark.parametrize("asked", ["1:never", "x:before", "99999999999999999999:before", "²:before", "1"])
def test_what_was_never_asked_is_not_found(campaign: Campaign, browser: Client, asked: str) -> None:
    assert browser.get(f"{AT}de-nghi/{asked}/").status_code == 404


def test_work_items_of_a_campaign_that_is_over_are_no_work_in_progress(campaign: Campaign, browser: Client) -> None:
    for page in ("", "bang/"):
        text = page_text(browser.get(HOME + page))
        assert '<span class="badge attention">chưa thực hiện</span>' in text
        assert ">đang làm<" not in text
        assert ">chưa làm<" not in text


@pytest.mark.parametrize(
    ("state", "during", "after"),
    [("begun", "đang làm", "chưa hoàn thành"), ("open", "chưa làm", "chưa thực hiện"), ("done", "xong", "xong")],
)
def test_what_is_not_done_is_called_by_whether_it_still_can_be(db, state: str, during: str, after: str) -> None:
    for is_over, word in ((False, during), (True, after)):
        assert word in render_to_string("office/campaigns/state.html", {"state": state, "is_over": is_over})
