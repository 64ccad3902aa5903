from dataclasses import replace
from datetime import date

import pytest

from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import (
    Decision,
    DecisionKind,
    check_decision,
    decided_botnets,
    digest_of,
    in_force,
)

TODAY = date(2020, 9, 10)
FIRST = Decision(
    number=1,
    kind=DecisionKind.BOTNETS,
    title="Mười mạng botnet",
    grounds="Vì chiếm nhiều địa chỉ nhất",
    decided_on=date(2020, 9, 1),
    decided_by="A",
    subjects=("andromeda", "conficker"),
    figures={"families": [{"id": "andromeda", "mean_daily": 10.5}]},
)
SECOND = replace(FIRST, number=2, subjects=("andromeda", "sality"), supersedes=1)


def test_the_decision_in_force_names_the_botnets() -> None:
    assert decided_botnets([FIRST, SECOND]) == ("andromeda", "sality")
    assert in_force([FIRST, SECOND]) == (SECOND,)


def test_without_a_decision_there_are_no_botnets() -> None:
    assert decided_botnets([]) == ()


def test_a_changed_figure_changes_the_digest() -> None:
    assert replace(FIRST, figures={"families": []}).digest != FIRST.digest


def test_the_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"grounds": ""}, "grounds"),
        ({"decided_on": date(2020, 9, 11)}, "decided_on"),
        ({"subjects": ("a", "a")}, "subjects"),
        ({"subjects": ()}, "subjects"),
        ({"supersedes": None}, "supersedes"),
        ({"supersedes": 7}, "supersedes"),
        ({"kind": DecisionKind.ISPS}, "supersedes"),
    ],
)
def test_a_decision_that_cannot_stand_is_refused(wrong: dict, where: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        check_decision(replace(SECOND, **wrong), [FIRST], today=TODAY)
    assert refused.value.field == where


def test_what_was_superseded_cannot_be_superseded_again() -> None:
    third = replace(FIRST, number=3, supersedes=1)
    with pytest.raises(ScheduleError, match="cannot be superseded"):
        check_decision(third, [FIRST, SECOND], today=TODAY)


def test_a_decision_that_takes_the_place_of_the_one_in_force_stands() -> None:
    check_decision(SECOND, [FIRST], today=TODAY)
