"""The tables of a report beside each other: none gives back what another one leaves out."""

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.evaluation.judged import cases, grades
from tests.unit.web.evaluation.samples import inputs

from quetsach.assess.estimate import SMALLEST_CELL, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.comparison import Comparison, Gone
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.privacy import folded_rows
from quetsach.centre.evaluation import withholding
from quetsach.centre.evaluation.dividing import machines_told
from quetsach.centre.evaluation.inputs import Change
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Dots, Evaluation, Steps
from quetsach.web.evaluation.writing import annex_files

WINDOW = Period(date(2020, 6, 16), date(2020, 7, 15))
NONE = NotEstimable(NotEstimableReason.NO_DATA)
machines = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 60).map(lambda x: round(x, 1)), max_size=8)


def rows(report: Evaluation, table: str) -> list[dict[str, str]]:
    content = dict(annex_files(report))[f"data/{table}.csv"].decode()
    return list(csv.DictReader(io.StringIO(content)))


def estimates(values: dict[str, float]) -> dict[str, Answer]:
    return {name: Estimate(value, value, value) for name, value in values.items()}


def of_families(*sizes: tuple[str, float, float]) -> tuple[Change, ...]:
    return tuple(Change(name, LocalText(name, name), before, after) for name, before, after in sizes)


def compared(before: float, after: float, *gone: Gone) -> Comparison:
    change = 100 * (1 - after / before)
    by_addresses = Estimate(change, change, change, {"before": before, "after": after})
    return Comparison(WINDOW, WINDOW, (), NONE, NONE, by_addresses, (), gone)


def gone(family: str, daily_addresses: float, version: int = 4) -> Gone:
    return Gone(Watch("own", "sinkhole", family, version), Estimate(30.0, 29.0, 31.0), daily_addresses)


@given(machines, machines, st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_the_total_of_machines_gives_no_small_row_back(
    before: dict[str, float], after: dict[str, float], alone: set[str], panel: set[str]
) -> None:
    kept_back: set[str] = set()
    for values, day in ((before, 1), (after, 2)):
        chosen = folded_rows(values, window=Period(date(2020, 6, day), date(2020, 6, day)))
        assert not isinstance(chosen, NotEstimable)
        kept_back |= chosen.kept_back
    told = machines_told([estimates(before), estimates(after)], alone=alone, kept_back=kept_back, summed=panel)
    assert told <= alone - kept_back
    assert all(window[row] >= SMALLEST_CELL for window in (before, after) for row in told & window.keys())
    summed = before.keys() & after.keys() & panel
    hidden = summed - told
    if hidden and hidden != summed:  # where nothing is told, the total is all there is
        assert len(hidden) > 1
        assert all(sum(window[row] for row in hidden) >= SMALLEST_CELL for window in (before, after))


def test_machines_of_a_family_that_the_total_lacks_conceal_nothing() -> None:
    windows = [estimates({"a": 500.0, "b": 9.0, "c": 30.0, "d": 40.0})] * 2
    assert machines_told(windows, alone="abcd", kept_back="bc", summed="abcd") == {"a", "d"}
    assert machines_told(windows, alone="abcd", kept_back="bc", summed="abd") == {"a"}


def test_what_is_told_of_one_window_stands_without_the_other() -> None:
    windows: list[dict[str, Answer]] = [
        {"a": Estimate(500.0, 490.0, 510.0), "b": Estimate(9.0, 8.0, 10.0)},
        {"a": NotEstimable(NotEstimableReason.DENSE_POOL), "b": NotEstimable(NotEstimableReason.DENSE_POOL)},
    ]
    assert machines_told(windows, alone="ab", kept_back="", summed="ab") == {"a"}


@pytest.mark.parametrize(("panel", "is_told"), [(530.0, True), (526.0, False), (500.0, True)])
def test_the_sum_of_addresses_is_left_out_where_it_lacks_few(panel: float, is_told: bool) -> None:
    """All families have 530; the total of 526 says that one which is gone had 4."""
    families = of_families(("a", 500.0, 300.0), ("others", 30.0, 30.0))
    found = withholding.without_small_rest(compared(panel, 330.0), families).by_addresses
    assert isinstance(found, Estimate)
    assert (found.measured != {}) == is_told
    if not is_told:
        assert found.value == 37.3, "the quotient in full tells both numbers"
        made = compose(replace(inputs(), machines=replace(compared(panel, 330.0), by_addresses=found)))
        [row] = [row for row in rows(made, "machines") if row["measure_en"] == "Daily addresses"]
        assert (row["before"], row["after"], row["reduction"]) == ("", "", "37.3")


def test_a_family_that_is_gone_is_named_where_it_stood_alone() -> None:
    means = {"necurs": 40.0, "cover": 12.0, "mixed": 54.0, "large": 90.0}
    seen = (gone("necurs", 40.0), gone("cover", 12.0), gone("mixed", 50.0), gone("large", 60.0))
    told = withholding.gone_told(seen, means, kept_back={"cover", "small"})
    assert told == {"necurs", "large"}, "4 of the 54 have an address of the other version"


def test_sightings_of_a_feed_are_left_out_where_they_are_few() -> None:
    assert [withholding.unless_small(n) for n in (0, 9, 10, 5000)] == [None, None, 10, 5000]


def test_a_provider_with_a_small_week_has_no_weeks() -> None:
    weeks = [estimates(week) for week in ({"a": 40.0, "b": 25.0, "c": 30.0}, {"a": 40.0, "b": 3.0})]
    before = [estimates({"a": 50.0, "b": 20.0, "c": 20.0, "d": 90.0})] * 2
    assert withholding.small_in_a_week("abcd", weeks, before) == {"b", "c", "d"}
    assert withholding.weekly_means("abcd", weeks) == {"a": 40.0, "b": 14.0, "c": 15.0, "d": 0.0}


@pytest.mark.parametrize(
    ("counts", "is_drawn"),
    [((900.0, 700.0, 500.0, 400.0, 300.0, 200.0), True), ((900.0, 700.0, 500.0, 8.0, 7.0, 6.0), False)],
)
def test_the_middle_is_not_drawn_where_it_is_a_small_provider(counts: tuple[float, ...], is_drawn: bool) -> None:
    made = compose(replace(inputs(), grades=grades(*counts)))
    [drawn] = [b for s in made.sections for b in s.blocks if isinstance(b, Dots) and b.table == "grades"]
    assert (drawn.level is not None, "nét đứt" in drawn.description.vi) == (is_drawn, is_drawn)


def test_a_group_whose_number_is_not_told_has_no_curve() -> None:
    """The steps of a curve are quotients of whole numbers: they tell how many there were, and the total the rest."""
    made = compose(replace(inputs(), cases=cases(6)))
    told = {r["id"] for r in rows(made, "time-to-clean-family") if r["events"]}
    assert {r["id"] for r in rows(made, "survival-family")} == told == {"", "mirai"}
    assert [b.table for s in made.sections for b in s.blocks if isinstance(b, Steps)]
