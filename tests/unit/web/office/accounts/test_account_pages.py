"""The public page says the same to everybody; the pages of the office take a list in and never show it."""

import dataclasses
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.unit.web.office.accounts.conftest import LIST, NOW, OTHER, OWNER, answer
from tests.unit.web.test_third_language import third

from quetsach.campaign.authority import Role
from quetsach.web.limits import ACCOUNT_FILE_BYTES, ACCOUNT_FILE_PATHS, RateLimit, most_body_bytes
from quetsach.web.office.accounts import public_views
from quetsach.web.office.accounts.models import Batch, Question
from quetsach.web.office.accounts.services.answers import LATEST
from quetsach.web.office.approvals.models import Approval
from quetsach.web.portal.feeds import PublicPages

__all__ = ["third"]
PAGE, ENGLISH, ROOM = "/kiem-tra-tai-khoan/", "/en/check-account/", "/van-phong/tai-khoan-bi-lo/"
TOLD = {
    "source": "Cục A05",
    "ground": "Quyết định 12",
    "handed_over_on": "2026-11-30",
    "text_vi": "Thu trong một chiến dịch.",
    "days": "180",
}


def sent(content: bytes) -> dict[str, object]:
    return {**TOLD, "file": SimpleUploadedFile("list.csv", content, "text/csv")}


def test_it_is_off_by_default(settings, units) -> None:
    assert not settings.CENTER.account_check
    for path in (PAGE, ENGLISH):
        assert Client().get(path).status_code == 404
        assert Client().post(path, {"address": OWNER}).status_code == 404
    assert ("account-check", ()) not in PublicPages().items()
    assert PAGE not in Client().get("/").content.decode()


def test_without_a_mail_server_it_is_off(settings, centre: Path) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, mail_server=None)
    assert Client().get(PAGE).status_code == 404


def test_switched_on_it_is_found_and_without_a_list_nothing_is_asked(centre: Path) -> None:
    assert PAGE in Client().get("/").content.decode()
    assert ("account-check", ()) in PublicPages().items()
    page = Client().get(PAGE).content.decode()
    assert "chưa có gì để hỏi" in page
    assert "<form" not in page
    assert Client().post(PAGE, {"address": OWNER}).status_code == 503
    assert Question.objects.count() == 0


@pytest.mark.parametrize("path", [PAGE, ENGLISH])
def test_known_unknown_and_asked_again_get_the_same_answer_by_the_same_queries(
    in_force: Batch, path: str, django_assert_num_queries
) -> None:
    answers = []
    for address in (OWNER, OTHER, OWNER, f"{'x' * 60}@example.vn", OWNER.upper()):
        with django_assert_num_queries(2):
            found = Client().post(path, {"address": address})
        answers.append((found.status_code, dict(found.headers), found.content))
    for status, headers, content in answers:
        assert (status, content) == (200, answers[0][2])
        headers.pop("Expires")  # the second in which it was asked
        assert headers.keys() == answers[0][1].keys()
    assert b"example.vn" not in answers[0][2]
    assert Question.objects.count() == len(answers)


def test_the_pages_set_no_cookie_and_run_no_script(in_force: Batch) -> None:
    for found in (Client().get(PAGE), Client().post(PAGE, {"address": OWNER})):
        assert not found.cookies
        assert b"<script" not in found.content
    assert "no-store" in Client().post(PAGE, {"address": OWNER})["Cache-Control"]
    assert "public" in Client().get(PAGE)["Cache-Control"]


def test_a_slip_is_told_and_nothing_is_asked(in_force: Batch) -> None:
    found = Client().post(PAGE, {"address": "lan at example"})
    assert found.status_code == 422
    assert "Đây không phải là địa chỉ thư điện tử" in found.content.decode()
    assert Client().post(ENGLISH, {}).status_code == 422
    assert Question.objects.count() == 0


@pytest.mark.parametrize("limit", ["ASK_LIMIT", "SITE_LIMIT"])
def test_whoever_asks_too_much_waits_whatever_the_address(in_force: Batch, monkeypatch, limit: str) -> None:
    monkeypatch.setattr(public_views, limit, RateLimit(burst=2, per_minute=1))
    assert [Client().post(PAGE, {"address": OWNER}).status_code for _time in range(3)] == [200, 200, 429]
    known, unknown = (Client().post(PAGE, {"address": address}) for address in (OWNER, OTHER))
    assert known.status_code == unknown.status_code == 429
    assert Question.objects.count() == 2


def test_another_site_cannot_ask_for_a_visitor(in_force: Batch) -> None:
    found = Client().post(PAGE, {"address": OWNER}, headers={"Origin": "https://evil.example"})
    assert found.status_code == 403


def test_two_analysts_take_a_list_in_and_never_see_it(centre: Path, two, signed_in) -> None:
    first, second = (signed_in(one) for one in two)
    answer = first.post(f"{ROOM}nhan/", sent(LIST + b"khong phai,a.vn,,\n0912 345 678,,,\n"))
    batch = Batch.objects.get()
    assert answer.status_code == 302
    asked = reverse("office:approvals:approval", args=[Approval.objects.get().pk])
    pages = [first.get(ROOM), first.get(f"{ROOM}{batch.pk}/"), second.get(asked)]
    shown = "".join(page.content.decode() for page in pages)
    assert "Cục A05" in shown
    assert "Danh sách chờ đồng ý" in shown
    assert "không phải địa chỉ thư điện tử" in shown
    for secret in (OWNER, "mail.example", "khong phai", "0912"):
        assert secret not in shown
    assert (batch.rows, batch.addresses, batch.telephones, batch.faulty) == (5, 2, 1, 1)


def test_a_file_with_passwords_is_refused_loudly(centre: Path, two, signed_in) -> None:
    answer = signed_in(two[0]).post(f"{ROOM}nhan/", sent(b"address,password\nlan@example.vn,hunter2\n"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Toàn bộ tệp đã bị bỏ, ở đây không lưu gì của tệp" in page
    assert "hunter2" not in page
    assert Batch.objects.count() == 0


def test_what_is_uploaded_stays_in_memory(centre: Path, two, signed_in, settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = centre / "nowhere"  # a file there would fail
    rows = b"".join(b"a%d@example.vn,a.example%s,,\n" % (n, b" " * 10_000) for n in range(400))
    assert 3 << 20 < len(rows) < ACCOUNT_FILE_BYTES
    assert f"{ROOM}nhan/" in ACCOUNT_FILE_PATHS
    assert most_body_bytes(f"{ROOM}nhan/") > ACCOUNT_FILE_BYTES
    answer = signed_in(two[0]).post(f"{ROOM}nhan/", sent(b"address,site,day,malware\n" + rows))
    assert answer.status_code == 302
    assert Batch.objects.get().addresses == 400


def test_others_do_not_come_in(centre: Path, person, signed_in) -> None:
    press = signed_in(person(Role.PRESS))
    assert press.get(ROOM).status_code == 403
    assert press.post(f"{ROOM}nhan/", sent(LIST)).status_code == 403


def test_a_list_is_erased_with_a_reason(in_force: Batch, two, signed_in) -> None:
    client = signed_in(two[0])
    assert client.post(f"{ROOM}{in_force.pk}/xoa/", {"reason": ""}).status_code == 422
    assert client.post(f"{ROOM}{in_force.pk}/xoa/", {"reason": "rút lại"}).status_code == 302
    assert "rút lại" in client.get(f"{ROOM}{in_force.pk}/").content.decode()


def test_a_third_language_is_spoken(third: None, in_force: Batch, post) -> None:
    for found in (Client().get("/xx/check-account/"), Client().post("/xx/check-account/", {"address": OWNER})):
        assert found.status_code == 200
        assert "[[" in found.content.decode().partition("<h1>")[2].partition("</h1>")[0]
    answer(NOW + 2 * LATEST)
    [taken] = post.taken
    assert taken.mail["Subject"].startswith("[[")


def test_the_room_stands_in_the_navigation_while_it_is_switched_on(centre: Path, two, signed_in, settings) -> None:
    assert ROOM in signed_in(two[0]).get("/van-phong/").content.decode()
    settings.CENTER = dataclasses.replace(settings.CENTER, account_check=False)
    assert ROOM not in signed_in(two[1]).get("/van-phong/").content.decode()


def test_switched_off_the_room_says_how_to_switch_on(units, two, signed_in) -> None:
    page = signed_in(two[0]).get(ROOM).content.decode()
    assert "account-check yes" in page
    assert "<form" not in signed_in(two[1]).get(f"{ROOM}nhan/").content.decode().partition("<main")[2]
