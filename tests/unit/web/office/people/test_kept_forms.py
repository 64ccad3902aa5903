"""What was typed survives the end of a session: for who typed it, sealed, for some days, and for nobody else."""

import html
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.http import QueryDict
from django.test import Client
from tests.unit.web.office.conftest import PASSWORD
from tests.unit.web.office.people.conftest import code, come_in

from quetsach.campaign.authority import Role
from quetsach.web.office.people.models import KeptForm
from quetsach.web.office.people.services import keeping
from quetsach.web.office.people.services.account import person_leave
from quetsach.web.office.people.services.keeping import form_keep, made_for
from quetsach.web.office.people.sessions import IDLE_SECONDS
from quetsach.web.office.tree.models import Unit

PAGE = "/van-phong/don-vi/31-2025/sua/"
KEPT = "/van-phong/tai-khoan/giu-lai/"
NOW = datetime.now(UTC)
TYPED = "Thành phố Hải Phòng\nthuộc trung ương"


@pytest.fixture
def operator(person):
    return person(Role.OPERATOR)


def mark_in(page: bytes) -> str:
    found = re.search(r'name="made-for" value="([^"]+)"', page.decode())
    assert found
    return html.unescape(found[1])


def idle(client: Client) -> None:
    """Let the session be one in which nothing was done for an hour."""
    session = client.session
    session["office.begun"] = session["office.seen"] = time.time() - IDLE_SECONDS - 1
    session.save()


def told(answer) -> str:
    return html.unescape(answer.content.decode())


def send_late(client: Client, mark: str, path: str = PAGE, **fields: str):
    return client.post(path, {"name_vi": TYPED, "decree": "12/2025", "made-for": mark} | fields)


def send_again(client: Client) -> tuple[str, dict[str, str]]:
    """Return where the kept form goes, and what it sends."""
    page = told(client.get(KEPT))
    form = re.search(r'<form method="post" action="(/van-phong/[^"]+)" class="actions">(.*?)</form>', page, re.DOTALL)
    assert form
    return form[1], dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]))


def test_what_was_typed_before_the_session_ended_is_there_after_signing_in(client, operator) -> None:
    come_in(client, operator)
    mark = mark_in(client.get(PAGE).content)
    idle(client)
    answer = send_late(client, mark)
    assert answer["Location"].startswith("/van-phong/vao/?next=/van-phong/tai-khoan/giu-lai/")
    page = told(client.get(answer["Location"]))
    assert "được giữ lại cho bạn nhưng chưa được lưu" in page
    assert not Unit.objects.filter(decree="12/2025").exists()
    come_in_again(client, operator, answer["Location"])
    path, fields = send_again(client)
    assert (path, fields["name_vi"], fields["decree"]) == (PAGE, TYPED, "12/2025")
    assert "Nội dung được giữ lại, chưa lưu" in told(client.get("/van-phong/"))
    assert client.post(path, fields).status_code == 302
    assert Unit.objects.filter(decree="12/2025").exists()
    assert not KeptForm.objects.exists()


def test_a_kept_form_is_shown_in_the_words_of_its_page(client, operator) -> None:
    come_in(client, operator)
    mark = mark_in(client.get(PAGE).content)
    idle(client)
    answer = send_late(client, mark, opened="2025-07-01", edition="7")
    come_in_again(client, operator, answer["Location"])
    page = re.sub(r"<form.*?</form>", "", told(client.get(KEPT)), flags=re.DOTALL)
    assert re.search(r"<h2>[^<]*Thành phố Hải Phòng[^<]*</h2>\s*<p class=\"quiet\">Giữ lại lúc <time", page)
    rows = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    assert rows == [("Tên tiếng Việt", TYPED.replace("\n", "<br>")), ("Văn bản quyết định", "12/2025")]
    assert [raw for raw in ("name_vi", "decree", PAGE, "edition") if raw in page] == []


def test_a_form_whose_page_is_gone_is_shown_without_names(client, operator, signed_in) -> None:
    send_late(client, made_for(operator, "/van-phong/don-vi/khong-co/sua/"), "/van-phong/don-vi/khong-co/sua/")
    page = told(signed_in(operator).get(KEPT))
    assert "Nội dung của một trang không còn mở được" in page
    assert "<li>12/2025</li>" in page


def test_reading_the_page_of_a_kept_form_tells_none_of_the_messages_that_wait(client, operator) -> None:
    come_in(client, operator)
    mark = mark_in(client.get(PAGE).content)
    idle(client)
    answer = send_late(client, mark)
    come_in_again(client, operator, answer["Location"])
    client.post(KEPT, {"drop": "0"})
    assert told(client.get(KEPT)).count("được giữ lại cho bạn nhưng chưa được lưu") == 1


def come_in_again(client: Client, who, address: str) -> None:
    """Sign in through the page to which somebody was led, and arrive where it leads."""
    cache.clear()  # the app's code may be used once more
    keeping_on = {"login": who.email, "password": PASSWORD, "next": KEPT}
    assert client.post(address, keeping_on)["Location"] == "/van-phong/vao/ma/"
    assert client.post("/van-phong/vao/ma/", {"code": code()})["Location"] == KEPT


def test_nobody_else_who_signs_in_gets_it(client, operator, person, signed_in) -> None:
    mark = mark_in(signed_in(operator).get(PAGE).content)
    send_late(client, mark)
    other = signed_in(person(Role.OPERATOR))
    assert "Hải Phòng" not in told(other.get(KEPT))
    assert "Không có nội dung nào được giữ lại" in told(other.get(KEPT))
    kept = KeptForm.objects.get()
    assert kept.person == operator
    other.post(KEPT, {"drop": str(kept.pk)})
    other.post(PAGE, {"name_vi": "x", "kept-form": str(kept.pk)})
    assert KeptForm.objects.filter(pk=kept.pk).exists()


def test_it_is_sealed_where_it_lies(client, operator, signed_in) -> None:
    send_late(client, mark_in(signed_in(operator).get(PAGE).content))
    assert "Phòng".encode() not in bytes(KeptForm.objects.get().content)


def test_who_signed_out_in_another_tab_loses_nothing_either(client, operator, signed_in) -> None:
    mark = mark_in(signed_in(operator).get(PAGE).content)
    assert "giu-lai" in send_late(client, mark)["Location"]
    assert KeptForm.objects.get().path == PAGE


def test_a_form_from_an_earlier_session_of_the_same_person_is_kept(client, operator) -> None:
    come_in(client, operator)
    mark = mark_in(client.get(PAGE).content)
    client.handler.enforce_csrf_checks = True
    answer = send_late(client, mark, csrfmiddlewaretoken="x" * 64)
    assert (answer.status_code, answer["Location"]) == (302, KEPT)
    assert TYPED.splitlines()[0] in told(client.get(KEPT))


def test_a_form_of_another_person_is_not_taken_over(client, operator, person, signed_in) -> None:
    mark = mark_in(signed_in(operator).get(PAGE).content)
    come_in(client, person(Role.OPERATOR))
    client.handler.enforce_csrf_checks = True
    assert send_late(client, mark).status_code == 403
    assert not KeptForm.objects.exists()


@pytest.mark.parametrize("mark", ["", "1", "1:x:y", "nobody"])
def test_without_our_mark_nothing_is_kept_and_no_session_begun(client, operator, mark: str) -> None:
    answer = send_late(client, mark)
    assert answer["Location"] == "/van-phong/vao/"
    assert not KeptForm.objects.exists()
    assert not answer.cookies


def test_who_had_a_session_is_told_when_nothing_was_kept(client, operator) -> None:
    come_in(client, operator)
    idle(client)
    answer = send_late(client, "")
    assert "Chưa có gì được lưu" in told(client.get(answer["Location"]))


def test_passwords_and_codes_are_never_kept(client, operator, signed_in) -> None:
    mark = mark_in(signed_in(operator).get(PAGE).content)
    for path in ("/van-phong/tai-khoan/mat-khau/", "/en/office/account/", "/van-phong/tai-khoan/lai/ma/"):
        send_late(client, mark, path, oldpassword="rất bí mật")
    assert not KeptForm.objects.exists()


def test_a_mark_and_what_is_kept_end_after_a_week(client, operator, signed_in, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(signing.time, "time", (NOW - timedelta(days=7, seconds=5)).timestamp)
        old = made_for(operator)
    send_late(client, old)
    assert not KeptForm.objects.exists()
    send_late(client, made_for(operator))
    KeptForm.objects.update(kept_at=NOW - timedelta(days=8))
    assert "Hải Phòng" not in told(signed_in(operator).get(KEPT))
    send_late(client, made_for(operator), "/van-phong/don-vi/tw/sua/")
    assert [kept.path for kept in KeptForm.objects.all()] == ["/van-phong/don-vi/tw/sua/"]


def fields(operator, **typed: str) -> QueryDict:
    made = QueryDict(mutable=True)
    made.update({"made-for": made_for(operator), "csrfmiddlewaretoken": "t"} | typed)
    return made


def test_it_is_bounded_in_size_and_number(operator, monkeypatch) -> None:
    assert form_keep(path="/a", fields=fields(operator, a="x" * keeping.MOST_BYTES), has_files=False, now=NOW) is None
    for number in range(keeping.MOST_KEPT + 3):
        at = NOW + timedelta(minutes=number)
        assert form_keep(path=f"/{number}", fields=fields(operator, a="x"), has_files=False, now=at)
    kept = KeptForm.objects.values_list("path", flat=True)
    assert list(kept) == [f"/{number}" for number in reversed(range(3, keeping.MOST_KEPT + 3))]


def test_an_empty_form_is_not_kept_and_the_newest_of_a_page_is_enough(operator) -> None:
    assert form_keep(path="/a", fields=fields(operator, a=" ", edition="x"), has_files=False, now=NOW) is None
    for text in ("một", "hai"):
        form_keep(path="/a", fields=fields(operator, a=text), has_files=False, now=NOW)
    assert keeping.fields_of(KeptForm.objects.get()) == [("a", "hai")]


def test_who_leaves_leaves_nothing_kept(client, operator, person) -> None:
    send_late(client, made_for(operator))
    person(Role.OPERATOR)
    person_leave(person=operator, by=None, now=NOW)
    assert not KeptForm.objects.exists()


def test_the_script_is_told_that_the_draft_is_kept(client, operator, signed_in) -> None:
    form = {"name_vi": TYPED, "made-for": made_for(operator)}
    answer = client.post(PAGE, form, headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert "được giữ lại" in answer.json()["said"]
    assert KeptForm.objects.exists()


def test_a_page_says_when_the_session_ends_and_the_person_extends_it_without_script(client, operator) -> None:
    come_in(client, operator)
    page = told(client.get("/van-phong/"))
    assert re.search(r'phiên đến <time datetime="[^"]+">\d\d:\d\d</time></span>', page)
    assert 'href="/van-phong/tai-khoan/phien/gia-han/"' in page
    session = client.session
    session["office.seen"] = time.time() - 3000
    session.save()
    answer = client.get("/van-phong/tai-khoan/phien/gia-han/", headers={"accept": "application/json"})
    assert 3590 <= answer.json()["seconds"] <= 3600
    assert "Phiên làm việc được gia hạn" in told(client.get("/van-phong/tai-khoan/phien/gia-han/"))
