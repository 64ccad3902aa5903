"""Who sees which unit, of today and of before: the page's door and the export agree."""

from datetime import date

import pytest
from tests.unit.web.office.conftest import OPENED, TODAY

from quetsach.campaign.authority import Permission, Role
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.units.selectors import answering, require_sight, seen_keys

LATER = date(2026, 1, 1)


def _open_to(person, day: date) -> set[str]:
    found = set()
    for unit in Unit.objects.all():
        try:
            require_sight(person, unit, day=day)
        except AccessError:
            continue
        found.add(unit.key)
    return found


@pytest.mark.parametrize("day", [TODAY, LATER])
@pytest.mark.parametrize(
    "top", ["tw", "01-2020", "31-2020", "303-2020", "11296-2020", "11299-2020", "31-2025", "11296-2025"]
)
def test_the_page_s_door_and_the_export_agree(person, top: str, day: date) -> None:
    somebody = person(Role.VIEWER, top, first=OPENED)
    assert seen_keys(somebody, Permission.SEE, day=day) == _open_to(somebody, day)


def test_nobody_is_left_the_powers_of_an_abolished_district(person) -> None:
    editor = person(Role.EDITOR, "303-2020")
    assert seen_keys(editor, Permission.SEE, day=TODAY) == {"303-2020", "11296-2020", "11299-2020"}
    assert seen_keys(editor, Permission.SEE, day=LATER) == set()


def test_the_centre_sees_every_time(person) -> None:
    operator = person(Role.OPERATOR)
    everything = set(Unit.objects.values_list("key", flat=True))
    assert (
        seen_keys(operator, Permission.SEE, day=TODAY) == seen_keys(operator, Permission.SEE, day=LATER) == everything
    )


@pytest.mark.parametrize(
    ("key", "answers"),
    [("31-2025", "31-2025"), ("31-2020", "31-2020"), ("303-2020", "31-2020"), ("11299-2020", "31-2020"), ("tw", "tw")],
)
def test_an_abolished_unit_is_answered_for_by_what_was_above_it(units, key: str, answers: str) -> None:
    assert answering(units[key], day=LATER).key == answers
