"""The pages of people: inviting by link, accepting, giving, leaving; what is not yours is not found."""

import re

import pytest
from django.test import Client
from tests.unit.web.office.people.conftest import enter

from quetsach.campaign.authority import Role
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Duty, Invitation, Person

PASSWORD = "một câu dài dễ nhớ 2020"
OPENED = "31-2025"


def page(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def approver(person) -> Person:
    return person(Role.APPROVER, OPENED)


@pytest.fixture
def desk(signed_in, approver) -> Client:
    return signed_in(approver)


def invited(desk: Client, **changes: str) -> str:
    """Invite by the form and return the path of the link that is shown."""
    sent = {"email": "lan@haiphong.gov.vn", "role": "editor", "unit": "11296-2025"} | changes
    shown = page(desk.post("/van-phong/nhan-su/moi/", sent, follow=True))
    found = re.search(r"(/van-phong/vao/moi/[^<]+/)<", shown)
    return found[1] if found else ""


def joining(password: str, again: str = "") -> dict[str, str]:
    """Return the form of somebody who accepts."""
    return {"name": "Lê Thị Lan", "title": "", "language": "vi", "password": password, "again": again or password}


def test_the_link_is_shown_once_and_lets_somebody_in(desk: Client, client: Client) -> None:
    link = invited(desk)
    assert "/vao/moi/" not in page(desk.get("/van-phong/nhan-su/"))
    assert "lan@haiphong.gov.vn" in page(client.get(link))
    answer = client.post(link, joining(PASSWORD))
    assert answer["Location"] == "/van-phong/tai-khoan/"
    assert client.get("/van-phong/tai-khoan/buoc-hai/ung-dung/").status_code == 200
    assert Duty.objects.filter(person__email="lan@haiphong.gov.vn", role="editor").exists()
    assert client.get(link).status_code == 404


def test_the_link_can_be_written_in_ones_own_mail_program(desk: Client) -> None:
    sent = {"email": "lan+1@haiphong.gov.vn", "role": "editor", "unit": "11296-2025"}
    shown = page(desk.post("/van-phong/nhan-su/moi/", sent, follow=True))
    found = re.search(r'href="mailto:lan%2B1@haiphong.gov.vn\?subject=[^"&]+&amp;body=http%3A%2F%2F[^"&]+"', shown)
    assert found


@pytest.mark.parametrize("password", ["ngắn", "lan@haiphong.gov.vn", "1234567890123", "Lê Thị Lan"])
def test_a_weak_password_is_refused(desk: Client, client: Client, password: str) -> None:
    link = invited(desk)
    answer = client.post(link, joining(password))
    assert answer.status_code == 200
    assert not Person.objects.filter(email="lan@haiphong.gov.vn").exists()


def test_somebody_who_is_signed_in_and_accepts_becomes_the_invited(desk: Client, client: Client, person) -> None:
    link = invited(desk)
    other = person(Role.EDITOR, OPENED)
    enter(client, other)
    client.post(link, joining(PASSWORD))
    assert client.session["_auth_user_id"] == str(Person.objects.get(email="lan@haiphong.gov.vn").pk)


@pytest.mark.parametrize("change", [{"unit": "01-2025"}, {"unit": "tw"}, {"role": "operator"}, {"unit": "999"}])
def test_what_is_not_offered_is_refused(desk: Client, change: dict[str, str]) -> None:
    assert invited(desk, **change) == ""
    assert not Invitation.objects.exists()


def test_the_pages_of_a_person_elsewhere_are_not_found(desk: Client, person) -> None:
    who = person(Role.EDITOR, "01-2025")
    for path in ("", "vai-tro/", "thoi-viec/"):
        assert desk.get(f"/van-phong/nhan-su/{who.pk}/{path}").status_code == 404
    for path in ("lien-ket/", "thoi-viec/", "vai-tro/"):
        assert desk.post(f"/van-phong/nhan-su/{who.pk}/{path}").status_code == 404


def test_a_duty_elsewhere_cannot_be_ended(desk: Client, person) -> None:
    duty = Duty.objects.get(person=person(Role.EDITOR, "01-2025"))
    assert desk.post(f"/van-phong/nhan-su/vai-tro/{duty.pk}/thoi/").status_code == 404
    duty.refresh_from_db()
    assert duty.until is None


def test_duties_elsewhere_are_not_shown_on_a_page_that_is_seen(desk: Client, person, units) -> None:
    who = person(Role.EDITOR, "11296-2025")
    Duty.objects.create(person=who, role="viewer", unit=units["01-2025"], first="2025-07-01")
    shown = page(desk.get(f"/van-phong/nhan-su/{who.pk}/"))
    assert "Hồng Bàng" in shown
    assert "Hà Nội" not in shown
    assert "thoi-viec" not in shown
    assert desk.post(f"/van-phong/nhan-su/{who.pk}/lien-ket/").status_code == 403


def test_an_invitation_elsewhere_cannot_be_withdrawn(desk: Client, signed_in, person) -> None:
    invited(signed_in(person(Role.OPERATOR)), unit="01-2025")
    invitation = Invitation.objects.get()
    assert desk.post(f"/van-phong/nhan-su/loi-moi/{invitation.pk}/thu-hoi/").status_code == 404
    assert Invitation.objects.get().withdrawn_at is None


def test_leaving_shows_what_is_left_and_then_does_it(desk: Client, person) -> None:
    who = person(Role.EDITOR, "11296-2025", name="Trần Văn Nam")
    assert "Chuyên viên đơn vị: Phường Hồng Bàng" in page(desk.get(f"/van-phong/nhan-su/{who.pk}/thoi-viec/"))
    desk.post(f"/van-phong/nhan-su/{who.pk}/thoi-viec/")
    who.refresh_from_db()
    assert not who.is_active


def test_an_editor_finds_the_list_empty_and_cannot_invite(signed_in, person) -> None:
    client = signed_in(person(Role.EDITOR, OPENED))
    assert "Không tìm thấy người nào" in page(client.get("/van-phong/nhan-su/"))
    assert invited(client) == ""


def test_a_search_finds_people_by_name_and_role(desk: Client, person) -> None:
    person(Role.EDITOR, "11296-2025", name="Trần Văn Nam")
    person(Role.VIEWER, "11296-2025", name="Phạm Thị Hoa")
    shown = page(desk.get("/van-phong/nhan-su/", {"q": "văn nam", "role": "editor"}))
    assert "Trần Văn Nam" in shown
    assert "Phạm Thị Hoa" not in shown


def test_one_changes_ones_own_name_and_nothing_else(desk: Client, approver) -> None:
    sent = {"name": "Tên Mới", "title": "Chánh Văn phòng", "language": "en", "email": "x@y.vn", "is_active": ""}
    desk.post("/van-phong/tai-khoan/", sent)
    email = approver.email
    approver.refresh_from_db()
    assert (approver.name, approver.language, approver.email, approver.is_active) == ("Tên Mới", "en", email, True)


def test_nobody_takes_anothers_name_unseen(desk: Client, approver) -> None:
    before = approver.name
    for name in ("Tên Người Khác", "Tên Người Khác"):
        desk.post("/van-phong/tai-khoan/", {"name": name, "title": "", "language": "vi"})
    entry = LogEntry.objects.get(act="person-name")
    assert (entry.detail["before"][0], entry.detail["after"][0]) == (before, "Tên Người Khác")
    assert entry.unit == approver.duties.get().unit


def test_a_slip_of_the_finger_in_a_new_password_is_told(desk: Client, client: Client) -> None:
    answer = client.post(invited(desk), joining(PASSWORD, f"{PASSWORD}!"))
    assert "Hai lần nhập mật khẩu không giống nhau" in page(answer)
    assert not Person.objects.filter(email="lan@haiphong.gov.vn").exists()


def test_who_has_no_password_is_offered_none_to_change(desk: Client, approver: Person) -> None:
    address = "/van-phong/tai-khoan/mat-khau/"
    assert address in page(desk.get("/van-phong/tai-khoan/"))
    approver.set_unusable_password()
    approver.save()
    desk.force_login(approver, backend="allauth.account.auth_backends.AuthenticationBackend")
    account = page(desk.get("/van-phong/tai-khoan/", follow=True))
    assert address not in account
    assert desk.get(address, follow=True).status_code == 200
