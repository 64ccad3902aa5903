from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.campaign.partners.test_partner_declarations import declared

from quetsach.campaign.partners.declaration import CountedAs, Figure, Part, across, totals

DAY = date(2020, 10, 6)


def _part(machines: int, *, product: str = "A", version: str = "", first: date = DAY, declaration: int = 1) -> Part:
    return Part(declaration, product, version, first, 3, (2 * machines, machines, 0, 0, 0), (3, 2, 0, 0, 0))


def _figure(*parts: Part, measure: str = "machines", **changes: object) -> Figure:
    return next(f for f in totals(parts, {1: declared(**changes)}) if f.measure == measure)


def test_turns_add_up() -> None:
    figure = _figure(_part(5), _part(7, product="B"), _part(9, first=DAY + timedelta(1)), measure="turns")
    assert (figure.counted_as, figure.least, figure.most, figure.is_exact) == (CountedAs.TURNS, 42, 42, True)


def test_machines_of_two_days_lie_between_the_fuller_day_and_the_sum() -> None:
    figure = _figure(_part(5), _part(9, first=DAY + timedelta(1)))
    assert (figure.least, figure.most, figure.is_exact) == (9, 14, False)


def test_machines_of_products_add_up_only_where_the_partner_declares_no_overlap() -> None:
    parts = (_part(5), _part(7, product="B"))
    assert (_figure(*parts).least, _figure(*parts).most) == (7, 12)
    assert _figure(*parts, products='"none"').is_exact


def test_two_versions_may_be_one_machine_that_was_updated() -> None:
    figure = _figure(_part(5, version="1"), _part(7, version="2"), products='"none"')
    assert (figure.least, figure.most) == (7, 12)


def test_a_total_says_in_how_many_rows_the_figure_was_given() -> None:
    figure = _figure(_part(5), _part(7))
    assert (figure.given, figure.rows) == (4, 6)


def test_a_measure_that_no_row_gives_has_no_total() -> None:
    assert {f.measure for f in totals([_part(5)], {1: declared()})} == {"turns", "machines"}


def test_outcomes_declared_as_turns_are_never_added_to_machines() -> None:
    parts = [Part(n, "A", "", DAY + timedelta(n), 1, (0, 0, 10 * n, 0, 0), (0, 0, 1, 0, 0)) for n in (1, 2)]
    found = totals(parts, {1: declared(), 2: declared(version=2, outcomes='"turns"')})
    assert {(f.measure, f.counted_as, f.most) for f in found} == {
        ("infected", CountedAs.MACHINES, 10),
        ("infected", CountedAs.TURNS, 20),
    }


def test_over_partners_there_are_bounds_only() -> None:
    [both] = across(
        [Figure("machines", CountedAs.MACHINES, 5, 6, 1, 1), Figure("machines", CountedAs.MACHINES, 9, 9, 2, 1)]
    )
    assert (both.least, both.most, both.rows, both.given) == (9, 15, 3, 2)


MACHINES = st.sets(st.integers(0, 30), max_size=20)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3), MACHINES), min_size=1, max_size=12))
def test_the_true_number_of_machines_lies_within_the_bounds(reports: list[tuple[str, int, set[int]]]) -> None:
    """Each report is the set of machines of one product and day; the partner sends only how many there are."""
    seen: dict[tuple[str, int], set[int]] = {}
    for product, day, machines in reports:
        seen.setdefault((product, day), set()).update(machines)
    parts = [_part(len(m), product=p, first=DAY + timedelta(d)) for (p, d), m in seen.items()]
    figure = _figure(*parts)
    assert figure.least <= len(set().union(*seen.values())) <= figure.most
