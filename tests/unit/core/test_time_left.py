"""How long work will still take is said when it is known, and is true then."""

import itertools
from collections.abc import Callable

import pytest

from quetsach.core.time_left import TimeLeft, rounded_minutes


def told(done_at: Callable[[float], float], *, until: float, every: float = 0.1) -> list[tuple[float, float]]:
    """Return (seconds, seconds left) at each moment at which something was told."""
    left = TimeLeft()
    moments = itertools.takewhile(lambda now: now < until, itertools.count(every, every))
    answers = ((now, left.seconds(now, min(1, done_at(now)))) for now in moments)
    return [(now, seconds) for now, seconds in answers if seconds is not None]


def test_even_work_is_told_from_when_it_can_be_known_and_truly() -> None:
    answers = told(lambda now: now / 300, until=300)
    assert answers[0][0] == pytest.approx(10, abs=0.2)
    assert all(seconds == pytest.approx(300 - now, abs=1) for now, seconds in answers)


@pytest.mark.parametrize("until", [1, 5, 9.5])
def test_nothing_is_told_in_the_first_seconds(until: float) -> None:
    assert told(lambda now: now / 20, until=until) == []


def test_small_files_that_fly_past_first_promise_nothing() -> None:
    """A third is done in five seconds, the rest takes ten minutes."""
    answers = told(lambda now: now / 15 if now < 5 else 1 / 3 + (now - 5) / 900, until=600)
    assert all(seconds > 0.6 * (605 - now) for now, seconds in answers)


def test_a_slow_start_frightens_nobody() -> None:
    """The first percent takes as long as a quarter of the rest: ``93:02`` would be said."""
    answers = told(lambda now: now / 1000 if now < 10 else 0.01 + (now - 10) / 100, until=109)
    assert max(seconds / (109 - now) for now, seconds in answers) < 2


def test_work_that_stalls_is_not_told_as_nearly_done() -> None:
    answers = told(lambda now: min(0.9, now / 50), until=400)
    assert all(now < 100 for now, _ in answers)


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (59, 0), (60, 1), (61, 2), (599, 10), (601, 15), (3599, 60), (3600, 60), (3700, 70), (5582, 100)],
)
def test_a_time_is_told_as_roughly_as_it_is_known(seconds: float, minutes: int) -> None:
    assert rounded_minutes(seconds) == minutes
