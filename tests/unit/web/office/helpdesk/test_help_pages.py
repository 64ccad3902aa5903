"""The public pages: ask without an account, read the answer with code and key, erase."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from quetsach.core.address import Address
from quetsach.web.limits import RateLimit
from quetsach.web.office.helpdesk import forms, public_views
from quetsach.web.office.helpdesk.check_result import CheckResult
from quetsach.web.office.helpdesk.models import Asker, Case, Message
from quetsach.web.office.helpdesk.services import case_note, case_reply
from quetsach.web.published.answer import Answer, ListedFamily, Outcome

from .conftest import CONTACT, NOW, TEXT

URL = "/giup-do/"
SEEN = Answer(
    Outcome.SEEN,
    Address.parse("123.16.0.7"),
    date(2026, 11, 1),
    date(2026, 11, 19),
    (ListedFamily("Conficker", date(2026, 11, 18), "/ma-doc/conficker/"),),
)


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def ask(units):
    def send(client: Client | None = None, url: str = URL, **changes: str):
        fields = {
            "kind": "infected",
            "text": TEXT,
            "contact": CONTACT,
            "province": "31-2025",
            "consent": "on",
            "mark": forms.form_mark(),
            **changes,
        }
        return (client or Client()).post(url, {name: value for name, value in fields.items() if value is not None})

    return send


def key_in(answer) -> str:
    found = re.search(r'name="key" value="([A-Z0-9-]+)"', answer.content.decode())
    assert found
    return found[1]


def test_asking_gives_code_and_key_and_these_open_the_case(ask, person) -> None:
    answer = ask()
    case = Case.objects.get()
    assert case.code in words(answer)
    key = key_in(answer)
    case_reply(
        case=case, text="Xem https://quetsach.vn/giup-do/ <b>nhé</b>", is_question=False, by=person("press"), now=NOW
    )
    case_note(case=case, text="ghi chú nội bộ", by=person("press"), now=NOW)
    page = Client().post(f"{URL}{case.code}/", {"key": key})
    assert TEXT in words(page)
    assert "Chúng tôi đã trả lời." in words(page)
    assert "ghi chú" not in words(page)
    assert 'href="https://quetsach.vn/giup-do/"' in page.content.decode()
    assert "<b>" not in page.content.decode()


def test_no_page_sets_a_cookie_or_is_kept_by_a_cache(ask, open_case) -> None:
    case, key = open_case()
    client = Client()
    for answer in (
        client.get(URL),
        ask(client),
        client.get(f"{URL}{case.code}/"),
        client.post(f"{URL}{case.code}/", {"key": key}),
    ):
        assert not answer.cookies
        assert "no-store" in answer["Cache-Control"]


def test_pressed_twice_it_is_one_case_with_the_same_key(ask) -> None:
    mark = forms.form_mark()
    assert key_in(ask(mark=mark)) == key_in(ask(mark=mark))
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"consent": None}, "chúng tôi không được phép lưu"),
        ({"kind": "other things"}, "Vui lòng kiểm tra lại các mục sau"),
        ({"text": " "}, "Vui lòng kiểm tra lại các mục sau"),
        ({"text": "x" * 4001}, "Vui lòng kiểm tra lại các mục sau"),
        ({"contact": "gọi tôi nhé"}, "không phải thư điện tử"),
        ({"province": "31-2020"}, "Vui lòng kiểm tra lại các mục sau"),
        ({"mark": "made-up"}, "mở đã quá lâu"),
    ],
)
def test_what_does_not_fit_is_told_and_what_was_written_stays(ask, changes: dict, told: str) -> None:
    answer = ask(**changes)
    assert answer.status_code == 422
    assert told in words(answer)
    assert not Case.objects.exists()
    if "text" not in changes:
        assert TEXT in answer.content.decode()


def test_after_a_form_was_open_for_too_long_it_is_simply_sent_again(ask) -> None:
    page = ask(mark="old").content.decode()
    fresh = re.search(r'name="mark" value="([^"]+)"', page)
    assert fresh
    assert ask(mark=fresh[1]).status_code == 200


@pytest.mark.parametrize("contact", ["", "0912 345 678", "+84 912-345-678", "a@b.vn"])
def test_a_contact_is_not_needed_and_may_be_a_telephone_number(ask, contact: str) -> None:
    assert ask(contact=contact).status_code == 200
    assert Asker.objects.count() == bool(contact)


def test_a_program_that_fills_in_everything_is_thanked_and_not_kept(ask) -> None:
    assert "Chúng tôi đã nhận được tin" in words(ask(website="https://spam.example"))
    assert not Case.objects.exists()


def test_one_source_cannot_flood_the_desk(ask, monkeypatch) -> None:
    monkeypatch.setattr(public_views, "OPEN_LIMIT", RateLimit(burst=2, per_minute=1))
    assert [ask().status_code for _ in range(3)] == [200, 200, 429]
    answer = ask()
    assert "Hãy thử lại sau" in words(answer)
    assert TEXT in answer.content.decode()


def test_a_flood_shuts_the_form_for_those_who_wrote_and_for_nobody_else(ask, monkeypatch) -> None:
    monkeypatch.setattr(public_views, "SITE_LIMIT", RateLimit(burst=1, per_minute=1))
    assert [ask().status_code for _ in range(3)] == [200, 200, 429]
    monkeypatch.setattr(public_views, "client_address", lambda *_, **__: Address.parse("203.0.114.9"))
    assert [ask().status_code for _ in range(2)] == [200, 429], "a neighbour's first message waits for nobody"


def test_all_sources_together_cannot_fill_the_disk(ask, monkeypatch) -> None:
    monkeypatch.setattr(public_views, "DISK_LIMIT", RateLimit(burst=1, per_minute=1))
    assert [ask().status_code for _ in range(2)] == [200, 429]


def test_20_000_messages_fit_into_a_day() -> None:
    day = datetime(2031, 10, 6, tzinfo=UTC)
    tries = (public_views.DISK_LIMIT.take(None, now=day + timedelta(seconds=second)) for second in range(0, 86_400, 2))
    assert 19_990 <= sum(not seconds for seconds in tries) <= 20_000


def test_tries_of_keys_are_bounded(open_case, monkeypatch) -> None:
    monkeypatch.setattr(public_views, "KEY_LIMIT", RateLimit(burst=2, per_minute=1))
    case, _ = open_case()
    answers = [Client().post(f"{URL}{case.code}/", {"key": "22222-22222"}).status_code for _ in range(3)]
    assert answers[-1] == 429


def test_without_the_key_nothing_tells_whether_a_case_exists(open_case) -> None:
    case, _ = open_case()
    _, other_key = open_case()
    there, nowhere = f"{URL}{case.code}/", f"{URL}HT-222-222/"
    pages = [Client().post(path, {"key": other_key}) for path in (there, nowhere)]
    assert {page.status_code for page in pages} == {404}
    assert words(pages[0]).replace(case.code, "") == words(pages[1]).replace("HT-222-222", "")
    assert words(Client().get(there)).replace(case.code, "") == words(Client().get(nowhere)).replace("HT-222-222", "")


def test_a_code_that_was_typed_leads_to_its_page(open_case) -> None:
    case, _ = open_case()
    assert (
        Client().post(f"{URL}tim/", {"code": case.code.lower().replace("-", " ")})["Location"] == f"{URL}{case.code}/"
    )
    answer = Client().post(f"{URL}tim/", {"code": "HT-AAA"})
    assert answer.status_code == 404
    assert "Đây không phải mã hồ sơ" in words(answer)


def test_the_person_writes_again_and_erases(open_case) -> None:
    case, key = open_case()
    path = f"{URL}{case.code}/"
    assert "Vẫn chậm" in words(Client().post(path, {"key": key, "do": "write", "text": "Vẫn chậm"}))
    assert Client().post(path, {"key": key, "do": "write", "text": ""}).status_code == 422
    unsure = Client().post(path, {"key": key, "do": "erase"})
    assert unsure.status_code == 422
    assert Message.objects.count() == 2
    assert "Đã xóa hồ sơ của bạn" in words(Client().post(path, {"key": key, "do": "erase", "sure": "on"}))
    assert not Message.objects.exists()
    assert Client().post(path, {"key": key}).status_code == 404


def test_what_the_check_page_said_is_attached_only_with_the_tick(ask, units) -> None:
    slip = CheckResult.of(SEEN).signed()
    page = Client().post(URL, {"slip": slip})
    assert page.status_code == 200
    assert "Conficker, lần cuối ngày 18/11/2026" in words(page)
    assert "123.16" not in page.content.decode()
    ask(slip=slip, contact="")
    assert not Asker.objects.exists()
    ask(slip=slip, attach="on", contact="")
    kept = Asker.objects.get().check_answer
    assert kept["families"] == [["Conficker", "2026-11-18"]]
    assert "123.16" not in str(kept)


@pytest.mark.parametrize("slip", ["made-up", "", "x" * 1900])
def test_a_slip_that_is_not_ours_is_no_slip(ask, slip: str) -> None:
    assert Client().post(URL, {"slip": slip}).status_code == 200
    assert ask(slip=slip, attach="on", contact="").status_code == 200
    assert not Asker.objects.exists()


def test_english_is_complete(ask, open_case) -> None:
    assert "Ask for help" in words(Client().get("/en/help/"))
    ask(url="/en/help/")
    assert Case.objects.get().language == "en"


def test_a_post_from_another_site_is_refused(ask, open_case) -> None:
    case, key = open_case()
    answer = Client().post(f"{URL}{case.code}/", {"key": key}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_hostile_text_is_shown_as_text(ask) -> None:
    key = key_in(ask(text="<script>alert(1)</script> javascript:alert(2)"))
    page = Client().post(f"{URL}{Case.objects.get().code}/", {"key": key}).content.decode()
    assert "<script" not in page
    assert 'href="javascript' not in page


def test_before_the_tree_is_loaded_the_desk_says_that_it_is_not_open(db) -> None:
    looked = Client().get(URL)
    asked = Client().post(URL, {"mark": forms.form_mark(), "kind": "other", "text": "x"})
    assert (looked.status_code, asked.status_code) == (200, 503)
    for answer in (looked, asked):
        assert "Bộ phận hỗ trợ chưa hoạt động" in words(answer)
