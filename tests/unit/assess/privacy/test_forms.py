"""Rounding, cell-key noise, folding and dominance."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.assess.privacy import (
    Cell,
    Known,
    Rounded,
    Sum,
    perturbed_cells,
    recovered,
    rounded_cells,
    tells_of_one,
)
from quetsach.assess.privacy.suppression import LARGEST_NOISE, known_of
from quetsach.core.errors import InputError

KEY = b"k" * 32
TABLES = st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=6)


def cells_of(table: list[list[int]]) -> dict[Cell, int]:
    return {(f"r{n}", f"c{m}"): value for n, row in enumerate(table) for m, value in enumerate(row)}


def margins(counts: dict[Cell, int]) -> list[tuple[Cell, ...]]:
    rows, columns = sorted({c[0] for c in counts}), sorted({c[1] for c in counts})
    return [tuple(c for c in counts if c[side] == name) for side, names in ((0, rows), (1, columns)) for name in names]


def test_counts_under_ten_are_a_class_and_others_are_tens() -> None:
    assert [Rounded.of(n).value for n in (0, 9, 10, 14, 15, 1004)] == [None, None, 10, 10, 20, 1000]
    assert Rounded.of(3).text("vi") == "dưới 10"
    assert Rounded.of(1234).text("vi") == "1.230"


@given(st.integers(0, 10_000))
def test_a_count_lies_in_what_its_rounding_tells(count: int) -> None:
    known = Rounded.of(count).known
    assert known.low <= count <= known.high
    assert Rounded.of(int(known.low)) == Rounded.of(int(known.high)) == Rounded.of(count)


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 60), min_size=10, max_size=10), min_size=10, max_size=12))
def test_a_rounded_table_with_rounded_margins_gives_nothing_back(table: list[list[int]]) -> None:
    counts = cells_of(table)
    shown = {cell: rounded.known for cell, rounded in rounded_cells(counts).items()}
    sums = [Sum(line, Rounded.of(sum(counts[c] for c in line)).known) for line in margins(counts)]
    outermost = all(value in (0, 9) or value % 10 in (4, 5) for value in counts.values())
    assert outermost or recovered(shown, sums) == {}


@given(TABLES)
def test_noise_is_bounded_zero_stays_zero_and_nothing_is_given_back(table: list[list[int]]) -> None:
    counts = cells_of(table)
    printed = perturbed_cells(counts, key=KEY, table="infected, 2026-11")
    for cell, count in counts.items():
        assert abs(printed[cell] - count) <= LARGEST_NOISE
        assert known_of(printed[cell]).low <= count <= known_of(printed[cell]).high
        assert count or not printed[cell]
    sums = [Sum(line, Known(0)) for line in margins(counts)]  # printed totals are sums of what is printed
    assert recovered({cell: known_of(value) for cell, value in printed.items()}, sums) == {}


def test_the_same_cell_has_the_same_noise_for_ever_and_only_with_the_key() -> None:
    counts: dict[Cell, int] = {(f"p{n}", "sality"): 100 for n in range(200)}
    once = perturbed_cells(counts, key=KEY, table="2026-11")
    assert once == perturbed_cells(counts, key=KEY, table="2026-11")
    part = {cell: count for cell, count in counts.items() if cell[0] < "p3"}
    assert perturbed_cells(part, key=KEY, table="2026-11").items() <= once.items()
    assert once != perturbed_cells(counts, key=b"q" * 32, table="2026-11")


def test_noise_has_no_drift() -> None:
    counts: dict[Cell, int] = {(f"p{n}", "sality"): 100 for n in range(4000)}
    moved = [value - 100 for value in perturbed_cells(counts, key=KEY, table="t").values()]
    assert set(moved) == set(range(-LARGEST_NOISE, LARGEST_NOISE + 1))
    assert abs(sum(moved) / len(moved)) < 0.15


def test_a_short_key_is_refused() -> None:
    with pytest.raises(InputError, match="32 bytes"):
        perturbed_cells({("a", "b"): 12}, key=b"short", table="t")


@pytest.mark.parametrize(
    ("contributions", "tells"),
    [([4, 3, 3], False), ([3, 3, 3], True), ([20, 20], True), ([20, 20, 0], True), ([50, 25, 24], True),
     ([50, 25, 25], False), ([], True)],
)  # fmt: skip
def test_a_cell_of_few_or_of_one_is_not_published(contributions: list[int], tells: bool) -> None:
    assert tells_of_one(contributions) is tells
