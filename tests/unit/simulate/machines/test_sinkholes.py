from datetime import timedelta

import numpy as np
import pytest
from tests.known_country import MONDAY, a_country, a_day, a_family, a_feed, an_isp

from quetsach.core.period import Period
from quetsach.simulate import Country, country
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.population import DAY
from quetsach.simulate.machines.scenario import Coverage, Feed, Lease, LeaseKind, Outage


def _days(*feeds: Feed, days: int = 3, hosts: int = 2000, **changes: object) -> list[Day]:
    return list(country(a_country(hosts=hosts, days=days, feeds=feeds, **changes)))


def _seen(day: Day, feed: str) -> np.ndarray:
    return day.seen[feed]


def _hosts(day: Day, feed: str) -> set[int]:
    of = day.stretches.infections[day.events.stretches[_seen(day, feed)]]
    return set(day.levels.infections.hosts[of].tolist())


def _all_day(day: Day) -> set[int]:
    whole = (day.levels.begins == 0) & (day.levels.ends == DAY)
    return set(day.levels.infections.hosts[whole].tolist())


def _keys(day: Day, feed: str) -> list[tuple[int, int]]:
    """Address and family of each reported check-in."""
    of = day.events.stretches[_seen(day, feed)]
    families = day.levels.infections.families[day.stretches.infections[of]]
    return list(zip(day.sources.upper[of].tolist(), families.tolist(), strict=True))


def test_a_feed_reaches_its_share_of_machines_and_the_same_ones_every_day() -> None:
    first, second, _ = _days(a_feed("f", Coverage(MONDAY, "", 0.6, 1.0)), families=(a_family(mean_days=5000),))
    assert len(_hosts(first, "f")) / 2000 == pytest.approx(0.6, abs=0.03)
    lasting = _all_day(first) & _all_day(second)
    assert len(lasting) > 1900
    assert _hosts(first, "f") & lasting == _hosts(second, "f") & lasting


def test_of_a_machine_in_reach_it_keeps_its_share_of_check_ins() -> None:
    for day in _days(a_feed("f", Coverage(MONDAY, "", 1.0, 0.7))):
        assert len(_seen(day, "f")) / len(day.events) == pytest.approx(0.7, abs=0.01)


def test_coverage_of_a_family_goes_before_that_of_all() -> None:
    families = (a_family("mirai"), a_family("necurs"))
    feed = a_feed("f", Coverage(MONDAY, "", 1.0, 1.0), Coverage(MONDAY, "mirai", 0.0, 1.0))
    for day in _days(feed, families=families):
        assert {family for _, family in _keys(day, "f")} == {1}


def test_coverage_changes_on_its_day() -> None:
    feed = a_feed("f", Coverage(MONDAY, "", 1.0, 1.0), Coverage(a_day(2), "", 1.0, 0.5))
    shares = [len(_seen(day, "f")) / len(day.events) for day in _days(feed, days=4)]
    assert shares == pytest.approx([1, 1, 0.5, 0.5], abs=0.01)


def test_during_an_outage_nothing_is_seen() -> None:
    feed = a_feed("f", outages=(Outage(DAY - 3600, DAY + 7200),))
    first, second, third = _days(feed)
    assert first.events.seconds[_seen(first, "f")].max() < DAY - 3600
    assert second.events.seconds[_seen(second, "f")].min() >= 7200
    assert len(_seen(third, "f")) == len(third.events)
    assert [day.uptime["f"] for day in (first, second, third)] == [DAY - 3600, DAY - 7200, DAY]


def test_feeds_that_share_their_taste_reach_the_same_machines() -> None:
    half = Coverage(MONDAY, "", 0.5, 1.0)
    (day,) = _days(a_feed("a", half, shared_taste=1.0), a_feed("b", half, shared_taste=1.0), days=1)
    assert _hosts(day, "a") == _hosts(day, "b")


def test_feeds_of_their_own_taste_overlap_by_chance() -> None:
    half = Coverage(MONDAY, "", 0.5, 1.0)
    (day,) = _days(a_feed("a", half), a_feed("b", half), days=1, hosts=8000)
    both = len(_hosts(day, "a") & _hosts(day, "b"))
    assert both / 8000 == pytest.approx(0.25, abs=0.02)


def test_days_of_first_rows_have_one_row_an_address_and_family_and_it_is_the_first() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 4.0), addresses=5000)
    feeds = a_feed("f", first_only=Period(a_day(1), a_day(1))), a_feed("all")
    days = _days(*feeds, isps=(isp,))
    for day in (days[0], days[2]):
        assert len(_seen(day, "f")) == len(day.events)
    keys = _keys(days[1], "f")
    assert len(set(keys)) == len(keys)
    first: dict[tuple[int, int], int] = {}
    for key, event in zip(_keys(days[1], "all"), _seen(days[1], "all").tolist(), strict=True):
        first.setdefault(key, event)
    assert sorted(first.values()) == _seen(days[1], "f").tolist()


def test_delta_mode_sends_all_on_sundays_and_otherwise_what_it_has_not_sent() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 48.0), addresses=50_000)
    feed = a_feed("f", delta=Period(a_day(2), a_day(9)))
    days = _days(feed, a_feed("all"), days=12, hosts=500, isps=(isp,))
    whole = [len(_seen(day, "f")) == len(day.events) for day in days]
    sunday = 6
    assert [n for n, is_whole in enumerate(whole) if is_whole] == [0, 1, 2, sunday, 10, 11]
    sent: set[tuple[int, int]] = set()
    for number in range(sunday, 10):
        keys, all_keys = _keys(days[number], "f"), set(_keys(days[number], "all"))
        if number > sunday:
            assert len(set(keys)) == len(keys)
            assert set(keys) == all_keys - sent
        sent |= all_keys


def test_neighbours_are_seen_too() -> None:
    isps = (an_isp("one"), an_isp("abroad", country="XA"))
    (day,) = _days(a_feed("f"), days=1, isps=isps)
    of = day.stretches.infections[day.events.stretches[_seen(day, "f")]]
    assert set(day.levels.infections.isps[of].tolist()) == {0, 1}


def test_cloned_bots_share_an_id_and_reinstalled_ones_get_a_new_one() -> None:
    scenario: Country = a_country(
        hosts=4000,
        days=40,
        cloned=0.1,
        reinstalled=0.5,
        families=(a_family(mean_days=5, reinfection=0.9, reinfection_days=2),),
    )
    ids: dict[int, dict[int, int]] = {}
    for day in country(scenario):
        infected = day.levels.infections
        for host, episode, bot in zip(
            infected.hosts.tolist(), infected.episodes.tolist(), day.bots.tolist(), strict=True
        ):
            assert ids.setdefault(host, {}).setdefault(episode, bot) == bot
    of_bot: dict[int, set[int]] = {}
    for host, found in ids.items():
        for bot in found.values():
            of_bot.setdefault(bot, set()).add(host)
    clones = {host for hosts in of_bot.values() if len(hosts) > 1 for host in hosts}
    assert len(clones) / len(ids) == pytest.approx(0.1, abs=0.02)
    pairs = [(f[0], f[1]) for host, f in ids.items() if host not in clones and {0, 1} <= set(f)]
    assert np.mean([one != two for one, two in pairs]) == pytest.approx(0.5, abs=0.05)


def test_days_have_their_dates() -> None:
    assert [day.date for day in _days(a_feed(), hosts=10)] == [MONDAY + timedelta(days=n) for n in range(3)]
