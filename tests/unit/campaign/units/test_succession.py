from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.campaign.units.country import BY_KEY, CITY, REFORM, SUCCESSIONS, whole

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.unit import Succession, apportion, recast, succession_faults

LATER = date(2026, 3, 1)


def _recast(day: date = LATER, **figures: int) -> dict[str, int]:
    by_key = {name.removeprefix("u").replace("_", "-"): figure for name, figure in figures.items()}
    return recast(by_key, BY_KEY, SUCCESSIONS, day=day)


def test_two_provinces_that_merged_become_one_sum() -> None:
    assert _recast(u31_2020=700, u30_2020=301) == {"31-2025": 1001}


def test_a_split_commune_is_divided_by_share_into_whole_numbers() -> None:
    assert _recast(u11299_2020=100) == {"11296-2025": 67, "11948-2025": 33}


def test_a_single_machine_of_a_split_commune_goes_to_the_larger_part() -> None:
    assert _recast(u11299_2020=1) == {"11296-2025": 1, "11948-2025": 0}


def test_what_an_abolished_district_had_goes_to_the_province_of_today() -> None:
    assert _recast(u303_2020=12) == {"31-2025": 12}


def test_reforms_of_several_days_follow_each_other() -> None:
    assert _recast(u19750_2020=5) == {"46-2025": 5}


def test_figures_stay_where_they_are_while_the_unit_exists() -> None:
    assert _recast(day=date(2020, 12, 1), u11299_2020=9) == {"11299-2020": 9}


def test_figures_are_not_carried_back_in_time() -> None:
    with pytest.raises(UnitsError, match="carried forward only"):
        _recast(day=date(2020, 12, 1), u11296_2025=9)


@pytest.mark.parametrize(("figures", "message"), [({"x": 1}, "no such unit"), ({"31-2020": -1}, "below zero")])
def test_what_is_no_figure_of_a_unit_is_refused(figures: dict[str, int], message: str) -> None:
    with pytest.raises(UnitsError, match=message):
        recast(figures, BY_KEY, SUCCESSIONS, day=LATER)


def test_successions_that_lead_round_are_refused() -> None:
    ring = [whole("31-2020", "30-2020"), whole("30-2020", "31-2020")]
    with pytest.raises(UnitsError, match="does not exist on 2025-07-01"):
        recast({"31-2020": 1}, BY_KEY, ring, day=LATER)


@pytest.mark.parametrize(
    ("succession", "fault"),
    [
        (whole("31-2020", "32-2025"), "there is no unit 32-2025"),
        (whole("31-2020", "31-2025", CITY), "31-2020 does not close on 2025-01-01"),
        (whole("31-2020", "30-2020"), "30-2020 does not exist on 2025-07-01"),
        (Succession("31-2020", "31-2025", REFORM, 500_000), "the shares of 31-2020 add up to 0.5, not to 1"),
    ],
)
def test_a_faulty_succession_is_told(succession: Succession, fault: str) -> None:
    assert [(row, what.en) for row, what in succession_faults([succession], BY_KEY)] == [(succession, fault)]


def test_sound_successions_have_no_fault() -> None:
    assert succession_faults(SUCCESSIONS, BY_KEY) == []


def test_a_top_that_closed_without_successor_is_told() -> None:
    gone = {**BY_KEY, "tw": replace(BY_KEY["tw"], closed=date(2026, 1, 1))}
    with pytest.raises(UnitsError, match="nobody has what it had"):
        recast({"tw": 1}, gone, [], day=LATER)


@given(st.integers(0, 10**12), st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8))
def test_apportioned_parts_add_up_and_are_within_one_of_their_share(total: int, shares: list[int]) -> None:
    parts = apportion(total, shares)
    assert sum(parts) == total
    assert all(
        abs(part - total * share / sum(shares)) < 1 + total * 1e-12 for part, share in zip(parts, shares, strict=True)
    )


@given(st.dictionaries(st.sampled_from([k for k, u in BY_KEY.items() if u.opened < CITY]), st.integers(0, 10**9)))
def test_recasting_loses_and_adds_nothing(figures: dict[str, int]) -> None:
    after = recast(figures, BY_KEY, SUCCESSIONS, day=LATER)
    assert sum(after.values()) == sum(figures.values())
    assert all(BY_KEY[key].closed is None for key in after)


@given(st.dictionaries(st.sampled_from([k for k, u in BY_KEY.items() if u.opened < CITY]), st.integers(0, 10**9)))
def test_recasting_in_two_steps_is_recasting_in_one(figures: dict[str, int]) -> None:
    between = recast(figures, BY_KEY, SUCCESSIONS, day=CITY)
    assert recast(between, BY_KEY, SUCCESSIONS, day=LATER) == recast(figures, BY_KEY, SUCCESSIONS, day=LATER)
