"""The partners' pages: who may open them, and what they do."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quetsach.web.office.partners.models import Declaration, Delivery, Partner, Token
from quetsach.web.office.partners.services import intake

from .conftest import ROWS, report

BASE = "/van-phong/doi-tac/"
DECLARED = {
    "first": "2020-09-18",
    "window": "day",
    "level": "province",
    "key": "installation",
    "outcomes": "machines",
    "versions": "together",
    "products": "unknown",
    "method_vi": 'Đếm theo "bản cài đặt"\nmỗi ngày \\',
    "method_en": "Installations = {x}",
    "deduplication_vi": "Một lần",
    "deduplication_en": "Once",
}


@pytest.fixture
def operator(person, signed_in, folder):
    return signed_in(person("operator"))


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize("path", ["", "bkav/", "bkav/tep/1/"])
def test_only_who_sees_the_whole_country_opens_them(person, signed_in, take_in, path: str) -> None:
    number = take_in(report(ROWS)).pk
    path = BASE + path.replace("1", str(number))
    assert signed_in(person("analyst")).get(path).status_code == 200
    assert signed_in(person("editor", "31-2020")).get(path).status_code == 404
    assert signed_in(person(None)).get(path).status_code == 404


@pytest.mark.parametrize("path", ["moi/", "bkav/phuong-phap/"])
def test_an_analyst_changes_nothing(person, signed_in, partner, path: str) -> None:
    client = signed_in(person("analyst"))
    assert client.get(BASE + path).status_code == 403
    assert client.post(f"{BASE}bkav/ma/", {"label": "x"}).status_code == 403
    file = SimpleUploadedFile("r.csv", report(ROWS))
    assert client.post(f"{BASE}bkav/tep/", {"file": file}).status_code == 403
    assert not Delivery.objects.exists()


def test_from_no_partner_to_its_totals(operator) -> None:
    assert "Chưa có đối tác nào" in words(operator.get(BASE))
    answer = operator.post(f"{BASE}moi/", {"name": "Hãng A", "key": "hang-a"})
    assert answer["Location"] == f"{BASE}hang-a/phuong-phap/"
    assert operator.post(answer["Location"], DECLARED)["Location"] == f"{BASE}hang-a/"
    assert Declaration.objects.get().method.method.vi == DECLARED["method_vi"]
    answer = operator.post(f"{BASE}hang-a/tep/", {"file": SimpleUploadedFile("thang-10.csv", report([*ROWS, "x"]))})
    page = words(operator.get(answer["Location"]))
    assert "thang-10.csv" in page
    assert "số ô khác với dòng tiêu đề" in page
    page = words(operator.get(f"{BASE}hang-a/"))
    assert "120 – 165" in page
    assert "Thành phố Hải Phòng 110 45 – 85 7 – 12" in page


def test_a_file_that_cannot_be_read_is_refused_on_the_page(operator, partner) -> None:
    answer = operator.post(f"{BASE}bkav/tep/", {"file": SimpleUploadedFile("r.csv", b"a,b\n1,2")})
    assert answer.status_code == 422
    assert "Dòng đầu không phải tên các cột" in words(answer)


def test_a_large_file_waits_and_says_so(operator, partner, monkeypatch) -> None:
    monkeypatch.setattr("quetsach.web.office.partners.views.AT_ONCE_RECORDS", 2)
    answer = operator.post(f"{BASE}bkav/tep/", {"file": SimpleUploadedFile("r.csv", report(ROWS))})
    assert "đã xử lý 0/4 bản ghi" in words(operator.get(answer["Location"]))
    assert intake.AT_ONCE_RECORDS > 2


def test_a_token_is_shown_once_and_revoked(operator, partner) -> None:
    page = words(operator.post(f"{BASE}bkav/ma/", {"label": "máy chủ 2"}))
    assert re.search(r"qsp_[\w-]{43}", page)
    assert "qsp_" not in words(operator.get(f"{BASE}bkav/"))
    operator.post(f"{BASE}bkav/ma/{Token.objects.get().pk}/thu-hoi/")
    assert Token.objects.get().revoked_at is not None


def test_a_declaration_that_does_not_follow_is_refused_on_the_page(operator, partner) -> None:
    answer = operator.post(f"{BASE}bkav/phuong-phap/", DECLARED)
    assert answer.status_code == 200
    assert "Bản khai phải bắt đầu từ ngày muộn hơn" in words(answer)
    assert Declaration.objects.count() == 1


def test_a_key_that_is_taken_is_refused_on_the_page(operator, partner) -> None:
    assert "Đã có đối tác mang mã này" in words(operator.post(f"{BASE}moi/", {"name": "B", "key": "bkav"}))
    assert Partner.objects.count() == 1


def test_a_report_of_hostile_names_is_shown_as_text(operator, partner) -> None:
    rows = ["2020-10-06,31,<script>alert(1)</script>,,,5,4,1,", "<b>,31,x,,,5,4,1,"]
    answer = operator.post(f"{BASE}bkav/tep/", {"file": SimpleUploadedFile("<i>.csv", report(rows))})
    for url in (answer["Location"], f"{BASE}bkav/"):
        page = operator.get(url).content.decode()
        assert not re.search(r"<script>|<b>|<i>", page)


def test_days_in_the_wrong_order_are_pointed_out(operator, partner) -> None:
    assert "Ngày này trước ngày đầu." in words(operator.get(f"{BASE}?first=2020-10-31&last=2020-10-01"))
    assert operator.get(f"{BASE}?first=x&last=").status_code == 200
