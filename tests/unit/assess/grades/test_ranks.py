import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades import Estimates, Grade, Method, measured, rank_sets, ranked, read_estimates
from quetsach.assess.grades.grade import GradedRow, caution, graded, normal_draws, uniform_draws
from quetsach.assess.grades.measured import MAX_NAMES


def table(estimates: list[float], errors: list[float]) -> Estimates:
    names = tuple(f"n{n}" for n in range(len(estimates)))
    return Estimates(names, np.array(estimates), np.array(errors))


def test_names_far_apart_have_their_own_rank() -> None:
    for together in (False, True):
        for method in Method:
            sets = rank_sets(np.array([1.0, 3, 2, 5, 4]), np.full(5, 0.01), is_simultaneous=together, method=method)
            assert list(sets.low) == list(sets.high) == [5, 3, 4, 1, 2]


def test_names_that_cannot_be_told_apart_have_all_ranks() -> None:
    sets = rank_sets(np.array([1.0, 1.1, 1.2]), np.ones(3))
    assert (list(sets.low), list(sets.high)) == ([1, 1, 1], [3, 3, 3])


def test_a_pair_is_told_apart_where_its_difference_exceeds_the_critical_value() -> None:
    """Two names have one difference: the critical value is the 0.975 normal quantile."""
    scale = np.hypot(0.6, 0.8)
    for distance, apart in ((1.99, True), (1.93, False)):
        for method in Method:
            sets = rank_sets(
                np.array([0.0, distance * scale]),
                np.array([0.6, 0.8]),
                method=method,
            )
            assert bool(sets.high[1] == 1) is apart


def test_step_down_tells_apart_what_one_step_would_not() -> None:
    """Of three names one is far below: taken out, it leaves a smaller critical value for the other two."""
    estimates, errors = np.array([0.0, 2.3, -100.0]), np.full(3, 0.5**0.5)
    sets = rank_sets(estimates, errors, is_simultaneous=True, method=Method.BONFERRONI)
    # 6 ordered pairs: 2.39; two are told apart, the critical value of the 4 that are left is 2.24
    assert list(sets.low) == list(sets.high) == [2, 1, 3]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 3)), min_size=2, max_size=12))
def test_sets_of_all_at_once_contain_those_of_one(rows: list[tuple[float, float]]) -> None:
    estimates, errors = (np.array(column) for column in zip(*rows, strict=True))
    for method in Method:
        one = rank_sets(estimates, errors, method=method)
        every = rank_sets(estimates, errors, method=method, is_simultaneous=True)
        rank = 1 + (estimates > estimates[:, None]).sum(axis=1)
        assert (every.low <= one.low).all()
        assert (one.high <= every.high).all()
        assert ((one.low <= rank) & (rank <= one.high)).all()


@pytest.mark.parametrize("seed", range(4))
def test_the_marginal_critical_value_is_the_quantile_of_any_draws(seed: int) -> None:
    """A name that is 0.05 beyond the quantile of its largest difference is told apart, one that is 0.05 short is not.

    For any draws: 40,000 of each seed, with errors that are alike and ones that differ a hundredfold.
    """
    generator = np.random.default_rng(seed)
    for errors in (np.ones(8), np.geomspace(0.1, 10, 8)):
        for name in (0, 7):
            scale = np.hypot(errors[name], np.delete(errors, name))
            noise = errors * generator.standard_normal((40_000, 8))
            largest = np.abs((noise[:, [name]] - np.delete(noise, name, axis=1)) / scale).max(axis=1)
            other = 1 if name == 0 else 0
            for beyond, is_apart in ((0.05, True), (-0.05, False)):
                estimates = np.zeros(8)
                step = (np.quantile(largest, 0.95) + beyond) * np.hypot(errors[name], errors[other])
                estimates[other] = step
                assert bool(rank_sets(estimates, errors).low[name] == 2) is is_apart


@pytest.mark.parametrize("seed", range(4))
def test_no_other_draws_would_tell_more_apart_at_once(seed: int) -> None:
    """What is told apart holds by the quantile of any other draws: near it the wider set is taken."""
    generator = np.random.default_rng(seed)
    estimates, errors = generator.standard_normal(30), generator.uniform(0.1, 0.6, 30)
    scale = np.hypot(errors[:, None], errors)
    noise = errors * generator.standard_normal((20_000, 30))
    largest = np.max([((noise[:, [n]] - noise) / scale[n]).max(axis=1) for n in range(30)], axis=0)
    apart = (estimates[:, None] - estimates) / scale > np.quantile(largest, 0.95)
    sets = rank_sets(estimates, errors, is_simultaneous=True)
    one_step = 1 + apart.sum(axis=0)
    assert (sets.low >= one_step).all()  # stepping down tells more, never less
    sure = (estimates[:, None] - estimates) / scale > np.quantile(largest, 0.95) + 0.08
    assert (sets.low >= 1 + sure.sum(axis=0)).all()


def test_a_grade_near_the_edge_is_none() -> None:
    """95.2 of 100 draws above the median are too few to say 95: other draws might have given 94.9."""
    draws = np.tile(np.arange(1.0, 6.0), (10_000, 1))
    for above, grade in ((9_520, Grade.NOT_DISTINGUISHABLE), (9_560, Grade.BETTER)):
        drawn = draws.copy()
        drawn[above:, 4] = 0.5
        shrunk = [Estimate(value, value - 1, value + 1) for value in drawn.mean(axis=0).tolist()]
        assert graded(drawn, shrunk, low_is_good=False)[4].grade is grade


def test_clear_differences_are_graded_and_unclear_ones_are_not() -> None:
    result = ranked(table([0.0, 0.1, 0.0, -0.1, 5.0, -5.0], [0.1] * 6))
    assert not isinstance(result, NotEstimable)
    grades = {row.name: row.graded.grade for row in result.rows}
    assert grades == {
        "n0": Grade.NOT_DISTINGUISHABLE,
        "n1": grades["n1"],
        "n2": Grade.NOT_DISTINGUISHABLE,
        "n3": grades["n3"],
        "n4": Grade.BETTER,
        "n5": Grade.WORSE,
    }
    assert [row.rank for row in result.rows] == sorted(row.rank for row in result.rows)


def test_the_lowest_can_come_first() -> None:
    result = ranked(table([1.0, 2, 3, 4, 50], [0.01] * 5), low_is_good=True)
    assert not isinstance(result, NotEstimable)
    assert [row.name for row in result.rows] == ["n0", "n1", "n2", "n3", "n4"]
    assert result.rows[-1].graded.grade is Grade.WORSE
    assert result.rows[0].marginal == (1, 1)


def test_names_without_any_spread_are_not_ordered_by_the_file() -> None:
    result = ranked(table([1.0, 1.01, 0.99, 1.0, 1.0, 1.02], [1.0] * 6))
    assert not isinstance(result, NotEstimable)
    assert result.spread == 0
    assert {row.graded.grade for row in result.rows} == {Grade.NOT_DISTINGUISHABLE}
    assert {row.graded.rank for row in result.rows} == {(1, 6)}


def test_estimates_are_drawn_to_the_mean_by_their_errors() -> None:
    """Eight schools (Rubin 1981): restricted likelihood has its maximum at no spread, so all are the mean, 7.7."""
    schools = table([28.0, 8, -3, 7, -1, 1, 18, 12], [15.0, 10, 16, 11, 9, 11, 10, 18])
    result = ranked(schools)
    assert not isinstance(result, NotEstimable)
    assert result.spread == 0
    assert result.mean == pytest.approx(7.69, abs=0.01)
    assert all(row.graded.shrunk.value == pytest.approx(result.mean) for row in result.rows)


def _row(drawn: np.ndarray, name: int, *, low_is_good: bool = False) -> GradedRow:
    shrunk = [Estimate(value, value - 1, value + 1) for value in drawn.mean(axis=0).tolist()]
    return graded(drawn, shrunk, low_is_good=low_is_good)[name]


def test_a_rank_of_one_name_leaves_out_its_rarest_draws_on_each_side() -> None:
    """Of 10,000 draws 2.5 % less a caution of 0.31 may lie outside on a side: 219 ranks are left out, 220 are not."""
    for out, rank in ((218, (2, 4)), (220, (1, 4))):
        drawn = np.tile(np.arange(5.0, 0, -1), (10_000, 1))
        drawn[:, 2] = np.tile([4.5, 3.0, 1.5, 3.0], 2_500)  # ranks 2, 3 and 4
        drawn[: 4 * out : 4, 2] = 9.0
        assert _row(drawn, 2).rank == rank


def test_ranks_of_all_names_hold_for_95_draws_of_100_at_once() -> None:
    """A name is a place higher in some draws: more of them than five in 100 less a caution, and it may be there."""
    for changed, rank in ((400, (5, 5)), (500, (4, 5))):
        drawn = np.tile(np.arange(5.0, 0, -1), (10_000, 1))
        drawn[:changed, 4] = 2.5
        row = _row(drawn, 4)
        assert row.rank_of_all == rank
        assert row.rank == ((5, 5) if changed < 219 else (4, 5))


def test_a_draw_that_is_unusual_for_several_names_counts_once() -> None:
    drawn = np.tile(np.arange(5.0, 0, -1), (10_000, 1))
    drawn[:400] = drawn[:400, ::-1]
    assert [_row(drawn, name).rank_of_all for name in range(5)] == [(n, n) for n in range(1, 6)]
    assert _row(drawn, 0, low_is_good=True).rank_of_all == (5, 5)


def test_probabilities_are_of_lying_above_the_median_of_a_draw() -> None:
    drawn = np.tile(np.arange(5.0, 0, -1), (10_000, 1))
    drawn[:3_000, 0] = 2.0
    assert [_row(drawn, name).above for name in range(5)] == [0.7, 1.0, 0.3, 0.0, 0.0]
    assert _row(drawn, 0).as_json()["probability_above_median"] == 0.7


@pytest.mark.parametrize("stream", [0, 1])
def test_draws_are_the_same_for_everybody_and_as_even_as_chance(stream: int) -> None:
    drawn = uniform_draws(3, stream=stream)
    assert drawn.shape == (10_000, 3)
    assert ((drawn > 0) & (drawn < 1)).all()
    assert drawn.mean(axis=0) == pytest.approx(0.5, abs=0.015)
    assert (drawn < 0.1).mean(axis=0) == pytest.approx(0.1, abs=0.015)
    assert (drawn == uniform_draws(3, stream=stream)).all()
    assert abs(np.corrcoef(drawn[:, 0], uniform_draws(3, stream=stream + 1)[:, 0])[0, 1]) < 0.05
    bits = np.random.PCG64(20_201_015 + stream).random_raw(1)[0]
    assert drawn[0, 0] == ((int(bits) >> 11) + 0.5) / 2**53
    assert normal_draws(1).std() == pytest.approx(1, abs=0.03)


def test_a_share_of_draws_is_off_by_two_standard_errors() -> None:
    assert caution(0.5, 100) == pytest.approx(0.1)
    assert caution(0.05, 10_000) == pytest.approx(0.00436, abs=1e-5)


def test_names_one_of_which_is_far_sharper_are_told_apart_by_the_error_of_both() -> None:
    """By hand: errors of 3 and 4 make 5, and the normal quantile of 0.975 is 1.96."""
    for method in Method:
        for together in (False, True):
            for gap, apart in ((9.6, False), (10.3, True)):
                sets = rank_sets(np.array([0.0, gap]), np.array([3.0, 4.0]), is_simultaneous=together, method=method)
                assert (list(sets.low), list(sets.high)) == (([2, 1], [2, 1]) if apart else ([1, 1], [2, 2]))


def test_few_names_are_not_ranked() -> None:
    refused = ranked(table([1.0, 2, 3, 4], [1.0] * 4))
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.FEW_TO_RANK


def test_a_table_is_read_with_marks_quotes_and_other_columns() -> None:
    content = '\ufeffSE , Name,note,estimate\n0.5,"Hà Nội, city",x,12.25\n\n1,Huế,,-3e1\n'.encode()
    read = read_estimates(content, where="t.csv")
    assert read.names == ("Hà Nội, city", "Huế")
    assert list(read.estimates) == [12.25, -30]


def test_semicolons_bring_decimal_commas() -> None:
    assert list(read_estimates(b"name;estimate;se\na;1,5;0,25\n", where="t").errors) == [0.25]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "column name is missing"),
        (b"name,estimate\na,1\n", "column se is missing"),
        (b"name,name,estimate,se\n", "is there twice"),
        (b"name,estimate,se\n", "no names"),
        (b"name,estimate,se\na,one,1\n", ":2: estimate is not a number"),
        (b"name,estimate,se\na,nan,1\n", ":2: estimate is not a number"),
        (b"name,estimate,se\na,1_0,1\n", ":2: estimate is not a number"),
        (b"name,estimate,se\na,1,0\n", ":2: se is not positive"),
        (b"name,estimate,se\na,1,1\na,2,1\n", ":3: 'a' is there twice"),
        (b"name,estimate,se\na,1\n", ":2: 2 columns and not 3"),
        (b"name,estimate,se\n,1,1\n", ":2: name is empty"),
        (b"name,estimate,se\na\x1b[0m,1,1\n", "cannot be printed"),
        (b"name,estimate,se\n\xff,1,1\n", ":2: this is not UTF-8"),
        (b'name,estimate,se\n"a,1,1\n', "not CSV"),
        (b"name,estimate,se\na,1e300,1\n", "too large"),
        (b"name,estimate,se\na,1,1e-300\nb,2,1\n", "too large"),
    ],
)
def test_another_table_is_refused_by_line_and_column(content: bytes, told: str) -> None:
    with pytest.raises(AssessError) as refused:
        read_estimates(content, where="t.csv")
    assert told in str(refused.value)


def test_a_table_has_an_end() -> None:
    lines = "".join(f"n{n},1,1\n" for n in range(MAX_NAMES + 1))
    with pytest.raises(AssessError, match="more than"):
        read_estimates(f"name,estimate,se\n{lines}".encode(), where="t.csv")


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda s: f"name,estimate,se\n{s}".encode()))
def test_no_file_raises_another_error(content: bytes) -> None:
    try:
        read_estimates(content, where="t.csv")
    except AssessError as error:
        assert error.where


@pytest.mark.parametrize(("error", "spread"), [(0.5, math.sqrt(2.5 - 0.25)), (1.5, math.sqrt(2.5 - 2.25)), (2.0, 0.0)])
def test_how_true_values_differ_is_what_errors_leave_of_the_variance(error: float, spread: float) -> None:
    """With one error for all, restricted maximum likelihood is the variance (of n - 1) less that of the errors."""
    found = measured._common(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.full(5, error))
    assert found == pytest.approx((3.0, spread), abs=1e-4)
