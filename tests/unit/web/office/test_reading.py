"""What a page asks twice is asked once, and never remembered beyond the page."""

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.web.office.people.access import duties_of
from quetsach.web.office.people.models import Duty
from quetsach.web.office.reading import kept_while_read, page_read

from .conftest import TODAY


def counting():
    asked: list[object] = []

    @kept_while_read
    def ask(what: object, *, more: int = 0) -> object:
        asked.append((what, more))
        return object()

    return ask, asked


def test_within_a_page_the_same_question_is_asked_once() -> None:
    ask, asked = counting()
    with page_read():
        assert ask("a", more=1) is ask("a", more=1)
        ask("a", more=2)
    assert asked == [("a", 1), ("a", 2)]


def test_outside_a_page_and_in_the_next_one_it_is_asked_anew() -> None:
    ask, asked = counting()
    ask("a")
    ask("a")
    for _page in range(2):
        with page_read():
            ask("a")
    assert len(asked) == 4


def test_a_fault_ends_the_page_too() -> None:
    ask, asked = counting()

    def page() -> None:
        with page_read():
            ask("a")
            raise KeyError

    with pytest.raises(KeyError):
        page()
    ask("a")
    assert len(asked) == 2


def test_a_duty_that_ends_is_gone_with_the_next_page(units, person, signed_in) -> None:
    who = person(Role.OPERATOR)
    client: Client = signed_in(who)
    assert client.get("/van-phong/chien-dich/").status_code == 200
    Duty.objects.filter(person=who).delete()
    assert client.get("/van-phong/chien-dich/").status_code in {403, 404}
    assert duties_of(who, day=TODAY) == ()
