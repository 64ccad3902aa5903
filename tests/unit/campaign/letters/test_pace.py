"""Funnel and times of the levels."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.letters.delivery_status import Event, EventKind, Stage, Step, follow, funnel, pace

NOON = datetime(2020, 10, 6, 5, 0, tzinfo=UTC)


def step(unit: str, level: int, hours: int | None) -> Step:
    events = [Event(EventKind.SENT, NOON)]
    if hours is not None:
        events.append(Event(EventKind.ACKNOWLEDGED, NOON + timedelta(hours=hours)))
    return Step(unit, level, follow(events))


def test_the_slowest_unit_of_a_level_is_named() -> None:
    (level,) = pace([step("a", 1, 2), step("b", 1, 30), step("c", 1, 5)])
    assert (level.half, level.slowest, level.slowest_unit) == (timedelta(hours=5), timedelta(hours=30), "b")


def test_half_is_not_told_while_fewer_than_half_have_answered() -> None:
    (level,) = pace([step("a", 1, 2), step("b", 1, None), step("c", 1, None)])
    assert (level.acknowledged, level.half, level.slowest) == (1, None, timedelta(hours=2))


def test_of_two_units_the_first_to_answer_is_half() -> None:
    (level,) = pace([step("a", 1, 2), step("b", 1, None)])
    assert level.half == timedelta(hours=2)


def test_levels_come_from_the_top() -> None:
    assert [p.level for p in pace([step("a", 3, 1), step("b", 1, 1), step("c", 2, 1)])] == [1, 2, 3]


def test_a_funnel_without_dispatches_has_no_percent_to_fear() -> None:
    assert funnel([]).percent(Stage.ACKNOWLEDGED) == 0


def test_troubles_are_counted_beside_the_stages() -> None:
    refused = follow([Event(EventKind.SENT, NOON), Event(EventKind.REFUSED, NOON)])
    bounced = follow([Event(EventKind.BOUNCED, NOON)])
    counts = funnel([refused, bounced, follow([Event(EventKind.CLOSED, NOON)])])
    assert (counts.total, counts.refused, counts.bounced, counts.closed) == (3, 1, 1, 1)
    assert counts.reached[Stage.OPENED] == 1


@given(st.lists(st.lists(st.sampled_from(EventKind), max_size=4), max_size=12))
def test_a_funnel_never_widens(kinds: list[list[EventKind]]) -> None:
    counts = list(funnel(follow(Event(kind, NOON) for kind in some) for some in kinds).reached.values())
    assert counts == sorted(counts, reverse=True)


@given(st.lists(st.one_of(st.none(), st.integers(0, 99)), min_size=1, max_size=20))
def test_at_least_half_of_all_units_have_answered_within_half_time(hours: list[int | None]) -> None:
    (level,) = pace(step(str(n), 1, h) for n, h in enumerate(hours))
    if level.half is None:
        assert 2 * level.acknowledged < len(hours)
    else:
        assert 2 * sum(h is not None and timedelta(hours=h) <= level.half for h in hours) >= len(hours)
