from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.campaign.units.country import CITY, UNITS

from quetsach.campaign.units.tree import Tree, positions, roll_up

PLACES = positions(UNITS)
OCTOBER = Tree.on(PLACES, date(2020, 10, 6))
BELOW_31 = ["11296-2020", "11299-2020", "303-2020", "31-2020", "318-2020"]


def test_a_total_sums_the_unit_and_all_below_it() -> None:
    rows = {"31-2020": {"scanned": 1}, "303-2020": {"scanned": 10}, "11296-2020": {"scanned": 100, "infected": 7}}
    total = roll_up(rows, OCTOBER, expected=[], level=1)["31-2020"]
    assert total.figures == {"scanned": 111, "infected": 7}


def test_completeness_counts_who_reported_among_who_owes() -> None:
    rows = {"11296-2020": {"scanned": 0}, "303-2020": {"scanned": 5}}
    total = roll_up(rows, OCTOBER, expected=["11296-2020", "11299-2020"], level=1)["31-2020"]
    assert (total.reported, total.expected) == (1, 2)


def test_a_place_where_nobody_reported_is_still_told() -> None:
    total = roll_up({}, OCTOBER, expected=["10507-2020"], level=1)["30-2020"]
    assert (total.figures, total.reported, total.expected) == ({}, 0, 1)


def test_the_tree_of_the_period_decides() -> None:
    rows = {"19750-2020": {"scanned": 3}}
    before, after = (Tree.on(PLACES, day) for day in (date(2024, 12, 31), CITY))
    assert list(roll_up(rows, before, expected=[], level=1)) == ["46-2020"]
    assert list(roll_up(rows, after, expected=[], level=1)) == ["46-2025"]


def test_a_unit_above_the_level_counts_nowhere() -> None:
    assert roll_up({"tw": {"scanned": 1}, "31-2020": {"scanned": 1}}, OCTOBER, expected=["tw"], level=2) == {}


def test_a_tree_knows_what_is_above_and_below() -> None:
    assert OCTOBER.above("11296-2020") == ["tw", "31-2020", "303-2020", "11296-2020"]
    assert sorted(OCTOBER.below("31-2020")) == BELOW_31
    assert (OCTOBER.level("303-2020"), OCTOBER.above("31-2025"), OCTOBER.below("31-2025")) == (2, [], [])


@given(st.dictionaries(st.sampled_from(sorted(OCTOBER.paths)), st.integers(0, 1000)))
def test_the_totals_of_a_level_add_up_to_everything_at_or_below_it(scanned: dict[str, int]) -> None:
    rows = {key: {"scanned": figure} for key, figure in scanned.items()}
    for level in range(4):
        totals = roll_up(rows, OCTOBER, expected=list(scanned), level=level).values()
        counted = {key: figure for key, figure in scanned.items() if OCTOBER.level(key) >= level}
        assert sum(total.figures.get("scanned", 0) for total in totals) == sum(counted.values())
        assert sum(total.reported for total in totals) == sum(total.expected for total in totals) == len(counted)
