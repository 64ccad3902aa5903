"""Nobody comes in without a second factor, and who fails learns nothing."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.test import Client
from tests.unit.web.office.conftest import PASSWORD
from tests.unit.web.office.people.conftest import SECRET, code, come_in, enter

from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people import adapter
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.sessions import stored_name


@pytest.fixture
def editor(person) -> Person:
    return person("editor", "31-2020")


def told(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def test_password_and_code_open_the_desk(client: Client, editor) -> None:
    come_in(client, editor)
    assert client.get("/van-phong/").status_code == 200
    assert LogEntry.objects.get(act="sign-in").person == editor


def test_looking_at_the_page_leaves_no_cookie_and_no_session(client: Client, db) -> None:
    assert not client.get("/van-phong/vao/").cookies
    assert not Session.objects.exists()


def test_the_session_has_a_cookie_for_each_address_of_the_office_and_none_for_the_public(client, editor) -> None:
    come_in(client, editor)
    cookies = {name: (c["path"], c["httponly"], c["samesite"]) for name, c in client.cookies.items()}
    assert cookies == {"office": ("/van-phong/", True, "Lax"), "office-en": ("/en/office/", True, "Lax")}


@pytest.mark.parametrize("kept", ["office", "office-en"])
def test_either_cookie_opens_the_session(client: Client, editor, kept: str) -> None:
    come_in(client, editor)
    other = Client()
    other.cookies[kept] = client.cookies[kept].value
    assert other.get("/van-phong/").status_code == 200


def test_https_makes_the_cookies_secure(client: Client, editor, settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    come_in(client, editor)
    assert all(cookie["secure"] for cookie in client.cookies.values())


def test_a_password_alone_opens_nothing(client: Client, editor) -> None:
    TOTP.activate(editor, SECRET)
    enter(client, editor)
    assert client.get("/van-phong/")["Location"].startswith("/van-phong/vao/")


def test_who_has_no_second_factor_reaches_his_account_and_nothing_else(client: Client, editor) -> None:
    enter(client, editor)
    assert client.get("/van-phong/")["Location"] == "/van-phong/tai-khoan/buoc-hai/"
    assert client.get("/van-phong/tai-khoan/").status_code == 200
    assert client.get("/van-phong/don-vi/")["Location"] == "/van-phong/tai-khoan/buoc-hai/"


def test_a_session_that_never_showed_the_second_factor_ends_once_there_is_one(client: Client, editor) -> None:
    enter(client, editor)
    TOTP.activate(editor, SECRET)
    assert client.get("/van-phong/tai-khoan/")["Location"] == "/van-phong/vao/"
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(client: Client, editor) -> None:
    stranger = Person(email="nobody@example.vn")
    wrong, unknown = (enter(client, who, password="sai mật khẩu rồi") for who in (editor, stranger))
    assert wrong.status_code == unknown.status_code == 200
    assert told(wrong).replace(editor.email, "") == told(unknown).replace(stranger.email, "")
    assert "không đúng" in told(wrong)


def test_a_wrong_password_is_logged_without_anything_that_was_typed(client: Client, editor, caplog) -> None:
    enter(client, editor, password="sai mật khẩu rồi")
    enter(client, Person(email="mat-khau-go-nham-o"), password="gì đó")
    enter(client, Person(email="nobody@example.vn"), password="gì đó")
    enter(client, editor)
    found = [record.message for record in caplog.records if record.name == "quetsach.web.security"]
    assert found[0] == f"sign-in refused: wrong password, person {editor.pk}"
    assert set(found[1:]) == {"sign-in refused: no such person"}
    assert not re.search("example|mật|mat-khau", " ".join(found))


def test_an_unknown_address_costs_a_hash_as_well(client: Client, db, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    monkeypatch.setattr(Person, "set_password", lambda self, password: hashed.append(password))
    enter(client, Person(email="nobody@example.vn"), password="gì đó")
    assert hashed == ["gì đó"]


def test_after_five_wrong_passwords_the_right_one_waits_too(client: Client, editor) -> None:
    for _ in range(5):
        enter(client, editor, password="sai")
    assert "quá nhiều lần" in told(enter(client, editor))


def test_wrong_codes_are_limited_and_logged(client: Client, editor) -> None:
    TOTP.activate(editor, SECRET)
    enter(client, editor)
    for _ in range(5):
        client.post("/van-phong/vao/ma/", {"code": "000000"})
    assert "quá nhiều lần" in told(client.post("/van-phong/vao/ma/", {"code": code()}))
    assert LogEntry.objects.filter(act="second-factor-refused").count() == 5


def test_a_code_works_once(editor) -> None:
    come_in(Client(), editor)
    again = Client()
    enter(again, editor)
    assert again.post("/van-phong/vao/ma/", {"code": code()}).status_code == 200


def test_a_recovery_code_works_once(editor) -> None:
    TOTP.activate(editor, SECRET)
    spare = RecoveryCodes.activate(editor).generate_codes()[0]
    results = []
    for _ in range(2):
        client = Client()
        enter(client, editor)
        results.append(client.post("/van-phong/vao/ma/", {"code": spare}).status_code)
    assert results == [302, 200]


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_signing_in_leads_to_our_own_pages_alone(client: Client, editor, settings, target: str) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    TOTP.activate(editor, SECRET)
    client.post("/van-phong/vao/", {"login": editor.email, "password": PASSWORD, "next": target})
    assert client.post("/van-phong/vao/ma/", {"code": code()})["Location"] == "/van-phong/"


def test_one_comes_back_to_the_page_one_wanted(client: Client, editor) -> None:
    TOTP.activate(editor, SECRET)
    client.post("/van-phong/vao/", {"login": editor.email, "password": PASSWORD, "next": "/van-phong/nhat-ky/"})
    assert client.post("/van-phong/vao/ma/", {"code": code()})["Location"] == "/van-phong/nhat-ky/"


def test_somebody_who_left_does_not_come_in(client: Client, editor) -> None:
    editor.is_active = False
    editor.save()
    answer = enter(client, editor, follow=True)
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


def test_signing_out_ends_the_session(client: Client, editor) -> None:
    come_in(client, editor)
    key = client.session.session_key
    client.post("/van-phong/tai-khoan/ra/")
    assert not Session.objects.filter(session_key=stored_name(key)).exists()


def test_the_key_of_the_app_is_not_kept_in_clear(editor) -> None:
    TOTP.activate(editor, SECRET)
    RecoveryCodes.activate(editor)
    stored = {a.type: a.data for a in Authenticator.objects.all()}
    assert SECRET not in str(stored)
    assert stored["recovery_codes"]["seed"].startswith("gAAAA")


def test_with_another_centres_key_no_code_is_right(client: Client, editor, settings) -> None:
    TOTP.activate(editor, SECRET)
    settings.SECRET_KEY = "another key, fifty characters or more, of another centre"
    enter(client, editor)
    assert client.post("/van-phong/vao/ma/", {"code": code()}).status_code == 200


def test_the_last_second_factor_stays(client: Client, editor) -> None:
    come_in(client, editor)
    assert "duy nhất" in told(client.get("/van-phong/tai-khoan/buoc-hai/ung-dung/bo/"))
    client.post("/van-phong/tai-khoan/buoc-hai/ung-dung/bo/")
    assert Authenticator.objects.filter(user=editor, type="totp").exists()


@pytest.mark.django_db(transaction=True)
def test_setting_an_app_up_opens_the_office_and_gives_recovery_codes(client: Client, editor) -> None:
    enter(client, editor)
    page = "/van-phong/tai-khoan/buoc-hai/ung-dung/"
    assert client.get(page)["Location"].startswith("/van-phong/tai-khoan/lai/")
    client.post("/van-phong/tai-khoan/lai/", {"password": PASSWORD})
    secret = re.search(r'class="hash">(\w+)<', client.get(page).content.decode())
    assert secret
    client.post(page, {"code": code(secret=secret[1])})
    assert client.get("/van-phong/").status_code == 200
    page = told(client.get("/van-phong/tai-khoan/buoc-hai/ma-du-phong/"))
    assert len(re.findall(r"<code>\d{8}</code>", page)) == 10
    assert "<code>" not in told(client.get("/van-phong/tai-khoan/buoc-hai/ma-du-phong/"))


def test_nobody_signs_up(client: Client, db) -> None:
    from django.urls import NoReverseMatch, reverse

    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


@pytest.mark.parametrize("page", ["/van-phong/vao/", "/en/office/sign-in/"])
def test_the_pages_of_the_office_allow_our_own_script_and_no_other(client: Client, editor, page: str) -> None:
    assert "script-src 'self'" in client.get(page)["Content-Security-Policy"]
    come_in(client, editor)
    assert "script-src 'self'" in client.get("/van-phong/")["Content-Security-Policy"]
    assert "unsafe" not in client.get("/van-phong/")["Content-Security-Policy"]


def test_questions_for_passkeys_are_limited_and_their_sessions_short(client: Client, db) -> None:
    asked = [client.get("/van-phong/vao/passkey/", headers={"accept": "application/json"}) for _ in range(61)]
    assert [answer.status_code for answer in asked] == [200] * 60 + [429]
    assert asked[0].json()["request_options"]["publicKey"]["userVerification"] == "required"
    assert client.session.get_expiry_age() == 600


@pytest.mark.parametrize("credential", ["", "{}", "[]", "x", '{"response": {"userHandle": "MQ"}}', '{"response": 1}'])
def test_a_senseless_passkey_is_refused(client: Client, editor, credential: str) -> None:
    client.get("/van-phong/vao/passkey/", headers={"accept": "application/json"})
    answer = client.post("/van-phong/vao/passkey/", {"credential": credential})
    assert answer["Location"] == "/van-phong/vao/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("page", "words"),
    [("/van-phong/doi-tac/moi/", "Chưa có gì được lưu"), ("/en/office/partners/moi/", "Nothing was saved")],
)
def test_a_form_from_an_ended_session_is_refused_with_what_to_do(client, editor, page: str, words: str) -> None:
    come_in(client, editor)
    client.handler.enforce_csrf_checks = True
    answer = client.post(page, {"name": "A"})
    assert (answer.status_code, words in told(answer)) == (403, True)


def test_who_tries_thirty_times_a_minute_is_told_to_wait(client: Client, db) -> None:
    answers = [client.post("/van-phong/vao/", {"login": "x", "password": ""}) for _ in range(31)]
    assert answers[-1].status_code == 429
    assert "Thử quá nhiều lần" in told(answers[-1])


@pytest.mark.parametrize(
    ("language", "door", "desk"),
    [
        ("vi", "/van-phong/vao/", "/van-phong/"),
        ("en", "/van-phong/vao/", "/en/office/"),
        ("vi", "/en/office/sign-in/", "/en/office/"),
    ],
)
def test_who_prefers_english_finds_the_desk_in_english(client: Client, editor, language, door, desk) -> None:
    editor.language = language
    editor.save()
    TOTP.activate(editor, SECRET)
    client.post(door, {"login": editor.email, "password": PASSWORD})
    assert client.post(f"{door}ma/", {"code": code()})["Location"] == desk


@pytest.fixture
def three_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody together fail three times a minute."""
    monkeypatch.setattr(adapter, "_FAILED", {"failed": "3/m/key"})


def fail(number: int) -> None:
    """Guess from an address, and for an account, that nobody tried before."""
    guess = {"login": f"guess{number}@example.vn", "password": "sai"}
    Client(REMOTE_ADDR=f"203.0.113.{number}").post("/van-phong/vao/", guess)


def test_guesses_from_many_addresses_are_bounded_together(client: Client, editor, three_failures) -> None:
    TOTP.activate(editor, SECRET)
    for number in range(3):
        fail(number)
    answer = enter(client, editor)
    assert answer.status_code == 200
    assert "Đã thử quá nhiều lần" in told(answer)


def test_the_bound_is_over_soon_after_the_guesses(client: Client, editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_FAILED", {"failed": "3/1s/key"})
    for number in range(4):
        fail(number)
    time.sleep(1.1)
    come_in(client, editor)


def test_right_passwords_do_not_count_among_the_guesses(editor, three_failures) -> None:
    TOTP.activate(editor, SECRET)
    for _ in range(5):
        assert enter(Client(), editor).status_code == 302


def test_a_passkey_is_asked_for_also_while_others_guess(client: Client, db, three_failures) -> None:
    for number in range(4):
        fail(number)
    answer = client.get("/van-phong/vao/passkey/", headers={"x-requested-with": "XMLHttpRequest"})
    assert answer.status_code == 200
