import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.assess.estimate import AssessError, NotEstimableReason
from quetsach.assess.privacy import Cell, Known, Sum, recovered, release_refusal
from quetsach.assess.privacy.attack import Published, Shift, together

A, B, C = ("a", "n"), ("b", "n"), ("c", "n")
SMALL = Known(1, 9)


def test_one_hidden_cell_beside_its_total_is_recovered() -> None:
    assert recovered({A: SMALL, B: Known.exactly(20)}, [Sum((A, B), Known.exactly(27))]) == {A: 7}


def test_two_hidden_cells_share_what_is_left() -> None:
    assert recovered({A: SMALL, B: SMALL, C: Known.exactly(20)}, [Sum((A, B, C), Known.exactly(30))]) == {}


def test_hidden_cells_at_the_end_of_their_class_are_recovered() -> None:
    assert recovered({A: SMALL, B: SMALL}, [Sum((A, B), Known.exactly(18))]) == {A: 9, B: 9}


def test_a_chain_of_equations_gives_what_no_single_one_does() -> None:
    """a + b = 10, b + c = 9, a + c = 7."""
    sums = [Sum((A, B), Known.exactly(10)), Sum((B, C), Known.exactly(9)), Sum((A, C), Known.exactly(7))]
    assert recovered(dict.fromkeys((A, B, C), Known(0)), sums) == {A: 4, B: 6, C: 3}


def test_a_hidden_total_of_the_table_is_a_cell_like_others() -> None:
    assert recovered({A: Known.exactly(12), B: Known.exactly(3), C: Known(0)}, [Sum((A, B), C)]) == {C: 15}


def test_a_total_in_a_range_leaves_a_range() -> None:
    assert recovered({A: Known(0), B: Known.exactly(3)}, [Sum((A, B), Known(10, 11))]) == {}
    assert recovered({A: Known(0, 7), B: Known.exactly(3)}, [Sum((A, B), Known(10))]) == {A: 7}


@pytest.mark.parametrize(("low", "high", "value"), [(4, 4.9, 4), (4.1, 5, 5), (4, 5, None), (4.2, 4.8, None)])
def test_a_cell_of_no_sum_is_recovered_where_one_whole_number_is_in_its_range(
    low: float, high: float, value: int | None
) -> None:
    assert recovered({A: Known(low, high)}, []) == ({} if value is None else {A: value})


def test_rounded_figures_leave_what_their_halves_of_a_step_leave() -> None:
    """By hand, with steps of 10: 15 to 25 and 5 to 15 make 20 to 40, and the total says 40 at least, or 39."""
    for total, found in ((40, {A: 25, B: 15}), (39, {})):
        assert recovered({A: Known(15, 25), B: Known(5, 15)}, [Sum((A, B), Known(total))]) == found
        upper = Known(0, 60 - total)  # and from below: 20 at most, or 21
        assert recovered({A: Known(15, 25), B: Known(5, 15)}, [Sum((A, B), upper)]) == ({A: 15, B: 5} if found else {})


def test_only_the_cells_that_are_wanted_are_looked_for() -> None:
    shown, sums = {A: SMALL, B: SMALL, C: SMALL}, [Sum((A, B), Known.exactly(18)), Sum((C,), Known.exactly(5))]
    assert recovered(shown, sums) == {A: 9, B: 9, C: 5}
    assert recovered(shown, sums, wanted={A, C}) == {A: 9, C: 5}
    assert recovered(shown, sums, wanted=set()) == {}


def test_a_cell_that_has_no_upper_end_may_be_as_large_as_its_sum_needs() -> None:
    """A difference of two cells of which nothing is known leaves both open; one that is fixed fixes the other."""
    assert recovered({A: Known(0), B: Known(0), C: Known.exactly(1_000)}, [Sum((B, C), A)]) == {}
    assert recovered({A: Known(0), B: Known.exactly(0), C: Known.exactly(1_000)}, [Sum((B, C), A)]) == {A: 1_000}


@pytest.mark.parametrize("shift", list(Shift))
def test_of_two_publications_the_second_gives_away_what_the_first_one_hid(shift: Shift) -> None:
    """Hidden first and printed then: known where the days are the same, and no more than a range where they are not."""
    first, second = Published({A: SMALL}, []), Published({A: Known.exactly(4)}, [])
    both = together(first, second, shift)
    found = recovered(both.shown, both.sums)
    assert found.get(("1|a", "n")) == (4 if shift is Shift.SAME else None)
    assert both.shown["2|a", "n"] == Known.exactly(4)
    grown = together(Published({A: Known(4, 9)}, []), second, shift)
    recovered_grown = recovered(grown.shown, grown.sums).get(("1|a", "n"))
    assert recovered_grown == (None if shift is Shift.SLID else 4)  # what grows was never more than it is


def test_sums_of_both_publications_hold_beside_each_other() -> None:
    sums = [Sum((A, B), C)]
    one = Published({A: SMALL, B: Known.exactly(20), C: Known.exactly(27)}, sums)
    other = Published({A: SMALL, B: SMALL, C: Known.exactly(12)}, [Sum((A, B), C)])
    both = together(one, other, Shift.SLID)
    found = recovered(both.shown, both.sums)
    assert found[("1|a", "n")] == 7
    assert ("2|a", "n") not in found


def test_figures_that_contradict_each_other_are_an_error() -> None:
    with pytest.raises(AssessError, match="contradict"):
        recovered({A: SMALL, B: SMALL}, [Sum((A, B), Known.exactly(40))])


def test_a_table_that_gives_a_cell_away_is_refused_for_publication() -> None:
    refusal = release_refusal({A: SMALL, B: Known.exactly(20)}, [Sum((A, B), Known.exactly(27))])
    assert refusal
    assert refusal.reason is NotEstimableReason.CELLS_RECOVERED
    assert refusal.measured == {"recovered": 1, "protected": 1}
    assert release_refusal({A: SMALL, B: SMALL}, [Sum((A, B), Known.exactly(12))]) is None


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 4), min_size=9, max_size=9),
    st.sets(st.integers(0, 8), min_size=1),
    st.sets(st.integers(0, 5), min_size=1),
)
def test_what_is_recovered_is_what_trying_every_table_finds(
    values: list[int], hidden: set[int], margins: set[int]
) -> None:
    """Three rows and columns with some margins: against every filling of the hidden cells with 0 to 4."""
    cells: list[Cell] = [(f"r{n // 3}", f"c{n % 3}") for n in range(9)]
    lines = [[3 * n, 3 * n + 1, 3 * n + 2] for n in range(3)] + [[n, n + 3, n + 6] for n in range(3)]
    printed = [lines[n] for n in sorted(margins)]
    shown = {cell: Known(0, 4) if n in hidden else Known.exactly(values[n]) for n, cell in enumerate(cells)}
    sums = [Sum(tuple(cells[n] for n in line), Known.exactly(sum(values[n] for n in line))) for line in printed]
    places = sorted(hidden)
    possible: dict[int, set[int]] = {n: set() for n in places}
    if len(places) > 6:
        return  # too many to try
    for filling in itertools.product(range(5), repeat=len(places)):
        tried = dict(enumerate(values)) | dict(zip(places, filling, strict=True))
        if all(sum(tried[n] for n in line) == sum(values[n] for n in line) for line in printed):
            for n in places:
                possible[n].add(tried[n])
    certain = {cells[n]: next(iter(found)) for n, found in possible.items() if len(found) == 1}
    assert recovered(shown, sums) == certain
