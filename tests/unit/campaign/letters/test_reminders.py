"""Who is reminded when; nobody twice of the same."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import PolicyError
from quetsach.campaign.letters.reminders import Digest, Pending, Policy, Reminder, days_text, plan, read_days

DUE = date(2020, 10, 23)
POLICY = Policy()


def on(day: int, *pending: Pending, told: frozenset[tuple[str, int]] = frozenset()):
    return plan(pending, due=DUE, today=DUE + timedelta(days=day), policy=POLICY, told=told)


def test_nobody_is_reminded_before_the_first_day() -> None:
    assert on(-4, Pending("hai-phong", "tw")) == on(-99)


@pytest.mark.parametrize(("today", "day"), [(-3, -3), (-2, -3), (-1, -1), (0, 0), (1, 1), (2, 1), (40, 3)])
def test_the_latest_day_that_has_come_is_reminded_of(today: int, day: int) -> None:
    assert on(today, Pending("hai-phong", "tw")).reminders == (Reminder("hai-phong", day),)


def test_what_went_out_is_not_sent_again() -> None:
    assert on(-2, Pending("hai-phong", "tw", reminded=frozenset({-3}))).reminders == ()


def test_a_unit_that_was_told_a_later_day_is_not_told_an_earlier_one() -> None:
    assert on(-1, Pending("hai-phong", "tw", reminded=frozenset({0}))).reminders == ()


def test_a_unit_that_no_mail_reaches_is_left_to_the_unit_above() -> None:
    planned = on(1, Pending("hai-phong", "tw", is_reachable=False))
    assert planned.reminders == ()
    assert planned.digests == (Digest("tw", 1, ("hai-phong",), ("hai-phong",)),)


def test_the_unit_above_gets_one_digest_of_all_its_late_units() -> None:
    planned = on(1, Pending("b", "tw"), Pending("a", "tw"), Pending("c", "hai-phong"))
    assert planned.digests == (Digest("hai-phong", 1, ("c",), ()), Digest("tw", 1, ("a", "b"), ()))


def test_the_unit_above_is_told_nothing_while_nobody_is_late() -> None:
    assert on(0, Pending("a", "tw")).digests == ()


def test_a_digest_that_went_out_is_not_sent_again() -> None:
    assert on(2, Pending("a", "tw"), told=frozenset({("tw", 1)})).digests == ()


def test_the_centre_has_nobody_above_to_tell() -> None:
    assert on(9, Pending("tw", "")).digests == ()


@given(st.lists(st.integers(-9, 30), max_size=30))
def test_whenever_it_runs_no_reminder_and_no_digest_goes_out_twice(days: list[int]) -> None:
    reminded: list[int] = []
    told: list[tuple[str, int]] = []
    for day in sorted(days):
        planned = on(day, Pending("a", "tw", reminded=frozenset(reminded)), told=frozenset(told))
        reminded += [r.day for r in planned.reminders]
        told += [(d.parent, d.day) for d in planned.digests]
    assert len(set(reminded)) == len(reminded)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("days", [(1, 0), (1, 1), (400,)])
def test_a_policy_out_of_order_is_refused(days: tuple[int, ...]) -> None:
    with pytest.raises(PolicyError, match="rise"):
        Policy(unit_days=days)


def test_the_unit_above_is_never_told_before_something_is_late() -> None:
    with pytest.raises(PolicyError, match="begin at 1"):
        Policy(parent_days=(0,))


@pytest.mark.parametrize(
    ("text", "days"), [("-3, -1, 0, 1, 3", (-3, -1, 0, 1, 3)), ("\u22122;+4", (-2, 4)), (" 7 ", (7,)), ("", ())]
)
def test_days_are_read_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    assert read_days(text) == days
    assert read_days(days_text(days)) == days


@pytest.mark.parametrize("text", ["soon", "1.5", "--1", "1 - 3", "9999"])
def test_what_is_no_list_of_days_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="no days"):
        read_days(text)


def test_a_policy_without_days_never_reminds() -> None:
    never = Policy((), ())
    assert never.span is None
    assert plan([Pending("a", "tw")], due=DUE, today=DUE + timedelta(days=9), policy=never) == on(-99)
