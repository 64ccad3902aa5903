"""Sessions end by themselves, one by one, or all at once; forms must be our own."""

import dataclasses
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.office.people.conftest import code, come_in, enter

from quetsach.core.errors import QuetsachError
from quetsach.web.office.demonstration import hire
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.services.account import sessions_clear
from quetsach.web.office.people.sessions import IDLE_SECONDS, LONGEST_SECONDS, SessionStore, is_over, stored_name, touch

TIMES = st.floats(0, 2e9)
LENGTHS = st.floats(0, 10 * LONGEST_SECONDS)


@pytest.fixture
def editor(person) -> Person:
    return person("editor", "31-2020")


@given(TIMES, LENGTHS)
def test_an_idle_session_is_over_after_an_hour(begun: float, idle: float) -> None:
    session: dict = {}
    touch(session, now=begun)
    assert is_over(session, now=begun + idle) == (begun + idle - begun > IDLE_SECONDS)


@given(st.lists(st.floats(1, IDLE_SECONDS - 61), max_size=40))
def test_a_session_in_use_is_over_after_twelve_hours(pauses: list[float]) -> None:
    session: dict = {}
    touch(session, now=1e9)
    now = 1e9
    for pause in pauses:
        now += pause
        assert is_over(session, now=now) == (now - 1e9 > LONGEST_SECONDS)
        touch(session, now=now)


@given(TIMES)
def test_a_clock_that_was_set_back_ends_the_session(begun: float) -> None:
    session: dict = {}
    touch(session, now=begun)
    assert is_over(session, now=begun - 10)


def test_use_is_noted_once_a_minute() -> None:
    session: dict = {}
    assert [touch(session, now=now) for now in (0.0, 30.0, 61.0, 62.0)] == [True, False, True, False]


@pytest.mark.parametrize(("name", "seconds"), [("office.seen", IDLE_SECONDS), ("office.begun", LONGEST_SECONDS)])
def test_a_session_that_is_over_leads_to_signing_in_again(client: Client, editor, name: str, seconds: int) -> None:
    come_in(client, editor)
    client.get("/van-phong/")
    session = client.session
    session[name] = time.time() - seconds - 5
    session.save()
    assert client.get("/van-phong/nhat-ky/")["Location"] == "/van-phong/vao/?next=/van-phong/nhat-ky/"
    assert "_auth_user_id" not in client.session


def test_one_ends_another_session_of_ones_own(editor) -> None:
    here, there = come_in(Client(), editor), Client()
    enter(there, editor)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    there.post("/van-phong/vao/ma/", {"code": RecoveryCodes.activate(editor).generate_codes()[0]})
    assert there.get("/van-phong/").status_code == 200
    other = UserSession.objects.get(session_key=stored_name(there.session.session_key))
    here.post(f"/van-phong/tai-khoan/phien/{other.pk}/")
    assert there.get("/van-phong/").status_code == 302
    assert here.get("/van-phong/").status_code == 200


def test_one_ends_all_others_and_stays(editor) -> None:
    here = come_in(Client(), editor)
    UserSession.objects.create(user=editor, ip="127.0.0.1", session_key="gone", user_agent="x")
    here.post("/van-phong/tai-khoan/phien/")
    assert [s.session_key for s in UserSession.objects.all()] == [stored_name(here.session.session_key)]
    assert here.get("/van-phong/").status_code == 200


def test_nobody_ends_the_session_of_another(editor, person) -> None:
    here, other = come_in(Client(), editor), person("editor", "31-2020")
    theirs = UserSession.objects.create(user=other, ip="127.0.0.1", session_key="theirs", user_agent="x")
    here.post(f"/van-phong/tai-khoan/phien/{theirs.pk}/")
    assert UserSession.objects.filter(pk=theirs.pk).exists()


def test_a_new_password_ends_other_sessions(editor) -> None:
    here, there = come_in(Client(), editor), Client()
    there.force_login(editor, backend="allauth.account.auth_backends.AuthenticationBackend")
    new = "một câu khác còn dài hơn 2021"
    from tests.unit.web.office.conftest import PASSWORD

    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/van-phong/tai-khoan/mat-khau/", sent).status_code == 302
    assert here.get("/van-phong/").status_code == 200
    assert there.get("/van-phong/")["Location"].startswith("/van-phong/vao/")


def test_a_form_without_our_token_is_refused(editor) -> None:
    client = come_in(Client(enforce_csrf_checks=True), editor)
    assert client.post("/van-phong/tai-khoan/phien/").status_code == 403


@pytest.mark.parametrize("path", ["/van-phong/vao/", "/van-phong/tai-khoan/ra/"])
def test_a_form_on_another_site_is_refused(editor, path: str) -> None:
    client = come_in(Client(), editor)
    assert client.post(path, {}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/van-phong/").status_code == 200


def test_power_over_people_asks_for_the_second_factor_again(client: Client, person) -> None:
    come_in(client, person("approver", "31-2020"))
    assert client.get("/van-phong/nhan-su/moi/").status_code == 200
    session = client.session
    session["account_authentication_methods"] = [
        record | {"at": record["at"] - 16 * 60} for record in session["account_authentication_methods"]
    ]
    session.save()
    answer = client.get("/van-phong/nhan-su/moi/")
    assert answer["Location"].startswith("/van-phong/tai-khoan/lai/ma/")
    from django.core.cache import cache

    cache.clear()  # the code that was used a moment ago may be used again here
    assert client.post(answer["Location"], {"code": code()})["Location"] == "/van-phong/nhan-su/moi/"
    assert client.get("/van-phong/nhan-su/moi/").status_code == 200


def test_sessions_whose_time_is_over_are_thrown_away(db) -> None:
    for seconds in (-1, 60):
        session = SessionStore()
        session.set_expiry(seconds)
        session.save()
    sessions_clear()
    assert Session.objects.get().session_key == stored_name(session.session_key)


def test_who_reads_the_database_cannot_take_a_session_over(client: Client, editor: Person) -> None:
    come_in(client, editor)
    kept = [row.session_key for kind in (Session, UserSession) for row in kind.objects.all()]
    assert len(kept) >= 2
    assert client.session.session_key not in kept
    for key in kept:
        thief = Client()
        for cookie in ("office", "office-en"):
            thief.cookies[cookie] = key
        assert thief.get("/van-phong/")["Location"].startswith("/van-phong/vao/")
    assert client.get("/van-phong/").status_code == 200


def test_invented_people_do_not_come_into_a_real_centre(client: Client, editor: Person, settings) -> None:
    editor.email = "an@demonstration.invalid"
    editor.save()
    come_in(client, editor)
    assert client.get("/van-phong/").status_code == 200
    settings.CENTER = dataclasses.replace(settings.CENTER, is_real=True)
    assert client.get("/van-phong/")["Location"].startswith("/van-phong/vao/")
    again = Client()
    assert enter(again, editor, follow=True).status_code == 403
    with pytest.raises(QuetsachError, match="invented"):
        hire()
