"""Lost updates: whoever saves second is shown both texts, in every form that changes something."""

import re

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.web.office.editions import differences, edition_of, word_changes
from quetsach.web.office.tree.models import Contact


@pytest.fixture
def operator(person, signed_in) -> Client:
    return signed_in(person(Role.OPERATOR))


def edition_in(page: str) -> str:
    found = re.search(r'name="edition" value="(\w+)"', page)
    assert found
    return found[1]


def check(client: Client, path: str, first: dict[str, str], second: dict[str, str]) -> None:
    """Send two forms that were opened on one edition: the second is refused, and goes through when sent again."""
    opened = edition_in(client.get(path).content.decode())
    assert client.post(path, first | {"edition": opened}).status_code == 302
    answer = client.post(path, second | {"edition": opened})
    page = answer.content.decode()
    assert "đã được người khác thay đổi" in page
    assert "<del>" in page
    assert "<ins>" in page
    assert client.post(path, second | {"edition": edition_in(page)}).status_code == 302


def test_a_contact(operator, units) -> None:
    contact = Contact.objects.create(unit=units["31-2025"], email="a@xa.example", phone="1900", is_primary=True)
    path = f"/van-phong/don-vi/31-2025/lien-he/{contact.pk}/"
    check(operator, path, {"email": "b@xa.example"}, {"email": "c@xa.example", "is_primary": "on"})
    contact.refresh_from_db()
    assert contact.email == "c@xa.example"


def test_a_unit(operator) -> None:
    path = "/van-phong/don-vi/31-2025/sua/"
    check(operator, path, {"name_vi": "Hải Phòng", "decree": "1"}, {"name_vi": "Thành phố cảng", "decree": "2"})


def test_a_form_that_nobody_else_touched_goes_through_at_once(operator) -> None:
    path = "/van-phong/don-vi/31-2025/sua/"
    opened = edition_in(operator.get(path).content.decode())
    assert operator.post(path, {"name_vi": "Hải Phòng", "edition": opened}).status_code == 302


def test_an_edition_is_of_the_values_and_not_of_their_order() -> None:
    assert edition_of({"a": 1, "b": None}) == edition_of({"b": None, "a": 1}) != edition_of({"a": 1, "b": ""})


def test_line_ends_are_no_difference() -> None:
    assert differences([("Nội dung", "một\nhai", "một\r\nhai "), ("Số", 1, 2)])[0].label == "Số"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("một hai ba", "một bốn ba"),
        ("một\nhai\n", "một\n\nhai"),
        ("", "mới"),
        ("a " * 5000, "b " * 5000),
    ],
)
def test_the_pieces_make_both_texts(old: str, new: str) -> None:
    pieces = word_changes(old, new)
    assert "".join(p.text for p in pieces if p.kind != "new") == old
    assert "".join(p.text for p in pieces if p.kind != "old") == new


def test_only_the_words_that_changed_are_marked() -> None:
    pieces = word_changes("Đề nghị quý đơn vị triển khai.", "Đề nghị quý đơn vị báo cáo.")
    assert [(p.kind, p.text) for p in pieces] == [
        ("same", "Đề nghị quý đơn vị "),
        ("old", "triển khai."),
        ("new", "báo cáo."),
    ]
