import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.assess.estimate import AssessError, NotEstimableReason
from quetsach.assess.privacy import Cell, Known, Sum, recovered, release_refusal

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
