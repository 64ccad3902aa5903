"""What a password may be: long, any signs, as it is typed, and not made of words that anybody would try here."""

import dataclasses

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.office.people.conftest import PASSWORD, come_in, enter

from quetsach.web.office.people.models import Person
from quetsach.web.office.people.passwords import own_words
from quetsach.web.office.tree.selectors import folded


@pytest.fixture
def named(settings) -> None:
    settings.CENTER = dataclasses.replace(
        settings.CENTER, public_url="https://sachmang.gov.vn", controller="Cục An toàn thông tin"
    )


@pytest.mark.parametrize(
    "password",
    [
        "QuetSach-2026",
        "Quét Sạch 2026!",
        "chiến dịch 2026",
        "mật-khẩu-mã-độc-1",
        "sachmang.gov.vn1",
        "an toàn thông tin",
        "PASSWORD.campaign",
    ],
)
def test_words_that_anybody_would_try_here_are_no_password(named, password: str) -> None:
    with pytest.raises(ValidationError) as error:
        validate_password(password)
    assert "password_own_words" in [one.code for one in error.value.error_list]


@pytest.mark.parametrize("password", ["quetsach gạo nếp ba kho", "bốn con cò trắng bay"])
def test_beside_such_a_word_or_without_one_enough_of_ones_own_is_taken(named, password: str) -> None:
    validate_password(password)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=24, max_size=200))
def test_any_signs_are_taken_up_to_any_length(password: str) -> None:
    """Nothing demands or forbids kinds of signs; only what is common or of own words is refused."""
    if not any(word in folded(password) for word in own_words()) and not password.strip().isdigit():
        validate_password(password)


def test_a_password_is_taken_as_it_is_typed(client: Client, person) -> None:
    spaced = "  bốn con cò trắng  "
    somebody = person("editor", "31-2020")
    enter(client, somebody)
    changed = {"oldpassword": PASSWORD, "password1": spaced, "password2": spaced}
    client.post("/van-phong/tai-khoan/mat-khau/", changed)
    held = Person.objects.get(pk=somebody.pk)
    assert held.check_password(spaced)
    assert not held.check_password(spaced.strip())


def test_a_new_password_needs_the_present_one(client: Client, person) -> None:
    somebody = person("editor", "31-2020")
    enter(client, somebody)
    new = "bốn con cò trắng bay"
    answer = client.post("/van-phong/tai-khoan/mat-khau/", {"oldpassword": "x", "password1": new, "password2": new})
    assert answer.status_code == 200
    assert Person.objects.get(pk=somebody.pk).check_password(PASSWORD)


def test_entry_is_hidden_and_open_to_password_managers(client: Client, person) -> None:
    enter(client, person("editor", "31-2020"))
    page = client.get("/van-phong/tai-khoan/mat-khau/").content.decode()
    assert page.count('type="password"') == 3
    assert page.count('autocomplete="new-password"') == 2
    assert 'autocomplete="current-password"' in page
    assert "maxlength" not in page.partition("<main")[2]


def test_each_sign_in_has_a_token_of_its_own(client: Client, person) -> None:
    somebody = person("editor", "31-2020")
    client.get("/van-phong/vao/")
    before = {cookie.value for name, cookie in client.cookies.items() if "office" in name}
    come_in(client, somebody)
    after = {cookie.value for name, cookie in client.cookies.items() if "office" in name and cookie.value}
    assert after
    assert not before & after
