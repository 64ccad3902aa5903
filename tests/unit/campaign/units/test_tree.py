import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.campaign.units.country import BY_KEY, CITY, REFORM, START, UNITS, unit

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.tree import Position, is_top, positions, tree_faults
from quetsach.campaign.units.unit import Unit, UnitKind

DAY = timedelta(days=1)


def _paths(units: Sequence[Unit], day: date) -> dict[str, str]:
    return {place.unit: place.path for place in positions(units) if place.holds_on(day)}


def _complaints(*units: Unit) -> list[tuple[str, str]]:
    changed = {found.key: found for found in (*UNITS, *units)}
    return [(fault.unit, fault.column) for fault in tree_faults(changed.values())]


def test_a_path_leads_from_the_centre_to_the_unit() -> None:
    assert _paths(UNITS, date(2020, 10, 6))["11296-2020"] == "/tw/31-2020/303-2020/11296-2020/"


def test_the_level_counts_from_the_centre() -> None:
    levels = {place.unit: place.level for place in positions(UNITS)}
    assert (levels["tw"], levels["31-2020"], levels["303-2020"], levels["11296-2020"], levels["11296-2025"]) == (
        0,
        1,
        2,
        3,
        2,
    )


def test_what_stands_below_a_unit_that_moves_moves_with_it() -> None:
    commune = [(p.path, p.first, p.until) for p in positions(UNITS) if p.unit == "19750-2020"]
    assert commune == [
        ("/tw/46-2020/474-2020/19750-2020/", START, CITY),
        ("/tw/46-2025/474-2020/19750-2020/", CITY, REFORM),
    ]


def test_the_day_of_the_reform_belongs_to_the_new_tree() -> None:
    assert "303-2020" in _paths(UNITS, REFORM - DAY)
    assert set(_paths(UNITS, REFORM)) == {"tw", "31-2025", "46-2025", "11296-2025", "11948-2025", "10507-2025"}


def test_a_ring_of_units_is_refused() -> None:
    assert _complaints(unit("303-2020", "11296-2020")) == [
        ("303-2020", "parent"),
        ("11296-2020", "parent"),
        ("11299-2020", "parent"),
    ]


def test_units_that_change_places_on_one_day_are_no_ring() -> None:
    one = replace(BY_KEY["303-2020"], parents=((START, "31-2020"), (CITY, "318-2020")))
    other = replace(BY_KEY["318-2020"], parents=((START, "303-2020"), (CITY, "31-2020")))
    assert _complaints(one, other) == []


def test_a_unit_outside_the_days_of_its_parent_is_refused() -> None:
    assert _complaints(replace(BY_KEY["11296-2020"], closed=None)) == [("11296-2020", "parent")]


def test_a_parent_that_does_not_exist_is_refused() -> None:
    assert _complaints(unit("11302-2020", "305-2020")) == [("11302-2020", "parent")]


def test_two_parents_on_one_day_are_refused() -> None:
    assert _complaints(replace(BY_KEY["11296-2020"], parents=((START, "303-2020"), (START, "290-2020")))) == [
        ("11296-2020", "parent")
    ]


def test_days_without_a_parent_are_refused() -> None:
    assert _complaints(replace(BY_KEY["11296-2020"], parents=((START + DAY, "303-2020"),))) == [
        ("11296-2020", "parent")
    ]


def test_only_the_centre_reports_to_nobody() -> None:
    assert _complaints(replace(BY_KEY["31-2020"], parents=())) == [("31-2020", "parent")]
    assert _complaints(replace(BY_KEY["tw"], parents=((START, "31-2020"),))) == [("tw", "parent")]


def test_a_unit_cannot_close_before_it_opens() -> None:
    assert _complaints(replace(BY_KEY["11299-2020"], closed=START)) == [("11299-2020", "closed")]


def test_a_move_after_the_end_is_refused() -> None:
    late = replace(BY_KEY["11299-2020"], parents=((START, "303-2020"), (REFORM, "31-2020")))
    assert _complaints(late) == [("11299-2020", "parent")]


def test_positions_of_a_faulty_tree_are_refused_with_the_unit() -> None:
    with pytest.raises(UnitsError, match="there is no unit 305-2020") as refused:
        positions([*UNITS, unit("11302-2020", "305-2020")])
    assert (refused.value.where, bool(refused.value.hint)) == ("11302-2020", True)


def test_the_top_is_the_unit_of_the_kind_centre_whatever_its_key() -> None:
    top = replace(BY_KEY["tw"], key="co")
    paths = [place.path for place in positions([top, unit("31-2020", "co")])]
    assert paths == ["/co/", "/co/31-2020/"]
    assert [is_top(path) for path in paths] == [True, False]


def test_who_has_nobody_above_is_told_what_stands_at_the_top() -> None:
    fault, *_ = tree_faults([unit("co", None), unit("31-2020", "co")])
    assert (fault.unit, fault.column) == ("co", "parent")
    assert fault.hint.en.endswith("at the top of the tree stands one unit of the kind centre")


def test_a_second_centre_is_refused() -> None:
    assert _complaints(unit("co", None, kind="centre")) == [("co", "kind")]


ROOT = "tw"
DAYS = 12


@st.composite
def _forests(draw: st.DrawFn) -> list[Unit]:
    """Units with days and moves as they come: some trees are sound, some are not."""
    made = [Unit(ROOT, "TW", "Trung tâm", "", UnitKind.CENTRE, START)]
    count = draw(st.integers(1, 6))
    keys = [ROOT, *(f"u{n}" for n in range(count))]
    for key in keys[1:]:
        first = draw(st.integers(0, DAYS - 2))
        until = draw(st.one_of(st.none(), st.integers(first + 1, DAYS)))
        moves = sorted(draw(st.sets(st.integers(first + 1, DAYS - 1), max_size=2)))
        starts = [first, *moves]
        parents = tuple(
            (START + day * DAY, draw(st.sampled_from([ROOT, ROOT, *(k for k in keys if k != key)]))) for day in starts
        )
        closed = None if until is None else START + until * DAY
        made.append(Unit(key, key.upper(), key, "", UnitKind.AGENCY, START + first * DAY, closed, "", parents))
    return made


def _naive_path(by_key: dict[str, Unit], key: str, day: date) -> str | None:
    """Follow parents up on one day; None where that leads nowhere."""
    line: list[str] = []
    while True:
        found = by_key.get(key)
        if found is None or key in line or found.opened > day or (found.closed is not None and found.closed <= day):
            return None
        line.insert(0, key)
        if key == ROOT:
            return "/" + "/".join(line) + "/"
        since = [parent for first, parent in found.parents if first <= day]
        key = since[-1]


@given(_forests())
def test_positions_are_what_following_the_parents_up_each_day_gives(units: list[Unit]) -> None:
    by_key = {found.key: found for found in units}
    days = [START + n * DAY for n in range(DAYS + 2)]
    expected = {
        (found.key, day): _naive_path(by_key, found.key, day)
        for found in units
        for day in days
        if found.opened <= day and (found.closed is None or day < found.closed)
    }
    late = any(found.closed and found.parents and found.parents[-1][0] >= found.closed for found in units)
    if late or None in expected.values():
        assert tree_faults(units)
        return
    found_paths: dict[tuple[str, date], str] = {}
    for place in positions(units):
        for day in days:
            if place.holds_on(day):
                assert (place.unit, day) not in found_paths
                found_paths[place.unit, day] = place.path
    assert found_paths == expected


@given(_forests())
def test_a_position_is_as_long_as_nothing_above_it_moves(units: list[Unit]) -> None:
    if tree_faults(units):
        return
    by_unit: dict[str, list[Position]] = {}
    for place in sorted(positions(units), key=lambda p: p.first):
        by_unit.setdefault(place.unit, []).append(place)
    for spans in by_unit.values():
        for before, after in itertools.pairwise(spans):
            assert before.until == after.first
