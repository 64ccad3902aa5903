"""A duty reaches over its unit's subtree of the day, and over what succeeded it."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quetsach.campaign.authority import Duty, Permission, Role, may, may_give, scope
from quetsach.web.office.people.access import duties_of, may_do, require, visible
from quetsach.web.office.people.models import Duty as StoredDuty
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Position

from .conftest import TODAY

AFTER = date(2026, 1, 1)


def keys(person, act: Permission, day: date = TODAY) -> set[str]:
    return set(Position.objects.filter(visible(person, act, day=day)).values_list("unit__key", flat=True))


def test_an_editor_sees_the_own_subtree_and_nothing_else(person) -> None:
    assert keys(person("editor", "303-2020"), Permission.SEE) == {"303-2020", "11296-2020", "11299-2020"}


def test_somebody_without_duties_sees_nothing(person) -> None:
    assert keys(person(None), Permission.SEE) == set()


def test_an_operator_sees_the_tree_of_the_day(person) -> None:
    assert "31-2020" in keys(person("operator"), Permission.SEE)
    assert "31-2020" not in keys(person("operator"), Permission.SEE, AFTER)


def test_a_duty_goes_over_to_the_successor(person, units) -> None:
    who = person("editor", "31-2020")
    assert may_do(who, Permission.ENTER_RETURN, units["31-2025"], day=AFTER)
    assert may_do(who, Permission.SEE, units["31-2020"], day=AFTER)
    assert not may_do(who, Permission.SEE, units["01-2025"], day=AFTER)


def test_what_one_may_not_even_see_is_hidden(person, units) -> None:
    who = person("viewer", "31-2020")
    with pytest.raises(AccessError) as seen:
        require(who, Permission.ENTER_RETURN, units["31-2020"], day=TODAY)
    with pytest.raises(AccessError) as unseen:
        require(who, Permission.ENTER_RETURN, units["01-2020"], day=TODAY)
    assert (seen.value.is_hidden, unseen.value.is_hidden) == (False, True)


def test_a_key_that_begins_like_another_is_another_unit() -> None:
    assert not may([Duty(Role.EDITOR, "/tw/3/")], Permission.SEE, "/tw/31/")


def test_a_scope_holds_no_top_below_another() -> None:
    duties = [Duty(Role.EDITOR, "/tw/31/303/"), Duty(Role.VIEWER, "/tw/31/"), Duty(Role.EDITOR, "/tw/01/")]
    assert scope(duties, Permission.SEE) == ("/tw/01/", "/tw/31/")
    assert scope(duties, Permission.ENTER_RETURN) == ("/tw/01/", "/tw/31/303/")


def test_nobody_gives_more_than_he_has() -> None:
    approver = [Duty(Role.APPROVER, "/tw/31/")]
    assert may_give(approver, Duty(Role.EDITOR, "/tw/31/303/"))
    assert not may_give(approver, Duty(Role.EDITOR, "/tw/01/"))
    assert not may_give(approver, Duty(Role.OPERATOR, "/tw/31/"))
    assert not may_give([Duty(Role.EDITOR, "/tw/31/")], Duty(Role.VIEWER, "/tw/31/"))
    assert may_give([Duty(Role.OPERATOR, "/tw/")], Duty(Role.ANALYST, "/tw/"))
    assert not may_give([Duty(Role.OPERATOR, "/tw/")], Duty(Role.ANALYST, "/tw/31/"))


def test_many_duties_are_read_with_one_query(person, units) -> None:
    who = person("editor", "31-2020")
    for key in ("303-2020", "11296-2020", "01-2020"):
        StoredDuty.objects.create(person=who, role=Role.VIEWER, unit=units[key], first=date(2020, 1, 1))
    with CaptureQueriesContext(connection) as asked:
        found = duties_of(who, day=TODAY)
    assert len(found) == 4
    assert len(asked) == 1
