from quetsach.assess.privacy import Cell, Known, Published, Shift, Sum, recovered, together

A, B, C = ("a", "n"), ("b", "n"), ("c", "n")
SMALL = Known(0, 9)


def attacked(first: Published, second: Published, shift: Shift) -> dict[Cell, int]:
    both = together(first, second, shift)
    return dict(recovered(both.shown, both.sums))


def table(shown: dict[Cell, Known], total: int) -> Published:
    return Published(shown, [Sum(tuple(shown), Known.exactly(total))])


def test_a_cell_that_is_shown_when_the_table_is_published_again_gives_the_other_hidden_one_back() -> None:
    first = table({A: SMALL, B: Known(0), C: Known.exactly(20)}, 36)
    second = table({A: SMALL, B: Known.exactly(12), C: Known(0)}, 36)
    assert recovered(first.shown, first.sums) == {}
    assert recovered(second.shown, second.sums) == {}
    assert attacked(first, second, Shift.SAME)["1|a", "n"] == 4


def test_exact_figures_tell_what_came_between_them() -> None:
    first, second = (table({A: Known.exactly(n), B: Known.exactly(50)}, n + 50) for n in (20, 23))
    assert attacked(first, second, Shift.GROWN)["+|a", "n"] == 3


def test_a_window_that_slides_tells_the_difference_of_two_days_and_neither() -> None:
    first, second = (table({A: Known.exactly(n), B: Known.exactly(50)}, n + 50) for n in (20, 23))
    assert attacked(first, second, Shift.SLID) == {}


def test_a_row_that_had_nothing_tells_the_day_that_entered_when_the_window_slides() -> None:
    first, second = (Published({A: Known.exactly(n)}, []) for n in (0, 13))
    told = attacked(first, second, Shift.SLID)
    assert told["-|a", "n"] == 0
    assert told["+|a", "n"] == 13
