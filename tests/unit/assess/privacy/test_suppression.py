from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.assess.estimate import SMALLEST_CELL
from quetsach.assess.privacy import Cell, Relation, given_away, hidden_cells


def column(values: dict[str, int], name: str = "infected") -> tuple[dict[Cell, int], list[Relation]]:
    cells = {(row, name): value for row, value in values.items()}
    return cells, [Relation(tuple(cells))]


def determined(cells: set[Cell], relations: list[Relation]) -> set[Cell]:
    """Return the hidden cells that exact elimination over the fractions solves."""
    order = sorted(cells)
    rows = [
        [Fraction((cell in r.parts) - (cell == r.total)) for cell in order]
        for r in relations
        if cells.intersection(r.cells)
    ]
    pivot = 0
    for at in range(len(order)):
        found = next((n for n in range(pivot, len(rows)) if rows[n][at]), None)
        if found is None:
            continue
        rows[pivot], rows[found] = rows[found], rows[pivot]
        rows[pivot] = [value / rows[pivot][at] for value in rows[pivot]]
        for n, row in enumerate(rows):
            if n != pivot and row[at]:
                rows[n] = [a - row[at] * b for a, b in zip(row, rows[pivot], strict=True)]
        pivot += 1
    return {order[row.index(1)] for row in rows if sum(1 for value in row if value) == 1}


def test_a_table_without_small_cells_is_printed_whole() -> None:
    assert hidden_cells(*column({"31": 40, "01": 10})) == frozenset()


def test_one_small_cell_takes_the_next_smallest_with_it() -> None:
    assert hidden_cells(*column({"31": 3, "01": 50, "48": 20})) == {("31", "infected"), ("48", "infected")}


def test_hidden_cells_that_are_few_together_take_another_with_them() -> None:
    assert hidden_cells(*column({"31": 0, "01": 0, "48": 20, "79": 90})) == {
        ("31", "infected"), ("01", "infected"), ("48", "infected"),
    }  # fmt: skip


def test_a_row_that_adds_up_does_not_give_its_part_back() -> None:
    values = {("31", "infected"): 50, ("31", "cleaned"): 44, ("31", "unresolved"): 6}
    row = Relation((("31", "cleaned"), ("31", "unresolved")), ("31", "infected"))
    assert hidden_cells(values, [row]) == {("31", "unresolved"), ("31", "cleaned")}


def test_where_everything_is_small_everything_is_hidden() -> None:
    assert len(hidden_cells(*column({"31": 1, "01": 2}))) == 2


def test_where_zeros_are_printed_ten_hidden_cells_with_ten_have_one_each() -> None:
    values, whole = column({f"{n:02d}": 1 for n in range(10)} | {"79": 40, "80": 70})
    small = {cell for cell, value in values.items() if value == 1}
    assert given_away(values, whole, small, least=1) == small
    assert hidden_cells(values, whole, least=1) == small | {("79", "infected")}
    assert hidden_cells(values, whole) == small


def test_what_is_at_most_another_figure_is_part_of_the_attack() -> None:
    """Two hidden cells make 20 together; neither can be more than the 10 that were looked at."""
    values = {("a", "found"): 10, ("b", "found"): 10, ("a", "seen"): 10, ("b", "seen"): 10, ("c", "found"): 3}
    whole = Relation((("a", "found"), ("b", "found")))
    limits = [Relation(((row, "found"),), (row, "seen"), is_at_most=True) for row in "ab"]
    hidden = {("a", "found"), ("b", "found")}
    assert given_away(values, [whole], hidden) == set()
    assert given_away(values, [whole, *limits], hidden) == hidden


def test_a_sum_that_differs_with_an_excuse_tells_nothing() -> None:
    values = {("a", "infected"): 50, ("a", "cleaned"): 30, ("a", "unresolved"): 6}
    row = Relation((("a", "cleaned"), ("a", "unresolved")), ("a", "infected"))
    assert given_away(values, [row], {("a", "unresolved")}) == set()


TABLES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=7)


@settings(max_examples=20)
@given(TABLES)
def test_margins_do_not_give_a_hidden_cell_back(rows: list[tuple[int, int, int]]) -> None:
    names = ("cleaned", "reinstalled", "unresolved")
    values: dict[Cell, int] = {}
    relations: list[Relation] = []
    for n, row in enumerate(rows):
        values |= {(str(n), name): value for name, value in zip(names, row, strict=True)}
        values[str(n), "infected"] = sum(row)
        relations.append(Relation(tuple((str(n), name) for name in names), (str(n), "infected")))
    relations += [Relation(tuple((str(n), name) for n in range(len(rows)))) for name in (*names, "infected")]
    hidden = set(hidden_cells(values, relations))
    assert {cell for cell, value in values.items() if value < SMALLEST_CELL} <= hidden
    assert not given_away(values, relations, hidden) - given_away(values, relations, values)
    if hidden != set(values):
        solved = determined(hidden, relations)
        # What is solved although it is hidden stands in a column or row that has nothing more to hide.
        assert all(any(cell in r.cells and set(r.cells) <= hidden for r in relations) for cell in solved)


def test_what_an_earlier_publication_hid_stays_hidden() -> None:
    cells = {(name, "n"): value for name, value in (("a", 4), ("b", 45), ("c", 6), ("d", 100))}
    whole = [Relation(tuple(cells))]
    assert hidden_cells(cells, whole) == {("a", "n"), ("c", "n")}
    assert hidden_cells(cells, whole, before=[("a", "n"), ("b", "n"), ("gone", "n")]) == {
        ("a", "n"),
        ("b", "n"),
        ("c", "n"),
    }
