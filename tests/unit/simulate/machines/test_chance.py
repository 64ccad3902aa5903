import numpy as np

from quetsach.simulate.machines.random_streams import Draw, RandomStreams, distinct, number_distinct, pick

MANY = np.arange(200_000)


def test_the_same_question_has_the_same_answer_whoever_else_is_asked() -> None:
    chance = RandomStreams(1)
    assert (
        chance.uniform(Draw.PROVINCE, MANY[500:510]).tolist() == chance.uniform(Draw.PROVINCE, MANY)[500:510].tolist()
    )


def test_other_seeds_questions_and_turns_have_other_answers() -> None:
    one = RandomStreams(1).uniform(Draw.PROVINCE, MANY)
    others = (
        RandomStreams(2).uniform(Draw.PROVINCE, MANY),
        RandomStreams(1).uniform(Draw.DUTY, MANY),
        RandomStreams(1).uniform(2, MANY, 1),
    )
    for other in others:
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.01
        assert not np.any(one == other)


def test_numbers_fill_the_unit_interval_evenly() -> None:
    counts = np.histogram(RandomStreams(3).uniform(Draw.AGE, MANY), bins=20, range=(0, 1))[0]
    assert abs(counts - 10_000).max() < 500


def test_turns_of_one_machine_are_as_random_as_machines() -> None:
    drawn = RandomStreams(3).uniform(Draw.AGE, np.zeros(len(MANY), dtype=np.int64), MANY)
    assert abs(np.histogram(drawn, bins=20, range=(0, 1))[0] - 10_000).max() < 500
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.01


def test_exponential_numbers_have_mean_and_spread_one() -> None:
    drawn = RandomStreams(4).exponential(Draw.CLEANED, MANY)
    assert abs(drawn.mean() - 1) < 0.01
    assert abs(drawn.std() - 1) < 0.02


def test_weights_decide_what_is_picked() -> None:
    assert pick(np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.24, 0.26, 0.999])).tolist() == [0, 0, 2, 2]


def test_distinct_positions_and_their_places() -> None:
    found, places = distinct(np.array([5, 2, 5, 9]), 12)
    assert found.tolist() == [2, 5, 9]
    assert places.tolist() == [1, 0, 1, 2]


def test_different_values_are_counted() -> None:
    assert number_distinct(np.array([3, 1, 3, 2, 1])) == 3
    assert number_distinct(np.array([], dtype=np.int64)) == 0
