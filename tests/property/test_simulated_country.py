"""What holds in every country that can be played."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.known_country import MONDAY, a_country, a_day, a_family, a_feed, a_measure, an_isp

from quetsach.simulate import Country, country
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.population import DAY
from quetsach.simulate.machines.scenario import ActivityProfile, CheckIns, Coverage, Lease, LeaseKind, Schedule
from quetsach.simulate.machines.truth import Truth

SHARES = st.sampled_from((0.0, 0.3, 1.0))


@st.composite
def leases(draw: st.DrawFn) -> tuple[Lease, ...]:
    """Two kinds of leases at first, and perhaps two others from a later day on."""
    found = []
    for first in (0, 2)[: draw(st.integers(1, 2))]:
        share = draw(SHARES)
        for part in (share, 1 - share):
            hours = draw(st.sampled_from((1.5, 7.0, 24.0, 100.0)))
            found.append(Lease(a_day(first), draw(st.sampled_from(LeaseKind)), part, hours))
    return tuple(found)


@st.composite
def countries(draw: st.DrawFn) -> Country:
    """Countries of at most some hundred machines and four days."""
    family = a_family(
        "mirai",
        check_ins=(
            CheckIns(
                MONDAY, draw(st.sampled_from(Schedule)), draw(st.sampled_from((600.0, 4000.0))), draw(SHARES) * 0.9
            ),
        ),
        duties=draw(
            st.sampled_from(({ActivityProfile.ALWAYS: 1.0}, {ActivityProfile.OFFICE: 0.5, ActivityProfile.HOME: 0.5}))
        ),
        mean_days=draw(st.sampled_from((1.0, 20.0))),
        shape=draw(st.sampled_from((0.5, 1.0, 2.0))),
        reinfection=draw(SHARES) * 0.9,
        reinfection_days=1.0,
        uses_ipv6=draw(st.booleans()),
    )
    isps = (
        an_isp("one", *draw(leases()), addresses=3000, cgnat_addresses=60, ratio=20, ipv6_share=draw(SHARES)),
        an_isp("abroad", *draw(leases()), addresses=3000, cgnat_addresses=60, ratio=20, country="XA"),
    )
    measure = a_measure(
        draw(st.integers(0, 4)),
        reduction=draw(SHARES),
        cleaning=draw(st.sampled_from((0.5, 1.0, 3.0))),
        ramp_days=draw(st.sampled_from((0.0, 2.0))),
    )
    feed = a_feed("f", Coverage(MONDAY, "", draw(SHARES), draw(SHARES)))
    return a_country(
        hosts=draw(st.integers(1, 150)),
        days=draw(st.integers(1, 4)),
        seed=draw(st.integers(0, 99)),
        families=(family, a_family("necurs")),
        isps=isps,
        measures=(measure,),
        feeds=(feed,),
        shared_lines=draw(SHARES) * 0.9,
    )


@settings(max_examples=40, deadline=None)
@given(countries())
def test_what_holds_in_every_country(scenario: Country) -> None:
    truth = Truth(scenario)
    open_before: set[tuple[int, int]] = set()
    for day in country(scenario):
        _no_place_is_held_twice(day)
        _check_ins_are_where_and_when_their_machines_are(day)
        _freed_machines_are_a_part_of_those_without_campaign(scenario, day)
        _hours_add_up_to_the_day(truth, day)
        infected = day.levels.infections
        now = set(zip(infected.hosts.tolist(), infected.episodes.tolist(), strict=True))
        assert open_before <= now  # what did not end goes on
        open_before = {
            key for key, end in zip(sorted(now), _sorted_ends(day), strict=True) if end > (day.number + 1) * DAY
        }
        assert len({host for host, _ in now}) == len(now)


def _sorted_ends(day: Day) -> list[int]:
    infected = day.levels.infections
    order = np.lexsort((infected.episodes, infected.hosts))
    return infected.ends[order].tolist()  # type: ignore[no-any-return]


def _no_place_is_held_twice(day: Day) -> None:
    leases = day.leases
    some = np.flatnonzero(leases.ends > leases.begins)
    order = some[np.lexsort((leases.begins[some], leases.places[some], leases.pools[some]))]
    same = (leases.pools[order][1:] == leases.pools[order][:-1]) & (
        leases.places[order][1:] == leases.places[order][:-1]
    )
    assert np.all(leases.begins[order][1:][same] >= leases.ends[order][:-1][same])
    assert np.all(leases.first_ports + leases.ports <= 1 << 16)


def _check_ins_are_where_and_when_their_machines_are(day: Day) -> None:
    of, second = day.events.stretches, day.events.seconds
    infection, lease = day.stretches.infections[of], day.stretches.leases[of]
    infected, leases = day.levels.infections, day.leases
    moment = day.number * DAY + second
    assert np.all((infected.begins[infection] <= moment) & (moment < infected.ends[infection]))
    assert np.all((day.levels.on[infection] <= second) & (second < day.levels.off[infection]))
    assert np.all((leases.begins[lease] <= second) & (second < leases.ends[lease]))
    assert np.all(leases.of.numbers[leases.lines[lease]] == infected.lines[infection])
    first = leases.first_ports[lease]
    assert np.all((first <= day.events.ports) & (day.events.ports < first + leases.ports[lease]))


def _freed_machines_are_a_part_of_those_without_campaign(scenario: Country, day: Day) -> None:
    if scenario.measures[0].cleaning == 1:
        with_, without = day.levels.infections, day.without.infections
        assert set(with_.hosts.tolist()) <= set(without.hosts.tolist())
    begins = (day.date - scenario.measures[0].first).days
    if begins < 0:
        assert day.levels.infections.hosts.tolist() == day.without.infections.hosts.tolist()


def _hours_add_up_to_the_day(truth: Truth, day: Day) -> None:
    hours, days = truth.hours(day), truth.days(day)
    for column in ("infected_seconds", "online_seconds"):
        of_day = sum(row[column] for row in days.to_pylist() if row["play"] == "campaign")
        assert sum(hours[column].to_pylist()) == of_day
    assert sum(hours["infected_seconds"].to_pylist()) == int((day.levels.ends - day.levels.begins).sum())
    assert sum(hours["online_seconds"].to_pylist()) == int((day.levels.off - day.levels.on).sum())
