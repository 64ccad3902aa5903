"""What a sensor's reach is made of, and what of it was lost or gained between two windows."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from quetsach.assess.hosts.breaks import ChangedReach, DaySeen, Destinations, DestinationSeen, changed_reach
from quetsach.core.period import Period

JUNE = Period(date(2020, 6, 1), date(2020, 6, 28))
JULY = Period(JUNE.last + timedelta(days=1), JUNE.last + timedelta(days=28))
TEN = [f"{n}.example" for n in range(10)]
EACH = 100


def live(period: Period, names: Mapping[str, Period] | list[str], each: int = EACH) -> Destinations:
    """Let so many addresses contact each destination alone, on each day of its period."""
    on = names if isinstance(names, Mapping) else dict.fromkeys(names, period)
    return {day: {name: DestinationSeen(each, each) for name, of in on.items() if day in of} for day in period}


def whole(days: Destinations) -> dict[date, DaySeen]:
    return {day: DaySeen(sum(seen.alone for seen in found.values()) or 1) for day, found in days.items()}


def changed(before: Destinations, after: Destinations) -> ChangedReach | None:
    return changed_reach(before, after, whole(before), whole(after))


def test_a_domain_that_is_gone_is_as_much_as_is_seen_through_it_alone() -> None:
    assert changed(live(JUNE, TEN), live(JULY, TEN[1:])) == ChangedReach(1, 0, 10, pytest.approx(0.1), 0.0)


def test_addresses_that_contact_other_domains_too_are_not_lost() -> None:
    both = {day: dict.fromkeys(TEN, DestinationSeen(EACH, 0)) for day in JUNE}
    after = {day: dict.fromkeys(TEN[1:], DestinationSeen(EACH, 0)) for day in JULY}
    found = changed(both, after)
    assert found is not None
    assert (found.gone, found.lost) == (1, 0.0)


def test_domains_that_are_lost_one_after_the_other_are_lost_for_the_days_that_they_miss() -> None:
    until = {name: Period(JULY.first, JULY.first + timedelta(days=6 + 7 * n)) for n, name in enumerate(TEN[:3])}
    found = changed(live(JUNE, TEN), live(JULY, dict.fromkeys(TEN[3:], JULY) | until))
    assert found is not None
    assert (found.gone, found.begun) == (3, 0)
    assert found.lost == pytest.approx(0.1 * (21 + 14 + 7) / 28)


def test_a_server_that_replaces_another_takes_as_much_as_it_brings() -> None:
    found = changed(live(JUNE, ["192.0.2.1"]), live(JULY, ["192.0.2.2"]))
    assert found == ChangedReach(1, 1, 2, pytest.approx(1.0), pytest.approx(1.0))


def test_cleaning_leaves_every_domain_live() -> None:
    assert changed(live(JUNE, TEN), live(JULY, TEN, each=EACH // 5)) is None


def test_domains_of_a_day_follow_each_other_and_are_no_loss() -> None:
    rotating = [{str(day): Period(day, day) for day in period} for period in (JUNE, JULY)]
    assert changed(live(JUNE, rotating[0]), live(JULY, rotating[1])) is None


def test_what_few_addresses_contact_is_absent_by_chance() -> None:
    assert changed(live(JUNE, TEN, each=5), live(JULY, TEN[:5], each=5)) is None


@pytest.mark.parametrize(
    ("each", "days_before", "days_after", "is_told"),
    [
        (20, 28, 0, True),  # of twenty addresses, not of nineteen
        (19, 28, 0, False),
        (100, 7, 0, True),  # live for a week, not for six days
        (100, 6, 0, False),
        (100, 28, 25, True),  # a tenth of the days: 2.8
        (100, 28, 26, False),
    ],
)
def test_how_much_makes_a_destination_and_a_change_of_it(
    each: int, days_before: int, days_after: int, *, is_told: bool
) -> None:
    def until(period: Period, days: int) -> Destinations:
        others = live(period, TEN)
        more = {"x": DestinationSeen(each, each)}
        return {day: others[day] | (more if n < days else {}) for n, day in enumerate(period)}

    before, after = until(JUNE, days_before), until(JULY, days_after)
    expected = (days_before - days_after) / 28 * each / (10 * EACH + each * days_before / 28)
    found = changed(before, after)
    assert (found is not None) is is_told
    if found is not None:
        assert (found.gone, found.begun, found.of) == (1, 0, 11)
        assert found.lost == pytest.approx(expected)
    back = changed(after, before) if days_after else None
    if back is not None:  # the same seen from the other side is a gain, of what the first window had
        assert (back.gone, back.begun) == (0, 1)
        assert back.gained == pytest.approx(
            (days_before - days_after) / 28 * each / (10 * EACH + each * days_after / 28)
        )


@pytest.mark.parametrize(("left", "is_live"), [(5, True), (4, False)])
def test_a_destination_is_live_with_a_twentieth_of_its_usual_addresses(left: int, *, is_live: bool) -> None:
    after = {day: found | {TEN[0]: DestinationSeen(left, left)} for day, found in live(JULY, TEN).items()}
    assert (changed(live(JUNE, TEN), after) is None) is is_live


def test_days_with_outages_are_left_out() -> None:
    before, after = live(JUNE, TEN), live(JULY, TEN)
    after = {day: ({} if day.day < 15 else found) for day, found in after.items()}
    known = {day: seen for day, seen in whole(after).items() if day.day >= 15}
    assert changed_reach(before, after, whole(before), known) is None


@pytest.mark.parametrize("told", [(True, False), (False, True), (False, False)])
def test_a_feed_that_tells_destinations_in_one_window_alone_tells_nothing(told: tuple[bool, bool]) -> None:
    before, after = (live(p, TEN) if is_told else {} for p, is_told in zip((JUNE, JULY), told, strict=True))
    assert changed(before, after) is None
