from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.assess.priority import Criteria, Criterion, Observation, Standing, _standing, choose, growth_of
from quetsach.core.text import LocalText

NO = LocalText("", "")


def criteria(seats: int = 2, **weights: float) -> Criteria:
    listed = tuple(Criterion(name, LocalText(name, name), NO, weight) for name, weight in weights.items())
    return Criteria("t", seats, 50.0, 0.95, listed, {}, {})


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def observed(**families: dict[str, float]) -> list[Observation]:
    return [Observation(name, values) for name, values in families.items()]


def test_a_scale_is_cut_at_its_ends() -> None:
    plain, log = Criterion("g", NO, NO, 1, -0.5, 1.0), Criterion("s", NO, NO, 1, 10, 100_000, is_log=True)
    assert [plain.score(v) for v in (-2, -0.5, 0.25, 1, 9)] == [0, 0, 0.5, 1, 1]
    assert [log.score(v) for v in (0, 10, 1000, 1e9)] == pytest.approx([0, 0, 0.5, 1])


def test_what_leads_on_every_criterion_is_certain_and_what_trails_is_never() -> None:
    weighed = criteria(size=0.5, harm=0.3, coverage=0.2)
    values = {"a": 1.0, "b": 0.9, "c": 0.5, "d": 0.1}
    choice = choose(
        observed(**{f: {"size": v, "harm": v, "coverage": v} for f, v in values.items()}), weighed, rng=rng()
    )
    assert [c.family for c in choice.chosen] == ["a", "b"]
    assert [c.standing for c in choice.candidates] == [Standing.CERTAIN] * 2 + [Standing.NEVER] * 2


def test_a_contested_seat_goes_to_what_can_be_seen_and_removed() -> None:
    weighed = criteria(seats=1, size=0.5, harm=0.1, coverage=0.2, remediability=0.2)
    choice = choose(
        observed(
            big={"size": 1.0, "harm": 0.5, "coverage": 0.5, "remediability": 0.0},
            small={"size": 0.3, "harm": 0.5, "coverage": 1.0, "remediability": 1.0},
        ),
        weighed,
        rng=rng(),
    )
    assert {c.standing for c in choice.candidates} == {Standing.CONTESTED}
    assert [c.family for c in choice.chosen] == ["small"]


def test_a_criterion_that_nothing_measured_is_left_out_and_its_weight_shared() -> None:
    choice = choose(observed(a={"size": 0.8}, b={"size": 0.4}), criteria(size=0.2, exposure=0.8), rng=rng())
    assert [c.id for c in choice.left_out] == ["exposure"]
    assert [c.score for c in choice.candidates] == pytest.approx([0.8, 0.4])


def test_what_was_not_measured_for_one_family_makes_it_uncertain() -> None:
    known = {"size": 0.5, "harm": 0.6}
    choice = choose(observed(a=known, b={"size": 0.5}, c=known), criteria(seats=2, size=0.5, harm=0.5), rng=rng())
    by_name = {c.family: c for c in choice.candidates}
    assert by_name["b"].scores["harm"] is None
    assert by_name["b"].standing is Standing.CONTESTED


def test_a_seed_gives_the_same_choice() -> None:
    some = observed(a={"size": 0.8}, b={"size": 0.4, "harm": 1.0}, c={"harm": 0.3})
    assert choose(some, criteria(size=0.5, harm=0.5), rng=rng()) == choose(
        some, criteria(size=0.5, harm=0.5), rng=rng()
    )


def test_the_reason_says_with_how_many_of_the_weights() -> None:
    weighed = criteria(seats=1, size=0.5, harm=0.5)
    candidates = choose(observed(a={"size": 1.0, "harm": 0.0}, b={"size": 0.0, "harm": 1.0}), weighed, rng=rng())
    for candidate in candidates.candidates:
        share = round(100 * candidate.acceptability)
        assert 20 < share < 80
        assert f"with {share} % of the weights" in candidate.reason(weighed).en


def test_the_reason_names_what_weighs_most() -> None:
    weighed = criteria(size=0.7, harm=0.3)
    best = choose(observed(a={"size": 1.0, "harm": 0.2}, b={"size": 0.0}), weighed, rng=rng()).candidates[0]
    assert best.reason(weighed).en == "certain: among the first with 100 % of the weights; size 1.00, harm 0.20"
    assert best.reason(weighed).vi == "chắc chắn: thuộc nhóm đầu với 100% bộ trọng số; size 1,00, harm 0,20"


@given(st.lists(st.fixed_dictionaries({}, optional={"size": st.floats(0, 1), "harm": st.floats(0, 1)}), max_size=15))
def test_as_many_are_chosen_as_there_are_seats_and_certain_ones_first(rows: list[dict[str, float]]) -> None:
    choice = choose(
        [Observation(f"f{n}", row) for n, row in enumerate(rows)], criteria(seats=5, size=0.5, harm=0.5), rng=rng()
    )
    if not choice.candidates:
        return
    assert len(choice.chosen) == min(5, len(rows))
    assert sum(c.acceptability for c in choice.candidates) >= min(5, len(rows)) - 1e-9
    for left in (c for c in choice.candidates if not c.is_chosen):
        assert all(left.standing is not Standing.CERTAIN or c.standing is Standing.CERTAIN for c in choice.chosen)


def test_growth_is_the_change_over_twelve_weeks() -> None:
    daily = 10_000 * np.exp(np.log(2) / 84 * np.arange(84))
    assert growth_of(daily) == pytest.approx(1.0, rel=0.001)
    gaps = daily.copy()
    gaps[14:28] = np.nan
    assert growth_of(gaps) == pytest.approx(1.0, rel=0.001)
    gaps[:42] = np.nan  # six weeks are left, the fewest
    assert growth_of(gaps) == pytest.approx(1.0, rel=0.001)
    gaps[:49] = np.nan
    assert growth_of(gaps) is None


def test_one_that_gives_way_names_what_is_seated_before_it() -> None:
    weighed = criteria(seats=1, size=0.5, harm=0.1, coverage=0.2, remediability=0.2)
    choice = choose(
        observed(
            big={"size": 1.0, "harm": 0.7, "coverage": 0.5, "remediability": 0.0},
            small={"size": 0.3, "harm": 0.5, "coverage": 1.0, "remediability": 1.0},
        ),
        weighed,
        rng=rng(),
    )
    big, small = choice.candidates
    assert (big.family, big.is_chosen, small.is_chosen) == ("big", False, True)
    assert choice.seated_before(big) == (small,)
    assert choice.seated_before(small) == ()
    assert choice.reason(big).vi.endswith("nhường chỗ cho mạng quan sát và bóc gỡ được nhiều hơn: small")
    assert choice.reason(small) == small.reason(weighed)


def test_who_scores_as_much_is_not_seated_before_another_although_it_scores_less() -> None:
    weighed = criteria(seats=1, size=0.5, coverage=0.5)
    choice = choose(
        observed(seen={"size": 0.0, "coverage": 1.0}, unseen={"size": 1.0, "coverage": 0.0}), weighed, rng=rng()
    )
    seen, unseen = choice.candidates
    assert (seen.score, unseen.score, seen.is_chosen, unseen.standing) == (0.5, 0.5, True, Standing.CONTESTED)
    assert choice.seated_before(unseen) == ()
    assert choice.reason(unseen) == unseen.reason(weighed)


def test_a_tie_without_anything_practical_is_broken_by_the_order_of_the_file() -> None:
    weighed = criteria(seats=1, size=0.5, harm=0.5)
    for names in (("a", "b"), ("b", "a")):
        tied = observed(**{name: {"size": 0.4, "harm": 0.4} for name in names})
        assert [one.family for one in choose(tied, weighed, rng=rng()).chosen] == [names[0]]


def test_the_share_of_weights_is_of_those_around_the_stated_ones_and_of_all_there_are() -> None:
    """By hand: one leads by size alone. Of all weights of two criteria half give size the more; of stated ones all."""
    weighed = criteria(seats=1, size=0.9, harm=0.1)
    choice = choose(observed(big={"size": 1.0, "harm": 0.0}, bad={"size": 0.0, "harm": 1.0}), weighed, rng=rng())
    big, bad = choice.candidates
    assert (big.family, big.standing, bad.standing) == ("big", Standing.CERTAIN, Standing.NEVER)
    assert big.any_weights == pytest.approx(0.5, abs=0.02)
    assert big.acceptability > 0.999
    assert big.acceptability + bad.acceptability == pytest.approx(1)
    assert (big.score, bad.score) == pytest.approx((0.9, 0.1))


@pytest.mark.parametrize(
    ("share", "standing"),
    [(0.95, Standing.CERTAIN), (0.94, Standing.CONTESTED), (0.0625, Standing.CONTESTED), (0.03125, Standing.NEVER)],
)
def test_certain_is_who_is_among_the_first_with_95_of_100_weights_and_never_who_is_with_5(
    share: float, standing: Standing
) -> None:
    assert _standing(share, criteria(size=1.0)) is standing
    assert _standing(0.125, replace(criteria(size=1.0), certain=0.875)) is Standing.NEVER


def test_what_was_not_measured_counts_half_and_may_be_anything_where_weights_are_tried() -> None:
    """Of one criterion: a family that was not measured is ahead of 0.25 in three draws of four."""
    choice = choose(
        observed(low={"size": 0.25}, unknown={"harm": 0.5}), criteria(seats=1, size=1.0, harm=1e-9), rng=rng()
    )
    by_name = {one.family: one for one in choice.candidates}
    assert by_name["unknown"].score == pytest.approx(0.5)
    assert by_name["low"].score == pytest.approx(0.25)
    assert by_name["unknown"].acceptability == pytest.approx(0.75, abs=0.02)


def test_nothing_that_was_measured_chooses_nobody() -> None:
    choice = choose(observed(a={}, b={}), criteria(size=0.5, harm=0.5), rng=rng())
    assert (choice.candidates, [one.id for one in choice.left_out]) == ((), ["size", "harm"])


def test_growth_is_by_the_weeks_that_have_data_in_their_places() -> None:
    """Half a machine is added to each mean, so that weeks without any have a logarithm too."""
    steady = np.full(84, 7.0)
    assert growth_of(steady) == pytest.approx(0)
    nobody = np.zeros(84)
    assert growth_of(nobody) == pytest.approx(0)
    single = steady.copy()
    single[:7] = np.nan
    single[7:13] = np.nan  # a week with one day is a week
    assert growth_of(single) == pytest.approx(0)
    daily = np.repeat(np.exp(0.1 * np.arange(12)) - 0.5, 7)
    daily[21:35] = np.nan
    assert growth_of(daily) == pytest.approx(np.exp(1.2) - 1)
