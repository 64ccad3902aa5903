from typing import Any

import numpy as np
import pytest
from tests.known_country import MONDAY, a_country, a_day, a_family, an_isp

from quetsach.network import AddressRange, AddressRanges
from quetsach.network.ranges import MAPPED_FIRST
from quetsach.simulate import Country, SimulateError, country
from quetsach.simulate.machines.leases import Leases
from quetsach.simulate.machines.population import DAY, Presence
from quetsach.simulate.machines.random_streams import RandomStreams
from quetsach.simulate.machines.scenario import ActivityProfile, Lease, LeaseKind

LASTING = (a_family(mean_days=5000),)


def _leases(scenario: Country) -> list[Leases]:
    return [day.leases for day in country(scenario)]


def _of_one_kind(kind: LeaseKind, hours: float, *, days: int = 10, **changes: Any) -> list[Leases]:
    isp = an_isp("one", Lease(MONDAY, kind, 1.0, hours), **changes)
    return _leases(a_country(hosts=2000, days=days, isps=(isp,), families=LASTING))


def _changes(days: list[Leases]) -> int:
    return sum(np.count_nonzero(leases.begins > 0) for leases in days)


def test_every_line_has_one_lease_at_every_second() -> None:
    for leases in _of_one_kind(LeaseKind.DHCP, 6):
        line = leases.lines
        begins_line = np.concatenate(([True], line[1:] != line[:-1]))
        assert np.all(leases.begins[begins_line] == 0)
        assert np.all(leases.ends[np.roll(begins_line, -1)] == DAY)
        assert np.all(leases.begins[~begins_line] == leases.ends[np.flatnonzero(~begins_line) - 1])
        assert leases.first.tolist() == [*np.flatnonzero(begins_line).tolist(), len(line)]


def test_a_lease_lives_on_past_midnight() -> None:
    one, two = _of_one_kind(LeaseKind.DHCP, 24, days=2)
    shared = np.intersect1d(one.of.numbers, two.of.numbers)
    last = one.first[np.searchsorted(one.of.numbers, shared) + 1] - 1
    first = two.first[np.searchsorted(two.of.numbers, shared)]
    assert one.addresses[last].tolist() == two.addresses[first].tolist()


def test_fixed_lines_keep_their_address() -> None:
    assert _changes(_of_one_kind(LeaseKind.FIXED, 0)) == 0


@pytest.mark.parametrize("hours", [6, 24, 168])
def test_random_leases_change_as_often_as_their_mean_says(hours: float) -> None:
    days = _of_one_kind(LeaseKind.DHCP, hours)
    lines = sum(len(leases.of.numbers) for leases in days)
    assert _changes(days) / lines == pytest.approx(24 / hours, rel=0.06)


@pytest.mark.parametrize("hours", [7.5, 24, 36])
def test_periodic_leases_change_after_exactly_their_period(hours: float) -> None:
    moments: dict[int, list[int]] = {}
    for day, leases in enumerate(_of_one_kind(LeaseKind.PPPOE, hours)):
        for line, begin in zip(leases.lines.tolist(), leases.begins.tolist(), strict=True):
            if begin:
                moments.setdefault(int(leases.of.numbers[line]), []).append(day * DAY + begin)
    gaps = {gap for found in moments.values() for gap in np.diff(found).tolist()}
    assert gaps == {round(hours * 3600)}


def test_a_line_by_session_changes_when_its_machine_is_switched_on() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.SESSION, 1.0))
    scenario = a_country(
        days=2, isps=(isp,), families=(a_family(duties={ActivityProfile.OFFICE: 1.0}, mean_days=5000),)
    )
    for day in country(scenario):
        infected, leases = day.levels.infections, day.leases
        on, _ = Presence(scenario, RandomStreams(scenario.seed)).of(day.number, infected.hosts, infected.duties)
        found = {int(leases.of.numbers[n]): int(b) for n, b in zip(leases.lines, leases.begins, strict=True) if b}
        expected = {host: second for host, second in zip(infected.lines.tolist(), on.tolist(), strict=True) if second}
        assert found == expected


@pytest.mark.parametrize("size", [2500, 4000, 20_000])
def test_no_address_is_held_twice_at_one_second_however_dense_the_pool(size: int) -> None:
    for leases in _of_one_kind(LeaseKind.DHCP, 2, days=4, addresses=size):
        assert_held_once(leases)


def assert_held_once(leases: Leases) -> None:
    """No place of a pool has two lines at one second."""
    some = leases.ends > leases.begins
    pools, places, begins, ends = (column[some] for column in (leases.pools, leases.places, leases.begins, leases.ends))
    order = np.lexsort((begins, places, pools))
    same = (pools[order][1:] == pools[order][:-1]) & (places[order][1:] == places[order][:-1])
    assert np.all(begins[order][1:][same] >= ends[order][:-1][same])


def test_addresses_that_come_free_are_given_to_others() -> None:
    days = _of_one_kind(LeaseKind.DHCP, 2, days=2, addresses=2600)
    leases = days[-1]
    lines = {}
    for line, address in zip(leases.lines.tolist(), leases.addresses.tolist(), strict=True):
        lines.setdefault(address, set()).add(line)
    assert sum(len(found) > 1 for found in lines.values()) > 1000


def test_a_pool_that_is_too_small_is_refused_by_name() -> None:
    isp = an_isp("one", Lease(MONDAY, LeaseKind.DHCP, 1.0, 24.0), addresses=150)
    with pytest.raises(SimulateError, match="one"):
        _leases(a_country(hosts=200, isps=(isp,)))


def test_lines_behind_one_address_have_blocks_of_ports_that_do_not_touch() -> None:
    days = _of_one_kind(LeaseKind.CGNAT, 12, days=3, cgnat_addresses=100, ratio=32)
    for leases in days:
        assert_held_once(leases)
        assert set(leases.ports.tolist()) == {64512 // 32}
        assert leases.first_ports.min() >= 1024
        assert leases.first_ports.max() + leases.ports.max() <= 65536
        noon = (leases.begins <= DAY // 2) & (leases.ends > DAY // 2)
        blocks = set(zip(leases.addresses[noon].tolist(), leases.first_ports[noon].tolist(), strict=True))
        assert len(blocks) == noon.sum()
        assert len(set(leases.addresses[noon].tolist())) <= 100


def test_lines_move_behind_cgnat_on_their_day_and_the_others_stay() -> None:
    leases = (
        Lease(MONDAY, LeaseKind.FIXED, 1.0),
        Lease(a_day(2), LeaseKind.CGNAT, 0.4, 10_000.0),
        Lease(a_day(2), LeaseKind.FIXED, 0.6),
    )
    isp = an_isp("one", *leases, cgnat_addresses=100, ratio=32)
    before, after = _leases(a_country(hosts=2000, days=4, isps=(isp,), families=LASTING))[1:3]
    shared = np.intersect1d(before.of.numbers, after.of.numbers)
    was, now = (found.addresses[found.first[np.searchsorted(found.of.numbers, shared)]] for found in (before, after))
    assert (was != now).mean() == pytest.approx(0.4, abs=0.03)
    assert (after.ports < 64512).mean() == pytest.approx(0.4, abs=0.03)


def test_leases_get_shorter_on_their_day() -> None:
    leases = (Lease(MONDAY, LeaseKind.DHCP, 1.0, 168.0), Lease(a_day(3), LeaseKind.DHCP, 1.0, 24.0))
    days = _leases(a_country(hosts=4000, days=6, isps=(an_isp("one", *leases),), families=LASTING))
    rates = [np.count_nonzero(day.begins > 0) / len(day.of.numbers) for day in days]
    assert rates[:3] == pytest.approx([1 / 7] * 3, rel=0.15)
    assert rates[3:] == pytest.approx([1.0] * 3, rel=0.08)


def test_machines_of_one_line_come_from_one_address() -> None:
    scenario = a_country(hosts=3000, days=1, shared_lines=0.3, families=LASTING)
    (day,) = country(scenario)
    infected = day.levels.infections
    assert 1 - len(np.unique(infected.lines)) / len(infected) == pytest.approx(0.3, abs=0.03)
    of = day.stretches
    addresses: dict[int, set[int]] = {}
    for line, address in zip(infected.lines[of.infections].tolist(), day.sources.upper.tolist(), strict=True):
        addresses.setdefault(line, set()).add(address)
    assert {len(found) for found in addresses.values()} == {1}


def test_networks_of_ipv6_are_never_given_twice_and_addresses_change_by_the_day() -> None:
    scenario = a_country(
        hosts=500, days=5, isps=(an_isp(ipv6_share=0.5),), families=(a_family(uses_ipv6=True, mean_days=5),)
    )
    networks: dict[int, int] = {}
    interfaces = set()
    for day in country(scenario):
        of = day.leases.of
        for line, network in zip(of.numbers.tolist(), of.networks.tolist(), strict=True):
            if network:
                assert networks.setdefault(network, line) == line
        interfaces |= {(day.number, low) for low in day.sources.lower[day.sources.is_ipv6].tolist()}
    assert 0.4 < len(networks) / len({*networks.values(), *range(500)}) < 0.75
    assert len({low for _, low in interfaces}) == len(interfaces)


def test_providers_have_the_addresses_that_their_as_announces() -> None:
    block = 0x0EA0_0000
    ranges = AddressRanges.of([AddressRange(MAPPED_FIRST + block, MAPPED_FIRST + block + 4095, 45899)], {})
    isp = an_isp("vnpt", asn=45899, addresses=0)
    leases = next(iter(country(a_country(isps=(isp,)), ranges))).leases
    assert leases.addresses.min() >= block
    assert leases.addresses.max() < block + 4096


def test_a_provider_that_wants_more_than_its_as_announces_is_refused() -> None:
    ranges = AddressRanges.of([AddressRange(MAPPED_FIRST, MAPPED_FIRST + 99, 45899)], {})
    with pytest.raises(SimulateError, match="AS45899 announces 100"):
        next(country(a_country(isps=(an_isp(asn=45899, addresses=101),)), ranges))


def test_an_as_of_two_providers_is_refused() -> None:
    ranges = AddressRanges.of([AddressRange(MAPPED_FIRST, MAPPED_FIRST + 999, 45899)], {})
    isps = (an_isp("one", asn=45899, addresses=10), an_isp("two", asn=45899, addresses=10))
    with pytest.raises(SimulateError, match="two providers"):
        next(country(a_country(isps=isps), ranges))


def test_an_as_without_ipv6_is_refused_where_lines_shall_have_it() -> None:
    ranges = AddressRanges.of([AddressRange(MAPPED_FIRST, MAPPED_FIRST + 9999, 45899)], {})
    isp = an_isp("one", asn=45899, addresses=1000, ipv6_share=0.1)
    with pytest.raises(SimulateError, match="IPv6"):
        next(country(a_country(isps=(isp,)), ranges))
