"""The office's pages of the help desk."""

import re
from datetime import UTC, datetime

import pytest

from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.models import Author, Case, Message
from quetsach.web.office.helpdesk.services import case_erase
from quetsach.web.office.helpdesk.wording import DOCUMENT, built_answers, filled_answer, ready_answers
from quetsach.web.office.people.models import KeptForm
from quetsach.web.office.wording.models import Wording
from quetsach.web.office.wording.selectors import digest_of

from .conftest import CONTACT, NOW, TEXT
from .test_help_pages import SEEN

BASE = "/van-phong/ho-tro/"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def desk(person, signed_in):
    return signed_in(person("press", name="Trần Văn Bình"))


def test_the_queue_shows_what_waits(desk, open_case) -> None:
    case, _ = open_case()
    page = words(desk.get(BASE))
    assert case.code in page
    assert "Cần xử lý (1)" in page
    assert TEXT not in page


@pytest.mark.parametrize("query", ["?state=all", "?state=new&kind=infected", "?state=x&kind=y&page=z", "?mine=on"])
def test_any_filter_is_answered(desk, open_case, query: str) -> None:
    open_case()
    assert desk.get(BASE + query).status_code == 200


def test_a_case_is_worked_on_from_its_page(desk, open_case) -> None:
    case, _ = open_case()
    path = f"{BASE}{case.code}/"
    assert TEXT in words(desk.get(path))
    assert CONTACT not in words(desk.get(path))
    assert CONTACT in words(desk.post(f"{path}buoc/", {"do": "contact"}))
    for fields in (
        {"do": "take"},
        {"do": "note", "text": "đã gọi"},
        {"do": "ask", "text": "Máy nào?"},
        {"do": "answer", "text": "Làm thế này"},
        {"do": "close"},
        {"do": "reopen"},
    ):
        assert desk.post(f"{path}buoc/", fields)["Location"] == path
    case.refresh_from_db()
    assert (case.state, str(case.assignee)) == ("open", "Trần Văn Bình")
    page = words(desk.get(path))
    assert all(text in page for text in ("đã gọi", "Máy nào?", "Làm thế này"))


def test_a_case_is_given_to_a_colleague_from_its_page(desk, person, open_case) -> None:
    case, _ = open_case()
    colleague = person("press", name="Lê Thị Cúc")
    path = f"{BASE}{case.code}/"
    assert "Lê Thị Cúc" in words(desk.get(path))
    desk.post(f"{path}buoc/", {"do": "give", "colleague": str(colleague.pk)})
    case.refresh_from_db()
    assert case.assignee == colleague
    for typed in ("", "x", "0", "9" * 30):
        page = desk.post(f"{path}buoc/", {"do": "give", "colleague": typed}, follow=True)
        assert "Hãy chọn người được trả lời" in words(page)


def test_what_cannot_be_done_is_told(desk, open_case) -> None:
    case, _ = open_case()
    path = f"{BASE}{case.code}/"
    assert desk.post(f"{path}buoc/", {"do": "answer", "text": ""}).status_code == 422
    assert desk.post(f"{path}buoc/", {"do": "dance"}).status_code == 400
    assert "Không làm được việc này" in words(desk.post(f"{path}buoc/", {"do": "reopen"}, follow=True))
    gone = desk.post(f"{path}buoc/", {"do": "hand-over", "unit": "999", "text": "x"}, follow=True)
    assert "Hãy chọn một đơn vị khác" in words(gone)


def test_a_case_is_handed_over_by_code_or_key(desk, person, signed_in, open_case) -> None:
    case, _ = open_case()
    desk.post(f"{BASE}{case.code}/buoc/", {"do": "hand-over", "unit": "31", "text": "địa bàn Hải Phòng"})
    case.refresh_from_db()
    assert case.unit.key == "31-2025"
    assert case.code in words(signed_in(person("editor", "31-2025")).get(BASE))
    assert signed_in(person("editor", "01-2025")).get(f"{BASE}{case.code}/").status_code == 404


@pytest.mark.parametrize(("role", "unit"), [("analyst", "tw"), ("editor", "31-2025"), (None, "tw")])
def test_a_case_of_the_centre_is_not_for_others(person, signed_in, open_case, role, unit: str) -> None:
    case, _ = open_case()
    client = signed_in(person(role, unit))
    assert client.get(f"{BASE}{case.code}/").status_code in (403, 404)
    assert client.post(f"{BASE}{case.code}/buoc/", {"do": "contact"}).status_code in (403, 404)
    assert case.code not in words(client.get(BASE))


def test_what_the_check_page_said_is_shown_beside_the_case(desk, open_case) -> None:
    case, _ = open_case(slip=CheckResult.of(SEEN))
    assert "Conficker, lần cuối ngày 18/11/2026" in words(desk.get(f"{BASE}{case.code}/"))


def test_a_ready_answer_is_put_into_the_form_in_the_language_of_the_case(desk, open_case) -> None:
    case, _ = open_case(language="en")
    page = desk.get(f"{BASE}{case.code}/?answer=clean").content.decode()
    assert "Download the tool from the official page" in page
    assert "http://localhost:8000/en/" in page
    assert desk.get(f"{BASE}{case.code}/?answer=../../x").status_code == 200
    assert not Message.objects.filter(author=Author.OFFICE).exists()


def test_every_ready_answer_can_be_filled_in_both_languages(open_case, rf, settings) -> None:
    for language in ("vi", "en"):
        case, _ = open_case(language=language)
        for answer in ready_answers():
            text = filled_answer(answer.id, case)
            assert 100 < len(text) < 4000
            assert not re.search(r"[{}]", text)
            assert ("/en/" in text) is (language == "en" and "http" in text)


def test_an_answer_reworded_with_places_of_an_earlier_version_is_still_filled(open_case, person) -> None:
    built = next(answer for answer in built_answers() if answer.id == "undo")
    said = "Xem {steps}, {clean} và {prevent}"
    Wording.objects.create(
        document=DOCUMENT, place="undo.text", of=digest_of(built.text), vi=said, en=said, by=person("press"), at=NOW
    )
    page = "http://localhost:8000/thiet-bi/"
    assert filled_answer("undo", open_case(language="vi")[0]) == f"Xem {page}, {page} và {page}"


def test_an_erased_case_shows_only_what_is_counted(desk, open_case) -> None:
    case, _ = open_case()
    case_erase(case=case, now=NOW, reason="asked")
    page = words(desk.get(f"{BASE}{case.code}/"))
    assert "Nội dung đã được xóa" in page
    assert TEXT not in page


def test_the_numbers_are_shown(desk, open_case) -> None:
    open_case(now=datetime.now(UTC))
    page = words(desk.get(f"{BASE}so-lieu/"))
    assert "Số liệu hỗ trợ" in page
    assert "Thành phố Hải Phòng 1 0" in page
    assert Case.objects.count() == 1


def test_how_long_people_wait_is_told_only_once_somebody_was_answered(desk, open_case) -> None:
    wait, none_yet = "trung vị", "Chưa có hồ sơ nào được trả lời"
    empty = words(desk.get(f"{BASE}so-lieu/"))
    assert (wait in empty, none_yet in empty) == (False, False)
    case, _ = open_case(now=datetime.now(UTC))
    asked = words(desk.get(f"{BASE}so-lieu/"))
    assert (wait in asked, none_yet in asked) == (False, True)
    desk.post(f"{BASE}{case.code}/buoc/", {"do": "answer", "text": "Làm thế này"})
    answered = words(desk.get(f"{BASE}so-lieu/"))
    assert (wait in answered, none_yet in answered) == (True, False)


def test_the_draft_of_an_answer_stays_until_it_is_sent_and_that_of_the_note_beside_it(desk, open_case) -> None:
    case, _ = open_case()
    path, keeping = f"{BASE}{case.code}/", "/van-phong/nhan-su/ban-nhap/"
    for name in ("answer", "note"):
        desk.post(keeping, {"text": f"Bản nháp {name}", "draft": f"{path}#{name}", "autosave": "1"})
    assert desk.get(path).content.decode().count("data-draft-take") == 2
    step, answer = f"{path}buoc/", {"do": "answer", "text": "Làm thế này", "draft": f"{path}#answer"}
    Case.objects.filter(pk=case.pk).update(state="closed")
    assert desk.post(step, answer).status_code == 302
    assert KeptForm.objects.count() == 2, "the answer was refused: nothing of it may be lost"
    Case.objects.filter(pk=case.pk).update(state="open")
    assert desk.post(step, answer).status_code == 302
    assert [one.path for one in KeptForm.objects.all()] == [f"{path}#note"]
